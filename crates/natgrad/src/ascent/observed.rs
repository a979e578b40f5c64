//! Newton's direction where the observed information is too large to be written down: conjugate gradients with its products
//! taken as differences of slopes.
//!
//! ```text
//! I_obs v ≈ −(dF(θ + h v) − dF(θ − h v)) / 2h,   solve I_obs u = dF, preconditioned by the joint metric
//! ```

use crate::Error;
use crate::geometry::{BlockGram, Covector, Metric, RANK_TOLERANCE, Solved, Tangent, conjugate_gradients};
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
    let metric = learning.joint_metric(look)?;
    let model = learning.model();
    // Along directions that change nothing there is no curvature to be found, only rounding: they are left out.
    let turns = Turns::new(&model.gauge(&look.point), &metric);
    let gradient = turns.across(learning.gradient(look));
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
            let change = Covector(ahead.0.iter().zip(&behind.0).map(|(a, b)| (b - a) / (2.0 * h)).collect());
            Ok(turns.across(change))
        },
        |g| metric.raise(g).tangent,
        ENOUGH,
        PRODUCTS,
    )
}

/// Directions along which no distribution changes: pairs `(t, G t)`, orthonormal in the metric.
struct Turns(Vec<(Tangent, Covector)>);

impl Turns {
    fn new(gauge: &[Tangent], metric: &BlockGram) -> Self {
        let mut kept: Vec<(Tangent, Covector)> = Vec::new();
        for t in gauge {
            let before = metric.square(t);
            let mut v = t.clone();
            // Twice: once leaves what rounding of nearly parallel directions leaves.
            for _ in 0..2 {
                for (u, lowered) in &kept {
                    let part = lowered.along(&v);
                    v.0.iter_mut().zip(&u.0).for_each(|(v, u)| *v -= part * u);
                }
            }
            let square = metric.square(&v);
            if square > RANK_TOLERANCE * before && square.is_finite() {
                let unit = v.scaled(1.0 / square.sqrt());
                let lowered = metric.lower(&unit);
                kept.push((unit, lowered));
            }
        }
        Turns(kept)
    }

    /// A differential without its part along them.
    fn across(&self, mut g: Covector) -> Covector {
        for (t, lowered) in &self.0 {
            let part = g.along(t);
            g.0.iter_mut().zip(&lowered.0).for_each(|(g, l)| *g -= part * l);
        }
        g
    }
}

/// `v` scaled to unit length in the joint metric; `None` where it has none.
///
/// # Errors
/// As [`Learning::joint_metric`].
pub fn of_unit_length(learning: &Learning<'_>, look: &Look, v: &Tangent) -> Result<Option<Tangent>, Error> {
    let length = learning.joint_metric(look)?.square(v).sqrt();
    Ok((length.is_finite() && length > 0.0).then(|| v.scaled(1.0 / length)))
}
