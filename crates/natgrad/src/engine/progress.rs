//! What a fit leaves behind: one record per iteration, the state to go on from, and how it ended.

use crate::ascent::{Backtracking, History};
use crate::geometry::Point;
use crate::model::{Entropies, Note, Statistics};
use crate::objective::Look;
use serde::{Deserialize, Serialize};

/// One iteration's line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Iteration, 0 for the start.
    pub iteration: u64,
    /// Full sweeps over the data so far.
    pub passes: f64,
    /// ELBO per row after the iteration.
    pub elbo: f64,
    /// Its entropies.
    pub entropies: Entropies,
    /// Estimated remaining gain, nats per row.
    pub remaining: Option<f64>,
    /// Squared norm of the natural gradient, where it was computed.
    pub stationarity: Option<f64>,
    /// Cosine between the natural gradients of ELBO and evidence here, where it was asked for.
    #[serde(default)]
    pub cosine: Option<f64>,
    /// Length of the step that led here.
    pub step_size: f64,
    /// Metric of the step that led here: `start`, `joint`, `accelerated`, `evidence`, `observed`, `escape`, `inward`, `euclidean`, `batch`.
    pub metric: String,
}

/// How a fit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It ended by itself: the estimated remaining gain is below the tolerance, or, where the bound is not exact, no step raises
    /// it any more ([`Progress::ended_short`] then says so).
    Converged,
    /// The limit on iterations came first.
    IterationLimit,
    /// No maximum exists along the path (a component collapsed); the last good point is kept.
    Diverged,
    /// Somebody stopped it.
    Interrupted,
}

impl Status {
    /// Its name, as reports and `natgrad explain` have it.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Converged => "converged",
            Status::IterationLimit => "iteration-limit",
            Status::Diverged => "diverged",
            Status::Interrupted => "interrupted",
        }
    }
}

/// Edges of a bound that is not exact: points from which whole EM steps fall, as recognition then ends elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Edges {
    /// The highest of them, and its ELBO, nats per row.
    pub best: Option<(f64, Point)>,
    /// ELBO from which on they are counted.
    pub mark: f64,
    /// How many were met since.
    pub count: u64,
}

impl Edges {
    /// Counts another; anew where the bound has risen by more than `enough`.
    pub fn met(&mut self, look: &Look, enough: f64) -> u64 {
        if self.best.is_none() || look.elbo > self.mark + enough {
            self.mark = look.elbo;
            self.count = 0;
        }
        if self.best.as_ref().is_none_or(|b| look.elbo > b.0) {
            self.best = Some((look.elbo, look.point.clone()));
        }
        self.count += 1;
        self.count
    }
}

/// Everything needed to go on, to the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Where the fit is.
    pub point: Point,
    /// Iterations done.
    pub iteration: u64,
    /// Sweeps done.
    pub passes: f64,
    /// Gains of the latest EM steps, oldest first.
    pub gains: Vec<f64>,
    /// Whether `auto` has changed to the evidence metric.
    pub evidence_phase: bool,
    /// Whether `auto` has changed to combined EM steps.
    pub accelerated_phase: bool,
    /// What those combine.
    pub history: History,
    /// Steps in the evidence metric that EM has won in a row.
    #[serde(default)]
    pub em_wins: u64,
    /// Iteration before which EM does not ask the dense matrices again.
    pub ask_again: u64,
    /// Iteration before which parameters are not taken off the boundary again.
    #[serde(default)]
    pub raise_again: u64,
    /// Running statistics of damped and minibatch steps.
    pub running: Option<Statistics>,
    /// Sum of tail statistics and how many, for averaging.
    pub average: Option<(Statistics, u64)>,
    /// Batches taken.
    pub batches: u64,
    /// State of plain gradient steps.
    pub backtracking: Backtracking,
    /// What the last M-step met.
    pub notes: Vec<StoredNote>,
    /// The lines so far.
    pub trace: Vec<Record>,
    /// Estimated remaining gain from a sampled metric, where the dense matrices are not affordable.
    pub sampled_remaining: Option<f64>,
    /// Where a bound that is not exact fell.
    #[serde(default)]
    pub edges: Edges,
    /// How it ended, once it has.
    pub status: Option<Status>,
    /// Why it diverged, or ended though much is left.
    pub why: Option<String>,
}

/// A [`Note`] in a form that files can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoredNote {
    /// See [`Note::Empty`].
    Empty(usize),
    /// See [`Note::Boundary`].
    Boundary(usize, String),
    /// See [`Note::Floored`].
    Floored(usize),
}

impl From<&Note> for StoredNote {
    fn from(note: &Note) -> Self {
        match note {
            Note::Empty(k) => StoredNote::Empty(*k),
            Note::Boundary(k, what) => StoredNote::Boundary(*k, what.clone()),
            Note::Floored(k) => StoredNote::Floored(*k),
        }
    }
}

impl From<&StoredNote> for Note {
    fn from(note: &StoredNote) -> Self {
        match note {
            StoredNote::Empty(k) => Note::Empty(*k),
            StoredNote::Boundary(k, what) => Note::Boundary(*k, what.clone()),
            StoredNote::Floored(k) => Note::Floored(*k),
        }
    }
}

impl Progress {
    /// That a fit diverged, and why, in one line of words; `None` where it did not.
    pub fn diverged(&self) -> Option<String> {
        let why = self.why.as_deref().unwrap_or_default().replace("\nhint: ", "; ");
        (self.status == Some(Status::Diverged)).then(|| format!("the fit diverged: {why}"))
    }

    /// Why a fit ended by itself although more than its tolerance is left, in words; `None` where it did not.
    pub fn ended_short(&self, remaining: Option<f64>, tolerance: f64) -> Option<String> {
        let short = self.status == Some(Status::Converged) && remaining.is_some_and(|r| r > tolerance);
        let why = self.why.as_ref().filter(|_| short)?;
        Some(format!("{why}. Other starts may find better ways: --restarts, --seed"))
    }

    /// The beginning of a fit.
    pub fn at(point: Point) -> Self {
        Progress {
            point,
            iteration: 0,
            passes: 0.0,
            gains: Vec::new(),
            evidence_phase: false,
            accelerated_phase: false,
            history: History::default(),
            em_wins: 0,
            ask_again: 0,
            raise_again: 0,
            running: None,
            average: None,
            batches: 0,
            backtracking: Backtracking { step: 1.0 },
            notes: Vec::new(),
            trace: Vec::new(),
            sampled_remaining: None,
            edges: Edges::default(),
            status: None,
            why: None,
        }
    }
}

/// A fit that has ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The state it ended in; `status` is set.
    pub progress: Progress,
    /// The last look, with curvature where the dense matrices are affordable.
    pub look: Look,
}
