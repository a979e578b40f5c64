//! Least-squares solutions of least length, by singular values.

use crate::linalg::Matrix;

/// Singular values below this fraction of the largest count as zero: those of a matrix with entries of order 1 carry
/// rounding of order `√states · 1e-16`, and a direction that is visible at all lies far above.
const RANK: f64 = 1e-9;

/// The shortest `u` that minimises `|A u − b|`; the rank is given, or decided at a relative 1e-9.
///
/// Singular values come from `A` itself, not from `AᵀA`, so that small ones keep their digits. `None` where an entry is
/// not finite.
pub(super) fn least_norm(a: &Matrix, b: &[f64], rank: Option<usize>) -> Option<Vec<f64>> {
    let (rows, d) = (a.nrows(), a.ncols());
    let svd = a.thin_svd().ok()?;
    let mut out = vec![0.0; d];
    let largest = if rows.min(d) > 0 { svd.S()[0] } else { 0.0 };
    for r in 0..rank.unwrap_or(d).min(rows).min(d) {
        let s = svd.S()[r];
        if s <= 0.0 || (rank.is_none() && s <= RANK * largest) {
            continue;
        }
        let along: f64 = (0..rows).map(|v| svd.U()[(v, r)] * b[v]).sum::<f64>() / s;
        out.iter_mut().enumerate().for_each(|(j, o)| *o += along * svd.V()[(j, r)]);
    }
    out.iter().all(|x| x.is_finite()).then_some(out)
}
