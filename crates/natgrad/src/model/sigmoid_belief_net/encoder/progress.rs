//! What learning a net with its encoder leaves behind: a line per epoch, the state to go on from, how it ended.

use super::evaluate::Evaluation;
use super::metric::Preconditioner;
use super::sums::Sums;
use crate::geometry::Point;
use crate::model::Entropies;
use serde::{Deserialize, Serialize};

/// Estimates over one pass, from the batches as they were met, nats per row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Passes over the rows so far.
    pub epoch: u64,
    /// The ELBO of one sample, `L_1`.
    pub elbo: f64,
    /// `L_K`, the bound that is climbed.
    pub importance: f64,
    /// The entropies whose sum `L_K` comes to.
    pub entropies: Entropies,
    /// `L_K − entropy sum`.
    pub residual: f64,
    /// Its standard error.
    pub residual_error: f64,
    /// Length of the steps at the end of the pass.
    pub rate: f64,
}

impl Epoch {
    pub(super) fn of(epoch: u64, sums: &Sums, rate: f64) -> Self {
        Epoch {
            epoch,
            elbo: sums.one / sums.weight,
            importance: sums.bound / sums.weight,
            entropies: sums.entropies(),
            residual: sums.residual(),
            residual_error: sums.residual_error(),
            rate,
        }
    }
}

/// How learning ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderStatus {
    /// All epochs are done.
    EpochLimit,
    /// A bound is no longer finite; the last good parameters are kept.
    Diverged,
    /// Somebody stopped it.
    Interrupted,
}

/// A net and its encoder, with everything needed to go on to the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amortised {
    /// Parameters of the net.
    pub point: Point,
    /// Parameters of the encoder.
    pub encoder: Point,
    /// Passes done.
    pub epoch: u64,
    /// Steps taken.
    pub steps: u64,
    /// Pass after pass; the last line may be that of the end.
    pub trace: Vec<Epoch>,
    /// How it ended, once it has.
    pub status: Option<EncoderStatus>,
    pub(super) metrics: Vec<Preconditioner>,
}

impl Amortised {
    /// The beginning.
    pub fn at(point: Point, encoder: Point) -> Self {
        Amortised { point, encoder, epoch: 0, steps: 0, trace: Vec::new(), status: None, metrics: Vec::new() }
    }
}

/// Learning that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// Where it ended; `status` is set.
    pub progress: Amortised,
    /// All rows looked at once more, with samples of their own.
    pub evaluation: Evaluation,
}
