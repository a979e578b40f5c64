//! Rows with the same gaps as three sums: their weight, `Σ w y` and `Σ w y yᵀ`; everything an EM step needs.
//!
//! ```text
//! S = Σ w (y−μ)(y−μ)ᵀ,   T = S K,   K = Ψ⁻¹ W M⁻¹:    Σ w E[z] E[z]ᵀ = Kᵀ T
//! Σ w |y−μ−W E[z]|²_Ψ + |E[z]|² = Σ_d (S − 2 W Tᵀ + W (Kᵀ T) Wᵀ)_dd / ψ_d + tr Kᵀ T
//! ```

use super::FactorModel;
use super::pattern::{Pattern, add_factor_moments};
use crate::linalg::Matrix;
use crate::linalg::product::{add_transposed_vector, gram, times};
use crate::model::{Statistics, Want};
use faer::MatRef;

/// Moments of rows about the origin of the chart, over the seen columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    /// Total weight.
    pub weight: f64,
    /// `Σ w y`.
    pub first: Vec<f64>,
    /// `Σ w y yᵀ`; the upper triangle once it is [`full`](Self::full).
    pub second: Matrix,
}

impl Moments {
    pub(super) fn zero(seen: usize) -> Self {
        Moments { weight: 0.0, first: vec![0.0; seen], second: Matrix::zeros(seen, seen) }
    }

    /// Of rows given by their cells, `rows × O`; of the second moments the lower triangle alone.
    pub(super) fn of(cells: MatRef<'_, f64>, weights: &[f64]) -> Self {
        let o = cells.ncols();
        let second = if weights.iter().all(|w| *w == 1.0) {
            gram(cells)
        } else {
            let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
            let mut scaled = cells.to_owned();
            (0..o).for_each(|i| scaled.col_as_slice_mut(i).iter_mut().zip(&roots).for_each(|(x, r)| *x *= r));
            gram(scaled.as_ref())
        };
        let mut first = vec![0.0; o];
        add_transposed_vector(&mut first, cells, weights);
        Moments { weight: weights.iter().sum(), first, second }
    }

    /// With both triangles.
    pub(super) fn full(mut self) -> Self {
        for j in 0..self.second.ncols() {
            (0..j).for_each(|i| self.second[(i, j)] = self.second[(j, i)]);
        }
        self
    }

    pub(super) fn add(&mut self, other: &Moments) {
        self.weight += other.weight;
        self.first.iter_mut().zip(&other.first).for_each(|(a, b)| *a += b);
        self.second += &other.second;
    }

    /// `Σ w (y−μ)`.
    pub(super) fn deviation(&self, mean: &[f64]) -> Vec<f64> {
        self.first.iter().zip(mean).map(|(s, m)| s - self.weight * m).collect()
    }

    /// `Σ w (y−μ)(y−μ)ᵀ`.
    pub(super) fn scatter(&self, mean: &[f64]) -> Matrix {
        let (first, w) = (&self.first, self.weight);
        Matrix::from_fn(mean.len(), mean.len(), |i, j| {
            self.second[(i, j)] - first[i] * mean[j] - mean[i] * first[j] + w * mean[i] * mean[j]
        })
    }
}

/// Adds the expected statistics of rows with these moments.
pub(super) fn add_moments(model: &FactorModel, pattern: &Pattern, m: &Moments, want: Want, into: &mut Statistics) {
    let (o, h) = (pattern.seen.len(), model.latent);
    let mean = &pattern.mean;
    let off = m.deviation(mean);
    // S K without forming S: second moments times K, and what the mean takes away.
    let about_origin = times(m.second.as_ref(), pattern.gain.as_ref());
    let along = |v: &[f64], j: usize| -> f64 { (0..o).map(|i| v[i] * pattern.gain[(i, j)]).sum() };
    let of_first: Vec<f64> = (0..h).map(|j| along(&m.first, j)).collect();
    let of_mean: Vec<f64> = (0..h).map(|j| along(mean, j)).collect();
    // Σ w y E[z]ᵀ.
    let cross = Matrix::from_fn(o, h, |i, j| about_origin[(i, j)] - m.first[i] * of_mean[j]);
    let taken = Matrix::from_fn(o, h, |i, j| cross[(i, j)] - mean[i] * (of_first[j] - m.weight * of_mean[j]));
    let outer = times(pattern.gain.transpose(), taken.as_ref());
    let spread = times(pattern.loadings.as_ref(), outer.as_ref());
    let mut total: f64 = (0..h).map(|j| outer[(j, j)]).sum();
    for i in 0..o {
        let own = m.second[(i, i)] - 2.0 * m.first[i] * mean[i] + m.weight * mean[i] * mean[i];
        let fitted: f64 = (0..h).map(|j| pattern.loadings[(i, j)] * (spread[(i, j)] - 2.0 * taken[(i, j)])).sum();
        total += (own + fitted) / pattern.noise[i];
    }
    into.weight += m.weight;
    into.log_evidence += m.weight * pattern.log_top - 0.5 * total;
    if want == Want::Evidence {
        return;
    }
    into.recognition_entropy += m.weight * pattern.entropy;
    let factors: Vec<f64> = (0..h).map(|j| along(&off, j)).collect();
    let square = Matrix::from_fn(h + 1, h + 1, |i, j| match (i, j) {
        (0, 0) => m.weight,
        (0, j) => factors[j - 1],
        (i, 0) => factors[i - 1],
        // Symmetric to the bit.
        (i, j) => {
            let (a, b) = (i.max(j) - 1, i.min(j) - 1);
            outer[(a, b)] + m.weight * pattern.covariance[(a, b)]
        }
    });
    add_factor_moments(model, &pattern.seen, &square, into);
    let k = h + 1;
    for (i, &d) in pattern.seen.iter().enumerate() {
        let first = model.crosses_at() + d * k;
        into.sums[first] += m.first[i];
        into.sums[first + 1..first + k].iter_mut().enumerate().for_each(|(j, s)| *s += cross[(i, j)]);
        into.sums[model.squares_at() + d] += m.second[(i, i)];
    }
    if want == Want::Curvature {
        super::information::add(model, pattern, m, into);
    }
}
