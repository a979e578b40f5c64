//! The Poisson family on counts.
//!
//! ```text
//! T(x) = x,   η = ln λ,   A(η) = e^η,   h(x) = 1/x!
//! ```

use super::{
    Estimate, Expectation, ExponentialFamily, LIMIT, Natural, copy_features, expectation_over_counts, is_count,
};
use crate::linalg::{Matrix, special};
use rand::Rng;
use rand_distr::Distribution;

/// Counts with rate λ.
#[derive(Debug, Clone, Copy)]
pub struct Poisson;

impl ExponentialFamily for Poisson {
    fn name(&self) -> &'static str {
        "poisson"
    }

    fn dim(&self) -> usize {
        1
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        is_count(x[0])
    }

    fn support(&self) -> String {
        "whole numbers 0, 1, 2, … up to 9e15".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        t[0] = x[0];
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        copy_features(cells, rows, out);
    }

    fn log_base_measure(&self, x: &[f64]) -> f64 {
        -special::ln_gamma(x[0] + 1.0)
    }

    fn has_constant_base_measure(&self) -> bool {
        false
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0].is_finite() && at.0[0].exp().is_finite()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        at.0[0].exp()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(vec![at.0[0].exp()])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        Matrix::from_fn(1, 1, |_, _| at.0[0].exp())
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let eta = mean.0[0].max(0.0).ln();
        if eta <= -LIMIT { Estimate::Boundary(Natural(vec![-LIMIT])) } else { Estimate::Interior(Natural(vec![eta])) }
    }

    fn expected_log_base_measure(&self, at: &Natural) -> f64 {
        expectation_over_counts(self, at, |x| self.log_base_measure(&[x]))
    }

    fn mean(&self, at: &Natural) -> f64 {
        at.0[0].exp()
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        let rate = at.0[0].exp();
        x[0] = rand_distr::Poisson::new(rate).map_or(0.0, |d| d.sample(rng));
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("rate", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        vec![at.0[0].exp()]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        let rate = source[0];
        if !(rate >= 0.0 && rate.is_finite()) {
            return Err(format!("the rate {rate} is not a number of at least 0"));
        }
        Ok(Natural(vec![rate.ln().max(-LIMIT)]))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        self.fisher(at)
    }
}
