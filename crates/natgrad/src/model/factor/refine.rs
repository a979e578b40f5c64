//! A better start where cells are missing: only these cells are hidden, and the M-step is the closed form.
//!
//! ```text
//! E[x | x_o] = B x_o + b:  rows of B and b are (1, 0) for seen cells, (W_m Kᵀ, μ_m − W_m Kᵀ μ_o) for missing ones
//! Σ E[x xᵀ] = B (Σ x_o x_oᵀ) Bᵀ + … + w (W_m M⁻¹ W_mᵀ + Ψ_m)   ─▶   loadings and noise of that covariance
//! ```
//!
//! They begin from two covariances, and the better end is taken: that of the start, and that of a normal without any factors, which
//! has but one way to go. EM steps that hide the factors too keep to the maximum that they are nearest to, and with gaps that is often a poor one.

use super::digest::Stored;
use super::moments::{Moments, add_moments};
use super::pattern::Pattern;
use super::{FactorModel, Noise, Patterns};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};
use crate::model::{LatentModel, Want};

/// Most steps: each leaves the share of missing cells of what is left.
const MOST_STEPS: usize = 40;

/// Gains below this (nats per row) are the engine's to finish.
const ENOUGH: f64 = 1e-6;

/// Steps of the normal without factors.
const WITHOUT_FACTORS: usize = 20;

/// What is added to the diagonal of its covariances before they are inverted, in squared units of the chart.
const RIDGE: f64 = 1e-6;

/// Most products per step: beyond it a step would take longer than hundreds of the engine's.
const AFFORDABLE: f64 = 2e10;

/// What rows are expected to be, summed: `Σ w`, `Σ w E[x]`, `Σ w E[x xᵀ]`.
struct Expected {
    weight: f64,
    first: Vec<f64>,
    second: Matrix,
}

/// How missing cells follow from seen ones: `E[x] = slopes (x_o − mean_o) + mean`, and their covariance (of missing ones alone).
struct Regression<'a> {
    mean: &'a [f64],
    slopes: Matrix,
    spread: Matrix,
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
        let mut best = self.climbed(start.clone(), patterns)?;
        // The noise of p-PCA is one number: there is hardly another way to go.
        if self.noise == Noise::Isotropic {
            return Ok(best.1);
        }
        let (mean, covariance) = self.without_factors(&start, patterns);
        if let Some(other) = self.closed_form(&mean, &covariance) {
            let end = self.climbed(other, patterns)?;
            if end.0 > best.0 {
                best = end;
            }
        }
        Ok(best.1)
    }

    /// Evidence per row and point after the steps.
    fn climbed(&self, start: Point, patterns: &Patterns) -> Result<(f64, Point), Error> {
        let mut best = (f64::NEG_INFINITY, start.clone());
        let mut point = start;
        for _ in 0..MOST_STEPS {
            let (evidence, expected) = self.expected(&point, patterns)?;
            let gain = evidence - best.0;
            if gain.is_nan() || gain <= 0.0 {
                break;
            }
            best = (evidence, point.clone());
            if gain <= ENOUGH {
                break;
            }
            let (mean, covariance) = expected.moments();
            match self.closed_form(&mean, &covariance) {
                Some(next) => point = next,
                None => break,
            }
        }
        Ok(best)
    }

    /// Mean and covariance of a normal without factors after some EM steps from those of a point.
    fn without_factors(&self, start: &Point, patterns: &Patterns) -> (Vec<f64>, Matrix) {
        let width = self.width();
        let loadings = self.loadings(start);
        let mut covariance = times(loadings.as_ref(), loadings.transpose());
        (0..width).for_each(|d| covariance[(d, d)] += self.variance(start, d));
        let mut mean = start.0[..width].to_vec();
        for _ in 0..WITHOUT_FACTORS {
            let mut sum = Expected::zero(width);
            for (seen, stored) in patterns.pieces() {
                let ridge = |i: usize, j: usize| if i == j { RIDGE } else { 0.0 };
                let own = Matrix::from_fn(seen.len(), seen.len(), |i, j| covariance[(seen[i], seen[j])] + ridge(i, j));
                let Some(inverse) = symmetric::inverse(&own) else { continue };
                let across = Matrix::from_fn(width, seen.len(), |d, i| covariance[(d, seen[i])]);
                let slopes = times(across.as_ref(), inverse.as_ref());
                let spread = &covariance - times(slopes.as_ref(), across.transpose());
                sum.add(seen, &of(stored, seen.len()), &Regression { mean: &mean, slopes, spread });
            }
            if sum.weight <= 0.0 {
                break;
            }
            (mean, covariance) = sum.moments();
        }
        (mean, covariance)
    }

    fn expected(&self, at: &Point, patterns: &Patterns) -> Result<(f64, Expected), Error> {
        let width = self.width();
        let mut statistics = self.empty(Want::Evidence);
        let mut sum = Expected::zero(width);
        let loadings = self.loadings(at);
        for (seen, stored) in patterns.pieces() {
            let pattern = Pattern::new(self, at, seen.clone())?;
            let moments = of(stored, seen.len());
            add_moments(self, &pattern, &moments, Want::Evidence, &mut statistics);
            let slopes = times(loadings.as_ref(), pattern.gain.transpose());
            let half = times(loadings.as_ref(), pattern.covariance.as_ref());
            let mut spread = times(half.as_ref(), loadings.transpose());
            (0..width).for_each(|d| spread[(d, d)] += self.variance(at, d));
            sum.add(seen, &moments, &Regression { mean: &at.0[..width], slopes, spread });
        }
        Ok((statistics.log_evidence / statistics.weight, sum))
    }
}

