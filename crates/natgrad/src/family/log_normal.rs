//! The log-normal family: positive numbers whose logarithm is normal.
//!
//! ```text
//! T(x) = (ln x, ln² x),   η = (m/v, −1/(2v)),   A(η) = m²/(2v) + ½ ln(2πv),   h(x) = 1/x
//! ```

use super::{Estimate, Expectation, ExponentialFamily, Natural, Normal};
use crate::linalg::Matrix;
use rand::Rng;

/// Positive numbers; mean and variance of their logarithm.
#[derive(Debug, Clone, Copy)]
pub struct LogNormal;

const OF_LOG: Normal = Normal { center: [0.0], scale: 1.0 };

impl ExponentialFamily for LogNormal {
    fn name(&self) -> &'static str {
        "log-normal"
    }

    fn dim(&self) -> usize {
        2
    }

    fn contains(&self, x: &[f64]) -> bool {
        x[0] > 0.0 && x[0].is_finite()
    }

    fn support(&self) -> String {
        "numbers above 0".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        OF_LOG.sufficient(&[x[0].ln()], t);
    }

    fn log_base_measure(&self, x: &[f64]) -> f64 {
        -x[0].ln()
    }

    fn has_constant_base_measure(&self) -> bool {
        false
    }

    fn is_interior(&self, at: &Natural) -> bool {
        OF_LOG.is_interior(at)
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        OF_LOG.log_partition(at)
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        OF_LOG.expectation(at)
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        OF_LOG.fisher(at)
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        OF_LOG.pseudo_entropy(at)
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        OF_LOG.estimate(mean)
    }

    fn expected_log_base_measure(&self, at: &Natural) -> f64 {
        -self.expectation(at).0[0]
    }

    fn mean(&self, at: &Natural) -> f64 {
        let source = OF_LOG.to_source(at);
        (source[0] + 0.5 * source[1]).exp()
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        OF_LOG.sample(at, rng, x);
        // Beyond the range of doubles the nearest number that is still in the support.
        x[0] = x[0].exp().clamp(f64::MIN_POSITIVE, f64::MAX);
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("log_mean", 1), ("log_variance", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        OF_LOG.to_source(at)
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        OF_LOG.from_source(source)
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        OF_LOG.source_jacobian(at)
    }
}
