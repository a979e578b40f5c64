//! Settings of learning a net with its encoder.

use crate::Error;
use crate::model::draws::check_draws;
use serde::{Deserialize, Serialize};

/// What the encoder learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Weighted samples for rows of the data.
    pub wake: bool,
    /// Rows of the net's own.
    pub sleep: bool,
}

impl Phases {
    /// Sleep alone for one sample, whose weight says nothing; wake and sleep for more.
    pub fn of(samples: usize) -> Self {
        Phases { wake: samples > 1, sleep: true }
    }
}

/// Settings of the learning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// Samples per row: the `K` of `L_K`.
    pub samples: usize,
    /// What the encoder learns from.
    pub phases: Phases,
    /// Length of the natural-gradient steps; it falls to zero over the second half.
    pub rate: f64,
    /// Damping of the Gram matrices, relative to their diagonals.
    pub damping: f64,
    /// Rows in a batch.
    pub batch: usize,
    /// Passes over the rows.
    pub epochs: u64,
    /// Rows that are shuffled together; they are held in memory, a byte a cell.
    pub window: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            samples: 10,
            phases: Phases { wake: true, sleep: true },
            rate: 0.05,
            damping: 0.02,
            batch: 256,
            epochs: 20,
            window: 65_536,
            seed: 0,
        }
    }
}

impl TrainSettings {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Setting`] with the number and its range.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |problem: String, hint: &str| Err(Error::Setting { problem, hint: hint.into() });
        if self.samples == 0 || self.batch == 0 || self.window == 0 {
            return wrong(
                format!("{} samples for batches of {} rows", self.samples, self.batch),
                "give at least one of each",
            );
        }
        check_draws(self.samples)?;
        if !(self.rate > 0.0 && self.rate <= 1.0) {
            return wrong(format!("learning rate {} is not between 0 and 1", self.rate), "0.05 is a good start");
        }
        if !(self.damping > 0.0 && self.damping.is_finite()) {
            return wrong(format!("damping {} is not a positive number", self.damping), "0.02 is a good start");
        }
        Ok(())
    }

    /// Length of steps after a share of all of them.
    pub(super) fn rate_at(&self, done: f64) -> f64 {
        self.rate * (2.0 * (1.0 - done)).clamp(0.0, 1.0)
    }
}
