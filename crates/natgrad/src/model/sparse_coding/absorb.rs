//! Rows at their bounds: two matrix products for a chunk, and Newton's method for each row.

use super::believed::Beliefs;
use super::joint::Joint;
use super::row::{Row, Shared};
use super::{Covariance, Dictionary, SparseCoding};
use crate::geometry::{Point, Tangent};
use crate::linalg::product::{add_gram, add_transposed, multiply};
use crate::model::{Absorb, LatentModel, Statistics, Want};
use crate::rows::Chunk;
use std::f64::consts::PI;

/// The model prepared at a point.
pub(super) struct Prepared<'a> {
    model: &'a SparseCoding,
    at: &'a Point,
    dictionary: Dictionary,
    /// `W/σ²`, columns × elements, column-major.
    scaled: Vec<f64>,
    shared: Shared,
}

impl<'a> Prepared<'a> {
    pub fn new(model: &'a SparseCoding, at: &'a Point) -> Self {
        let dictionary = model.dictionary(at);
        let (d, h) = (model.columns, model.elements);
        let w = &dictionary.weights;
        let mut scaled = vec![0.0; d * h];
        let mut gram = vec![0.0; h * h];
        for row in 0..d {
            for i in 0..h {
                scaled[i * d + row] = w[row * h + i] / dictionary.noise;
                for j in 0..h {
                    gram[i * h + j] += w[row * h + i] * w[row * h + j] / dictionary.noise;
                }
            }
        }
        let rates = dictionary.scales.iter().map(|b| 1.0 / b).collect();
        Prepared { model, at, dictionary, scaled, shared: Shared { gram, rates } }
    }

    /// The rows' best beliefs.
    pub fn recognise(&self, chunk: &Chunk<'_>) -> Beliefs {
        let (d, h, rows) = (self.model.columns, self.model.elements, chunk.rows);
        let mut linear = vec![0.0; rows * h];
        multiply(&mut linear, chunk.values, rows, &self.scaled, rows, d, h, false);
        let mut a = vec![0.0; h];
        let mut out = Beliefs::new(rows, h, self.model.covariance == Covariance::Full);
        if self.model.covariance == Covariance::Full {
            let mut row = Joint::new(h);
            for n in 0..rows {
                (0..h).for_each(|i| a[i] = linear[i * rows + n]);
                row.climb(&self.shared, &a);
                out.set_joint(n, &row);
            }
        } else {
            let mut row = Row::new(h);
            for n in 0..rows {
                (0..h).for_each(|i| a[i] = linear[i * rows + n]);
                row.climb(&self.shared, &a);
                out.set(n, &row);
            }
        }
        out
    }

    /// `E|x − W z|²` of each row.
    fn squares(&self, chunk: &Chunk<'_>, beliefs: &Beliefs) -> Vec<f64> {
        let (d, h, rows) = (self.model.columns, self.model.elements, chunk.rows);
        let mut out = vec![0.0; rows];
        // tr W S Wᵀ.
        let gram: Vec<f64> = self.shared.gram.iter().map(|g| g * self.dictionary.noise).collect();
        beliefs.add_products(&gram, 1.0, &mut out);
        // x − W m, some columns of the data at a time, which stay in the cache.
        const COLUMNS: usize = 16;
        let mut weights = vec![0.0; h * COLUMNS];
        let mut fitted = vec![0.0; rows * COLUMNS];
        for first in (0..d).step_by(COLUMNS) {
            let count = COLUMNS.min(d - first);
            weights[..h * count].copy_from_slice(&self.dictionary.weights[first * h..(first + count) * h]);
            multiply(&mut fitted, &beliefs.means, rows, &weights, rows, h, count, false);
            for (c, fitted) in fitted.chunks_exact(rows).enumerate().take(count) {
                let cells = chunk.column(first + c).iter().zip(fitted);
                out.iter_mut().zip(cells).for_each(|(o, (x, f))| *o += (x - f) * (x - f));
            }
        }
        out
    }

    /// Adds rows that count `weights` times.
    fn add(&self, chunk: &Chunk<'_>, beliefs: &Beliefs, weights: &[f64], sums: &mut [f64]) {
        let (d, h, rows) = (self.model.columns, self.model.elements, chunk.rows);
        let weighted: Vec<f64> = beliefs.means.iter().enumerate().map(|(i, m)| m * weights[i % rows]).collect();
        let (cross, rest) = sums.split_at_mut(h * d);
        let (second, rest) = rest.split_at_mut(h * h);
        add_transposed(cross, &weighted, rows, chunk.values, rows, rows, h, d);
        if weights.iter().all(|w| *w == 1.0) {
            add_gram(second, &beliefs.means, rows, rows, h);
        } else {
            add_transposed(second, &weighted, rows, &beliefs.means, rows, rows, h, h);
        }
        beliefs.add_covariances(weights, second);
        for (i, own) in beliefs.absolutes.chunks_exact(rows).enumerate() {
            rest[i] += own.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>();
        }
        for c in 0..d {
            rest[h] += chunk.column(c).iter().zip(weights).map(|(x, w)| w * x * x).sum::<f64>();
        }
    }

