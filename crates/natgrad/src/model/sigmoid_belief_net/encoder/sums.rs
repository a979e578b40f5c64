//! Sums over rows of what samples say: bounds, entropies, slopes.
//!
//! ```text
//! L_K = H_K − E Σ_k ω̄_k Σ_u H_b(σ(a_u)) + θ·∂L_K,      H_K = E { −Σ_k ω̄_k ln q(z_k|x) − Σ_k ω̄_k ln (K ω̄_k) }
//! ```
//!
//! The entropy sum of the importance-weighted bound: `H_K` is the entropy of the beliefs less what the weights of the samples
//! tell them apart by; for one sample it is `H[q]`.

use super::metric::Moments;
use crate::model::Entropies;
use crate::rows::{Merge, mean_error};

/// Sums over rows, each times its weight.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub rows: u64,
    pub weight: f64,
    /// `Σ w L_1`, estimated by the mean over samples.
    pub one: f64,
    /// `Σ w L_K` and its squares.
    pub bound: f64,
    pub bound_square: f64,
    /// `Σ w H_K`.
    pub recognition: f64,
    /// Of each layer, the visible one first: `Σ w Σ_k ω̄_k Σ_u H_b(σ(a_u))`.
    pub entropy: Vec<f64>,
    /// Of each layer: slope and curvature along its own parameters, `Σ w Σ ω̄ Σ_u (z−σ) a` and `Σ w Σ ω̄ Σ_u σ′ a²`.
    pub along: Vec<f64>,
    pub bend: Vec<f64>,
    /// Squares of the rows' shares of the residual.
    pub residual_square: f64,
    /// `Σ w Σ_k ω̄_k z_u` of the top's units.
    pub on: Vec<f64>,
    /// Of each hidden unit, layer 1 first: `Σ w E ln q_u/p_u`, over samples of equal weight.
    pub divergence: Vec<f64>,
    /// Slopes of the net and of the encoder; empty where not asked for.
    pub slope: Vec<f64>,
    pub encoder_slope: Vec<f64>,
    /// Of each layer of the net but the top, then of the encoder; empty where not asked for.
    pub moments: Vec<Moments>,
}

fn add(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

impl Merge for Sums {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.one += other.one;
        self.bound += other.bound;
        self.bound_square += other.bound_square;
        self.recognition += other.recognition;
        self.residual_square += other.residual_square;
        add(&mut self.entropy, &other.entropy);
        add(&mut self.along, &other.along);
        add(&mut self.bend, &other.bend);
        add(&mut self.on, &other.on);
        add(&mut self.divergence, &other.divergence);
        add(&mut self.slope, &other.slope);
        add(&mut self.encoder_slope, &other.encoder_slope);
        self.moments.iter_mut().zip(&other.moments).for_each(|(a, b)| a.merge(b));
    }
}

impl Sums {
    /// Entropies of `L_K` per row.
    pub fn entropies(&self) -> Entropies {
        Entropies {
            recognition: self.recognition / self.weight,
            prior: self.entropy[1..].iter().sum::<f64>() / self.weight,
            observable: self.entropy[0] / self.weight,
            base_measure: 0.0,
        }
    }

    /// `L_K − entropy sum` per row.
    pub fn residual(&self) -> f64 {
        self.along.iter().sum::<f64>() / self.weight
    }

    /// Standard error of the residual.
    pub fn residual_error(&self) -> f64 {
        mean_error(self.weight, self.along.iter().sum(), self.residual_square)
    }

    /// Standard error of `L_K`.
    pub fn bound_error(&self) -> f64 {
        mean_error(self.weight, self.bound, self.bound_square)
    }
}
