//! EM: the unit step of the natural gradient in the joint metric, taken in expectation coordinates.
//!
//! ```text
//! μ ← μ + ρ (E_q[T] − μ),   ρ = 1: the M-step
//! ```

use crate::Error;
use crate::model::Maximised;
use crate::model::Statistics;
use crate::objective::{Learning, Look};

/// The full step: the M-step for the statistics of a look.
///
/// # Errors
/// [`Error::Collapsed`] where the maximum does not exist.
pub fn em(learning: &Learning<'_>, look: &Look) -> Result<Maximised, Error> {
    learning.model().maximise(&look.point, &look.statistics)
}

/// A step of length `step` in expectation coordinates: the running statistics move towards the look's.
///
/// # Errors
/// [`Error::Collapsed`] where the maximum does not exist.
pub fn damped(
    learning: &Learning<'_>,
    look: &Look,
    running: &mut Option<Statistics>,
    step: f64,
) -> Result<Maximised, Error> {
    let running = running.get_or_insert_with(|| {
        let mut s = look.statistics.clone();
        s.curvature = None;
        s
    });
    running.blend(&look.statistics, step);
    learning.model().maximise(&look.point, running)
}
