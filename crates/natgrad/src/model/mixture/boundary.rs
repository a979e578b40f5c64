//! Weights and probabilities of levels near zero that the data would raise, and points where they are raised.

use super::{Mixture, Tie, ZERO_LOG_WEIGHT};
use crate::family::LIMIT;
use crate::geometry::Point;
use crate::linalg::special::log_sum_exp;
use crate::model::inward::{raise, rising};
use crate::model::{Inward, Statistics};

impl Mixture {
    /// Components and blocks with a table of probabilities of their own, in the order of the coordinates.
    fn tables(&self) -> impl Iterator<Item = (usize, usize)> {
        // Shared tables would have to be raised together.
        let of_levels = |b: &usize| self.tie == Tie::None && self.blocks[*b].family.name() == "categorical";
        (0..self.components).flat_map(move |k| (0..self.blocks.len()).filter(of_levels).map(move |b| (k, b)))
    }
}

/// All such weights and probabilities, ascending.
pub(super) fn inward(model: &Mixture, at: &Point, s: &Statistics) -> Vec<Inward> {
    let mut out = Vec::new();
    if !model.frozen.weights {
        out = rising(&model.counts(s), &at.0[..model.components], s.weight, ZERO_LOG_WEIGHT, 0);
    }
    for (k, b) in model.tables() {
        let (range, counts) = (model.layout.coordinates(k, b), model.layout.completed(&s.sums, k, b).1);
        out.extend(rising(&counts, &normalised(&at.0[range.clone()]), s.weight, -LIMIT, range.start));
    }
    out
}

/// The point with each of these raised.
pub(super) fn raised(model: &Mixture, at: &Point, which: &[Inward], reach: f64) -> Point {
    let mut next = at.clone();
    let weights = which.iter().take_while(|w| w.place < model.components).count();
    let (of_weights, mut waiting) = which.split_at(weights);
    if !of_weights.is_empty() {
        raise(&mut next.0[..model.components], 0, of_weights, reach, ZERO_LOG_WEIGHT);
    }
    for (k, b) in model.tables() {
        let range = model.layout.coordinates(k, b);
        let here = waiting.iter().take_while(|w| range.contains(&w.place)).count();
        let (own, rest) = waiting.split_at(here);
        waiting = rest;
        if !own.is_empty() {
            let mut logs = normalised(&at.0[range.clone()]);
            raise(&mut logs, range.start, own, reach, -LIMIT);
            next.0[range].copy_from_slice(&logs);
        }
    }
    next
}

/// Log-probabilities from coordinates that may have a constant added.
fn normalised(natural: &[f64]) -> Vec<f64> {
    let log = log_sum_exp(natural);
    natural.iter().map(|x| x - log).collect()
}
