//! The M-step: relative frequencies for tables, a search for other local models.

use super::{BayesNet, ZERO_LOG};
use crate::geometry::Point;
use crate::model::Statistics;

/// `θ_cj = (N_cj + α) / Σ_j (N_cj + α)`; rows that nothing reaches stay where they are.
pub(super) fn maximise(net: &BayesNet, at: &Point, s: &Statistics) -> Point {
    let mut next = at.clone();
    for block in net.layout.blocks.iter().filter(|b| !b.frozen) {
        let counts = &s.sums[block.entries()];
        let own = &mut next.0[block.range()];
        if let Some(local) = &block.local {
            let found = local.maximise(counts, own, net.prior);
            // Infinite log-odds are kept finite for files: σ(±1000) is 1 and 0.
            own.iter_mut().zip(found).for_each(|(x, f)| *x = f.clamp(-1e3, 1e3));
            continue;
        }
        for (row, counts) in own.chunks_mut(block.states).zip(counts.chunks(block.states)) {
            let total: f64 = counts.iter().map(|n| n + net.prior).sum();
            if total > 0.0 {
                row.iter_mut().zip(counts).for_each(|(x, n)| *x = ((n + net.prior) / total).ln().max(ZERO_LOG));
            }
        }
    }
    next
}
