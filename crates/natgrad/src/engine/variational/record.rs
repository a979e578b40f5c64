//! What learning leaves behind: a line per epoch, the state to go on from, and how it ended.

use super::trust::Trust;
use crate::engine::Status;
use crate::model::Entropies;
use crate::model::vae::Sums;
use serde::{Deserialize, Serialize};

/// One epoch's line. Its numbers were taken on each minibatch before the step that it led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epochs done.
    pub epoch: u64,
    /// ELBO per row.
    pub elbo: f64,
    /// Entropies per row.
    pub entropies: Entropies,
    /// ELBO − entropy sum, per row.
    pub residual: f64,
    /// Its standard error.
    pub residual_error: f64,
    /// `KL(q ‖ p)` per row of each latent.
    pub divergences: Vec<f64>,
    /// Length of the steps.
    pub rate: f64,
    /// `adam`, `natural`, `minibatch`, `polish` or `closed-form`.
    pub phase: String,
}

impl EpochRecord {
    /// The line of some sums.
    pub fn of(epoch: u64, sums: &Sums, log_variances: &[f64], rate: f64, phase: &str) -> Self {
        EpochRecord {
            epoch,
            elbo: sums.elbo(),
            entropies: sums.entropies(),
            residual: sums.residual(),
            residual_error: sums.residual_error(),
            divergences: sums.divergences(log_variances),
            rate,
            phase: phase.into(),
        }
    }
}

/// How learning ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VariationalStatus {
    /// No slope of the deterministic objective is larger than the tolerance.
    Converged,
    /// All epochs are done.
    EpochLimit,
    /// The ELBO is no longer finite; the last good parameters are kept.
    Diverged,
    /// Somebody stopped it.
    Interrupted,
}

impl From<VariationalStatus> for Status {
    /// All epochs are what iterations are to other fits.
    fn from(status: VariationalStatus) -> Self {
        match status {
            VariationalStatus::Converged => Status::Converged,
            VariationalStatus::EpochLimit => Status::IterationLimit,
            VariationalStatus::Diverged => Status::Diverged,
            VariationalStatus::Interrupted => Status::Interrupted,
        }
    }
}

/// Everything needed to go on, to the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariationalProgress {
    /// The parameters.
    pub at: Vec<f64>,
    /// Adam's mean slopes.
    pub first: Vec<f64>,
    /// Adam's mean squares.
    pub second: Vec<f64>,
    /// Running Kronecker factors, where the optimiser keeps them.
    #[serde(default)]
    pub factors: Vec<f64>,
    /// How far natural gradients are trusted.
    #[serde(default)]
    pub trust: Option<Trust>,
    /// ELBO of the last epoch and its standard error, where the optimiser looks back at them.
    #[serde(default)]
    pub height: Option<(f64, f64)>,
    /// Steps taken.
    pub steps: u64,
    /// Epochs done.
    pub epoch: u64,
    /// The lines so far.
    pub trace: Vec<EpochRecord>,
    /// How it ended, once it has.
    pub status: Option<VariationalStatus>,
}

impl VariationalProgress {
    /// The beginning.
    pub fn at(at: Vec<f64>) -> Self {
        let zeros = vec![0.0; at.len()];
        VariationalProgress {
            first: zeros.clone(),
            second: zeros,
            factors: Vec::new(),
            trust: None,
            height: None,
            at,
            steps: 0,
            epoch: 0,
            trace: Vec::new(),
            status: None,
        }
    }
}

/// Learning that has ended.
#[derive(Debug, Clone)]
pub struct VariationalOutcome {
    /// The state it ended in; `status` is set.
    pub progress: VariationalProgress,
    /// Sums over all rows at the last parameters, with draws of their own.
    pub sums: Sums,
    /// Largest slope of the (penalised) objective, where it is deterministic.
    pub largest_slope: Option<f64>,
    /// `ELBO − entropy sum` that weight decay explains.
    pub known_residual: f64,
    /// Standard error of what is left of the residual: that of the last sweep, and of the one that the closed forms rest
    /// on. 0 where the objective is deterministic.
    pub residual_error: f64,
    /// Columns whose variance is held by the floor.
    pub held: Vec<usize>,
}
