//! Mean-field recognition: independent clusters of hidden units and a quadratic bound on log-partitions, a lower bound for any size
//! of net.
//!
//! ```text
//! F = (1/N) Σ_n w_n { Σ_u (m_u − ½) ā_u − φ(E a_u²) + Σ_c H[q_c] },   ā = w·m + b,   E a² = ā² + Σ_c w_cᵀ Cov_c w_c
//! ```
//!
//! A cluster is one unit, or neighbouring units of a layer with a table of all their states (structured mean field). `F` is maximised
//! over every row's beliefs (clusters one by one, each in closed form), so that its slope in the weights is that at fixed
//! beliefs. At every stationary point
//!
//! ```text
//! F = (1/N) Σ_n H[q_n] − Σ_u E H_b(σ(√E a_u²))
//! ```
//!
//! the entropy sum of the bound: binary entropies at root-mean-square log-odds.
//!
//! # Source
//! Saul, Jaakkola and Jordan (1996) for mean fields in these nets; the updates of clusters and the entropy sum of the bound are
//! derived here.

mod climb;
mod clusters;
mod joint;
mod layers;
mod scores;
mod slope;
mod sums;
mod update;

pub(super) use sums::Sums;

use super::SigmoidBeliefNet;
use crate::geometry::{Point, Tangent};
use crate::model::{Absorb, Statistics, Want};
use crate::rows::Chunk;
use climb::Field;
use layers::Layers;
use rayon::prelude::*;

/// Rows that climb together: their log-odds stay in the second-level cache.
const ROWS: usize = 64;

/// Most blocks of a chunk that climb at once: tables of few rows have one chunk, and should still use the machine.
const AT_ONCE: usize = 8;

/// The net prepared at a point.
pub(super) struct Prepared<'a> {
    net: &'a SigmoidBeliefNet,
    layers: Layers,
    sums: Sums,
}

impl<'a> Prepared<'a> {
    pub fn new(net: &'a SigmoidBeliefNet, at: &'a Point, cluster: usize) -> Self {
        Prepared { net, layers: Layers::blocked(net.layout(), &at.0, cluster), sums: Sums::new(net) }
    }

    /// Rows of a chunk, each as often as its block's units were swept.
    pub fn swept(&self, chunk: &Chunk<'_>) -> usize {
        let mut total = 0;
        self.each(chunk, |_, field| total += field.sweeps * field.rows);
        total
    }

    /// Block after block at its bound; they climb on all threads and are seen in their order.
    fn each(&self, chunk: &Chunk<'_>, mut visit: impl FnMut(usize, &mut Field)) {
        let blocks: Vec<usize> = (0..chunk.rows).step_by(ROWS).collect();
        let at_once = blocks.len().min(AT_ONCE).min(rayon::current_num_threads());
        let mut fields: Vec<Field> = (0..at_once).map(|_| Field::new(&self.layers, ROWS.min(chunk.rows))).collect();
        for blocks in blocks.chunks(at_once.max(1)) {
            fields.par_iter_mut().zip(blocks).for_each(|(field, &first)| {
                field.read(chunk, first, ROWS.min(chunk.rows - first));
                field.climb(&self.layers);
            });
            fields.iter_mut().zip(blocks).for_each(|(field, &first)| visit(first, field));
        }
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        self.each(chunk, |first, field| {
            let weights: Vec<f64> = (0..field.rows).map(|i| chunk.weight(first + i)).collect();
            let bounds = field.bounds(&self.layers);
            let (entropies, residuals) = (field.recognition_entropies(), field.residuals(&self.layers));
            for (i, &w) in weights.iter().enumerate() {
                into.weight += w;
                into.log_evidence += w * bounds[i];
                into.recognition_entropy += w * entropies[i];
                into.residual_square += w * residuals[i] * residuals[i];
            }
            into.rows += field.rows as u64;
            if want != Want::Evidence {
                self.sums.add(&self.layers, field, &weights, &mut into.sums);
            }
        });
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], _: &mut Vec<f64>) {
        let direction = Layers::new(self.net.layout(), &v.0, self.layers.cluster);
        self.each(chunk, |first, field| {
            let mut weights = field.scores_along(&self.layers, &direction);
            weights.iter_mut().enumerate().for_each(|(i, w)| *w *= chunk.weight(first + i));
            self.sums.add_slope(&self.layers, field, &weights, into);
        });
    }

    /// The bound of each row, and the means of all hidden units, layer 1 first.
    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], _: &mut Vec<f64>) {
        self.each(chunk, |first, field| {
            let bounds = field.bounds(&self.layers);
            evidence[first..first + field.rows].copy_from_slice(&bounds);
            let columns = field.means.iter().skip(1).flat_map(|m| m.chunks_exact(field.rows));
            for (h, column) in columns.enumerate() {
                posterior[h * chunk.rows + first..][..field.rows].copy_from_slice(column);
            }
        });
    }
}
