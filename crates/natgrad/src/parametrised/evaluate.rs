//! Values of a parametrisation, refused where their shape is wrong or a number is not finite.

use super::{Image, Parametrisation};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;

pub(super) fn bad(problem: String, hint: &str) -> Error {
    Error::Data { problem, hint: hint.into() }
}

/// Refuses a vector of another length than expected.
pub(super) fn length(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Setting {
        problem: format!("the {what} has {found} entries where {expected} are expected"),
        hint: "slopes and directions live in the ambient space, tangents and covectors in that of the parameters"
            .into(),
    })
}

/// Image and Jacobian at a parameter, checked for shape and finiteness.
pub(super) fn evaluate(of: &dyn Parametrisation, xi: &Point) -> Result<(Image, Matrix), Error> {
    let (n, d) = (of.ambient(), of.parameters());
    let setting = |problem: String, hint: &str| Error::Setting { problem, hint: hint.into() };
    if d == 0 || n == 0 {
        return Err(setting(
            format!("the parametrisation maps {d} parameters to {n} coordinates"),
            "give at least one",
        ));
    }
    if xi.0.len() != d {
        return Err(setting(
            format!("the point has {} entries where the parametrisation has {d} parameters", xi.0.len()),
            "give one number per parameter",
        ));
    }
    if let Some(j) = xi.0.iter().position(|x| !x.is_finite()) {
        return Err(bad(format!("parameter {} is {}", j + 1, xi.0[j]), "parameters are finite numbers"));
    }
    let image = of.map(&xi.0);
    if image.len() != n {
        return Err(bad(format!("the map gives {} numbers where it promises {n}", image.len()), "check `ambient`"));
    }
    if let Some(i) = image.iter().position(|x| !x.is_finite()) {
        return Err(bad(
            format!("the map gives {} for coordinate {} of the image", image[i], i + 1),
            "the parameters lie outside the map's domain",
        ));
    }
    let jacobian = of.jacobian(&xi.0);
    if (jacobian.nrows(), jacobian.ncols()) != (n, d) {
        return Err(bad(
            format!("the Jacobian is {} × {} where {n} × {d} is expected", jacobian.nrows(), jacobian.ncols()),
            "one row per ambient coordinate, one column per parameter",
        ));
    }
    for j in 0..d {
        if let Some(i) = (0..n).find(|&i| !jacobian[(i, j)].is_finite()) {
            return Err(bad(
                format!("the Jacobian has {} in row {}, column {}", jacobian[(i, j)], i + 1, j + 1),
                "the map is not differentiable there, or the parameters lie outside its domain",
            ));
        }
    }
    Ok((Image(image), jacobian))
}
