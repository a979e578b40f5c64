//! The ambient metric seen from the parameters at one point: Gram matrix, tangent space, pseudo-inverse, pushforward.

use super::evaluate::{bad, evaluate, length};
use super::{Ambient, Image, Parametrisation, Slope, Velocity};
use crate::Error;
use crate::geometry::{Covector, Metric, Point, Raised, Tangent};
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// Singular values of the Jacobian, measured by the ambient metric, below this times the largest count as zero. They
/// are taken from the Jacobian itself, not from `G`, whose eigenvalues are their squares: a Jacobian correct to 1e-12
/// keeps two digits of a direction at this threshold.
pub const TANGENT_TOLERANCE: f64 = 1e-10;

/// A parametrisation at one parameter `ξ`: `A = M^½ J = U S Vᵀ`, so `G = AᵀA = V S² Vᵀ` and `G⁺ = V S⁻² Vᵀ`.
///
/// As a [`Metric`] it expects one entry per parameter in tangents and covectors.
pub struct Pullback<'a> {
    pub(super) ambient: &'a dyn Ambient,
    point: Point,
    image: Image,
    jacobian: Matrix,
    gram: Matrix,
    pub(super) white: Matrix,
    pub(super) left: Matrix,
    pub(super) right: Matrix,
    pub(super) singular: Vec<f64>,
    pub(super) rank: usize,
}

impl<'a> Pullback<'a> {
    /// The geometry at `ξ`, with [`TANGENT_TOLERANCE`].
    ///
    /// # Errors
    /// [`Error::Setting`]: another number of parameters or ambient coordinates. [`Error::Data`]: the map or the
    /// Jacobian is not finite or has the wrong shape; the image does not lie in the ambient space.
    pub fn at(of: &dyn Parametrisation, ambient: &'a dyn Ambient, xi: &Point) -> Result<Self, Error> {
        Self::with_tolerance(of, ambient, xi, TANGENT_TOLERANCE)
    }

    /// The geometry at `ξ` with another relative tolerance for singular values of the Jacobian.
    ///
    /// # Errors
    /// Those of [`Self::at`]; [`Error::Setting`] for a tolerance outside `[0, 1)`.
    pub fn with_tolerance(
        of: &dyn Parametrisation,
        ambient: &'a dyn Ambient,
        xi: &Point,
        tolerance: f64,
    ) -> Result<Self, Error> {
        if !(0.0..1.0).contains(&tolerance) {
            return Err(Error::Setting {
                problem: format!("the rank tolerance is {tolerance}"),
                hint: "give a number from 0 to below 1, 1e-10 say".into(),
            });
        }
        if ambient.dim() != of.ambient() {
            return Err(Error::Setting {
                problem: format!(
                    "the ambient metric has {} coordinates where the map gives {}",
                    ambient.dim(),
                    of.ambient()
                ),
                hint: "both are those of the space that the map goes to".into(),
            });
        }
        let (image, jacobian) = evaluate(of, xi)?;
        ambient.check(&image, &jacobian)?;
        let white = ambient.whiten(&image, &jacobian)?;
        if (0..white.ncols()).any(|j| (0..white.nrows()).any(|i| !white[(i, j)].is_finite())) {
            return Err(bad("the ambient metric makes the Jacobian infinite".into(), "the point lies where it ends"));
        }
        let failed = |_| bad("the singular values of the Jacobian were not found".into(), "scale the parameters");
        let svd = white.thin_svd().map_err(failed)?;
        let k = white.nrows().min(white.ncols());
        let singular: Vec<f64> = (0..k).map(|i| svd.S()[i]).collect();
        let top = singular.first().copied().unwrap_or(0.0);
        let rank = singular.iter().filter(|s| **s > tolerance * top).count();
        let gram = times(white.transpose(), white.as_ref());
        if (0..gram.ncols()).any(|j| (0..gram.nrows()).any(|i| !gram[(i, j)].is_finite())) {
            return Err(bad("the Gram matrix exceeds the range of doubles".into(), "scale the parameters"));
        }
        let (left, right) = (svd.U().to_owned(), svd.V().to_owned());
        Ok(Pullback { ambient, point: xi.clone(), image, jacobian, gram, white, left, right, singular, rank })
    }

    /// The parameter `ξ`.
    pub fn point(&self) -> &Point {
        &self.point
    }

    /// `φ(ξ)`.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// `J`, ambient × parameters.
    pub fn jacobian(&self) -> &Matrix {
        &self.jacobian
    }

    /// The Gram matrix `G = Jᵀ M J`, parameters × parameters.
    pub fn gram(&self) -> &Matrix {
        &self.gram
    }

    /// Numerical rank of `J` in the ambient metric.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Singular values of `M^½ J`, descending; their squares are the eigenvalues of `G`.
    pub fn singular_values(&self) -> &[f64] {
        &self.singular
    }

