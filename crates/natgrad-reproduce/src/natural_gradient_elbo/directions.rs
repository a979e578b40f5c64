//! What the checks share: dense matrices of a network at a point, and the largest of many differences.

use natgrad::geometry::BlockGram;
use natgrad::linalg::Matrix;
use natgrad::linalg::product::times;
use natgrad::network::{At, CylinderAtPoint, Enumerated, visible_fisher};

/// Dense matrices at a point.
pub struct Dense {
    /// `∂p/∂ξ`, joint states × parameters.
    pub jacobian: Matrix,
    /// `∂p_V/∂ξ`, visible states × parameters.
    pub visible: Matrix,
    /// Pseudo-inverse of the joint Fisher matrix.
    pub inverse: Matrix,
    /// The visible Fisher matrix.
    pub fisher_visible: Matrix,
    /// A generalised inverse of it.
    pub inverse_visible: Matrix,
}

impl Dense {
    /// At a point, from its geometry.
    pub fn new(of: &Enumerated<'_>, at: &At, geometry: &CylinderAtPoint) -> Self {
        let d = of.network().parameters();
        let mut jacobian = Matrix::zeros(at.joint.len(), d);
        of.jacobian(at, |x, j, dp| jacobian[(x, j)] += dp);
        let visible = geometry.visible_jacobian.clone();
        let fisher_visible = visible_fisher(&visible, &at.visible);
        // Over the visible directions: every generalised inverse moves the visible states alike, and this one needs no
        // rank decision of its own.
        let mut inverse_visible = Matrix::zeros(d, d);
        for (i, lambda) in geometry.eigenvalues.iter().enumerate().filter(|(_, l)| **l > 0.0) {
            for a in 0..d {
                for b in 0..d {
                    inverse_visible[(a, b)] += geometry.vectors[(a, i)] * geometry.vectors[(b, i)] / lambda;
                }
            }
        }
        Dense { jacobian, visible, inverse: inverse(&geometry.joint_metric), fisher_visible, inverse_visible }
    }
}

fn inverse(metric: &BlockGram) -> Matrix {
    square(&metric.root())
}

fn square(root: &Matrix) -> Matrix {
    times(root.as_ref(), root.transpose())
}

/// The largest entry of a difference.
pub fn largest_difference(a: &Matrix, b: &Matrix) -> f64 {
    let (m, n) = (a.nrows(), a.ncols());
    (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).fold(0.0, |most: f64, ij| larger(most, (a[ij] - b[ij]).abs()))
}

/// The largest entry.
pub fn largest(a: &Matrix) -> f64 {
    largest_difference(a, &Matrix::zeros(a.nrows(), a.ncols()))
}

/// The largest difference of two vectors.
pub fn off(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| larger(most, (a - b).abs()))
}

/// The larger number; `NaN` where one is no number, which `f64::max` would hide.
pub fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// The smaller number, alike.
pub fn smaller(a: f64, b: f64) -> f64 {
    -larger(-a, -b)
}
