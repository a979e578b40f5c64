//! The space that a parametrisation maps to: its points, directions and slopes, and its metric.

use crate::Error;
use crate::geometry::simplex::{Differential, Distribution, SignedMeasure};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};

/// A point of the ambient space, `φ(ξ)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Image(pub Vec<f64>);

/// A direction in the ambient space: a velocity of an [`Image`].
#[derive(Debug, Clone, PartialEq)]
pub struct Velocity(pub Vec<f64>);

/// A covector of the ambient space: the partial derivatives `∂L/∂z_i` of a function of its coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct Slope(pub Vec<f64>);

impl Slope {
    /// The derivative of the function along a direction, `⟨dL, v⟩`.
    pub fn along(&self, v: &Velocity) -> f64 {
        self.0.iter().zip(&v.0).map(|(a, b)| a * b).sum()
    }
}

impl From<&Distribution> for Image {
    fn from(p: &Distribution) -> Self {
        Image(p.probabilities().to_vec())
    }
}

impl From<SignedMeasure> for Velocity {
    fn from(a: SignedMeasure) -> Self {
        Velocity(a.0)
    }
}

impl From<Differential> for Slope {
    fn from(c: Differential) -> Self {
        Slope(c.0)
    }
}

/// Eigenvalues of a metric below this, relative to the largest, belong to its kernel: far above the rounding of an
/// eigenvalue decomposition, `n · 2.2e-16`.
const KERNEL: f64 = 1e-12;

/// A positive semi-definite inner product at every point of an ambient space of `n` coordinates.
///
/// Only [`dim`](Ambient::dim) and [`matrix`](Ambient::matrix) are needed; the rest follows from them. Override what has
/// a closed form. Where the metric is only semi-definite, directions of length zero are not told from none: gradients
/// exist for slopes in its range, and pushforwards are determined up to such directions.
pub trait Ambient {
    /// Number of ambient coordinates `n`.
    fn dim(&self) -> usize;

    /// The matrix `M` of the metric at a point, `n × n`, symmetric.
    ///
    /// # Errors
    /// Where the metric does not exist.
    fn matrix(&self, at: &Image) -> Result<Matrix, Error>;

    /// `R A` for directions `A` (columns), with any `R` such that `Rᵀ R = M`: lengths become Euclidean.
    ///
    /// # Errors
    /// Where the metric does not exist, or has a negative eigenvalue.
    fn whiten(&self, at: &Image, directions: &Matrix) -> Result<Matrix, Error> {
        let (values, vectors) = decompose(&self.matrix(at)?)?;
        let seen = times(vectors.transpose(), directions.as_ref());
        Ok(Matrix::from_fn(seen.nrows(), seen.ncols(), |i, j| values[i].sqrt() * seen[(i, j)]))
    }

    /// The gradient `M⁺ dL` of a function with this slope.
    ///
    /// # Errors
    /// Where the metric does not exist, or has a negative eigenvalue.
    fn gradient(&self, at: &Image, slope: &Slope) -> Result<Velocity, Error> {
        let (values, vectors) = decompose(&self.matrix(at)?)?;
        let n = slope.0.len();
        let mut out = vec![0.0; n];
        for (j, value) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
            let along: f64 = (0..n).map(|i| vectors[(i, j)] * slope.0[i]).sum();
            (0..n).for_each(|i| out[i] += vectors[(i, j)] * along / value);
        }
        Ok(Velocity(out))
    }

    /// Refuses images and Jacobians that do not lie in the space (probabilities that do not sum to 1, say).
    ///
    /// # Errors
    /// With the place and the number.
    fn check(&self, at: &Image, jacobian: &Matrix) -> Result<(), Error> {
        let _ = (at, jacobian);
        Ok(())
    }
}

/// Eigenvalues, those of the kernel set to 0, and eigenvectors of a metric.
pub(super) fn decompose(matrix: &Matrix) -> Result<(Vec<f64>, Matrix), Error> {
    let bad =
        |problem: String| Error::Data { problem, hint: "a metric is symmetric and has no negative eigenvalue".into() };
    let n = matrix.nrows();
    if matrix.ncols() != n {
        return Err(bad(format!("the ambient metric is {n} × {}", matrix.ncols())));
    }
    let largest = (0..n).flat_map(|j| (0..n).map(move |i| (i, j))).fold(0.0, |m: f64, ij| m.max(matrix[ij].abs()));
    for j in 0..n {
        for i in j + 1..n {
            let off = (matrix[(i, j)] - matrix[(j, i)]).abs();
            if off > KERNEL * largest {
                return Err(bad(format!(
                    "the ambient metric is not symmetric: entries ({0}, {1}) and ({1}, {0}) differ by {off}",
                    i + 1,
                    j + 1
                )));
            }
        }
    }
    let eigen =
        symmetric::eigen(matrix).ok_or_else(|| bad("the ambient metric has an entry that is not finite".into()))?;
    let floor = KERNEL * eigen.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    match eigen.values.first() {
        Some(lowest) if *lowest < -floor => Err(bad(format!("the ambient metric has the eigenvalue {lowest}"))),
        _ => Ok((eigen.values.iter().map(|v| if *v > floor { *v } else { 0.0 }).collect(), eigen.vectors)),
    }
}
