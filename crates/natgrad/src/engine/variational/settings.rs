//! What learning a variational autoencoder is told.

use crate::Error;
use crate::model::vae::Expectation;
use crate::neural::Adam;
use serde::{Deserialize, Serialize};

/// How slopes become steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// Adam.
    Adam(Adam),
    /// The natural gradient: the decoder's last layer with its exact metric output by output (a Kronecker product where that
    /// would be too large), the other layers with running Kronecker factors of the model's own Fisher matrix; variances and
    /// priors take their closed-form steps.
    Natural {
        /// Added to the factors' product, relative to their mean diagonal entries; it follows what steps gain from there.
        damping: f64,
    },
    /// The natural gradient of each minibatch in the metric of its own empirical Fisher matrix, through the Gram matrix of
    /// its rows' slopes; every step has the same length in that metric.
    Minibatch {
        /// `ε`, relative to the mean squared slope of a row.
        damping: f64,
    },
}

impl Optimiser {
    /// Adam with its usual settings.
    pub fn adam() -> Self {
        Optimiser::Adam(Adam::default())
    }

    /// Kronecker factors with the damping that learning usually begins with.
    pub fn natural() -> Self {
        Optimiser::Natural { damping: 1e-2 }
    }

    /// A rate that suits it.
    pub fn rate(&self) -> f64 {
        match self {
            Optimiser::Adam(_) => 1e-3,
            Optimiser::Natural { .. } => 0.1,
            Optimiser::Minibatch { .. } => 0.03,
        }
    }
}

/// Settings of learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariationalSettings {
    /// How slopes become steps.
    pub optimiser: Optimiser,
    /// Epochs of minibatches.
    pub epochs: u64,
    /// Rows in a minibatch.
    pub batch: usize,
    /// Length of a step; it falls as a cosine to nothing over the last half of the epochs.
    pub rate: f64,
    /// `λ` of the penalty `−(λ/2) Σ θ²` on weights and biases.
    pub decay: f64,
    /// How expectations over the beliefs are taken.
    pub expectation: Expectation,
    /// Smallest variance of a Gaussian observable, in the model's units.
    pub variance_floor: f64,
    /// Quasi-Newton iterations at the end, where the objective is deterministic.
    pub polish: u64,
    /// The polish ends where no slope is larger than this.
    pub tolerance: f64,
    /// Rows that are shuffled together; they are held in memory.
    pub window: usize,
    /// Seed of start, order and draws.
    pub seed: u64,
}

impl Default for VariationalSettings {
    fn default() -> Self {
        VariationalSettings {
            optimiser: Optimiser::Adam(Adam::default()),
            epochs: 100,
            batch: 128,
            rate: 1e-3,
            decay: 0.0,
            expectation: Expectation::Draws(1),
            variance_floor: 1e-9,
            polish: 10_000,
            tolerance: 1e-9,
            window: 65_536,
            seed: 0,
        }
    }
}

impl VariationalSettings {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Setting`] with the number and its range.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |problem: String, hint: &str| Err(Error::Setting { problem, hint: hint.into() });
        if self.batch == 0 || self.window == 0 {
            return wrong("a minibatch without rows".into(), "give at least one row");
        }
        self.expectation.check()?;
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return wrong(format!("learning rate {} is not a positive number", self.rate), "0.001 is a good start");
        }
        if !(self.decay >= 0.0 && self.decay.is_finite()) {
            return wrong(format!("weight decay {} is not a number ≥ 0", self.decay), "0 is none");
        }
        if !(self.variance_floor >= 0.0 && self.variance_floor.is_finite()) {
            return wrong(format!("variance floor {} is not a number ≥ 0", self.variance_floor), "0 is none");
        }
        if let Optimiser::Natural { damping } | Optimiser::Minibatch { damping } = self.optimiser
            && !(damping >= 0.0 && damping.is_finite())
        {
            return wrong(format!("damping {damping} is not a number ≥ 0"), "0 takes the pseudo-inverse");
        }
        Ok(())
    }

    /// Length of steps in an epoch, counted from 0.
    pub fn rate_at(&self, epoch: u64) -> f64 {
        let done = (epoch as f64 + 0.5) / self.epochs.max(1) as f64;
        if done <= 0.5 {
            self.rate
        } else {
            self.rate * 0.5 * (1.0 + (std::f64::consts::PI * (2.0 * done - 1.0)).cos())
        }
    }
}
