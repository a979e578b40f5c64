//! The categorical family on named levels, in redundant coordinates.
//!
//! ```text
//! T(x) = one-hot(x),   A(η) = ln Σ_l exp η_l,   F = diag(p) − p pᵀ  (singular: adding a constant to η changes nothing),   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, LIMIT, Natural};
use crate::linalg::{Matrix, special};
use rand::{Rng, RngExt};

/// One of `levels` levels, coded 0, 1, ….
#[derive(Debug, Clone, Copy)]
pub struct Categorical {
    /// Number of levels.
    pub levels: usize,
}

fn probabilities(at: &Natural) -> Vec<f64> {
    let log = special::log_sum_exp(&at.0);
    at.0.iter().map(|e| (e - log).exp()).collect()
}

/// Log-probabilities, those of zero held at the limit.
fn logs(p: &[f64]) -> Vec<f64> {
    p.iter().map(|p| p.ln().max(-LIMIT)).collect()
}

impl ExponentialFamily for Categorical {
    fn name(&self) -> &'static str {
        "categorical"
    }

    fn dim(&self) -> usize {
        self.levels
    }

    fn rank(&self) -> usize {
        self.levels - 1
    }

    fn is_indicator(&self) -> bool {
        true
    }

    fn contains(&self, x: &[f64]) -> bool {
        x[0] >= 0.0 && x[0] < self.levels as f64 && x[0].fract() == 0.0
    }

    fn support(&self) -> String {
        format!("level numbers 0, …, {}", self.levels - 1)
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        for (l, t) in t.iter_mut().enumerate() {
            *t = f64::from(u8::from(x[0] == l as f64));
        }
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        let x = &cells[0][..rows];
        for (l, column) in out.chunks_exact_mut(rows).enumerate() {
            let level = l as f64;
            for (t, x) in column.iter_mut().zip(x) {
                *t = if *x == level { 1.0 } else { 0.0 };
            }
        }
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0.iter().all(|e| e.is_finite())
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        special::log_sum_exp(&at.0)
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        Expectation(probabilities(at))
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let p = probabilities(at);
        Matrix::from_fn(self.levels, self.levels, |i, j| {
            if i == j {
                // p (1 − p) with 1 − p as the sum of the others: no cancellation near 1.
                p[i] * (0..self.levels).filter(|&l| l != i).map(|l| p[l]).sum::<f64>()
            } else {
                -p[i] * p[j]
            }
        })
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        let log = special::log_sum_exp(&at.0);
        at.0.iter().map(|e| -(e - log) * (e - log).exp()).sum()
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let total: f64 = mean.0.iter().sum();
        let p: Vec<f64> = mean.0.iter().map(|m| (m / total).max(0.0)).collect();
        let eta = Natural(logs(&p));
        if eta.0.iter().any(|e| *e <= -LIMIT) { Estimate::Boundary(eta) } else { Estimate::Interior(eta) }
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        probabilities(at).iter().enumerate().map(|(l, p)| l as f64 * p).sum()
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        let p = probabilities(at);
        let mut left = rng.random::<f64>();
        let last = p.iter().rposition(|p| *p > 0.0).unwrap_or(0);
        x[0] = p
            .iter()
            .position(|p| {
                left -= p;
                left < 0.0
            })
            .unwrap_or(last) as f64;
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("probabilities", self.levels)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        probabilities(at)
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        for p in source {
            super::probability(*p)?;
        }
        let total: f64 = source.iter().sum();
        if (total - 1.0).abs() > 1e-6 {
            return Err(format!("the probabilities sum to {total}, not to 1"));
        }
        Ok(Natural(logs(&source.iter().map(|p| p / total).collect::<Vec<_>>())))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        self.fisher(at)
    }
}
