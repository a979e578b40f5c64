//! A better start where cells are missing: only these cells are hidden, and the M-step is the closed form.
//!
//! ```text
//! E[x | x_o] = B x_o + b:  rows of B and b are (1, 0) for seen cells, (W_m Kᵀ, μ_m − W_m Kᵀ μ_o) for missing ones
//! Σ E[x xᵀ] = B (Σ x_o x_oᵀ) Bᵀ + … + w (W_m M⁻¹ W_mᵀ + Ψ_m)   ─▶   loadings and noise of that covariance
//! ```
//!
//! EM steps that hide the factors too keep to the maximum that they are nearest to, and with gaps that is often a poor one.

use super::digest::Stored;
use super::moments::{Moments, add_moments};
use super::pattern::Pattern;
use super::{FactorModel, Patterns};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::linalg::product::times;
use crate::model::{LatentModel, Statistics, Want};

/// Most steps: each leaves the share of missing cells of what is left.
const MOST_STEPS: usize = 40;

/// Gains below this (nats per row) are the engine's to finish.
const ENOUGH: f64 = 1e-6;

/// Most products per step: beyond it a step would take longer than hundreds of the engine's.
const AFFORDABLE: f64 = 2e10;

/// What rows are expected to be, summed: evidence, `Σ E[x]`, `Σ E[x xᵀ]`.
struct Expected {
    statistics: Statistics,
    first: Vec<f64>,
    second: Matrix,
}

impl FactorModel {
    /// The point after such steps, never below the one given.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `start` is outside the domain.
    pub fn refined(&self, start: Point, patterns: &Patterns) -> Result<Point, Error> {
        let width = self.width() as f64;
        let work: f64 = patterns.pieces().iter().map(|(seen, _)| width * (seen.len() as f64).powi(2)).sum();
        if !self.gappy || work > AFFORDABLE {
            return Ok(start);
        }
        let mut best: Option<(f64, Point)> = None;
        let mut point = start;
        for _ in 0..MOST_STEPS {
            let expected = self.expected(&point, patterns)?;
            let weight = expected.statistics.weight;
            let evidence = expected.statistics.log_evidence / weight;
            let gain = best.as_ref().map_or(f64::INFINITY, |b| evidence - b.0);
            if gain.is_nan() || gain <= 0.0 {
                break;
            }
            best = Some((evidence, point.clone()));
            if gain <= ENOUGH {
                break;
            }
            let mean: Vec<f64> = expected.first.iter().map(|s| s / weight).collect();
            let covariance = Matrix::from_fn(self.width(), self.width(), |i, j| {
                expected.second[(i, j)] / weight - mean[i] * mean[j]
            });
            match self.closed_form(&mean, &covariance) {
                Some(next) => point = next,
                None => break,
            }
        }
        Ok(best.map_or(point, |b| b.1))
    }

    fn expected(&self, at: &Point, patterns: &Patterns) -> Result<Expected, Error> {
        let width = self.width();
        let mut sum = Expected {
            statistics: self.empty(Want::Evidence),
            first: vec![0.0; width],
            second: Matrix::zeros(width, width),
        };
        for (seen, stored) in patterns.pieces() {
            let pattern = Pattern::new(self, at, seen.clone())?;
            let moments = match stored {
                Stored::Sums(m) => m.clone(),
                rows => rows.moments(seen.len()).full(),
            };
            add_moments(self, &pattern, &moments, Want::Evidence, &mut sum.statistics);
            self.complete(at, &pattern, &moments, &mut sum);
        }
        Ok(sum)
    }

    /// Adds what rows with these moments are expected to be, missing cells and all.
    fn complete(&self, at: &Point, pattern: &Pattern, m: &Moments, sum: &mut Expected) {
        let width = self.width();
        let place: Vec<Option<usize>> = (0..width).map(|d| pattern.seen.binary_search(&d).ok()).collect();
        let loadings = self.loadings(at);
        // W Kᵀ, of which the missing rows count.
        let along = times(loadings.as_ref(), pattern.gain.transpose());
        let b = Matrix::from_fn(width, pattern.seen.len(), |d, i| match place[d] {
            Some(own) => f64::from(u8::from(own == i)),
            None => along[(d, i)],
        });
        let rest: Vec<f64> = (0..width)
            .map(|d| match place[d] {
                Some(_) => 0.0,
                None => at.0[d] - (0..pattern.seen.len()).map(|i| along[(d, i)] * pattern.mean[i]).sum::<f64>(),
            })
            .collect();
        let of_first: Vec<f64> =
            (0..width).map(|d| (0..pattern.seen.len()).map(|i| b[(d, i)] * m.first[i]).sum()).collect();
        let half = times(b.as_ref(), m.second.as_ref());
        let whole = times(half.as_ref(), b.transpose());
        let spread = times(times(loadings.as_ref(), pattern.covariance.as_ref()).as_ref(), loadings.transpose());
        for j in 0..width {
            for i in 0..width {
                let mut own =
                    whole[(i, j)] + of_first[i] * rest[j] + rest[i] * of_first[j] + m.weight * rest[i] * rest[j];
                if place[i].is_none() && place[j].is_none() {
                    own += m.weight * (spread[(i, j)] + if i == j { self.variance(at, i) } else { 0.0 });
                }
                sum.second[(i, j)] += own;
            }
        }
        for d in 0..width {
            sum.first[d] += of_first[d] + m.weight * rest[d];
        }
    }
}
