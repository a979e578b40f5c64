//! The univariate normal family, in a chart that is centred and scaled for the data.
//!
//! ```text
//! z = (x − center)/scale,   T(x) = (z, z²),   η = (m/v, −1/(2v)) with m, v mean and variance of z,
//! A(η) = m²/(2v) + ½ ln(2πv) + ln scale,   h = 1
//! ```
//!
//! The chart changes no probability; it keeps the sums of z² from cancelling.

use super::{Estimate, Expectation, ExponentialFamily, Natural};
use crate::linalg::Matrix;
use rand::Rng;
use rand_distr::Distribution;

/// Real numbers with mean and variance.
#[derive(Debug, Clone, Copy)]
pub struct Normal {
    /// Where the chart is centred (one number, kept as an array so that it can be lent as a slice).
    pub center: [f64; 1],
    /// Unit of the chart.
    pub scale: f64,
}

/// A variance below this share of the mean square is rounding of the sums it was computed from.
pub(super) const NO_VARIANCE: f64 = 1e-13;

impl Normal {
    fn moments(&self, at: &Natural) -> (f64, f64) {
        let v = -0.5 / at.0[1];
        (at.0[0] * v, v)
    }
}

impl ExponentialFamily for Normal {
    fn name(&self) -> &'static str {
        "normal"
    }

    fn dim(&self) -> usize {
        2
    }

    fn contains(&self, x: &[f64]) -> bool {
        x[0].is_finite()
    }

    fn support(&self) -> String {
        "real numbers".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        let z = (x[0] - self.center[0]) / self.scale;
        t[0] = z;
        t[1] = z * z;
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        let (first, second) = out.split_at_mut(rows);
        let inverse = 1.0 / self.scale;
        for ((a, b), x) in first.iter_mut().zip(second.iter_mut()).zip(&cells[0][..rows]) {
            let z = (x - self.center[0]) * inverse;
            *a = z;
            *b = z * z;
        }
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0[1] < 0.0 && at.0.iter().all(|e| e.is_finite())
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        let (m, v) = self.moments(at);
        0.5 * m * at.0[0] + 0.5 * (2.0 * std::f64::consts::PI * v).ln() + self.scale.ln()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        let (m, v) = self.moments(at);
        Expectation(vec![m, m * m + v])
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let (m, v) = self.moments(at);
        Matrix::from_fn(2, 2, |i, j| match (i, j) {
            (0, 0) => v,
            (1, 1) => 2.0 * v * v + 4.0 * m * m * v,
            _ => 2.0 * m * v,
        })
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        let (_, v) = self.moments(at);
        0.5 * (1.0 + (2.0 * std::f64::consts::PI * v).ln()) + self.scale.ln()
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let (m, square) = (mean.0[0], mean.0[1]);
        let v = square - m * m;
        if v.is_nan() || v <= NO_VARIANCE * square.abs().max(f64::MIN_POSITIVE) {
            return Estimate::Collapsed(format!("variance {:.1e}", v.max(0.0) * self.scale * self.scale));
        }
        Estimate::Interior(Natural(vec![m / v, -0.5 / v]))
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, at: &Natural) -> f64 {
        self.center[0] + self.scale * self.moments(at).0
    }

    fn centers(&self) -> &[f64] {
        &self.center
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        let (m, v) = self.moments(at);
        let unit: f64 = rand_distr::StandardNormal.sample(rng);
        x[0] = self.center[0] + self.scale * (m + v.sqrt() * unit);
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("mean", 1), ("variance", 1)]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        let (m, v) = self.moments(at);
        vec![self.center[0] + self.scale * m, v * self.scale * self.scale]
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        if !source[0].is_finite() {
            return Err(format!("the mean {} is not a number", source[0]));
        }
        let v = super::positive("variance", source[1])? / (self.scale * self.scale);
        let m = (source[0] - self.center[0]) / self.scale;
        Ok(Natural(vec![m / v, -0.5 / v]))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        // dm = v dη₁ + 2 m v dη₂,   dv = 2 v² dη₂.
        let (m, v) = self.moments(at);
        let s = self.scale;
        Matrix::from_fn(2, 2, |i, j| match (i, j) {
            (0, 0) => s * v,
            (0, _) => s * 2.0 * m * v,
            (_, 0) => 0.0,
            _ => s * s * 2.0 * v * v,
        })
    }
}