/// Moments with both triangles.
fn of(stored: &Stored, seen: usize) -> Moments {
    match stored {
        Stored::Sums(m) => m.clone(),
        rows => rows.moments(seen).full(),
    }
}

impl Expected {
    fn zero(width: usize) -> Self {
        Expected { weight: 0.0, first: vec![0.0; width], second: Matrix::zeros(width, width) }
    }

    /// Adds rows that show `seen`.
    fn add(&mut self, seen: &[usize], m: &Moments, how: &Regression<'_>) {
        let width = self.first.len();
        let place: Vec<Option<usize>> = (0..width).map(|d| seen.binary_search(&d).ok()).collect();
        let b = Matrix::from_fn(width, seen.len(), |d, i| match place[d] {
            Some(own) => f64::from(u8::from(own == i)),
            None => how.slopes[(d, i)],
        });
        let rest: Vec<f64> = (0..width)
            .map(|d| match place[d] {
                Some(_) => 0.0,
                None => how.mean[d] - seen.iter().enumerate().map(|(i, &o)| b[(d, i)] * how.mean[o]).sum::<f64>(),
            })
            .collect();
        let of_first: Vec<f64> = (0..width).map(|d| (0..seen.len()).map(|i| b[(d, i)] * m.first[i]).sum()).collect();
        let half = times(b.as_ref(), m.second.as_ref());
        let whole = times(half.as_ref(), b.transpose());
        for j in 0..width {
            for i in 0..width {
                let known = of_first[i] * rest[j] + rest[i] * of_first[j] + m.weight * rest[i] * rest[j];
                let unknown = if place[i].is_none() && place[j].is_none() { how.spread[(i, j)] } else { 0.0 };
                self.second[(i, j)] += whole[(i, j)] + known + m.weight * unknown;
            }
        }
        for d in 0..width {
            self.first[d] += of_first[d] + m.weight * rest[d];
        }
        self.weight += m.weight;
    }

    /// Mean and covariance.
    fn moments(&self) -> (Vec<f64>, Matrix) {
        let mean: Vec<f64> = self.first.iter().map(|s| s / self.weight).collect();
        let width = mean.len();
        let covariance = Matrix::from_fn(width, width, |i, j| self.second[(i, j)] / self.weight - mean[i] * mean[j]);
        (mean, covariance)
    }
}
