//! Inverses of damped positive semi-definite matrices, for steps that use one matrix many times.

use super::Matrix;
use faer::Side;
use faer::linalg::solvers::DenseSolveCore;

/// `(A + δ diag(A) + δ m I)⁻¹` with `m` the mean of the diagonal; `None` where an entry is not finite or `A` is zero.
pub fn damped_inverse(a: &Matrix, damping: f64) -> Option<Matrix> {
    let n = a.nrows();
    let mean = (0..n).map(|i| a[(i, i)]).sum::<f64>() / n.max(1) as f64;
    if !(mean > 0.0 && mean.is_finite()) {
        return None;
    }
    let lifted = Matrix::from_fn(n, n, |i, j| {
        let value = if i >= j { a[(i, j)] } else { a[(j, i)] };
        if i == j { value * (1.0 + damping) + damping * mean } else { value }
    });
    Some(lifted.llt(Side::Lower).ok()?.inverse())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::product::times;

    #[test]
    fn the_product_with_the_damped_matrix_is_one() {
        // Rank 2 of 3.
        let rows = [[1.0, 2.0, 0.5], [0.0, 1.0, -1.0]];
        let a = Matrix::from_fn(3, 3, |i, j| rows.iter().map(|r| r[i] * r[j]).sum());
        let inverse = damped_inverse(&a, 0.1).expect("regular once damped");
        let mean = (0..3).map(|i| a[(i, i)]).sum::<f64>() / 3.0;
        let lifted = Matrix::from_fn(3, 3, |i, j| if i == j { 1.1 * a[(i, i)] + 0.1 * mean } else { a[(i, j)] });
        let one = times(inverse.as_ref(), lifted.as_ref());
        for i in 0..3 {
            for j in 0..3 {
                assert!((one[(i, j)] - f64::from(u8::from(i == j))).abs() < 1e-13);
            }
        }
        assert!(damped_inverse(&Matrix::zeros(2, 2), 0.1).is_none());
    }
}