    /// `(bound, H[q], share of the entropy-sum residual)` of each row.
    pub fn values(&self, chunk: &Chunk<'_>, beliefs: &Beliefs) -> Vec<(f64, f64, f64)> {
        let (d, h, rows) = (self.model.columns as f64, self.model.elements, chunk.rows);
        let noise = self.dictionary.noise;
        let constant: f64 = self.dictionary.scales.iter().map(|b| (2.0 * b).ln()).sum::<f64>();
        let squares = self.squares(chunk, beliefs);
        (0..rows)
            .map(|n| {
                let prior: f64 = (0..h).map(|i| beliefs.absolutes[i * rows + n] * self.shared.rates[i]).sum();
                let entropy = beliefs.entropy(n);
                let fit = squares[n] / noise;
                let bound = entropy - constant - prior - 0.5 * (d * (2.0 * PI * noise).ln() + fit);
                (bound, entropy, h as f64 - prior + 0.5 * (d - fit))
            })
            .collect()
    }

    /// Adds a chunk under given beliefs.
    pub fn absorb_beliefs(&self, chunk: &Chunk<'_>, beliefs: Beliefs, want: Want, into: &mut Statistics) {
        let weights: Vec<f64> = (0..chunk.rows).map(|n| chunk.weight(n)).collect();
        for ((bound, entropy, residual), w) in self.values(chunk, &beliefs).into_iter().zip(&weights) {
            into.weight += w;
            into.log_evidence += w * bound;
            into.recognition_entropy += w * entropy;
            into.residual_square += w * residual * residual;
        }
        into.rows += chunk.rows as u64;
        if want != Want::Evidence {
            self.add(chunk, &beliefs, &weights, &mut into.sums);
        }
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        self.absorb_beliefs(chunk, self.recognise(chunk), want, into);
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], _: &mut Vec<f64>) {
        let (d, h, rows) = (self.model.columns, self.model.elements, chunk.rows);
        let beliefs = self.recognise(chunk);
        let noise = self.dictionary.noise;
        let (w, along) = (&self.dictionary.weights, &v.0);
        let squares = self.squares(chunk, &beliefs);
        let mut scores = vec![0.0; rows];
        let mut residual = vec![0.0; rows];
        let mut change = vec![0.0; rows];
        // Symmetric part of Wᵀ V/σ².
        let mut product = vec![0.0; h * h];
        for c in 0..d {
            residual.copy_from_slice(chunk.column(c));
            change.fill(0.0);
            for i in 0..h {
                let means = &beliefs.means[i * rows..(i + 1) * rows];
                residual.iter_mut().zip(means).for_each(|(x, m)| *x -= w[c * h + i] * m);
                change.iter_mut().zip(means).for_each(|(x, m)| *x += along[c * h + i] * m);
                for j in 0..h {
                    product[i * h + j] +=
                        0.5 * (w[c * h + i] * along[c * h + j] + w[c * h + j] * along[c * h + i]) / noise;
                }
            }
            scores.iter_mut().zip(residual.iter().zip(&change)).for_each(|(s, (r, c))| *s += r * c / noise);
        }
        beliefs.add_products(&product, -1.0, &mut scores);
        for (n, s) in scores.iter_mut().enumerate() {
            for i in 0..h {
                *s += along[d * h + i] * (beliefs.absolutes[i * rows + n] * self.shared.rates[i] - 1.0);
            }
            *s += along[d * h + h] * 0.5 * (squares[n] / noise - d as f64);
            *s *= chunk.weight(n);
        }
        let mut sums = self.model.empty(Want::Statistics);
        sums.weight = scores.iter().sum();
        self.add(chunk, &beliefs, &scores, &mut sums.sums);
        into.iter_mut().zip(self.model.slope(self.at, &sums)).for_each(|(i, s)| *i += s);
    }

    /// The bound of each row, and the means of the strengths.
    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], _: &mut Vec<f64>) {
        let beliefs = self.recognise(chunk);
        let values = self.values(chunk, &beliefs);
        evidence.iter_mut().zip(values).for_each(|(e, v)| *e = v.0);
        posterior[..beliefs.means.len()].copy_from_slice(&beliefs.means);
    }
}
