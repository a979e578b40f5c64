//! Running estimates of a layer's Gram matrices and the natural-gradient steps that they give.
//!
//! ```text
//! G_u ≈ E[σ′_u] E[z̃ z̃ᵀ]      step_u = (E[σ′_u] + δ/4)⁻¹ (E[z̃ z̃ᵀ] + damping)⁻¹ g_u
//! ```

use crate::linalg::Matrix;
use crate::linalg::positive::damped_inverse;
use crate::linalg::product::{add_gram, multiply};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Share of the latest measurement in running means.
const LATEST: f64 = 0.05;

/// Sums over samples of one layer: second moments of its inputs and slopes of its units.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    weight: f64,
    /// Lower triangle of the inputs' second moments, the constant last.
    second: Vec<f64>,
    slope: Vec<f64>,
}

impl Moments {
    /// From samples: inputs and slopes are rows × units, column-major, weights those of the rows.
    pub fn of(inputs: &[f64], slope: &[f64], weights: &[f64]) -> Self {
        let rows = weights.len();
        let n = inputs.len() / rows + 1;
        let root: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        let mut extended = Vec::with_capacity(n * rows);
        for column in inputs.chunks_exact(rows) {
            extended.extend(column.iter().zip(&root).map(|(x, r)| x * r));
        }
        extended.extend_from_slice(&root);
        let mut second = vec![0.0; n * n];
        add_gram(&mut second, &extended, rows, rows, n);
        let slope = slope.chunks_exact(rows).map(|c| c.iter().zip(weights).map(|(x, w)| x * w).sum()).collect();
        Moments { weight: weights.iter().sum(), second, slope }
    }

    pub fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.second.iter_mut().zip(&other.second).for_each(|(a, b)| *a += b);
        self.slope.iter_mut().zip(&other.slope).for_each(|(a, b)| *a += b);
    }
}

/// A layer's running means and damped inverse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Preconditioner {
    /// Lower triangle, column after column.
    second: Vec<f64>,
    slope: Vec<f64>,
    measured: u64,
    /// Column-major, whole; made anew from `second`.
    #[serde(skip)]
    inverse: Vec<f64>,
}

impl Preconditioner {
    pub fn new(of: &Moments) -> Self {
        let n = of.second.len().isqrt();
        Preconditioner {
            second: vec![0.0; n * (n + 1) / 2],
            slope: vec![0.0; of.slope.len()],
            measured: 0,
            inverse: Vec::new(),
        }
    }

    /// Takes in a measurement.
    pub fn update(&mut self, of: &Moments) {
        self.measured += 1;
        let share = LATEST.max(1.0 / self.measured as f64);
        let n = of.second.len().isqrt();
        let lower = of.second.chunks_exact(n).enumerate().flat_map(|(j, column)| &column[j..]);
        self.second.iter_mut().zip(lower).for_each(|(a, b)| *a += share * (b / of.weight - *a));
        self.slope.iter_mut().zip(&of.slope).for_each(|(a, b)| *a += share * (b / of.weight - *a));
    }

    /// Takes the inverse anew.
    pub fn refresh(&mut self, damping: f64) {
        // n(n + 1)/2 numbers.
        let n = ((8 * self.second.len() + 1).isqrt() - 1) / 2;
        let mut matrix = Matrix::zeros(n, n);
        let mut next = self.second.iter();
        for j in 0..n {
            (j..n).zip(&mut next).for_each(|(i, x)| matrix[(i, j)] = *x);
        }
        if let Some(inverse) = damped_inverse(&matrix, damping) {
            self.inverse = (0..n * n).map(|i| inverse[(i % n, i / n)]).collect();
        }
    }

    /// The natural gradient of a layer's slope (unit after unit).
    pub fn raise(&self, slope: &[f64], damping: f64) -> Vec<f64> {
        if self.inverse.is_empty() {
            return slope.to_vec();
        }
        let n = self.inverse.len().isqrt();
        let mut out = vec![0.0; slope.len()];
        // Some units at a time, on all threads.
        out.par_chunks_mut(32 * n).zip(slope.par_chunks(32 * n)).for_each(|(out, slope)| {
            multiply(out, &self.inverse, n, slope, n, n, slope.len() / n, false);
        });
        for (block, s) in out.chunks_exact_mut(n).zip(&self.slope) {
            block.iter_mut().for_each(|x| *x /= s + 0.25 * damping);
        }
        out
    }
}
