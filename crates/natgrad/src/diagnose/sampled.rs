//! How many nats are left where there is no spectrum: conjugate gradients, on all rows or on a sample of them.

use super::assessment::Assessment;
use crate::Error;
use crate::ascent::{observed_direction, sampled_direction};
use crate::objective::{Learning, Look};
use crate::rows::sample;

/// Most rows that the evidence metric is taken from; as many as fits take unless told otherwise.
const METRIC_ROWS: usize = 16_384;

/// Which of them: any seed will do, and the same rows are asked each time.
const SEED: u64 = 0x9e37_79b9;

impl Assessment {
    /// Fills in the remaining gain where there is no spectrum: what the fit `found` last, or else an estimate of its own.
    ///
    /// ```text
    /// ½ g·G_V⁺g by conjugate gradients, G_V from at most 16 384 rows; ½ |g·I_obs⁻¹g| of models that have digested their rows
    /// ```
    ///
    /// Nats per row; from below wherever the observed information is indefinite. At most 40 sweeps of the sample.
    ///
    /// # Errors
    /// What sweeping reports.
    pub fn or_sampled(mut self, learning: &Learning<'_>, look: &Look, found: Option<f64>) -> Result<Self, Error> {
        if self.reading.is_some() || self.remaining_visible.is_some() {
            return Ok(self);
        }
        let own = || -> Result<f64, Error> {
            if learning.is_digested() {
                return Ok(0.5 * observed_direction(learning, look)?.square.abs());
            }
            let few = sample(learning.rows(), METRIC_ROWS, SEED)?;
            Ok(sampled_direction(learning, look, &Learning::new(learning.model(), &few, 0.0))?.remaining)
        };
        self.remaining_visible = Some(match found {
            Some(found) => found,
            None => own()?,
        });
        Ok(self)
    }
}
