//! Newton's direction where the observed information is too large to be written down: conjugate gradients with its products
//! taken as differences of slopes.
//!
//! ```text
//! I_obs v ≈ −(dF(θ + h v) − dF(θ − h v)) / 2h,   solve I_obs u = dF, preconditioned by the joint metric
//! ```

use crate::Error;
use crate::geometry::{Covector, Metric, Solved, Tangent, conjugate_gradients};
use crate::model::Want;
use crate::objective::{Learning, Look};

/// Length of the difference in the joint metric: truncation `h²` and rounding `ε/h` are both below 1e-8 of the slope's scale.
const LENGTH: f64 = 1e-4;

/// Residual relative to the slope at which a direction is good enough.
const ENOUGH: f64 = 0.05;

/// Most products per direction.
const PRODUCTS: usize = 60;

/// Solves `I_obs u = dF`; `indefinite` is set where a direction of negative curvature was met, which is then `bent`.
///
/// # Errors
/// What sweeping reports.
///
/// # Source
/// Steihaug (1983) for conjugate gradients that may meet negative curvature.
pub fn observed_direction(learning: &Learning<'_>, look: &Look) -> Result<Solved, Error> {
    let gradient = learning.gradient(look);
    let metric = learning.joint_metric(look)?;
    let model = learning.model();
    conjugate_gradients(
        &gradient,
        |v| -> Result<Covector, Error> {
            let length = metric.square(v).sqrt();
            if length.is_nan() || length <= 0.0 {
                return Ok(Covector(vec![0.0; v.0.len()]));
            }
            let h = LENGTH / length;
            let slope = |step: f64| -> Result<Option<Covector>, Error> {
                let Some(point) = model.shift(&look.point, v, step) else { return Ok(None) };
                Ok(Some(learning.gradient(&learning.look(&point, Want::Statistics)?)))
            };
            let (Some(ahead), Some(behind)) = (slope(h)?, slope(-h)?) else {
                return Ok(Covector(vec![0.0; v.0.len()]));
            };
            Ok(Covector(ahead.0.iter().zip(&behind.0).map(|(a, b)| (b - a) / (2.0 * h)).collect()))
        },
        |g| metric.raise(g).tangent,
        ENOUGH,
        PRODUCTS,
    )
}

/// `v` scaled to unit length in the joint metric; `None` where it has none.
///
/// # Errors
/// As [`Learning::joint_metric`].
pub fn of_unit_length(learning: &Learning<'_>, look: &Look, v: &Tangent) -> Result<Option<Tangent>, Error> {
    let length = learning.joint_metric(look)?.square(v).sqrt();
    Ok((length.is_finite() && length > 0.0).then(|| v.scaled(1.0 / length)))
}
