//! The gamma family, shape and rate.
//!
//! ```text
//! T(x) = (ln x, x),   η = (a − 1, −b),   A(η) = ln Γ(a) − a ln b,   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, Natural};
use crate::linalg::{Matrix, special};
use rand::Rng;
use rand_distr::Distribution;

/// Positive numbers with shape `a` and rate `b`.
#[derive(Debug, Clone, Copy)]
pub struct Gamma;

/// A spread `ln E x − E ln x` below this is rounding: all values are equal.
const NO_SPREAD: f64 = 1e-9;

impl ExponentialFamily for Gamma {
    fn name(&self) -> &'static str {
        "gamma"
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
        t[0] = x[0].ln();
        t[1] = x[0];
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0] > -1.0 && at.0[1] < 0.0 && at.0.iter().all(|e| e.is_finite())
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        let (a, b) = (at.0[0] + 1.0, -at.0[1]);
        special::ln_gamma(a) - a * b.ln()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        let (a, b) = (at.0[0] + 1.0, -at.0[1]);
        Expectation(vec![special::digamma(a) - b.ln(), a / b])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let (a, b) = (at.0[0] + 1.0, -at.0[1]);
        Matrix::from_fn(2, 2, |i, j| match (i, j) {
            (0, 0) => special::trigamma(a),
            (1, 1) => a / (b * b),
            _ => 1.0 / b,
        })
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let (log, linear) = (mean.0[0], mean.0[1]);
        let spread = linear.ln() - log;
        if spread.is_nan() || spread <= NO_SPREAD * (1.0 + log.abs()) {
            return Estimate::Collapsed(format!("ln mean − mean ln = {spread:.1e}: the values do not vary"));
        }
        // Solve ln a − ψ(a) = spread: Minka's start, then Newton's method in 1/a, which is nearly linear.
        let mut a = (3.0 - spread + ((spread - 3.0).powi(2) + 24.0 * spread).sqrt()) / (12.0 * spread);
        for _ in 0..50 {
            let gap = a.ln() - special::digamma(a) - spread;
            let slope = 1.0 / a - special::trigamma(a);
            let next = 1.0 / (1.0 / a + gap / (a * a * slope));
            let next = if next.is_finite() && next > 0.0 { next } else { a * 0.5 };
            let done = (next - a).abs() <= 1e-15 * a;
            a = next;
            if done {
                break;
            }
        }
        Estimate::Interior(Natural(vec![a - 1.0, -a / linear]))
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        (at.0[0] + 1.0) / -at.0[1]
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        let (a, b) = (at.0[0] + 1.0, -at.0[1]);
        x[0] = rand_distr::Gamma::new(a, 1.0 / b).map_or(f64::NAN, |d| d.sample(rng)).max(f64::MIN_POSITIVE);
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("shape", 1), ("rate", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        vec![at.0[0] + 1.0, -at.0[1]]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        let (a, b) = (super::positive("shape", source[0])?, super::positive("rate", source[1])?);
        Ok(Natural(vec![a - 1.0, -b]))
    }

    fn source_jacobian(&self, _at: &Natural) -> Matrix {
        Matrix::from_fn(2, 2, |i, j| match (i, j) {
            (0, 0) => 1.0,
            (1, 1) => -1.0,
            _ => 0.0,
        })
    }
}
