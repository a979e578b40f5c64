//! The climb of a block of rows to its bound: clusters of hidden units one by one, layer by layer.
//!
//! Each update maximises the bound in the beliefs about one cluster with `λ` held (see `update`); `λ` then follows, which raises
//! the bound too, as `φ` is concave. The first sweeps take a share of the log-odds (deterministic annealing). Every row begins anew from the net's own means, so that the bound is a function of the weights and needs
//! no memory of rows. Joint beliefs begin where independent ones have settled, so that their bound is never the lower one.

use super::layers::Layers;
use super::update::Scratch;
use crate::linalg::product::multiply;
use crate::linalg::rms;
use crate::linalg::special::{logistic, softplus};
use crate::rows::Chunk;

/// Updates of all units before giving up on the last digits, of independent beliefs and again of joint ones.
const SWEEPS: usize = 300;

/// Shares of the log-odds in the first sweeps, one each: beliefs that begin vague follow one maximum down instead of taking what
/// the first unit leaves over. On handwritten digits bounds are 0.1 nats per row higher for it; more than these add nothing.
const COOLING: [f64; 14] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.36, 0.43, 0.5, 0.6, 0.7, 0.8, 0.9];

/// A change of all means and covariances below this changes the bound by its square.
const SETTLED: f64 = 1e-8;

/// What a block of rows is thought to be; all arrays rows × units, column-major.
pub(in super::super) struct Field {
    /// Rows in the block.
    pub rows: usize,
    /// Of each layer: means of its units; the cells themselves in layer 0 (0 where missing).
    pub means: Vec<Vec<f64>>,
    /// Of each layer but the top: `m − ½`, 0 for missing cells.
    pub halves: Vec<Vec<f64>>,
    /// Of each layer but the top: mean log-odds.
    pub logits: Vec<Vec<f64>>,
    /// Of each layer but the top: `λ`, 0 for missing cells.
    pub lambda: Vec<Vec<f64>>,
    /// `φ`, 0 for missing cells.
    pub phi: Vec<Vec<f64>>,
    /// Binary entropies at root-mean-square log-odds, 0 for missing cells.
    pub entropy: Vec<Vec<f64>>,
    /// Of each layer: covariances of the pairs of its clusters; nothing of layer 0.
    pub spread: Vec<Vec<f64>>,
    /// Of each layer: entropies of beliefs, a cluster's with its first unit; nothing of layer 0.
    pub(super) beliefs: Vec<Vec<f64>>,
    missing: Vec<bool>,
    moments: Vec<f64>,
    pub(super) scratch: Scratch,
    /// Sweeps of all units since its rows were read.
    pub sweeps: usize,
    /// What log-odds of independent beliefs are multiplied with: below 1 while they cool.
    pub(super) share: f64,
}

impl Field {
    pub fn new(layers: &Layers, rows: usize) -> Self {
        let all = || layers.sizes.iter().map(|n| vec![0.0; n * rows]).collect::<Vec<_>>();
        let below = || layers.sizes[..layers.top()].iter().map(|n| vec![0.0; n * rows]).collect::<Vec<_>>();
        let widest = layers.sizes.iter().max().copied().unwrap_or(0) * rows;
        Field {
            rows,
            means: all(),
            halves: below(),
            logits: below(),
            lambda: below(),
            phi: below(),
            entropy: below(),
            spread: vec![Vec::new(); layers.sizes.len()],
            beliefs: vec![Vec::new(); layers.sizes.len()],
            missing: vec![false; layers.sizes[0] * rows],
            moments: vec![0.0; widest],
            scratch: Scratch::default(),
            sweeps: 0,
            share: 1.0,
        }
    }

    /// Takes the cells of some rows of a chunk.
    pub fn read(&mut self, chunk: &Chunk<'_>, first: usize, rows: usize) {
        self.rows = rows;
        self.sweeps = 0;
        let columns = chunk.values.len() / chunk.rows.max(1);
        for arrays in [&mut self.means, &mut self.halves] {
            arrays[0].resize(columns * rows, 0.0);
        }
        self.missing.resize(columns * rows, false);
        for d in 0..columns {
            for (i, x) in chunk.column(d)[first..first + rows].iter().enumerate() {
                let at = d * rows + i;
                self.missing[at] = x.is_nan();
                self.means[0][at] = if x.is_nan() { 0.0 } else { *x };
                self.halves[0][at] = if x.is_nan() { 0.0 } else { x - 0.5 };
            }
        }
    }

    /// The net's own means, from the top down.
    pub(super) fn begin(&mut self, layers: &Layers) {
        let (rows, top) = (self.rows, layers.top());
        for l in 0..=top {
            let size = layers.sizes[l] * rows;
            self.means[l].resize(size, 0.0);
            if l < top {
                for arrays in [&mut self.halves, &mut self.logits, &mut self.lambda, &mut self.phi, &mut self.entropy] {
                    arrays[l].resize(size, 0.0);
                }
            }
        }
        for l in (1..=top).rev() {
            let clusters = layers.clusters(l);
            self.spread[l].clear();
            self.spread[l].resize(clusters.len() * rows, 0.0);
            self.beliefs[l].resize(layers.sizes[l] * rows, 0.0);
            for u in 0..layers.sizes[l] {
                let odds = if l == top { layers.biases[l][u] } else { self.logits[l][u * rows] };
                let m = logistic(odds);
                self.means[l][u * rows..(u + 1) * rows].fill(m);
                self.beliefs[l][u * rows..(u + 1) * rows].fill(softplus(odds) - odds * m);
                self.spread[l][clusters.pair(u, u) * rows..][..rows].fill(m * (1.0 - m));
                if l < top {
                    self.halves[l][u * rows..(u + 1) * rows].fill(m - 0.5);
                }
            }
            self.follow(layers, l - 1);
        }
    }

