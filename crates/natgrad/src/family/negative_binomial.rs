//! The negative binomial family with its dispersion given.
//!
//! ```text
//! T(x) = x,   η = ln(1 − p),   A(η) = −r ln(1 − e^η),   h(x) = Γ(x + r)/(x! Γ(r))
//! ```

use super::{
    Estimate, Expectation, ExponentialFamily, LIMIT, Natural, copy_features, expectation_over_counts, is_count,
};
use crate::linalg::{Matrix, special};
use rand::Rng;
use rand_distr::Distribution;

/// Failures before the `dispersion`-th success of probability `p`.
#[derive(Debug, Clone, Copy)]
pub struct NegativeBinomial {
    /// Dispersion `r > 0`.
    pub dispersion: f64,
}

impl ExponentialFamily for NegativeBinomial {
    fn name(&self) -> &'static str {
        "negative-binomial"
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
        let r = self.dispersion;
        if r == 1.0 {
            return 0.0;
        }
        special::ln_gamma(x[0] + r) - special::ln_gamma(x[0] + 1.0) - special::ln_gamma(r)
    }

    fn has_constant_base_measure(&self) -> bool {
        self.dispersion == 1.0
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0] < 0.0 && at.0[0].is_finite()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        // p = 1 − e^η = −expm1(η).
        -self.dispersion * (-at.0[0].exp_m1()).ln()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(vec![self.dispersion * at.0[0].exp() / -at.0[0].exp_m1()])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let p = -at.0[0].exp_m1();
        Matrix::from_fn(1, 1, |_, _| self.dispersion * at.0[0].exp() / (p * p))
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let m = mean.0[0].max(0.0);
        // 1 − p = m/(m + r).
        let eta = -(self.dispersion / m).ln_1p();
        if eta <= -LIMIT { Estimate::Boundary(Natural(vec![-LIMIT])) } else { Estimate::Interior(Natural(vec![eta])) }
    }

    fn expected_log_base_measure(&self, at: &Natural) -> f64 {
        if self.dispersion == 1.0 {
            return 0.0;
        }
        expectation_over_counts(self, at, |x| self.log_base_measure(&[x]))
    }

    fn mean(&self, at: &Natural) -> f64 {
        self.expectation(at).0[0]
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        // A Poisson count whose rate is gamma distributed.
        let odds = at.0[0].exp() / -at.0[0].exp_m1();
        let rate = rand_distr::Gamma::new(self.dispersion, odds).map_or(0.0, |d| d.sample(rng));
        x[0] = rand_distr::Poisson::new(rate).map_or(0.0, |d| d.sample(rng));
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("probability", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        vec![-at.0[0].exp_m1()]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        let p = source[0];
        if !(p > 0.0 && p <= 1.0) {
            return Err(format!("the probability {p} is not above 0 and at most 1"));
        }
        Ok(Natural(vec![(-p).ln_1p().max(-LIMIT)]))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        Matrix::from_fn(1, 1, |_, _| -at.0[0].exp())
    }
}
