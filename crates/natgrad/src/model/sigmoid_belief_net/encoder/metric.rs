//! Running estimates of a layer's Gram matrices and the natural-gradient steps that they give.
//!
//! ```text
//! G_u ≈ E[σ′_u] E[z̃ z̃ᵀ]      step_u = (E[σ′_u] + δ/4)⁻¹ (E[z̃ z̃ᵀ] + damping)⁻¹ g_u
//! ```

use crate::linalg::Matrix;
use crate::linalg::positive::damped_inverse;
use crate::linalg::product::{add_transposed, multiply};

/// Share of the latest batch in running means.
const LATEST: f64 = 0.05;
/// Inverses are taken anew after so many batches, and whenever their number doubles.
const REFRESH: u64 = 25;

/// Sums over samples of one layer: second moments of its inputs and slopes of its units.
pub(super) struct Moments {
    units: usize,
    inputs: usize,
    weight: f64,
    second: Vec<f64>,
    slope: Vec<f64>,
}

impl Moments {
    pub fn zero(units: usize, inputs: usize) -> Self {
        Moments { units, inputs, weight: 0.0, second: vec![0.0; (inputs + 1) * (inputs + 1)], slope: vec![0.0; units] }
    }

    /// Adds samples: inputs and slopes are rows × units, column-major.
    pub fn add(&mut self, inputs: &[f64], slope: &[f64], weights: &[f64]) {
        let (rows, n) = (weights.len(), self.inputs + 1);
        let mut extended = inputs.to_vec();
        extended.resize(n * rows, 1.0);
        let weighted: Vec<f64> = extended.iter().enumerate().map(|(i, x)| x * weights[i % rows]).collect();
        add_transposed(&mut self.second, &weighted, rows, &extended, rows, rows, n, n);
        for (s, column) in self.slope.iter_mut().zip(slope.chunks_exact(rows)) {
            *s += column.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>();
        }
        self.weight += weights.iter().sum::<f64>();
    }

    pub fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.second.iter_mut().zip(&other.second).for_each(|(a, b)| *a += b);
        self.slope.iter_mut().zip(&other.slope).for_each(|(a, b)| *a += b);
    }
}

/// A layer's running means and damped inverse.
pub(super) struct Preconditioner {
    second: Vec<f64>,
    slope: Vec<f64>,
    inverse: Option<Matrix>,
    batches: u64,
    damping: f64,
}

impl Preconditioner {
    pub fn new(of: &Moments, damping: f64) -> Self {
        Preconditioner {
            second: vec![0.0; of.second.len()],
            slope: vec![0.0; of.units],
            inverse: None,
            batches: 0,
            damping,
        }
    }

    /// Takes in a batch.
    pub fn update(&mut self, of: &Moments) {
        self.batches += 1;
        let share = LATEST.max(1.0 / self.batches as f64);
        let blend = |a: &mut [f64], b: &[f64]| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += share * (b / of.weight - *a));
        };
        blend(&mut self.second, &of.second);
        blend(&mut self.slope, &of.slope);
        if self.batches.is_power_of_two() || self.batches.is_multiple_of(REFRESH) {
            let n = of.inputs + 1;
            self.inverse = damped_inverse(&Matrix::from_fn(n, n, |i, j| self.second[j * n + i]), self.damping);
        }
    }

    /// The natural gradient of a layer's slope (unit after unit).
    pub fn raise(&self, slope: &[f64]) -> Vec<f64> {
        let Some(inverse) = &self.inverse else { return slope.to_vec() };
        let n = inverse.nrows();
        let packed: Vec<f64> = (0..n * n).map(|i| inverse[(i % n, i / n)]).collect();
        let mut out = vec![0.0; slope.len()];
        multiply(&mut out, &packed, n, slope, n, n, slope.len() / n, false);
        for (block, s) in out.chunks_exact_mut(n).zip(&self.slope) {
            block.iter_mut().for_each(|x| *x /= s + 0.25 * self.damping);
        }
        out
    }
}