    /// Climbs to the bound.
    pub fn climb(&mut self, layers: &Layers) {
        self.begin(layers);
        for share in COOLING {
            self.share = share;
            self.sweep(layers, 1);
        }
        self.share = 1.0;
        self.settle(layers, 1);
        if layers.cluster > 1 {
            self.settle(layers, layers.cluster);
        }
    }

    /// Sweeps until nothing changes, with joint beliefs about `joint` units each: one, or those of a cluster.
    fn settle(&mut self, layers: &Layers, joint: usize) {
        for _ in 0..SWEEPS {
            if self.sweep(layers, joint) < SETTLED {
                break;
            }
        }
    }

    /// Updates all units once; the largest change of a mean or covariance.
    pub(super) fn sweep(&mut self, layers: &Layers, joint: usize) -> f64 {
        self.sweeps += 1;
        let mut change: f64 = 0.0;
        for l in 1..=layers.top() {
            change = change.max(self.update(layers, l, joint));
            self.follow(layers, l - 1);
        }
        change
    }

    /// Log-odds of a layer and what hangs on them, from the means of the layer above.
    pub(super) fn follow(&mut self, layers: &Layers, l: usize) {
        let (rows, n, k, pairs) = (self.rows, layers.sizes[l], layers.sizes[l + 1], layers.clusters(l + 1).len());
        let above = &self.means[l + 1];
        let logits = &mut self.logits[l][..n * rows];
        multiply(logits, above, rows, &layers.weights[l], rows, k, n, false);
        for (column, b) in logits.chunks_exact_mut(rows).zip(&layers.biases[l]) {
            column.iter_mut().for_each(|a| *a += b);
        }
        let y = &mut self.moments[..n * rows];
        multiply(y, &self.spread[l + 1], rows, &layers.products[l], rows, pairs, n, false);
        y.iter_mut().zip(logits.iter()).for_each(|(y, a)| *y += a * a);
        rms::bound(y, &mut self.lambda[l], &mut self.phi[l], &mut self.entropy[l]);
        if l == 0 {
            for (i, _) in self.missing[..n * rows].iter().enumerate().filter(|(_, m)| **m) {
                self.lambda[0][i] = 0.0;
                self.phi[0][i] = 0.0;
                self.entropy[0][i] = 0.0;
            }
        }
    }

    /// `x − 2λ ā` of a layer's cells: how fast the bound rises with the mean log-odds, `λ` held.
    pub(super) fn slopes(&self, l: usize) -> impl Iterator<Item = f64> {
        let terms = self.halves[l].iter().zip(&self.lambda[l]).zip(&self.logits[l]);
        terms.map(|((x, lambda), a)| x - 2.0 * lambda * a)
    }

    /// The rows' bounds, nats.
    pub fn bounds(&self, layers: &Layers) -> Vec<f64> {
        let (rows, top) = (self.rows, layers.top());
        let mut out = self.recognition_entropies();
        for l in 0..top {
            for u in 0..layers.sizes[l] {
                let at = u * rows..(u + 1) * rows;
                let terms = self.halves[l][at.clone()].iter();
                let terms = terms.zip(&self.logits[l][at.clone()]).zip(&self.phi[l][at]);
                out.iter_mut().zip(terms).for_each(|(o, ((x, a), p))| *o += x * a - p);
            }
        }
        for (column, b) in self.means[top].chunks_exact(rows).zip(&layers.biases[top]) {
            let partition = softplus(*b);
            out.iter_mut().zip(column).for_each(|(o, m)| *o += m * b - partition);
        }
        out
    }

    /// The rows' `H[q]`, nats.
    pub fn recognition_entropies(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.rows];
        for column in self.beliefs.iter().flat_map(|h| h.chunks_exact(self.rows)) {
            out.iter_mut().zip(column).for_each(|(o, h)| *o += h);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};

    #[test]
    fn no_sweep_lowers_the_bound() {
        let net = SigmoidBeliefNet::new(6, &[11, 5, 2], vec![1], Recognition::MeanField).expect("a net");
        let theta: Vec<f64> = (0..net.layout().len()).map(|i| ((i * 37 % 101) as f64 - 50.0) / 30.0).collect();
        let cells: Vec<f64> =
            (0..42).map(|i| if i == 8 { f64::NAN } else { f64::from(u8::from(i * 5 % 3 == 0)) }).collect();
        let chunk = Chunk { first_row: 0, rows: 7, values: &cells, weights: None };
        for cluster in [1, 2, 4, 10] {
            let layers = Layers::blocked(net.layout(), &theta, cluster);
            let mut field = Field::new(&layers, 7);
            field.read(&chunk, 0, 7);
            field.begin(&layers);
            let mut before = field.bounds(&layers);
            // Independent beliefs first, then joint ones: from where the others are, settled or not.
            for joint in [1, 1, 1, cluster, cluster, cluster, cluster, cluster] {
                field.sweep(&layers, joint);
                let bounds = field.bounds(&layers);
                for (after, before) in bounds.iter().zip(&before) {
                    // Rounding of a hundred terms.
                    assert!(*after >= before - 1e-12, "clusters of {cluster}: {after} after {before}");
                }
                before = bounds;
            }
            assert!(field.recognition_entropies().iter().all(|h| *h >= 0.0));
        }
    }
}
