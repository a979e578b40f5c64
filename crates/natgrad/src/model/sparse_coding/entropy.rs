//! Learning by entropies alone: scales and noise always at their optima, so that the objective has nothing else in it.
//!
//! ```text
//! L(q, W) = (1/N) Σ_n H[q_n] − Σ_h ln(2e b̂_h) − D/2 ln(2πe σ̂²)      b̂, σ̂² from the beliefs themselves
//! ```
//!
//! For any beliefs and dictionary this is the bound's maximum over scales and noise, so that both have the same optima. The
//! dictionary moves along the natural gradient of `L`, which is `(Cᵀ − W S) S⁺`, and its elements keep length 1.
//!
//! # Source
//! Velychko et al. (2024), Learning sparse codes with entropy-based ELBOs.

use super::{Dictionary, SparseCoding};
use crate::Error;
use crate::geometry::Point;
use crate::model::Statistics;
use std::f64::consts::{E, PI};

/// One step of learning by entropies.
#[derive(Debug, Clone, PartialEq)]
pub struct EntropyStep {
    /// The parameters after it; scales and noise are their optima for the beliefs that it started from.
    pub point: Point,
    /// `L` of those beliefs at the dictionary before the step, nats per row.
    pub objective: f64,
}

impl SparseCoding {
    /// `L(q, W)` for the beliefs that gave these sums, nats per row.
    ///
    /// # Errors
    /// [`Error::Collapsed`] where no noise is left.
    pub fn entropy_objective(&self, at: &Point, s: &Statistics) -> Result<f64, Error> {
        let noise = self.best_noise(&at.0[..self.columns * self.elements], s)?;
        let prior: f64 = self.best_scales(s).iter().map(|b| (2.0 * E * b).ln()).sum();
        let observable = 0.5 * self.columns as f64 * (2.0 * PI * E * noise).ln();
        Ok(s.recognition_entropy / s.weight - prior - observable)
    }

    /// A step of length `rate` along the natural gradient of `L`: the dictionary moves, scales and noise follow.
    ///
    /// # Errors
    /// As [`Self::entropy_objective`].
    pub fn entropy_step(&self, at: &Point, s: &Statistics, rate: f64) -> Result<EntropyStep, Error> {
        let objective = self.entropy_objective(at, s)?;
        let best = self.best_weights(at, s)?;
        let weights: Vec<f64> = at.0.iter().zip(&best).map(|(w, b)| w + rate * (b - w)).collect();
        let (scales, noise) = (self.best_scales(s), self.best_noise(&weights, s)?);
        let point = self.lifted(&self.normalised(&self.point(&Dictionary { weights, scales, noise })?));
        Ok(EntropyStep { point, objective })
    }
}
