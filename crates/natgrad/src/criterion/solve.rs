//! Least squares of least norm, with the part of the target that is not reached.

use crate::Error;
use crate::linalg::Matrix;

/// Singular values of the matrix with unit columns below this times the largest count as zero.
const RANK: f64 = 1e-12;

/// `x` with `A x ≈ b`.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub x: Vec<f64>,
    /// `|b − A x| / |b|`; 0 where `b = 0`.
    pub residual: f64,
    /// Numerical rank of `A`.
    pub rank: usize,
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Solves `A x = b` in least squares; columns are scaled to length one first, so that units do not decide the rank.
pub(super) fn solve(a: &Matrix, b: &[f64]) -> Result<Solution, Error> {
    let (n, d) = (a.nrows(), a.ncols());
    let size = norm(b);
    if size == 0.0 || d == 0 {
        return Ok(Solution { x: vec![0.0; d], residual: if size == 0.0 { 0.0 } else { 1.0 }, rank: 0 });
    }
    let length: Vec<f64> = (0..d)
        .map(|j| (0..n).map(|i| a[(i, j)] * a[(i, j)]).sum::<f64>().sqrt())
        .map(|l| if l > 0.0 { l } else { 1.0 })
        .collect();
    let unit = Matrix::from_fn(n, d, |i, j| a[(i, j)] / length[j]);
    let svd = unit.thin_svd().map_err(|_| Error::Data {
        problem: "the singular values of a Jacobian were not found".into(),
        hint: "scale the parameters".into(),
    })?;
    let k = n.min(d);
    let top = svd.S()[0];
    let rank = (0..k).filter(|&r| svd.S()[r] > RANK * top).count();
    let (u, v) = (svd.U(), svd.V());
    let mut x = vec![0.0; d];
    let mut rest = b.to_vec();
    // The second time corrects the rounding of the first.
    for _ in 0..2 {
        for r in 0..rank {
            let along: f64 = (0..n).map(|i| u[(i, r)] * rest[i]).sum::<f64>() / svd.S()[r];
            (0..d).for_each(|j| x[j] += v[(j, r)] * along);
        }
        for (i, left) in rest.iter_mut().enumerate() {
            *left = b[i] - (0..d).map(|j| unit[(i, j)] * x[j]).sum::<f64>();
        }
    }
    x.iter_mut().zip(&length).for_each(|(x, l)| *x /= l);
    Ok(Solution { x, residual: norm(&rest) / size, rank })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redundant_columns_and_a_target_outside() {
        let a = Matrix::from_fn(3, 3, |i, j| [[1.0, 2.0, 1e9], [1.0, 2.0, 0.0], [0.0, 0.0, 0.0]][i][j]);
        let inside = solve(&a, &[3.0, 4.0, 0.0]).expect("a solution");
        assert_eq!(inside.rank, 2);
        assert!(inside.residual < 1e-15, "{inside:?}");
        let outside = solve(&a, &[0.0, 3.0, 4.0]).expect("a solution");
        assert!((outside.residual - 0.8).abs() < 1e-15, "{outside:?}");
        assert_eq!(solve(&a, &[0.0; 3]).expect("a solution").residual, 0.0);
    }
}
