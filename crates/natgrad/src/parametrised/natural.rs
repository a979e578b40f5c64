//! The natural parameter gradient with everything that says how far to trust it.

use super::proper::judge;
use super::{Ambient, Parametrisation, Properness, Pullback, Slope, Velocity};
use crate::Error;
use crate::geometry::{Metric, Point, Tangent};

/// A natural parameter gradient at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct NaturalGradient {
    /// `u = G⁺ c`, of all solutions the one of least Euclidean norm; it depends on the coordinates.
    pub tangent: Tangent,
    /// `J u`, the projection of the ambient gradient onto `im J`; it does not depend on the coordinates.
    pub pushforward: Velocity,
    /// Length of the pushforward in the ambient metric.
    pub norm: f64,
    /// Numerical rank of `J`.
    pub rank: usize,
    /// The rank here against that nearby. Where it is proper and the model does not cross itself, the pushforward is
    /// the gradient on the model.
    pub properness: Properness,
    /// `‖G u − c‖ / ‖c‖`: rounding.
    pub residual: f64,
    /// Condition number of `G` on its range.
    pub condition: f64,
}

/// The natural gradient of a function with ambient slope `dL` at `φ(ξ)` (ascent).
///
/// # Errors
/// Those of [`Pullback::at`]; [`Error::Setting`] for a slope of another length; [`Error::Data`] if it is not finite.
///
/// # Source
/// The setting is that of van Oostrum, Müller, Ay, "Invariance Properties of the Natural Gradient in Overparametrised
/// Systems" (2022). That `J u` is the projection of the gradient is derived: `⟨J u, ∂_iφ⟩ = (G G⁺ c)_i = c_i`, because
/// `c` lies in the range of `G`.
pub fn natural_gradient(
    of: &dyn Parametrisation,
    ambient: &dyn Ambient,
    xi: &Point,
    slope: &Slope,
) -> Result<NaturalGradient, Error> {
    let here = Pullback::at(of, ambient, xi)?;
    if let Some(i) = slope.0.iter().position(|s| !s.is_finite()) {
        return Err(Error::Data {
            problem: format!("entry {} of the slope is {}", i + 1, slope.0[i]),
            hint: "the function is not differentiable at the image".into(),
        });
    }
    let raised = here.raise(&here.pull(slope)?);
    Ok(NaturalGradient {
        pushforward: here.push(&raised.tangent)?,
        norm: raised.square.sqrt(),
        rank: raised.rank,
        residual: raised.residual,
        condition: here.condition(),
        properness: judge(of, ambient, &here)?,
        tangent: raised.tangent,
    })
}
