//! Curves with one bad point: a crossing, a vanishing velocity, a cusp.

use crate::linalg::Matrix;
use crate::parametrised::Parametrisation;

/// A curve that crosses itself, `ξ ↦ (sin 2ξ, sin ξ)`: `ξ = 0` and `ξ = π` are both the origin, with tangents `(2, 1)`
/// and `(2, −1)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct FigureEight;

fn column(entries: &[f64]) -> Matrix {
    Matrix::from_fn(entries.len(), 1, |i, _| entries[i])
}

impl Parametrisation for FigureEight {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        2
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        vec![(2.0 * xi[0]).sin(), xi[0].sin()]
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        column(&[2.0 * (2.0 * xi[0]).cos(), xi[0].cos()])
    }
}

/// The same crossing in the simplex of three states: `(⅓,⅓,⅓) + r (sin 2ξ e₁ + sin ξ e₂)`, `e₁ = (1,−1,0)/√2`,
/// `e₂ = (1,1,−2)/√6`. At the centre the Fisher-Rao metric is three times the Euclidean one.
#[derive(Debug, Clone, Copy)]
pub struct FigureEightSimplex {
    /// Size `r`; the curve stays inside the simplex up to about 0.28.
    pub radius: f64,
}

impl Default for FigureEightSimplex {
    fn default() -> Self {
        FigureEightSimplex { radius: 0.1 }
    }
}

impl FigureEightSimplex {
    /// The direction `a e₁ + b e₂` of the simplex.
    pub fn direction(a: f64, b: f64) -> [f64; 3] {
        let (a, b) = (a / 2f64.sqrt(), b / 6f64.sqrt());
        [a + b, b - a, -2.0 * b]
    }
}

impl Parametrisation for FigureEightSimplex {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        3
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        let off = Self::direction(self.radius * (2.0 * xi[0]).sin(), self.radius * xi[0].sin());
        off.iter().map(|o| 1.0 / 3.0 + o).collect()
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        column(&Self::direction(2.0 * self.radius * (2.0 * xi[0]).cos(), self.radius * xi[0].cos()))
    }
}

/// The line parametrised by `ξ³`: at 0 the velocity vanishes though the model is a line, so no gradient is seen there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cube;

impl Parametrisation for Cube {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        1
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        vec![xi[0].powi(3)]
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        column(&[3.0 * xi[0] * xi[0]])
    }
}

/// A cusp, `(ξ², ξ³)`: at 0 the model itself has no tangent line on both sides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cusp;

impl Parametrisation for Cusp {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        2
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        vec![xi[0] * xi[0], xi[0].powi(3)]
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        column(&[2.0 * xi[0], 3.0 * xi[0] * xi[0]])
    }
}
