//! The geometric family on 0, 1, 2, …: the negative binomial with dispersion 1.
//!
//! ```text
//! T(x) = x,   η = ln(1 − p),   A(η) = −ln(1 − e^η),   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, Natural, NegativeBinomial};
use crate::linalg::Matrix;
use rand::Rng;

/// Failures before the first success.
#[derive(Debug, Clone, Copy)]
pub struct Geometric;

const ONE: NegativeBinomial = NegativeBinomial { dispersion: 1.0 };

impl ExponentialFamily for Geometric {
    fn name(&self) -> &'static str {
        "geometric"
    }

    fn dim(&self) -> usize {
        1
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        ONE.contains(x)
    }

    fn support(&self) -> String {
        ONE.support()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        ONE.sufficient(x, t);
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        ONE.features(cells, rows, out);
    }

    fn is_interior(&self, at: &Natural) -> bool {
        ONE.is_interior(at)
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        ONE.log_partition(at)
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        ONE.expectation(at)
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        ONE.fisher(at)
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        ONE.estimate(mean)
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        ONE.mean(at)
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        ONE.sample(at, rng, x);
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        ONE.source_names()
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        ONE.to_source(at)
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        ONE.from_source(source)
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        ONE.source_jacobian(at)
    }
}
