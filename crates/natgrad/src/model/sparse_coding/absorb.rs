//! Rows at their bounds: two matrix products for a chunk, and Newton's method for each row.

use super::laplace::absolute_mean;
use super::row::{Row, Shared};
use super::{Dictionary, SparseCoding};
use crate::geometry::{Point, Tangent};
use crate::linalg::product::{add_gram, add_transposed, multiply};
use crate::model::{Absorb, LatentModel, Statistics, Want};
use crate::rows::Chunk;
use std::f64::consts::{E, PI};

/// The model prepared at a point.
pub(super) struct Prepared<'a> {
    model: &'a SparseCoding,
    at: &'a Point,
    dictionary: Dictionary,
    /// `W/σ²`, columns × elements, column-major.
    scaled: Vec<f64>,
    shared: Shared,
}

/// Beliefs of a chunk's rows, rows × elements, column-major.
pub(super) struct Beliefs {
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
    pub absolutes: Vec<f64>,
}

impl Beliefs {
    /// From means and standard deviations.
    pub fn new(means: Vec<f64>, deviations: &[f64]) -> Self {
        let absolutes = means.iter().zip(deviations).map(|(m, s)| absolute_mean(*m, *s).value).collect();
        Beliefs { means, variances: deviations.iter().map(|s| s * s).collect(), absolutes }
    }
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
        let zeros = || vec![0.0; rows * h];
        let mut out = Beliefs { means: zeros(), variances: zeros(), absolutes: zeros() };
        let mut row = Row::new(h);
        let mut a = vec![0.0; h];
        for n in 0..rows {
            (0..h).for_each(|i| a[i] = linear[i * rows + n]);
            row.climb(&self.shared, &a);
            for i in 0..h {
                out.means[i * rows + n] = row.mean[i];
                out.variances[i * rows + n] = row.deviation[i] * row.deviation[i];
                out.absolutes[i * rows + n] = row.absolute[i];
            }
        }
        out
    }

    /// `E|x − W z|²` of each row.
    fn squares(&self, chunk: &Chunk<'_>, beliefs: &Beliefs) -> Vec<f64> {
        let (d, h, rows) = (self.model.columns, self.model.elements, chunk.rows);
        let mut out = vec![0.0; rows];
        for i in 0..h {
            let square = self.shared.gram[i * h + i] * self.dictionary.noise;
            let variances = &beliefs.variances[i * rows..(i + 1) * rows];
            out.iter_mut().zip(variances).for_each(|(o, v)| *o += square * v);
        }
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
        for i in 0..h {
            let total =
                |values: &[f64]| values[i * rows..(i + 1) * rows].iter().zip(weights).map(|(v, w)| v * w).sum::<f64>();
            second[i * h + i] += total(&beliefs.variances);
            rest[i] += total(&beliefs.absolutes);
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
                let (mut entropy, mut prior) = (0.0, 0.0);
                for i in 0..h {
                    entropy += 0.5 * (2.0 * PI * E * beliefs.variances[i * rows + n]).ln();
                    prior += beliefs.absolutes[i * rows + n] * self.shared.rates[i];
                }
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
        for c in 0..d {
            residual.copy_from_slice(chunk.column(c));
            change.fill(0.0);
            for i in 0..h {
                let means = &beliefs.means[i * rows..(i + 1) * rows];
                residual.iter_mut().zip(means).for_each(|(x, m)| *x -= w[c * h + i] * m);
                change.iter_mut().zip(means).for_each(|(x, m)| *x += along[c * h + i] * m);
                let product = w[c * h + i] * along[c * h + i] / noise;
                let variances = &beliefs.variances[i * rows..(i + 1) * rows];
                scores.iter_mut().zip(variances).for_each(|(s, v)| *s -= product * v);
            }
            scores.iter_mut().zip(residual.iter().zip(&change)).for_each(|(s, (r, c))| *s += r * c / noise);
        }
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
