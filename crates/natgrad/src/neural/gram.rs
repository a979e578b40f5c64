//! Gram matrices of per-row slopes, and the natural gradient of a minibatch in its dual form.
//!
//! ```text
//! K_nm = Σ_layers (⟨a_n, a_m⟩ + 1) ⟨d_n, d_m⟩          (Jᵀ W J + ε)⁻¹ Jᵀ w = Jᵀ √W (√W K √W + ε)⁻¹ √w
//! ```
//!
//! `J: B × P` holds one row's slopes per row and is never formed: `K = J Jᵀ` comes from two products per layer, and `Jᵀ c`
//! from the slopes of the layers with each row scaled.

use super::{Backend, Stack};
use crate::linalg::Matrix;
use crate::linalg::real::Real;
use crate::linalg::symmetric;

/// `gram += J Jᵀ` for the parameters of a network, from its inputs, the outputs of its layers and their slopes.
///
/// # Shapes
/// `gram`: rows × rows; `scratch`: at least `2 rows²`.
pub fn add_gram<T: Real, B: Backend<T>>(
    backend: &B,
    stack: &Stack,
    x: &B::Buffer,
    rows: usize,
    outputs: &[B::Buffer],
    slopes: &[B::Buffer],
    gram: &mut B::Buffer,
    scratch: &mut B::Buffer,
) {
    for (l, layer) in stack.layers.iter().enumerate() {
        let input = if l == 0 { x } else { &outputs[l - 1] };
        backend.add_gram(layer, input, &slopes[l], rows, gram, scratch);
    }
}

/// Eigenvalues below this share of the largest count as zero where there is no damping.
const RANK: f64 = 1e-12;

/// What rows have to be scaled by, and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dual {
    /// Factor of each row's (weighted) slopes.
    pub factors: Vec<f64>,
    /// `g · d`, the slope along the natural gradient `d`: its squared length in the damped metric.
    pub square: f64,
}

/// Solves for the natural gradient `d = (Σ w_n j_n j_nᵀ + ε)⁻¹ Σ w_n j_n = Σ_n factor_n (w_n j_n)`.
///
/// `ε = damping · Σ w_n |j_n|²`; where `damping = 0` the pseudo-inverse is taken. `None` where an entry is not finite.
///
/// # Shapes
/// `gram`: `rows × rows`, the products `w_n w_m ⟨j_n, j_m⟩`; `weights`: rows, positive.
pub fn dual_natural(gram: &[f64], weights: &[f64], damping: f64) -> Option<Dual> {
    let n = weights.len();
    let root: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    let entry = |i: usize, j: usize| gram[j * n + i] / (root[i] * root[j]);
    let trace: f64 = (0..n).map(|i| entry(i, i)).sum();
    let epsilon = damping * trace;
    if !trace.is_finite() {
        return None;
    }
    let mut solved = root.clone();
    let damped = Matrix::from_fn(n, n, |i, j| entry(i, j) + if i == j { epsilon } else { 0.0 });
    match (damping > 0.0).then(|| symmetric::cholesky(&damped, RANK * trace)).flatten() {
        Some(l) => symmetric::cholesky_solve(&l, &mut solved),
        None => {
            let eigen = symmetric::eigen(&damped)?;
            let top = eigen.values.last().copied().unwrap_or(0.0).max(0.0);
            solved.fill(0.0);
            for (k, &value) in eigen.values.iter().enumerate().filter(|(_, v)| **v > RANK * top) {
                let along: f64 = (0..n).map(|i| eigen.vectors[(i, k)] * root[i]).sum::<f64>() / value;
                solved.iter_mut().enumerate().for_each(|(i, c)| *c += along * eigen.vectors[(i, k)]);
            }
        }
    }
    // g·d = √wᵀ K̃ c, and K̃ c is the right-hand side less ε c, on the range.
    let square = (0..n).map(|i| root[i] * (0..n).map(|j| entry(i, j) * solved[j]).sum::<f64>()).sum();
    Some(Dual { factors: solved.iter().zip(&root).map(|(c, r)| c / r).collect(), square })
}
