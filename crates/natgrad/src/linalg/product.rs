//! Matrix products on column-major slices, always on one thread: parallelism lives in the sweep over chunks.

use faer::linalg::matmul::{matmul, triangular};
use faer::{Accum, MatMut, MatRef, Par};

/// `C ← A B` (or `C += A B`), with `A: m × k`, `B: k × n`, `C: m × n`, all column-major; `A` has column stride `lda`.
pub fn multiply(c: &mut [f64], a: &[f64], lda: usize, b: &[f64], m: usize, k: usize, n: usize, add: bool) {
    let accum = if add { Accum::Add } else { Accum::Replace };
    let c = MatMut::from_column_major_slice_mut(&mut c[..m * n], m, n);
    let a = MatRef::from_column_major_slice_with_stride(a, m, k, lda);
    let b = MatRef::from_column_major_slice(&b[..k * n], k, n);
    matmul(c, accum, a, b, 1.0, Par::Seq);
}

/// `C += Aᵀ B`, with `A: n × p` (column stride `lda`), `B: n × q` (column stride `ldb`), `C: p × q`, column-major.
pub fn add_transposed(c: &mut [f64], a: &[f64], lda: usize, b: &[f64], ldb: usize, n: usize, p: usize, q: usize) {
    let c = MatMut::from_column_major_slice_mut(&mut c[..p * q], p, q);
    let a = MatRef::from_column_major_slice_with_stride(a, n, p, lda);
    let b = MatRef::from_column_major_slice_with_stride(b, n, q, ldb);
    matmul(c, Accum::Add, a.transpose(), b, 1.0, Par::Seq);
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

/// Copies the lower triangle of a column-major `p × p` matrix to its upper triangle.
pub fn mirror_lower(c: &mut [f64], p: usize) {
    for j in 0..p {
        for i in j + 1..p {
            c[i * p + j] = c[j * p + i];
        }
    }
}
