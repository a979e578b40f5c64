//! Plain gradient ascent with backtracking, the reference that the natural gradients are compared with.
//!
//! ```text
//! θ ← θ + t dF   (coordinates as they come)
//! ```

use crate::Error;
use crate::geometry::{Euclidean, Metric};
use crate::model::Want;
use crate::objective::{Learning, Look};

/// Step length that grows after success and halves after failure.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Backtracking {
    /// Length of the next step.
    pub step: f64,
}

impl Backtracking {
    /// One step that raises the ELBO, or `None` when no step above 1e-12 does.
    ///
    /// # Errors
    /// What sweeping reports.
    pub fn step(&mut self, learning: &Learning<'_>, look: &Look) -> Result<Option<Look>, Error> {
        let gradient = learning.gradient(look);
        let v = Euclidean(gradient.0.len()).raise(&gradient);
        while self.step > 1e-12 {
            if let Some(point) = learning.model().shift(&look.point, &v.tangent, self.step) {
                let next = learning.look(&point, Want::Statistics)?;
                // Armijo's rule with the customary small constant.
                if next.elbo >= look.elbo + 1e-4 * self.step * v.square {
                    self.step *= 2.0;
                    return Ok(Some(next));
                }
            }
            self.step *= 0.5;
        }
        Ok(None)
    }
}
