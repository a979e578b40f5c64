//! A better start where cells are missing: only these cells are hidden, and the M-step is the closed form.
//!
//! ```text
//! E[x_m | x_o] = B (x_o − μ_o) + μ_m,   Cov[x_m | x_o] = W_m M⁻¹ W_mᵀ + Ψ_m,   B = W_m Kᵀ
//! Σ E[x_m x_oᵀ] = B Σ x_o x_oᵀ + …,   Σ E[x_m x_mᵀ] = B (Σ x_o x_oᵀ) Bᵀ + … + w Cov   ─▶   loadings and noise of that covariance
//! ```
//!
//! They begin from two covariances, and the better end is taken: that of the start, and that of a normal without any factors, which
//! has but one way to go. EM steps that hide the factors too keep to the maximum that they are nearest to, and with gaps that is often a poor one.

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

/// How missing cells follow from seen ones: `E[x_m] = slopes (x_o − mean_o) + mean_m`, and their covariance.
struct Regression<'a> {
    mean: &'a [f64],
    missing: Vec<usize>,
    /// Missing × seen.
    slopes: Matrix,
    /// Missing × missing.
    spread: Matrix,
}

impl FactorModel {
    /// The point after such steps, never below the one given in evidence; `start` itself where no cell is missing, or where a
    /// step would be too dear. `patterns` are of the rows to be fitted.
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
                let missing = others(seen, width);
                let across = Matrix::from_fn(missing.len(), seen.len(), |i, j| covariance[(missing[i], seen[j])]);
                let slopes = times(across.as_ref(), inverse.as_ref());
                let explained = times(slopes.as_ref(), across.transpose());
                let spread = Matrix::from_fn(missing.len(), missing.len(), |i, j| {
                    covariance[(missing[i], missing[j])] - explained[(i, j)]
                });
                let how = Regression { mean: &mean, missing, slopes, spread };
                sum.add(seen, &stored.moments(seen.len()).full(), &how);
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
            let moments = stored.moments(seen.len()).full();
            add_moments(self, &pattern, &moments, Want::Evidence, &mut statistics);
            let missing = others(seen, width);
            let own = Matrix::from_fn(missing.len(), self.latent, |i, h| loadings[(missing[i], h)]);
            let slopes = times(own.as_ref(), pattern.gain.transpose());
            let half = times(own.as_ref(), pattern.covariance.as_ref());
            let mut spread = times(half.as_ref(), own.transpose());
            missing.iter().enumerate().for_each(|(i, &d)| spread[(i, i)] += self.variance(at, d));
            sum.add(seen, &moments, &Regression { mean: &at.0[..width], missing, slopes, spread });
        }
        Ok((statistics.log_evidence / statistics.weight, sum))
    }
}

/// Columns that are not among these.
fn others(seen: &[usize], width: usize) -> Vec<usize> {
    (0..width).filter(|d| seen.binary_search(d).is_err()).collect()
}

impl Expected {
    fn zero(width: usize) -> Self {
        Expected { weight: 0.0, first: vec![0.0; width], second: Matrix::zeros(width, width) }
    }

    /// Adds rows that show `seen`.
    fn add(&mut self, seen: &[usize], m: &Moments, how: &Regression<'_>) {
        let Regression { mean, missing, slopes, spread } = how;
        // E[x_m] = slopes x_o + rest.
        let along = |i: usize, v: &dyn Fn(usize) -> f64| (0..seen.len()).map(|j| slopes[(i, j)] * v(j)).sum::<f64>();
        let rest: Vec<f64> = missing.iter().enumerate().map(|(i, &d)| mean[d] - along(i, &|j| mean[seen[j]])).collect();
        let first: Vec<f64> = (0..missing.len()).map(|i| along(i, &|j| m.first[j])).collect();
        let cross = times(slopes.as_ref(), m.second.as_ref());
        let square = times(cross.as_ref(), slopes.transpose());
        self.weight += m.weight;
        for (j, &e) in seen.iter().enumerate() {
            self.first[e] += m.first[j];
            for (i, &d) in seen.iter().enumerate() {
                self.second[(d, e)] += m.second[(i, j)];
            }
            for (i, &d) in missing.iter().enumerate() {
                let both = cross[(i, j)] + rest[i] * m.first[j];
                self.second[(d, e)] += both;
                self.second[(e, d)] += both;
            }
        }
        for (j, &e) in missing.iter().enumerate() {
            self.first[e] += first[j] + m.weight * rest[j];
            for (i, &d) in missing.iter().enumerate() {
                let shifts = first[i] * rest[j] + rest[i] * first[j] + m.weight * rest[i] * rest[j];
                self.second[(d, e)] += square[(i, j)] + shifts + m.weight * spread[(i, j)];
            }
        }
    }

    /// Mean and covariance.
    fn moments(&self) -> (Vec<f64>, Matrix) {
        let mean: Vec<f64> = self.first.iter().map(|s| s / self.weight).collect();
        let width = mean.len();
        let covariance = Matrix::from_fn(width, width, |i, j| self.second[(i, j)] / self.weight - mean[i] * mean[j]);
        (mean, covariance)
    }
}
