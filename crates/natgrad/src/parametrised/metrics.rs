//! Ambient metrics: Euclidean, Fisher-Rao on the simplex, any fixed positive semi-definite matrix.

use super::ambient::decompose;
use super::{Ambient, Image, Slope, Velocity};
use crate::Error;
use crate::geometry::simplex::SUM_TOLERANCE;
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// Euclidean space of `n` coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EuclideanSpace(pub usize);

impl Ambient for EuclideanSpace {
    fn dim(&self) -> usize {
        self.0
    }

    fn matrix(&self, _: &Image) -> Result<Matrix, Error> {
        Ok(Matrix::identity(self.0, self.0))
    }

    fn whiten(&self, _: &Image, directions: &Matrix) -> Result<Matrix, Error> {
        Ok(directions.clone())
    }

    fn gradient(&self, _: &Image, slope: &Slope) -> Result<Velocity, Error> {
        Ok(Velocity(slope.0.clone()))
    }
}

/// The open simplex of `n` states with the Fisher-Rao metric `⟨A, B⟩_p = Σ A_i B_i / p_i`; directions have total 0.
///
/// States of probability 0 are left out where no direction moves them (a face of the simplex).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FisherRao(pub usize);

impl FisherRao {
    fn refuse(state: usize, p: f64) -> Error {
        Error::Data {
            problem: format!("state {} has probability {p}: the Fisher-Rao metric does not exist there", state + 1),
            hint: "move the parameters so that every state that can change has a positive probability".into(),
        }
    }
}

impl Ambient for FisherRao {
    fn dim(&self) -> usize {
        self.0
    }

    fn matrix(&self, at: &Image) -> Result<Matrix, Error> {
        if let Some((i, p)) = at.0.iter().enumerate().find(|(_, p)| p.is_nan() || **p <= 0.0) {
            return Err(Self::refuse(i, *p));
        }
        Ok(Matrix::from_fn(self.0, self.0, |i, j| if i == j { 1.0 / at.0[i] } else { 0.0 }))
    }

    fn whiten(&self, at: &Image, directions: &Matrix) -> Result<Matrix, Error> {
        for (i, &p) in at.0.iter().enumerate() {
            let moves = (0..directions.ncols()).any(|j| directions[(i, j)] != 0.0);
            if p.is_nan() || p < 0.0 || (p == 0.0 && moves) {
                return Err(Self::refuse(i, p));
            }
        }
        Ok(Matrix::from_fn(directions.nrows(), directions.ncols(), |i, j| {
            if directions[(i, j)] == 0.0 { 0.0 } else { directions[(i, j)] / at.0[i].sqrt() }
        }))
    }

    fn gradient(&self, at: &Image, slope: &Slope) -> Result<Velocity, Error> {
        let mean: f64 = at.0.iter().zip(&slope.0).map(|(p, c)| p * c).sum();
        Ok(Velocity(at.0.iter().zip(&slope.0).map(|(p, c)| p * (c - mean)).collect()))
    }

    fn check(&self, at: &Image, jacobian: &Matrix) -> Result<(), Error> {
        let total: f64 = at.0.iter().sum();
        if (total - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::Data {
                problem: format!("the image sums to {total}, which is no point of the simplex"),
                hint: "divide the map by its sum, or use another ambient metric".into(),
            });
        }
        for j in 0..jacobian.ncols() {
            let column = || (0..jacobian.nrows()).map(|i| jacobian[(i, j)]);
            let total: f64 = column().sum();
            let size = column().fold(0.0, |m: f64, x| m.max(x.abs()));
            if total.abs() > SUM_TOLERANCE * size {
                return Err(Error::Data {
                    problem: format!("column {} of the Jacobian sums to {total}", j + 1),
                    hint: "probabilities sum to 1, so their derivatives sum to 0: check the Jacobian".into(),
                });
            }
        }
        Ok(())
    }
}

/// Coordinates with one and the same metric everywhere: any symmetric positive semi-definite matrix.
#[derive(Debug, Clone)]
pub struct Form {
    matrix: Matrix,
    values: Vec<f64>,
    vectors: Matrix,
}

impl Form {
    /// From a symmetric positive semi-definite matrix.
    ///
    /// # Errors
    /// [`Error::Data`] if it is not square, not symmetric, not finite, or has a negative eigenvalue.
    pub fn new(matrix: Matrix) -> Result<Self, Error> {
        let (values, vectors) = decompose(&matrix)?;
        Ok(Form { matrix, values, vectors })
    }
}

impl Ambient for Form {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn matrix(&self, _: &Image) -> Result<Matrix, Error> {
        Ok(self.matrix.clone())
    }

    fn whiten(&self, _: &Image, directions: &Matrix) -> Result<Matrix, Error> {
        let seen = times(self.vectors.transpose(), directions.as_ref());
        Ok(Matrix::from_fn(seen.nrows(), seen.ncols(), |i, j| self.values[i].sqrt() * seen[(i, j)]))
    }
}
