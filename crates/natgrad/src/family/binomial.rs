//! The binomial family with a given number of trials.
//!
//! ```text
//! T(x) = x,   η = ln(p/(1−p)),   A(η) = n ln(1 + e^η),   h(x) = C(n, x)
//! ```

use super::{Bernoulli, Estimate, Expectation, ExponentialFamily, Natural, copy_features, is_count};
use crate::linalg::{Matrix, special};
use rand::Rng;
use rand_distr::Distribution;

/// Successes in `trials` trials.
#[derive(Debug, Clone, Copy)]
pub struct Binomial {
    /// Number of trials.
    pub trials: u32,
}

impl Binomial {
    fn n(&self) -> f64 {
        f64::from(self.trials)
    }
}

impl ExponentialFamily for Binomial {
    fn name(&self) -> &'static str {
        "binomial"
    }

    fn dim(&self) -> usize {
        1
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        is_count(x[0]) && x[0] <= self.n()
    }

    fn support(&self) -> String {
        format!("whole numbers 0, 1, …, {}", self.trials)
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        t[0] = x[0];
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        copy_features(cells, rows, out);
    }

    fn log_base_measure(&self, x: &[f64]) -> f64 {
        special::ln_gamma(self.n() + 1.0) - special::ln_gamma(x[0] + 1.0) - special::ln_gamma(self.n() - x[0] + 1.0)
    }

    fn has_constant_base_measure(&self) -> bool {
        false
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[0].is_finite()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        self.n() * special::softplus(at.0[0])
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(vec![self.n() * special::logistic(at.0[0])])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let one = Bernoulli.fisher(at)[(0, 0)];
        Matrix::from_fn(1, 1, |_, _| self.n() * one)
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        self.n() * Bernoulli.pseudo_entropy(at)
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        Bernoulli.estimate(&Expectation(vec![mean.0[0] / self.n()]))
    }

    fn expected_log_base_measure(&self, at: &Natural) -> f64 {
        (0..=self.trials)
            .map(|x| {
                let x = [f64::from(x)];
                self.log_density(at, &x).exp() * self.log_base_measure(&x)
            })
            .sum()
    }

    fn mean(&self, at: &Natural) -> f64 {
        self.n() * special::logistic(at.0[0])
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        x[0] = match rand_distr::Binomial::new(u64::from(self.trials), special::logistic(at.0[0])) {
            Ok(d) => d.sample(rng) as f64,
            Err(_) => f64::NAN,
        };
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("probability", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        Bernoulli.to_source(at)
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        Bernoulli.from_source(source)
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        Bernoulli.fisher(at)
    }
}
