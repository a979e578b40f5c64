//! What a fit is told.

use crate::ascent::Schedule;
use serde::{Deserialize, Serialize};

/// Which geometry the steps follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricChoice {
    /// EM first, the evidence metric as soon as the gains say that it pays.
    Auto,
    /// Fisher matrix of the complete data: EM.
    Joint,
    /// Fisher matrix of the evidence.
    Evidence,
    /// Plain gradients with backtracking, for comparison.
    Euclidean,
}

/// Minibatch learning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Batches {
    /// Chunks of 1024 rows per batch.
    pub chunks: usize,
    /// Step sizes.
    pub schedule: Schedule,
}

/// Settings of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The geometry.
    pub metric: MetricChoice,
    /// Stop when the estimated remaining gain is below this, nats per row; 0 never stops EM before the iteration limit.
    pub tolerance: f64,
    /// Stop after this many iterations (epochs, with batches).
    pub max_iterations: u64,
    /// Length of joint-metric steps in expectation coordinates; 1 is EM.
    pub step_size: f64,
    /// Minibatches, if any.
    pub batches: Option<Batches>,
    /// Rows in the sample that the evidence metric is taken from where the dense matrices are too large.
    pub metric_rows: usize,
    /// Whether to measure at every iteration how far the natural gradients of ELBO and evidence point apart (a sweep with
    /// curvature each).
    #[serde(default)]
    pub angles: bool,
    /// Seed of everything random inside the fit.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            metric: MetricChoice::Auto,
            tolerance: 1e-6,
            max_iterations: 10_000,
            step_size: 1.0,
            batches: None,
            metric_rows: 16_384,
            angles: false,
            seed: 0,
        }
    }
}
