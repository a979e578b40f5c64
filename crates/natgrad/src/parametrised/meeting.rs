//! Two parameters with one image: do their tangent spaces agree, or does the model cross itself there?

use super::{Ambient, Parametrisation, Pullback};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// Images closer than this, relative to their size, are one point: a map's own rounding is a few units in the last of
/// sixteen digits.
const SAME_IMAGE: f64 = 1e-9;

/// Sines below this are rounding of the tangent spaces' bases.
const SAME_SPACE: f64 = 1e-7;

/// How the tangent spaces at two parameters lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TangentSpaces {
    /// The images differ: nothing to compare.
    Apart,
    /// One image, one tangent space: both parameters give the same pushforward for every function.
    Same,
    /// One image, tangent spaces of one dimension that differ: the model crosses itself, the point is singular, and
    /// the pushforward depends on the parameter.
    Crossing,
    /// One image, and one of the two spaces is smaller: there the parametrisation is not proper.
    Smaller,
}

/// Two parameters compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting {
    /// Euclidean distance between the images.
    pub distance: f64,
    /// Dimensions of the two tangent spaces.
    pub dimensions: [usize; 2],
    /// Cosines of the principal angles in the ambient metric, descending.
    pub cosines: Vec<f64>,
    /// The verdict.
    pub spaces: TangentSpaces,
}

/// Compares the tangent spaces at two parameters.
///
/// # Errors
/// Those of [`Pullback::at`].
pub fn meeting(of: &dyn Parametrisation, ambient: &dyn Ambient, a: &Point, b: &Point) -> Result<Meeting, Error> {
    let (a, b) = (Pullback::at(of, ambient, a)?, Pullback::at(of, ambient, b)?);
    let (x, y) = (&a.image().0, &b.image().0);
    let distance = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt();
    let size = x.iter().chain(y).fold(1.0f64, |m, x| m.max(x.abs()));
    let basis = |p: &Pullback<'_>| Matrix::from_fn(p.left.nrows(), p.rank, |i, j| p.left[(i, j)]);
    // Both directions are measured at one image, so that one root of the metric serves.
    let second = orthonormal(&ambient.whiten(a.image(), b.jacobian())?, b.rank)?;
    let cross = times(basis(&a).transpose(), second.as_ref());
    let cosines: Vec<f64> = if a.rank.min(b.rank) == 0 {
        Vec::new()
    } else {
        let svd = cross.thin_svd().map_err(|_| not_found())?;
        (0..a.rank.min(b.rank)).map(|i| svd.S()[i].min(1.0)).collect()
    };
    // A sine from 1 − cos² loses half the digits: measure what is left of the second basis outside the first.
    let inside = times(basis(&a).as_ref(), cross.as_ref());
    let sine = (0..second.ncols())
        .map(|j| (0..second.nrows()).map(|i| (second[(i, j)] - inside[(i, j)]).powi(2)).sum::<f64>())
        .sum::<f64>()
        .sqrt();
    let spaces = if distance > SAME_IMAGE * size {
        TangentSpaces::Apart
    } else if a.rank != b.rank {
        TangentSpaces::Smaller
    } else if sine <= SAME_SPACE {
        TangentSpaces::Same
    } else {
        TangentSpaces::Crossing
    };
    Ok(Meeting { distance, dimensions: [a.rank, b.rank], cosines, spaces })
}

fn not_found() -> Error {
    Error::Data { problem: "the angles between the tangent spaces were not found".into(), hint: "scale the map".into() }
}

fn orthonormal(white: &Matrix, rank: usize) -> Result<Matrix, Error> {
    let svd = white.thin_svd().map_err(|_| not_found())?;
    Ok(Matrix::from_fn(white.nrows(), rank, |i, j| svd.U()[(i, j)]))
}

/// For a curve (one parameter): the cosine between the directions in which its image arrives at `ξ` and leaves it.
///
/// 1: it goes straight on (also where the velocity vanishes, as for `ξ³`); −1: it turns back, a cusp. `None` where the
/// image does not move within `step`.
///
/// # Errors
/// [`Error::Setting`] for more than one parameter or a step that is not positive; those of [`Pullback::at`] at the three
/// parameters.
pub fn turning(of: &dyn Parametrisation, ambient: &dyn Ambient, xi: f64, step: f64) -> Result<Option<f64>, Error> {
    if of.parameters() != 1 || !(step.is_finite() && step > 0.0) {
        return Err(Error::Setting {
            problem: format!("turning of a map of {} parameters with step {step}", of.parameters()),
            hint: "it is defined for curves: one parameter, a positive step".into(),
        });
    }
    let image = |x: f64| Pullback::at(of, ambient, &Point(vec![x])).map(|p| p.image().clone());
    let (before, here, after) = (image(xi - step)?, image(xi)?, image(xi + step)?);
    let n = here.0.len();
    let chords = Matrix::from_fn(n, 2, |i, j| if j == 0 { here.0[i] - before.0[i] } else { after.0[i] - here.0[i] });
    let white = ambient.whiten(&here, &chords)?;
    let product = |a: usize, b: usize| (0..white.nrows()).map(|i| white[(i, a)] * white[(i, b)]).sum::<f64>();
    let size = (product(0, 0) * product(1, 1)).sqrt();
    Ok((size > 0.0).then(|| (product(0, 1) / size).clamp(-1.0, 1.0)))
}
