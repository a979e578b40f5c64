//! The exponential family of waiting times.
//!
//! ```text
//! T(x) = x,   η = −rate,   A(η) = −ln(−η),   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, Natural, copy_features};
use crate::linalg::Matrix;
use rand::Rng;
use rand_distr::Distribution;

/// Waiting times with a rate.
#[derive(Debug, Clone, Copy)]
pub struct Exponential;

impl ExponentialFamily for Exponential {
    fn name(&self) -> &'static str {
        "exponential"
    }

    fn dim(&self) -> usize {
        1
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        x[0] >= 0.0 && x[0].is_finite()
    }

    fn support(&self) -> String {
        "numbers of at least 0".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        t[0] = x[0];
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        copy_features(cells, rows, out);
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0] < 0.0 && at.0[0].is_finite()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        -(-at.0[0]).ln()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(vec![-1.0 / at.0[0]])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        Matrix::from_fn(1, 1, |_, _| 1.0 / (at.0[0] * at.0[0]))
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let rate = 1.0 / mean.0[0];
        if !rate.is_finite() || rate <= 0.0 {
            return Estimate::Collapsed(format!("mean {} of positive numbers", mean.0[0]));
        }
        Estimate::Interior(Natural(vec![-rate]))
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        -1.0 / at.0[0]
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        x[0] = rand_distr::Exp::new(-at.0[0]).map_or(f64::NAN, |d| d.sample(rng));
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("rate", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        vec![-at.0[0]]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        super::positive("rate", source[0]).map(|r| Natural(vec![-r]))
    }

    fn source_jacobian(&self, _at: &Natural) -> Matrix {
        Matrix::from_fn(1, 1, |_, _| -1.0)
    }
}
