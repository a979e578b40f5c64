//! Table entries near zero that the data would raise, and points where they are raised.
//!
//! ```text
//! ∂F/∂θ_cj = N_c/N (r_cj − 1),   r_cj = N_cj/(N_c θ_cj): what an EM step multiplies the entry by
//! ```
//!
//! At `θ = 0` a maximum needs `r ≤ 1`. In `ln θ` the slope is `θ` times smaller, so that nothing of it is seen there.

use super::{BayesNet, ZERO_LOG};
use crate::geometry::Point;
use crate::model::{Inward, Statistics};

/// Entries above this are no longer near the boundary: the slope in `ln θ` shows what they could gain.
const NEAR: f64 = 1e-3;

/// Rates within this of 1 are as good as 1: an EM step changes such an entry by a thousandth of itself.
const GROWING: f64 = 1.001;

/// Slopes below this (nats per row) gain nothing that could be told from rounding.
const NOTHING: f64 = 1e-12;

/// All such entries of learnt tables, ascending.
pub(super) fn inward(net: &BayesNet, at: &Point, s: &Statistics) -> Vec<Inward> {
    let mut out = Vec::new();
    for block in net.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none()) {
        let (counts, own) = (&s.sums[block.entries()], &at.0[block.range()]);
        for (row, (counts, own)) in counts.chunks(block.states).zip(own.chunks(block.states)).enumerate() {
            let total: f64 = counts.iter().map(|n| n + net.prior).sum();
            for (j, (n, x)) in counts.iter().zip(own).enumerate() {
                if *x <= ZERO_LOG || *x >= NEAR.ln() || total <= 0.0 {
                    continue;
                }
                let rate = (n + net.prior) / total / x.exp();
                let slope = total / s.weight * (rate - 1.0);
                if rate > GROWING && slope > NOTHING && slope.is_finite() {
                    out.push(Inward { place: block.range().start + row * block.states + j, rate, slope });
                }
            }
        }
    }
    out
}

/// The point with each of these entries raised to `reach (1 − 1/r)`; the others of their rows give way in proportion.
pub(super) fn raised(net: &BayesNet, at: &Point, which: &[Inward], reach: f64) -> Point {
    let mut next = at.clone();
    let mut waiting = which;
    for block in net.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none()) {
        let range = block.range();
        let here = waiting.iter().take_while(|w| range.contains(&w.place)).count();
        let (own, rest) = waiting.split_at(here);
        waiting = rest;
        for in_row in
            own.chunk_by(|a, b| (a.place - range.start) / block.states == (b.place - range.start) / block.states)
        {
            let first = range.start + (in_row[0].place - range.start) / block.states * block.states;
            let row = &mut next.0[first..first + block.states];
            // So that a row with many such entries keeps half of itself for the others.
            let share = reach / in_row.len() as f64;
            let (mut before, mut after) = (0.0, 0.0);
            for w in in_row {
                let x = &mut row[w.place - first];
                let p = x.exp();
                let raised = p.max(share * (1.0 - 1.0 / w.rate));
                before += p;
                after += raised;
                *x = raised.ln();
            }
            let give_way = ((1.0 - after) / (1.0 - before)).ln();
            let is_raised = |j: usize| in_row.iter().any(|w| w.place - first == j);
            (0..block.states).filter(|j| !is_raised(*j)).for_each(|j| row[j] = (row[j] + give_way).max(ZERO_LOG));
        }
    }
    next
}
