//! What does not depend on how the factors are turned: the canonical rotation, and the entropy-sum residual in parts.
//!
//! ```text
//! Wᵀ Ψ⁻¹ W diagonal and falling, the largest entry of each column of Ψ^-½ W positive
//! R = F − ES = ½ Σ (O_n − (x−μ)ᵀ C⁻¹ (x−μ)) / N = −½ W·∂F/∂W − Σ ∂F/∂ln ψ,   prior part ½ (H − E|z|²)
//! ```
//!
//! With a fixed N(0, I) prior the residual is the slope along `W → (1 − ½ε) W`, `Ψ → (1 − ε) Ψ`: the visible covariance
//! itself is scaled. It vanishes where the slopes in `W` and in the noise do; a noise that is held breaks it.

use super::FactorModel;
use crate::geometry::{Point, Tangent};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};
use crate::model::Statistics;

impl FactorModel {
    /// `(W Ψ^-½)ᵀ`'s lengths: the diagonal of `Wᵀ Ψ⁻¹ W`, signal to noise of each factor; the point should be canonical.
    pub fn signal(&self, at: &Point) -> Vec<f64> {
        let own = |d: usize, h: usize| at.0[self.loading(d, h)].powi(2) / self.variance(at, d);
        (0..self.latent).map(|h| (0..self.width()).map(|d| own(d, h)).sum()).collect()
    }

    /// The same distribution of rows with its factors turned into the canonical position.
    pub fn canonical(&self, at: &Point) -> Point {
        let (width, latent) = (self.width(), self.latent);
        let loadings = self.loadings(at);
        let scaled = Matrix::from_fn(width, latent, |d, h| loadings[(d, h)] / self.variance(at, d).sqrt());
        let Some(eigen) = symmetric::eigen(&times(scaled.transpose(), scaled.as_ref())) else { return at.clone() };
        let turned = times(loadings.as_ref(), eigen.vectors.as_ref());
        let mut next = at.clone();
        for h in 0..latent {
            let from = latent - 1 - h;
            let size = |d: usize| turned[(d, from)] / self.variance(at, d).sqrt();
            let top = (0..width).fold(0, |a, b| if size(b).abs() > size(a).abs() { b } else { a });
            let sign = if size(top) < 0.0 { -1.0 } else { 1.0 };
            (0..width).for_each(|d| next.0[self.loading(d, h)] = sign * turned[(d, from)]);
        }
        next
    }

    /// The direction along which the slope is the entropy-sum residual.
    pub fn tempering(&self, at: &Point) -> Tangent {
        let mut v = vec![0.0; at.0.len()];
        for place in self.loadings_at()..self.noise_at() {
            v[place] = -0.5 * at.0[place];
        }
        let noise = self.noise_at();
        v[noise..].iter_mut().for_each(|v| *v = -1.0);
        Tangent(v)
    }

    /// Variance under the model of that direction's score on visible cells: half the mean number of cells in a row.
    pub fn tempering_variance(&self, s: &Statistics) -> f64 {
        (0..self.width()).map(|d| 0.5 * self.seen_weight(s, d) / s.weight).sum()
    }

    /// The residual's prior part, `½ (H − E|z|²)`, nats per row; `None` where cells are missing: the moments of the factors
    /// are then kept column by column.
    pub fn prior_residual(&self, s: &Statistics) -> Option<f64> {
        let (k, moments) = (self.latent + 1, self.factor_moments(s, 0));
        let square: f64 = (1..k).map(|i| moments[i * k + i]).sum();
        (!self.gappy).then(|| 0.5 * (self.latent as f64 - square / s.weight))
    }

    /// Columns whose noise is at its floor, or within a factor of ten of it: for p-PCA all or none.
    pub fn without_noise(&self, at: &Point) -> Vec<usize> {
        let floor = (10.0 * self.noise.smallest()).ln();
        (0..self.width()).filter(|&d| at.0[self.noise_of(d)] <= floor).collect()
    }

    /// An orthogonal basis of the rotations' tangents at a point: `w_h` turned towards `w_k`.
    pub fn rotation(&self, at: &Point, h: usize, k: usize) -> Tangent {
        let mut v = vec![0.0; at.0.len()];
        for d in 0..self.width() {
            v[self.loading(d, h)] = at.0[self.loading(d, k)];
            v[self.loading(d, k)] = -at.0[self.loading(d, h)];
        }
        Tangent(v)
    }
}
