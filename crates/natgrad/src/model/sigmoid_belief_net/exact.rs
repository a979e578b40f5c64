//! Exact recognition: the posterior of layer 1 by listing its states, block of rows by block of rows.
//!
//! ```text
//! ln p(x, z_1 = s) = x·b + Σ_{h ∈ s} (x W)_h + c_s,   c_s = ln p(s) − Σ_d softplus(a_ds)
//! ```
//!
//! `x W` is one matrix product for a chunk; the states then cost one addition each. Sums: `C = Σ E[z̃] xᵀ` (one product) and the
//! expected number of rows in each state, of all rows and of those where a column's cell is missing.

use super::SigmoidBeliefNet;
use super::buffers::{Block, Buffers};
use super::states::{add_masses, moments_of_rows, spread_rows};
use super::tables::Tables;
use crate::geometry::{Point, Tangent};
use crate::linalg::product::{add_transposed, multiply};
use crate::linalg::simd::responsibilities;
use crate::linalg::sums::dot;
use crate::model::{Absorb, Statistics, Want};
use crate::rows::Chunk;

/// Entries of a block of posteriors: half a megabyte, which stays in the second-level cache.
const BLOCK: usize = 1 << 16;

/// The net prepared at a point.
pub(super) struct Prepared<'a> {
    pub(super) net: &'a SigmoidBeliefNet,
    at: &'a Point,
    pub(super) tables: Tables,
    /// `[W | b]`, visible units × (layer 1 + 1), column-major.
    weights: Vec<f64>,
    /// What a state adds to a row's share of the entropy-sum residual.
    tempering: Vec<f64>,
}

impl<'a> Prepared<'a> {
    pub fn new(net: &'a SigmoidBeliefNet, at: &'a Point) -> Self {
        let tables = Tables::new(net, &at.0);
        let (d, n) = (net.layout.sizes[0], net.layout.block(0));
        let mut weights = vec![0.0; d * n];
        for unit in 0..d {
            at.0[net.layout.unit(0, unit)].iter().enumerate().for_each(|(h, w)| weights[h * d + unit] = *w);
        }
        let above = tables.chain.unit_entropies.iter().zip(&tables.chain.entropy_above);
        let tempering = tables.entropy.iter().zip(above).map(|(e, (u, h))| e + u - h).collect();
        Prepared { net, at, tables, weights, tempering }
    }

    pub(super) fn states(&self) -> usize {
        self.tables.constant.len()
    }

    /// Rows in a block.
    pub(super) fn block(&self) -> usize {
        (BLOCK / self.states()).clamp(8, 256)
    }

    /// Separates seen from missing cells; answers whether any is missing.
    fn clean(&self, chunk: &Chunk<'_>, clean: &mut [f64], gone: &mut [f64]) -> bool {
        if self.net.incomplete.is_empty() {
            return false;
        }
        let mut any = false;
        clean[..chunk.values.len()].copy_from_slice(chunk.values);
        for (m, &d) in self.net.incomplete.iter().enumerate() {
            let column = &mut clean[d * chunk.rows..(d + 1) * chunk.rows];
            for (x, g) in column.iter_mut().zip(&mut gone[m * chunk.rows..(m + 1) * chunk.rows]) {
                *g = f64::from(u8::from(x.is_nan()));
                *x = if x.is_nan() { 0.0 } else { *x };
                any |= *g > 0.0;
            }
        }
        any
    }

