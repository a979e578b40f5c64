//! Parametrisations: maps with their Jacobians, from closures, by composition, affine.

use super::evaluate::evaluate;
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// A smooth map `φ: ℝᵈ → ℝⁿ` with its Jacobian. It may have more parameters than its image has dimensions.
///
/// Values that are not finite and matrices of the wrong shape are refused where they are used; they need no care here.
pub trait Parametrisation {
    /// Number of parameters `d`.
    fn parameters(&self) -> usize;

    /// Number of ambient coordinates `n`.
    fn ambient(&self) -> usize;

    /// `φ(ξ)`, of length `n`.
    fn map(&self, xi: &[f64]) -> Vec<f64>;

    /// `∂φ/∂ξ`, `n × d`.
    fn jacobian(&self, xi: &[f64]) -> Matrix;
}

impl<P: Parametrisation + ?Sized> Parametrisation for &P {
    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn ambient(&self) -> usize {
        (**self).ambient()
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        (**self).map(xi)
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        (**self).jacobian(xi)
    }
}

impl<P: Parametrisation + ?Sized> Parametrisation for Box<P> {
    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn ambient(&self) -> usize {
        (**self).ambient()
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        (**self).map(xi)
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        (**self).jacobian(xi)
    }
}

/// A map and its Jacobian given as closures.
#[derive(Debug, Clone, Copy)]
pub struct Given<F, J> {
    parameters: usize,
    ambient: usize,
    map: F,
    jacobian: J,
}

impl<F: Fn(&[f64]) -> Vec<f64>, J: Fn(&[f64]) -> Matrix> Given<F, J> {
    /// `map` gives `ambient` numbers, `jacobian` a matrix `ambient × parameters`.
    pub fn new(parameters: usize, ambient: usize, map: F, jacobian: J) -> Self {
        Given { parameters, ambient, map, jacobian }
    }
}

impl<F: Fn(&[f64]) -> Vec<f64>, J: Fn(&[f64]) -> Matrix> Parametrisation for Given<F, J> {
    fn parameters(&self) -> usize {
        self.parameters
    }

    fn ambient(&self) -> usize {
        self.ambient
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        (self.map)(xi)
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        (self.jacobian)(xi)
    }
}

/// `ξ ↦ A ξ + b`: a linear model, or an affine change of coordinates.
#[derive(Debug, Clone)]
pub struct Affine {
    matrix: Matrix,
    shift: Vec<f64>,
}

impl Affine {
    /// From `A` (`n × d`) and `b` (`n` entries).
    ///
    /// # Errors
    /// [`Error::Setting`] if `b` has another length.
    pub fn new(matrix: Matrix, shift: Vec<f64>) -> Result<Self, Error> {
        if matrix.nrows() != shift.len() {
            return Err(Error::Setting {
                problem: format!("the matrix has {} rows and the shift {} entries", matrix.nrows(), shift.len()),
                hint: "give one entry per row".into(),
            });
        }
        Ok(Affine { matrix, shift })
    }

    /// `ξ ↦ A ξ`.
    pub fn linear(matrix: Matrix) -> Self {
        let shift = vec![0.0; matrix.nrows()];
        Affine { matrix, shift }
    }
}

impl Parametrisation for Affine {
    fn parameters(&self) -> usize {
        self.matrix.ncols()
    }

    fn ambient(&self) -> usize {
        self.matrix.nrows()
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        let row = |i: usize| xi.iter().enumerate().map(|(j, x)| self.matrix[(i, j)] * x).sum::<f64>();
        self.shift.iter().enumerate().map(|(i, b)| b + row(i)).collect()
    }

    fn jacobian(&self, _: &[f64]) -> Matrix {
        self.matrix.clone()
    }
}

/// `ψ = φ ∘ f`: the same model in other coordinates `θ`, `ξ = f(θ)`; its Jacobian is `J(f(θ)) F(θ)`.
///
/// Where `f` is a diffeomorphism the pushforward of the natural gradient is that of `φ` at `f(θ)`.
#[derive(Debug, Clone, Copy)]
pub struct Reparametrised<P, F> {
    outer: P,
    inner: F,
}

impl<P: Parametrisation, F: Parametrisation> Reparametrised<P, F> {
    /// From `φ` (`outer`) and `f` (`inner`).
    ///
    /// # Errors
    /// [`Error::Setting`] if `f` does not map to the parameters of `φ`.
    pub fn new(outer: P, inner: F) -> Result<Self, Error> {
        if inner.ambient() != outer.parameters() {
            return Err(Error::Setting {
                problem: format!(
                    "the change of coordinates gives {} numbers where the parametrisation has {} parameters",
                    inner.ambient(),
                    outer.parameters()
                ),
                hint: "it must map new parameters to old ones".into(),
            });
        }
        Ok(Reparametrised { outer, inner })
    }
}

impl<P: Parametrisation, F: Parametrisation> Parametrisation for Reparametrised<P, F> {
    fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    fn ambient(&self) -> usize {
        self.outer.ambient()
    }

    fn map(&self, theta: &[f64]) -> Vec<f64> {
        self.outer.map(&self.inner.map(theta))
    }

    fn jacobian(&self, theta: &[f64]) -> Matrix {
        let outer = self.outer.jacobian(&self.inner.map(theta));
        let inner = self.inner.jacobian(theta);
        if outer.ncols() != inner.nrows() {
            // Not a product: the empty matrix is refused, with its shape, by whoever uses it.
            return Matrix::zeros(0, 0);
        }
        times(outer.as_ref(), inner.as_ref())
    }
}

/// Largest difference between the Jacobian and central differences of the map, relative to its largest entry: a check
/// of a Jacobian written by hand. With `step` 1e-5 a correct one gives about 1e-9.
///
/// # Errors
/// [`Error::Data`] and [`Error::Setting`] where the map or the Jacobian is not finite or has the wrong shape.
pub fn jacobian_error(of: &dyn Parametrisation, xi: &Point, step: f64) -> Result<f64, Error> {
    let (_, jacobian) = evaluate(of, xi)?;
    let (mut error, mut largest) = (0.0f64, f64::MIN_POSITIVE);
    for j in 0..jacobian.ncols() {
        let moved = |by: f64| {
            let mut xi = xi.clone();
            xi.0[j] += by;
            evaluate(of, &xi).map(|(image, _)| image.0)
        };
        let (up, down) = (moved(step)?, moved(-step)?);
        for i in 0..jacobian.nrows() {
            error = error.max((jacobian[(i, j)] - (up[i] - down[i]) / (2.0 * step)).abs());
            largest = largest.max(jacobian[(i, j)].abs());
        }
    }
    Ok(error / largest)
}
