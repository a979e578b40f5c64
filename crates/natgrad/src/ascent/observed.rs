//! Newton's direction where the observed information is too large to be written down: conjugate gradients with its products
//! taken as differences of slopes.
//!
//! ```text
//! I_obs v ≈ −(dF(θ + h v) − dF(θ − h v)) / 2h,   solve I_obs u = dF, preconditioned by the joint metric
//! ```

use crate::Error;
use crate::geometry::{BlockGram, Covector, Metric, RANK_TOLERANCE, Solved, Tangent, conjugate_gradients};
use crate::linalg::product::{add_transposed_vector, add_vector, times};
use crate::linalg::{Matrix, symmetric};
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

/// Directions along which no distribution changes: `T` orthonormal in the metric, and `G T`, a column each.
struct Turns {
    units: Matrix,
    lowered: Matrix,
}

impl Turns {
    fn new(gauge: &[Tangent], metric: &BlockGram) -> Self {
        let (n, many) = (metric.dim(), gauge.len());
        let none = || Turns { units: Matrix::zeros(n, 0), lowered: Matrix::zeros(n, 0) };
        let given = Matrix::from_fn(n, many, |i, j| gauge[j].0[i]);
        let mut lowered = Matrix::zeros(n, many);
        for (j, t) in gauge.iter().enumerate() {
            lowered.col_as_slice_mut(j).copy_from_slice(&metric.lower(t).0);
        }
        let gram = times(given.transpose(), lowered.as_ref());
        // Scaled to unit diagonal, so that a short direction counts as much as a long one.
        let length: Vec<f64> = (0..many).map(|j| gram[(j, j)].sqrt()).collect();
        let sound = |j: usize| length[j].is_finite() && length[j] > 0.0;
        let unit = |i: usize, j: usize| {
            if sound(i) && sound(j) { gram[(i, j)] / (length[i] * length[j]) } else { 0.0 }
        };
        let Some(eigen) = symmetric::eigen(&Matrix::from_fn(many, many, unit)) else { return none() };
        let kept: Vec<usize> = (0..many).filter(|&m| eigen.values[m] > RANK_TOLERANCE).collect();
        let combine = Matrix::from_fn(many, kept.len(), |j, m| {
            if sound(j) { eigen.vectors[(j, kept[m])] / (length[j] * eigen.values[kept[m]].sqrt()) } else { 0.0 }
        });
        Turns { units: times(given.as_ref(), combine.as_ref()), lowered: times(lowered.as_ref(), combine.as_ref()) }
    }

    /// A differential without its part along them.
    fn across(&self, mut g: Covector) -> Covector {
        let mut parts = vec![0.0; self.units.ncols()];
        add_transposed_vector(&mut parts, self.units.as_ref(), &g.0);
        parts.iter_mut().for_each(|p| *p = -*p);
        add_vector(&mut g.0, self.lowered.as_ref(), &parts);
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