    /// Condition number of `G` on its range, `s₁² / s_r²`; 1 where `J = 0`.
    pub fn condition(&self) -> f64 {
        if self.rank == 0 { 1.0 } else { (self.singular[0] / self.singular[self.rank - 1]).powi(2) }
    }

    /// The parameter gradient `c = Jᵀ dL` of `L ∘ φ`.
    ///
    /// # Errors
    /// [`Error::Setting`] if the slope has another length.
    pub fn pull(&self, slope: &Slope) -> Result<Covector, Error> {
        length("slope", slope.0.len(), self.jacobian.nrows())?;
        let (n, d) = (self.jacobian.nrows(), self.jacobian.ncols());
        Ok(Covector((0..d).map(|j| (0..n).map(|i| self.jacobian[(i, j)] * slope.0[i]).sum()).collect()))
    }

    /// The pushforward `J u`.
    ///
    /// # Errors
    /// [`Error::Setting`] if the tangent has another length.
    pub fn push(&self, u: &Tangent) -> Result<Velocity, Error> {
        length("tangent", u.0.len(), self.jacobian.ncols())?;
        let (n, d) = (self.jacobian.nrows(), self.jacobian.ncols());
        Ok(Velocity((0..n).map(|i| (0..d).map(|j| self.jacobian[(i, j)] * u.0[j]).sum()).collect()))
    }

    /// The orthogonal projection of an ambient direction onto `im J`, `J (M^½J)⁺ M^½ w`.
    ///
    /// # Errors
    /// [`Error::Setting`] if it has another length.
    pub fn project(&self, w: &Velocity) -> Result<Velocity, Error> {
        length("direction", w.0.len(), self.jacobian.nrows())?;
        let column = Matrix::from_fn(w.0.len(), 1, |i, _| w.0[i]);
        let white = self.ambient.whiten(&self.image, &column)?;
        let mut u = vec![0.0; self.jacobian.ncols()];
        for r in 0..self.rank {
            let along: f64 = (0..white.nrows()).map(|i| self.left[(i, r)] * white[(i, 0)]).sum();
            u.iter_mut().enumerate().for_each(|(j, u)| *u += self.right[(j, r)] * along / self.singular[r]);
        }
        self.push(&Tangent(u))
    }

    /// The part `G G⁺ c` of a covector in the range of `G`.
    ///
    /// The gradient of a function on the model lies there by itself. A gradient with noise, or with a penalty on the
    /// parameters, need not: project it first, and every generalised inverse gives one and the same pushforward.
    ///
    /// # Errors
    /// [`Error::Setting`] if it has another length.
    pub fn into_range(&self, c: &Covector) -> Result<Covector, Error> {
        length("covector", c.0.len(), self.jacobian.ncols())?;
        let along = self.coordinates(c);
        Ok(Covector(self.combine(|r| if r < self.rank { along[r] } else { 0.0 })))
    }

    /// `Vᵀ c`.
    pub(super) fn coordinates(&self, c: &Covector) -> Vec<f64> {
        (0..self.singular.len()).map(|r| c.0.iter().enumerate().map(|(j, c)| self.right[(j, r)] * c).sum()).collect()
    }

    /// `Σ_r w_r v_r`.
    pub(super) fn combine(&self, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; self.jacobian.ncols()];
        for r in 0..self.singular.len() {
            let w = weight(r);
            out.iter_mut().enumerate().for_each(|(j, o)| *o += w * self.right[(j, r)]);
        }
        out
    }
}

impl Metric for Pullback<'_> {
    fn dim(&self) -> usize {
        self.gram.nrows()
    }

    fn lower(&self, v: &Tangent) -> Covector {
        let d = self.dim();
        Covector((0..d).map(|i| (0..d).map(|j| self.gram[(i, j)] * v.0[j]).sum()).collect())
    }

    /// `G⁺ c` with the Moore-Penrose inverse: of all solutions of `G u = GG⁺c` the one of least Euclidean norm.
    fn raise(&self, gradient: &Covector) -> Raised {
        let along = self.coordinates(gradient);
        let weight = |r: usize| if r < self.rank { along[r] / self.singular[r] / self.singular[r] } else { 0.0 };
        let tangent = Tangent(self.combine(weight));
        // An empty sum is −0.
        let square = (0..self.rank).map(|r| (along[r] / self.singular[r]).powi(2)).fold(0.0, |a, b| a + b);
        let lowered = self.lower(&tangent);
        let norm = |it: &mut dyn Iterator<Item = f64>| it.map(|x| x * x).sum::<f64>().sqrt();
        let size = norm(&mut gradient.0.iter().copied());
        let off = norm(&mut gradient.0.iter().zip(&lowered.0).map(|(a, b)| a - b));
        Raised { tangent, rank: self.rank, residual: if size > 0.0 { off / size } else { 0.0 }, square }
    }
}
