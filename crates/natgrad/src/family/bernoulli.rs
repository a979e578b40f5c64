//! The Bernoulli family on {0, 1}.
//!
//! ```text
//! T(x) = x,   η = ln(p/(1−p)),   A(η) = ln(1 + e^η),   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, LIMIT, Natural, copy_features};
use crate::linalg::{Matrix, special};
use rand::{Rng, RngExt};

/// A coin with probability `p` of 1.
#[derive(Debug, Clone, Copy)]
pub struct Bernoulli;

impl ExponentialFamily for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli"
    }

    fn dim(&self) -> usize {
        1
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        x[0] == 0.0 || x[0] == 1.0
    }

    fn support(&self) -> String {
        "0 or 1".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        t[0] = x[0];
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        copy_features(cells, rows, out);
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0].is_finite()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        special::softplus(at.0[0])
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(vec![special::logistic(at.0[0])])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        Matrix::from_fn(1, 1, |_, _| special::logistic(at.0[0]) * special::logistic(-at.0[0]))
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        // Symmetric form: no cancellation between A and η μ when p is close to 1.
        let eta = at.0[0].abs();
        special::softplus(-eta) + eta * special::logistic(-eta)
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let p = mean.0[0];
        let eta = p.ln() - (-p).ln_1p();
        if eta <= -LIMIT || p <= 0.0 {
            return Estimate::Boundary(Natural(vec![-LIMIT]));
        }
        // 1 − p below rounding of the sums that p came from.
        if 1.0 - p <= f64::EPSILON {
            return Estimate::Boundary(Natural(vec![LIMIT]));
        }
        Estimate::Interior(Natural(vec![eta]))
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        special::logistic(at.0[0])
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        x[0] = f64::from(u8::from(rng.random::<f64>() < special::logistic(at.0[0])));
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("probability", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        vec![special::logistic(at.0[0])]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        super::probability(source[0]).map(|p| Natural(vec![(p.ln() - (-p).ln_1p()).clamp(-LIMIT, LIMIT)]))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        self.fisher(at)
    }
}
