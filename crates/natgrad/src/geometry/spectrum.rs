//! One quadratic form seen through another: generalised eigenvalues on the tangent space.
//!
//! ```text
//! A u = λ G u on the range of G,   u_i · G u_j = δ_ij
//! ```

use super::RANK_TOLERANCE;
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};
use serde::{Deserialize, Serialize};

/// Numbers of negative, zero and positive eigenvalues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inertia {
    /// Eigenvalues below minus the tolerance.
    pub negative: usize,
    /// Eigenvalues that cannot be told from zero.
    pub zero: usize,
    /// Eigenvalues above the tolerance.
    pub positive: usize,
}

/// Eigenvalues of a symmetric form relative to a metric, with `G`-orthonormal eigenvectors in the original coordinates.
#[derive(Debug, Clone)]
pub struct Spectrum {
    /// Generalised eigenvalues, ascending, one per dimension of the tangent space.
    pub eigenvalues: Vec<f64>,
    /// Eigenvectors as columns, in coordinates (`dim × rank`).
    pub vectors: Matrix,
}

impl Spectrum {
    /// The spectrum of `form` (symmetric, lower triangle read) relative to the metric with inverse root `root`.
    ///
    /// # Shapes
    /// `form: n × n`; `root: n × r` with `rootᵀ G root = I_r`.
    pub fn new(form: &Matrix, root: &Matrix) -> Option<Self> {
        Self::across(form, root, &[])
    }

    /// As [`new`](Self::new), with the form set to zero along some directions, given by their lowered covectors `G t`.
    pub fn across(form: &Matrix, root: &Matrix, lowered: &[Vec<f64>]) -> Option<Self> {
        let n = form.nrows();
        let full = Matrix::from_fn(n, n, |i, j| if i >= j { form[(i, j)] } else { form[(j, i)] });
        let mut seen = times(root.transpose(), times(full.as_ref(), root.as_ref()).as_ref());
        let (r, basis) = (root.ncols(), orthonormal(root, lowered)?);
        if basis.ncols() > 0 {
            // S − Q Qᵀ S − S Q Qᵀ + Q (Qᵀ S Q) Qᵀ
            let taken = times(basis.as_ref(), times(basis.transpose(), seen.as_ref()).as_ref());
            let twice = times(times(taken.as_ref(), basis.as_ref()).as_ref(), basis.transpose());
            seen = Matrix::from_fn(r, r, |i, j| seen[(i, j)] - taken[(i, j)] - taken[(j, i)] + twice[(i, j)]);
        }
        let eigen = symmetric::eigen(&seen)?;
        let vectors = times(root.as_ref(), eigen.vectors.as_ref());
        Some(Spectrum { eigenvalues: eigen.values, vectors })
    }

    /// Signs of the eigenvalues; `|λ| ≤ tolerance` counts as zero.
    pub fn inertia(&self, tolerance: f64) -> Inertia {
        let negative = self.eigenvalues.iter().filter(|l| **l < -tolerance).count();
        let positive = self.eigenvalues.iter().filter(|l| **l > tolerance).count();
        Inertia { negative, positive, zero: self.eigenvalues.len() - negative - positive }
    }

    /// `2 max √(λ(1−λ))` over the spectrum, each λ clipped to `[0, 1]`: 0 iff every λ is 0 or 1 (cylindrical).
    pub fn defect(&self) -> f64 {
        self.eigenvalues
            .iter()
            .map(|l| {
                let l = l.clamp(0.0, 1.0);
                2.0 * (l * (1.0 - l)).sqrt()
            })
            .fold(0.0, f64::max)
    }

    /// Coordinates of a covector in the eigenbasis: `g_i = u_i · dL`.
    pub fn coordinates(&self, gradient: &[f64]) -> Vec<f64> {
        (0..self.eigenvalues.len())
            .map(|j| (0..gradient.len()).map(|i| self.vectors[(i, j)] * gradient[i]).sum())
            .collect()
    }

    /// The tangent `Σ_j c_j u_j`.
    pub fn combine(&self, coefficients: &[f64]) -> Vec<f64> {
        (0..self.vectors.nrows())
            .map(|i| coefficients.iter().enumerate().map(|(j, c)| c * self.vectors[(i, j)]).sum())
            .collect()
    }
}

/// Directions in the coordinates of `root`, made orthonormal: `rootᵀ (G t)`; nothing where they have no length.
fn orthonormal(root: &Matrix, lowered: &[Vec<f64>]) -> Option<Matrix> {
    let (n, r, m) = (root.nrows(), root.ncols(), lowered.len());
    if m == 0 {
        return Some(Matrix::zeros(r, 0));
    }
    let coordinates = times(root.transpose(), Matrix::from_fn(n, m, |i, j| lowered[j][i]).as_ref());
    let inverse = symmetric::inverse_root(&times(coordinates.transpose(), coordinates.as_ref()), RANK_TOLERANCE)?;
    Some(times(coordinates.as_ref(), inverse.as_ref()))
}
