//! What the options of a fit come to: a seed per start, the engine's settings, and the plan that a checkpoint keeps.

use super::arguments::{Arguments, ClimbArguments, Metric};
use crate::data::Reading;
use crate::failure::Failure;
use natgrad::engine::{Batches, MetricChoice, Settings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// Everything that a fit depends on, as its checkpoint keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Data files.
    pub data: Vec<PathBuf>,
    /// How to read them.
    pub reading: Reading,
    /// Name of the model.
    pub model: String,
    /// What its kind keeps of it.
    pub own: Value,
    /// How to climb.
    pub settings: Settings,
    /// A seed per start.
    pub seeds: Vec<u64>,
    /// Seconds between checkpoints.
    pub checkpoint_every: f64,
    /// Of the data, so that a run goes on only with what it began with.
    pub fingerprint: u64,
}

impl Plan {
    /// What the model's kind keeps of it.
    pub fn own<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_value(self.own.clone()).map_err(|e| {
            Failure::new(
                format!("the checkpoint does not hold a {}: {e}", self.model),
                "begin a new run with --start RUN/model.json",
            )
        })
    }
}

impl ClimbArguments {
    /// A seed per start.
    pub fn seeds(&self) -> Vec<u64> {
        (0..self.restarts).map(|r| self.seed.wrapping_add(r)).collect()
    }
}

impl Arguments {
    /// A seed per start: one where the start is given.
    pub fn seeds(&self) -> Vec<u64> {
        let mut seeds = self.climb.seeds();
        seeds.truncate(if self.start.is_some() { 1 } else { seeds.len() });
        seeds
    }

    /// What a fit by these options depends on; `own` is what the model's kind keeps.
    pub fn plan(&self, model: &str, own: Value, seeds: Vec<u64>, fingerprint: u64) -> Plan {
        Plan {
            data: self.data.clone(),
            reading: self.reading.clone(),
            model: model.into(),
            own,
            settings: settings(&self.climb),
            seeds,
            checkpoint_every: self.checkpoint_every,
            fingerprint,
        }
    }
}

/// The engine's settings.
pub fn settings(climb: &ClimbArguments) -> Settings {
    Settings {
        metric: match climb.metric {
            Metric::Auto => MetricChoice::Auto,
            Metric::Joint => MetricChoice::Joint,
            Metric::Evidence => MetricChoice::Evidence,
            Metric::Euclidean => MetricChoice::Euclidean,
        },
        tolerance: climb.tolerance,
        max_iterations: climb.max_iterations,
        step_size: climb.step_size,
        batches: climb.batch.map(|rows| Batches {
            chunks: rows.div_ceil(natgrad::rows::CHUNK_ROWS as u64) as usize,
            schedule: natgrad::ascent::Schedule::default(),
        }),
        angles: climb.angles,
        seed: climb.seed,
        ..Settings::default()
    }
}
