//! Matrix products on column-major slices, always on one thread: parallelism lives in the sweep over chunks.

use super::Matrix;
use faer::linalg::matmul::{matmul, triangular};
use faer::{Accum, MatMut, MatRef, Par};

/// `A B` as a new matrix.
pub fn times(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Matrix {
    let mut c = Matrix::zeros(a.nrows(), b.ncols());
    matmul(c.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    c
}

/// `C ← A B` (or `C += A B`), with `A: m × k`, `B: k × n`, `C: m × n`, all column-major; `A` has column stride `lda`.
pub fn multiply(c: &mut [f64], a: &[f64], lda: usize, b: &[f64], m: usize, k: usize, n: usize, add: bool) {
    let accum = if add { Accum::Add } else { Accum::Replace };
    let c = MatMut::from_column_major_slice_mut(&mut c[..m * n], m, n);
    let a = MatRef::from_column_major_slice_with_stride(a, m, k, lda);
    let b = MatRef::from_column_major_slice(&b[..k * n], k, n);
    matmul(c, accum, a, b, 1.0, Par::Seq);
}

/// `C += A B[1..]`, leaving the first of the `m` rows of `B: m × n` out (its factor in `A` is not stored); `A: rows × (m−1)`
/// with column stride `lda`.
pub fn multiply_after_first(c: &mut [f64], a: &[f64], lda: usize, b: &[f64], rows: usize, m: usize, n: usize) {
    let c = MatMut::from_column_major_slice_mut(&mut c[..rows * n], rows, n);
    let a = MatRef::from_column_major_slice_with_stride(a, rows, m - 1, lda);
    let b = MatRef::from_column_major_slice(&b[..m * n], m, n);
    matmul(c, Accum::Add, a, b.subrows(1, m - 1), 1.0, Par::Seq);
}

/// `C += Aᵀ B`, with `A: n × p` (column stride `lda`), `B: n × q` (column stride `ldb`), `C: p × q`, column-major.
pub fn add_transposed(c: &mut [f64], a: &[f64], lda: usize, b: &[f64], ldb: usize, n: usize, p: usize, q: usize) {
    let c = MatMut::from_column_major_slice_mut(&mut c[..p * q], p, q);
    let a = MatRef::from_column_major_slice_with_stride(a, n, p, lda);
    let b = MatRef::from_column_major_slice_with_stride(b, n, q, ldb);
    matmul(c, Accum::Add, a.transpose(), b, 1.0, Par::Seq);
}

/// `out_c += Σ_i A_ic` for each of the `p` columns of `A: n × p`.
pub fn add_columns(out: &mut [f64], a: &[f64], n: usize, p: usize) {
    for (out, column) in out.iter_mut().zip(a.chunks_exact(n)).take(p) {
        *out += column.iter().sum::<f64>();
    }
}

/// `C[:, first..] += Aᵀ B` and `C[:, 0] += Aᵀ 1`: sums against a matrix with a leading column of ones that is not stored.
pub fn add_transposed_with_ones(c: &mut [f64], a: &[f64], b: &[f64], ldb: usize, n: usize, p: usize, q: usize) {
    add_columns(c, a, n, p);
    add_transposed(&mut c[p..], a, n, b, ldb, n, p, q);
}

/// `C += Aᵀ A` on the lower triangle of `C: p × p`, with `A: n × p` (column stride `lda`), column-major.
pub fn add_gram(c: &mut [f64], a: &[f64], lda: usize, n: usize, p: usize) {
    let c = MatMut::from_column_major_slice_mut(&mut c[..p * p], p, p);
    let a = MatRef::from_column_major_slice_with_stride(a, n, p, lda);
    triangular::matmul(
        c,
        triangular::BlockStructure::TriangularLower,
        Accum::Add,
        a.transpose(),
        triangular::BlockStructure::Rectangular,
        a,
        triangular::BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
}

/// The lower triangle of `Aᵀ A`, zeros above it.
pub fn gram(a: MatRef<'_, f64>) -> Matrix {
    let mut c = Matrix::zeros(a.ncols(), a.ncols());
    triangular::matmul(
        c.as_mut(),
        triangular::BlockStructure::TriangularLower,
        Accum::Replace,
        a.transpose(),
        triangular::BlockStructure::Rectangular,
        a,
        triangular::BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    c
}

/// `out += A w`, with `A: n × p`.
pub fn add_vector(out: &mut [f64], a: MatRef<'_, f64>, w: &[f64]) {
    let out = MatMut::from_column_major_slice_mut(out, a.nrows(), 1);
    matmul(out, Accum::Add, a, MatRef::from_column_major_slice(w, w.len(), 1), 1.0, Par::Seq);
}

/// `out += Aᵀ w`, with `A: n × p`.
pub fn add_transposed_vector(out: &mut [f64], a: MatRef<'_, f64>, w: &[f64]) {
    let out = MatMut::from_column_major_slice_mut(out, a.ncols(), 1);
    matmul(out, Accum::Add, a.transpose(), MatRef::from_column_major_slice(w, w.len(), 1), 1.0, Par::Seq);
}

/// Copies the lower triangle of a column-major `p × p` matrix to its upper triangle.
pub fn mirror_lower(c: &mut [f64], p: usize) {
    for j in 0..p {
        for i in j + 1..p {
            c[i * p + j] = c[j * p + i];
        }
    }
}
