//! Table entries near zero that the data would raise, and points where they are raised.

use super::{BayesNet, ZERO_LOG};
use crate::geometry::Point;
use crate::model::inward::{raise, rising};
use crate::model::{Inward, Statistics};

/// All such entries of learnt tables, ascending.
pub(super) fn inward(net: &BayesNet, at: &Point, s: &Statistics) -> Vec<Inward> {
    let mut out = Vec::new();
    for block in net.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none()) {
        let (counts, own) = (&s.sums[block.entries()], &at.0[block.range()]);
        for (row, (counts, own)) in counts.chunks(block.states).zip(own.chunks(block.states)).enumerate() {
            let counts: Vec<f64> = counts.iter().map(|n| n + net.prior).collect();
            out.extend(rising(&counts, own, s.weight, ZERO_LOG, block.range().start + row * block.states));
        }
    }
    out
}

/// The point with each of these entries raised.
pub(super) fn raised(net: &BayesNet, at: &Point, which: &[Inward], reach: f64) -> Point {
    let mut next = at.clone();
    let mut waiting = which;
    for block in net.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none()) {
        let (range, states) = (block.range(), block.states);
        let here = waiting.iter().take_while(|w| range.contains(&w.place)).count();
        let (own, rest) = waiting.split_at(here);
        waiting = rest;
        for in_row in own.chunk_by(|a, b| (a.place - range.start) / states == (b.place - range.start) / states) {
            let first = range.start + (in_row[0].place - range.start) / states * states;
            raise(&mut next.0[first..first + states], first, in_row, reach, ZERO_LOG);
        }
    }
    next
}
