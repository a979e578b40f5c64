//! Symmetric matrices: eigenvalues, pseudo-inverse roots, Cholesky factors.

use super::Matrix;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par};

/// Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix.
#[derive(Debug, Clone)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: Vec<f64>,
    /// Orthonormal eigenvectors, one column each.
    pub vectors: Matrix,
}

/// Eigenvalue decomposition `A = V diag(λ) Vᵀ` of a symmetric matrix; only its lower triangle is read.
///
/// A matrix with a non-finite entry, for which no decomposition exists, answers `None`.
pub fn eigen(a: &Matrix) -> Option<Eigen> {
    let n = a.nrows();
    if n == 0 {
        return Some(Eigen { values: Vec::new(), vectors: Matrix::zeros(0, 0) });
    }
    for j in 0..n {
        for i in j..n {
            if !a[(i, j)].is_finite() {
                return None;
            }
        }
    }
    let mut values = faer::Col::<f64>::zeros(n);
    let mut vectors = Mat::<f64>::zeros(n, n);
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default());
    let mut memory = MemBuffer::new(scratch);
    self_adjoint_evd(
        a.as_ref(),
        values.as_diagonal_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .ok()?;
    Some(Eigen { values: (0..n).map(|i| values[i]).collect(), vectors })
}

/// A root of the pseudo-inverse of a positive semi-definite matrix: `W` with `Wᵀ A W = I_r` and `W Wᵀ = A⁺`-like on the
/// range of `A`.
///
/// The matrix is first scaled to unit diagonal, so that the relative tolerance does not depend on units. Zero (or
/// negative) diagonal entries count as directions outside the range.
///
/// # Shapes
/// `A: n × n` (lower triangle read); result `n × r`, `r` the numerical rank.
pub fn inverse_root(a: &Matrix, tolerance: f64) -> Option<Matrix> {
    let n = a.nrows();
    let scale: Vec<f64> = (0..n).map(|i| if a[(i, i)] > 0.0 { 1.0 / a[(i, i)].sqrt() } else { 0.0 }).collect();
    let scaled = Mat::from_fn(n, n, |i, j| {
        let v = if i >= j { a[(i, j)] } else { a[(j, i)] };
        v * scale[i] * scale[j]
    });
    let eigen = eigen(&scaled)?;
    let top = eigen.values.last().copied().unwrap_or(0.0).max(0.0);
    let kept: Vec<usize> = (0..n).filter(|&i| eigen.values[i] > tolerance * top && top > 0.0).collect();
    Some(Mat::from_fn(n, kept.len(), |i, j| scale[i] * eigen.vectors[(i, kept[j])] / eigen.values[kept[j]].sqrt()))
}

/// Lower Cholesky factor (row-major) of a symmetric matrix with unit diagonal, or `None` where a pivot falls below
/// `smallest`: then the matrix is singular, or so close to it that rank has to be decided by eigenvalues.
pub fn cholesky(a: &Matrix, smallest: f64) -> Option<Vec<f64>> {
    let n = a.nrows();
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let (head, tail) = l.split_at(i * n);
            let row = if i == j { &tail[..j] } else { &head[j * n..j * n + j] };
            let sum = a[(i, j)] - tail[..j].iter().zip(row).map(|(x, y)| x * y).sum::<f64>();
            if i == j {
                if sum.is_nan() || sum < smallest {
                    return None;
                }
                l[i * n + i] = sum.sqrt();
            } else {
                l[i * n + j] = sum / head[j * n + j];
            }
        }
    }
    Some(l)
}

/// `L⁻ᵀ` for a factor from [`cholesky`], upper triangular.
pub fn inverse_transposed(l: &[f64], n: usize) -> Matrix {
    let mut out = Mat::zeros(n, n);
    for j in 0..n {
        out[(j, j)] = 1.0 / l[j * n + j];
        for i in (0..j).rev() {
            let sum: f64 = (i + 1..=j).map(|k| l[k * n + i] * out[(k, j)]).sum();
            out[(i, j)] = -sum / l[i * n + i];
        }
    }
    out
}

/// Solves `L Lᵀ x = b` for a factor from [`cholesky`].
pub fn cholesky_solve(l: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let sum: f64 = (0..i).map(|j| l[i * n + j] * b[j]).sum();
        b[i] = (b[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|j| l[j * n + i] * b[j]).sum();
        b[i] = (b[i] - sum) / l[i * n + i];
    }
}

/// The inverse of a positive definite matrix (lower triangle read); `None` where it is not.
pub fn inverse(a: &Matrix) -> Option<Matrix> {
    use faer::linalg::cholesky::llt;
    let n = a.nrows();
    let mut factor = a.clone();
    let par = Par::Seq;
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(n, par, Default::default())
        .or(llt::inverse::inverse_scratch::<f64>(n, par));
    let mut memory = MemBuffer::new(scratch);
    llt::factor::cholesky_in_place(
        factor.as_mut(),
        Default::default(),
        par,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .ok()?;
    let mut out = Mat::zeros(n, n);
    llt::inverse::inverse(out.as_mut(), factor.as_ref(), par, MemStack::new(&mut memory));
    for j in 0..n {
        for i in 0..j {
            out[(i, j)] = out[(j, i)];
        }
    }
    (0..n).all(|j| (0..n).all(|i| out[(i, j)].is_finite())).then_some(out)
}
