//! Working memory of exact recognition: one stretch of numbers, cut into what a chunk needs.

use super::exact::Prepared;
use crate::rows::CHUNK_ROWS;

/// Working memory of one chunk.
pub(super) struct Buffers<'s> {
    /// Cells with 0 where they are missing (empty where none can be).
    pub clean: &'s mut [f64],
    /// 1 where a cell of an incomplete column is missing.
    pub gone: &'s mut [f64],
    /// `x W`, then `x·b`.
    pub linear: &'s mut [f64],
    /// `E[z]`, then ones, times the rows' weights.
    pub means: &'s mut [f64],
    pub mass: &'s mut [f64],
    pub block: Block<'s>,
}

/// One block of rows with its posterior.
pub(super) struct Block<'s> {
    pub posterior: &'s mut [f64],
    pub evidence: &'s mut [f64],
    pub entropy: &'s mut [f64],
    pub extra: &'s mut [f64],
}

impl Prepared<'_> {
    pub(super) fn sizes(&self) -> [usize; 9] {
        let (d, n, m) = (self.net.layout.sizes[0], self.net.layout.block(0), self.net.incomplete.len());
        let clean = if m > 0 { CHUNK_ROWS * d } else { 0 };
        let (rows, states) = (self.block(), self.states());
        let extra = 2 * rows + if m > 0 { rows * m } else { 0 };
        [clean, CHUNK_ROWS * m, CHUNK_ROWS * n, CHUNK_ROWS * n, states, rows * states, rows, rows, extra]
    }

    pub(super) fn carve<'s>(&self, scratch: &'s mut Vec<f64>) -> Buffers<'s> {
        let sizes = self.sizes();
        scratch.resize(scratch.len().max(sizes.iter().sum()), 0.0);
        let mut rest = scratch.as_mut_slice();
        let mut take = |n: usize| {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(n);
            rest = after;
            part
        };
        let [clean, gone, linear, means, mass, posterior, evidence, entropy, extra] = sizes.map(&mut take);
        Buffers { clean, gone, linear, means, mass, block: Block { posterior, evidence, entropy, extra } }
    }
}
