//! Gram matrices of per-row slopes, and the natural gradient of a minibatch in its dual form.
//!
//! ```text
//! K_nm = Σ_layers (⟨a_n, a_m⟩ + 1) ⟨d_n, d_m⟩          (Jᵀ J / B + ε)⁻¹ g = Jᵀ c / B,   (K / B + ε) c = 1
//! ```
//!
//! `J: B × P` holds one row's slopes per row and is never formed: `K = J Jᵀ` comes from two products per layer, and `Jᵀ c`
//! is a backward pass whose rows are weighted by `c`.

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

/// `c` with `(K/B + ε) c = 1`; where `ε = 0` the least-norm solution, by eigenvalues. `None` where `K` is not finite.
///
/// # Shapes
/// `gram`: `rows × rows`, symmetric.
pub fn damped_weights(gram: &[f64], rows: usize, damping: f64) -> Option<Vec<f64>> {
    let scale = 1.0 / rows as f64;
    let matrix = Matrix::from_fn(rows, rows, |i, j| gram[j * rows + i] * scale);
    let eigen = symmetric::eigen(&matrix)?;
    let top = eigen.values.last().copied().unwrap_or(0.0).max(0.0);
    let mut weights = vec![0.0; rows];
    for (k, &value) in eigen.values.iter().enumerate() {
        if damping <= 0.0 && value <= RANK * top {
            continue;
        }
        let along: f64 = (0..rows).map(|i| eigen.vectors[(i, k)]).sum();
        let factor = along / (value.max(0.0) + damping);
        for (i, w) in weights.iter_mut().enumerate() {
            *w += factor * eigen.vectors[(i, k)];
        }
    }
    Some(weights)
}
