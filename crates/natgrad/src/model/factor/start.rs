//! Where a fit begins: the closed form where there is one, and points drawn with a seed.
//!
//! ```text
//! p-PCA, nothing missing:   W = U (Λ − σ² I)^½,  σ² = mean of the D−H smallest eigenvalues: the maximum itself
//! factor analysis:          ψ by Newton's method with W profiled out (profile.rs): next to the maximum
//! ```
//!
//! # Source
//! Tipping and Bishop (1999), Probabilistic principal component analysis.

use super::digest::Survey;
use super::layout::{Noise, SMALLEST_NOISE};
use super::{FactorModel, profile};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::{Matrix, symmetric};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Share of the columns' variance that random loadings take.
const SHARED: f64 = 0.5;

/// Smallest eigenvalue that covariances over different rows are given: they need not be a covariance matrix.
const LEAST_EIGENVALUE: f64 = 1e-3;

/// Smallest noise that a start is given where cells are missing: from less, EM hardly moves the loadings, and covariances
/// over different rows may well say zero where it is not.
const LEAST_NOISE: f64 = 0.05;

impl FactorModel {
    /// The closed form, or the nearest thing to it.
    ///
    /// # Errors
    /// [`Error::Collapsed`] where p-PCA has no maximum: the rows span no more dimensions than there are factors.
    pub fn start(&self, survey: &Survey) -> Result<Point, Error> {
        let Some(covariance) = &survey.covariance else { return Ok(self.random(survey, 0)) };
        let Some(eigen) = symmetric::eigen(covariance) else { return Ok(self.random(survey, 0)) };
        let mut point = self.at_mean(&survey.mean);
        if survey.complete().is_some() {
            return self.closed_form(&survey.mean, covariance).ok_or_else(|| self.collapse(&[0]));
        }
        match self.noise {
            Noise::Isotropic => self.set_isotropic(&mut point, &eigen, LEAST_NOISE),
            Noise::Diagonal => self.set_diagonal(&mut point, &lift(&eigen), LEAST_NOISE),
        }
        Ok(point)
    }

    /// Loadings drawn with a seed.
    pub fn random(&self, survey: &Survey, seed: u64) -> Point {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut point = self.at_mean(&survey.mean);
        let length = (SHARED / self.latent as f64).sqrt();
        for place in self.loadings_at()..self.noise_at() {
            let draw: f64 = StandardNormal.sample(&mut rng);
            point.0[place] = length * draw;
        }
        let noise = self.noise_at();
        point.0[noise..].iter_mut().for_each(|l| *l = (1.0 - SHARED).ln());
        point
    }

    /// The maximum for rows of this mean and covariance (p-PCA), or next to it; `None` where p-PCA has none.
    pub(super) fn closed_form(&self, mean: &[f64], covariance: &Matrix) -> Option<Point> {
        let mut point = self.at_mean(mean);
        match self.noise {
            Noise::Isotropic => {
                self.set_isotropic(&mut point, &symmetric::eigen(covariance)?, 0.0);
                if point.0[self.noise_at()] <= self.noise.smallest().ln() {
                    return None;
                }
            }
            Noise::Diagonal => self.set_diagonal(&mut point, covariance, SMALLEST_NOISE),
        }
        Some(point)
    }

    fn set_isotropic(&self, point: &mut Point, eigen: &symmetric::Eigen, least: f64) {
        let (width, latent) = (self.width(), self.latent);
        let rest = &eigen.values[..width - latent];
        let noise = (rest.iter().map(|l| l.max(0.0)).sum::<f64>() / rest.len() as f64).max(least);
        for h in 0..latent {
            let from = width - 1 - h;
            let length = (eigen.values[from] - noise).max(0.0).sqrt();
            (0..width).for_each(|d| point.0[self.loading(d, h)] = length * eigen.vectors[(d, from)]);
        }
        point.0[self.noise_at()] = noise.ln();
    }

    fn set_diagonal(&self, point: &mut Point, covariance: &Matrix, least: f64) {
        let (loadings, noise) = profile::climb(covariance, self.latent);
        for d in 0..self.width() {
            (0..self.latent).for_each(|h| point.0[self.loading(d, h)] = loadings[(d, h)]);
            point.0[self.noise_of(d)] = noise[d].max(least.ln());
        }
    }

    fn at_mean(&self, mean: &[f64]) -> Point {
        let mut point = vec![0.0; self.noise_at() + self.noises()];
        point[..self.width()].copy_from_slice(mean);
        Point(point)
    }
}

/// The same eigenvectors with eigenvalues above a floor.
fn lift(eigen: &symmetric::Eigen) -> Matrix {
    let n = eigen.values.len();
    let scaled = Matrix::from_fn(n, n, |i, j| eigen.vectors[(i, j)] * eigen.values[j].max(LEAST_EIGENVALUE));
    crate::linalg::product::times(scaled.as_ref(), eigen.vectors.transpose())
}
