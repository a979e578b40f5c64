//! What rows add up to: densities, entropies, residuals and moments of the beliefs.

use crate::model::Entropies;
use crate::rows::{Merge, mean_error};
use serde::{Deserialize, Serialize};

/// Sums over rows at fixed parameters.
///
/// # Units
/// Nats, summed with the rows' weights.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// Number of rows.
    pub rows: u64,
    /// Total weight.
    pub weight: f64,
    /// `Σ w E_q ln p(x|z)`, relative to the base measure.
    pub density: f64,
    /// `Σ w E_q H̃[p(x|z)]`.
    pub observable: f64,
    /// `Σ w H[q]`.
    pub recognition: f64,
    /// `Σ w E_q ln p(z)`.
    pub prior: f64,
    /// `H[p(z)]`, the same for all rows.
    pub prior_entropy: f64,
    /// `Σ w ln h(x)`.
    pub base_measure: f64,
    /// `Σ w F_n²`.
    pub elbo_square: f64,
    /// `Σ w r_n²` of the rows' shares of the residual.
    pub residual_square: f64,
    /// `Σ w²`.
    pub weight_square: f64,
    /// Per latent, one after the other: `Σ w m`, `Σ w m²`, `Σ w e^{2s}`, `Σ w s`.
    pub latents: Vec<f64>,
}

impl Sums {
    /// ELBO per row.
    pub fn elbo(&self) -> f64 {
        (self.density + self.prior + self.recognition + self.base_measure) / self.weight
    }

    /// Entropies per row.
    pub fn entropies(&self) -> Entropies {
        Entropies {
            recognition: self.recognition / self.weight,
            prior: self.prior_entropy,
            observable: self.observable / self.weight,
            base_measure: self.base_measure / self.weight,
        }
    }

    /// The prior's part of `ELBO − entropy sum`, per row.
    pub fn prior_residual(&self) -> f64 {
        self.prior / self.weight + self.prior_entropy
    }

    /// The observable's part of `ELBO − entropy sum`, per row.
    pub fn observable_residual(&self) -> f64 {
        (self.density + self.observable) / self.weight
    }

    /// `ELBO − entropy sum` per row.
    pub fn residual(&self) -> f64 {
        self.prior_residual() + self.observable_residual()
    }

    /// Standard error of the residual: that of a mean over rows, `√(Σ w (r_n − r)² / (N (N − 1)))` with `N = Σ w`, as weights are
    /// counts. Infinite where it is not known: rows whose share is not finite, a single row with a weight, `N ≤ 1`.
    pub fn residual_error(&self) -> f64 {
        self.error(self.residual_square, self.residual())
    }

    /// Standard error of the ELBO; infinite as that of the residual.
    pub fn elbo_error(&self) -> f64 {
        self.error(self.elbo_square, self.elbo())
    }

    fn error(&self, square: f64, mean: f64) -> f64 {
        // Σ w² = (Σ w)² where one row has all the weight.
        let alone = self.rows < 2 || self.weight_square >= self.weight * self.weight;
        if alone { f64::INFINITY } else { mean_error(self.weight, mean * self.weight, square) }
    }

    /// `KL(q ‖ p)` per row and latent, given the prior's log-variances.
    pub fn divergences(&self, log_variances: &[f64]) -> Vec<f64> {
        let h = log_variances.len();
        (0..h)
            .map(|l| {
                let mean = |k: usize| self.latents[k * h + l] / self.weight;
                0.5 * (log_variances[l] - 2.0 * mean(3) + (mean(1) + mean(2)) * (-log_variances[l]).exp() - 1.0)
            })
            .collect()
    }
}

impl Merge for Sums {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.density += other.density;
        self.observable += other.observable;
        self.recognition += other.recognition;
        self.prior += other.prior;
        if other.rows > 0 {
            // Along an epoch the prior moves: its entropy is then the mean.
            let share = other.weight / self.weight;
            self.prior_entropy += share * (other.prior_entropy - self.prior_entropy);
        }
        self.base_measure += other.base_measure;
        self.elbo_square += other.elbo_square;
        self.residual_square += other.residual_square;
        self.weight_square += other.weight_square;
        if self.latents.len() < other.latents.len() {
            self.latents.resize(other.latents.len(), 0.0);
        }
        self.latents.iter_mut().zip(&other.latents).for_each(|(a, b)| *a += b);
    }
}