    /// Posterior, evidence and entropy of block after block; `visit(first row, rows, block, gone)`.
    fn each_block(
        &self,
        chunk: &Chunk<'_>,
        buffers: &mut Buffers<'_>,
        mut visit: impl FnMut(usize, usize, &mut Block<'_>, Option<&[f64]>, &mut [f64], &mut [f64]),
    ) {
        let (d, n) = (self.net.layout.sizes[0], self.net.layout.block(0));
        let (units, states, rows) = (n - 1, self.states(), chunk.rows);
        let missing = self.clean(chunk, buffers.clean, buffers.gone);
        let cells = if self.net.incomplete.is_empty() { chunk.values } else { &buffers.clean[..d * rows] };
        multiply(buffers.linear, cells, rows, &self.weights, rows, d, n, false);
        for first in (0..rows).step_by(self.block()) {
            let count = self.block().min(rows - first);
            let block = &mut buffers.block;
            let logits = &mut block.posterior[..count * states];
            logits[..count].copy_from_slice(&buffers.linear[units * rows + first..][..count]);
            spread_rows(logits, &buffers.linear[first..], rows, count, units);
            for (column, c) in logits.chunks_exact_mut(count).zip(&self.tables.constant) {
                column.iter_mut().for_each(|l| *l += c);
            }
            let gone = missing.then(|| &buffers.gone[first..]);
            if let Some(gone) = gone {
                // softplus comes back where a cell is missing: states × incomplete columns, transposed.
                self.give_back(logits, gone, rows, count);
            }
            responsibilities(logits, count, states, block.evidence, block.entropy, block.extra);
            visit(first, count, block, gone, buffers.means, buffers.mass);
        }
    }

    /// `L += gone · softplus`, count × states.
    fn give_back(&self, logits: &mut [f64], gone: &[f64], stride: usize, count: usize) {
        let states = self.states();
        for (m, softplus) in self.tables.softplus_missing.chunks_exact(states).enumerate() {
            let gone = &gone[m * stride..m * stride + count];
            if gone.iter().all(|g| *g == 0.0) {
                continue;
            }
            for (column, s) in logits.chunks_exact_mut(count).zip(softplus) {
                column.iter_mut().zip(gone).for_each(|(l, g)| *l += g * s);
            }
        }
    }

    /// Sums of a chunk whose rows count `weight(row, its posterior block, row in block)` times.
    fn add(
        &self,
        chunk: &Chunk<'_>,
        buffers: &mut Buffers<'_>,
        sums: &mut [f64],
        mut weigh: impl FnMut(usize, usize, &mut Block<'_>, Option<&[f64]>, &mut [f64]),
    ) {
        let (d, n, states) = (self.net.layout.sizes[0], self.net.layout.block(0), self.states());
        let rows = chunk.rows;
        let (cross, rest) = sums.split_at_mut(d * n);
        let (mass, unseen) = rest.split_at_mut(states);
        buffers.mass.fill(0.0);
        let incomplete = self.net.incomplete.len();
        self.each_block(chunk, buffers, |first, count, block, gone, means, total| {
            let own = &mut means[(n - 1) * rows + first..][..count];
            weigh(first, count, block, gone, own);
            let posterior = &mut block.posterior[..count * states];
            if own.iter().any(|w| *w != 1.0) {
                for column in posterior.chunks_exact_mut(count) {
                    column.iter_mut().zip(own.iter()).for_each(|(r, w)| *r *= w);
                }
            }
            add_masses(posterior, count, total);
            if let Some(gone) = gone {
                add_transposed(unseen, posterior, count, gone, rows, count, states, incomplete);
            }
            moments_of_rows(posterior, count, n - 1, &mut means[first..], rows);
        });
        mass.iter_mut().zip(buffers.mass.iter()).for_each(|(m, x)| *m += x);
        let cells = if incomplete == 0 { chunk.values } else { &buffers.clean[..d * rows] };
        add_transposed(cross, buffers.means, rows, cells, rows, rows, n, d);
    }

    /// Rows' shares of the entropy-sum residual, `E_q[ln p + entropies] − H[above]`, into `extra`.
    fn residuals(&self, block: &mut Block<'_>, count: usize, gone: Option<(&[f64], usize)>, out: &mut [f64]) {
        let states = self.states();
        out[..count].fill(0.0);
        for (column, t) in block.posterior[..count * states].chunks_exact(count).zip(&self.tempering) {
            out.iter_mut().zip(column).for_each(|(o, r)| *o += r * t);
        }
        if let Some((gone, stride)) = gone {
            let entropies = self.tables.entropy_missing.chunks_exact(states);
            for (gone, entropy) in gone.chunks(stride).zip(entropies) {
                for (column, h) in block.posterior[..count * states].chunks_exact(count).zip(entropy) {
                    out.iter_mut().zip(column.iter().zip(gone)).for_each(|(o, (r, g))| *o -= r * g * h);
                }
            }
        }
        out.iter_mut().zip(block.evidence.iter().zip(block.entropy.iter())).for_each(|(o, (l, h))| *o += l - h);
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        vec![0.0; self.sizes().iter().sum()]
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, scratch: &mut Vec<f64>) {
        let mut buffers = self.carve(scratch);
        let (mut evidence, mut entropy, mut square, mut weight) = (0.0, 0.0, 0.0, 0.0);
        let residuals = matches!(want, Want::Residuals | Want::Curvature);
        let mut shares = vec![0.0; if residuals { self.block() } else { 0 }];
        let mut sum = |first: usize, count: usize, block: &mut Block<'_>, gone: Option<&[f64]>| {
            if residuals {
                self.residuals(block, count, gone.map(|g| (g, chunk.rows)), &mut shares[..count]);
            }
            for i in 0..count {
                let w = chunk.weight(first + i);
                if w > 0.0 {
                    weight += w;
                    evidence += w * block.evidence[i];
                    entropy += w * block.entropy[i];
                    square += if residuals { w * shares[i] * shares[i] } else { 0.0 };
                }
            }
        };
        if want == Want::Evidence {
            self.each_block(chunk, &mut buffers, |first, count, block, gone, _, _| sum(first, count, block, gone));
        } else {
            self.add(chunk, &mut buffers, &mut into.sums, |first, count, block, gone, own| {
                sum(first, count, block, gone);
                own.iter_mut().enumerate().for_each(|(i, o)| *o = chunk.weight(first + i));
            });
            entropy += dot(buffers.mass, &self.tables.chain.entropy_above);
        }
        into.rows += chunk.rows as u64;
        into.weight += weight;
        into.log_evidence += evidence;
        into.recognition_entropy += entropy;
        into.residual_square += square;
        if want == Want::Curvature {
            super::curvature::absorb(self.net, self.at, self, chunk, into);
        }
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], scratch: &mut Vec<f64>) {
        let along = super::along::Along::new(self.net, self.at, &self.tables, v);
        let mut buffers = self.carve(scratch);
        let mut sums = self.net.zeros();
        let (d, n) = (self.net.layout.sizes[0], self.net.layout.block(0));
        let mut linear = vec![0.0; chunk.rows * n];
        let cells: Vec<f64> = chunk.values.iter().map(|x| if x.is_nan() { 0.0 } else { *x }).collect();
        multiply(&mut linear, &cells, chunk.rows, &along.weights, chunk.rows, d, n, false);
        self.add(chunk, &mut buffers, &mut sums, |first, count, block, gone, own| {
            let states = self.states();
            along.scores(&linear[first..], chunk.rows, &block.posterior[..count * states], gone, own);
            own.iter_mut().enumerate().for_each(|(i, o)| *o *= chunk.weight(first + i));
        });
        let slope = self.net.slope(self.at, &self.tables.chain, &sums);
        into.iter_mut().zip(&slope).for_each(|(i, s)| *i += s);
    }

    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], scratch: &mut Vec<f64>) {
        let mut buffers = self.carve(scratch);
        self.each_block(chunk, &mut buffers, |first, count, block, _, _, _| {
            evidence[first..first + count].copy_from_slice(&block.evidence[..count]);
            for (s, column) in block.posterior.chunks_exact(count).enumerate().take(self.states()) {
                posterior[s * chunk.rows + first..][..count].copy_from_slice(column);
            }
        });
    }
}
