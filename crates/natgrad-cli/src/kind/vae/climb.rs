//! Learning an autoencoder: progress on the terminal, checkpoints, interruption.

use crate::command::fit::{Plan, fingerprint, locked, stop_flag};
use crate::failure::Failure;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget};
use natgrad::engine::{Control, Progress, VariationalOutcome, VariationalProgress, VariationalSettings, learn};
use natgrad::model::vae::{Architecture, ColumnMoments, Units, Vae};
use natgrad::neural::Processor;
use natgrad::rows::RowSource;
use natgrad_io::RunFolder;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What a checkpoint keeps of an autoencoder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VaePlan {
    /// The model's shape.
    pub architecture: Architecture,
    /// Units of its columns.
    #[serde(default)]
    pub units: Option<Units>,
    /// How it is learnt.
    pub learning: VariationalSettings,
    /// Whether minibatches are in single precision.
    pub single: bool,
}

/// A checkpoint. It begins as those of other models do, so that its model is known before the rest is read.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    plan: Plan,
    progress: Vec<Progress>,
    /// Where learning is.
    learning: VariationalProgress,
    /// Seconds of learning at each line of the trace; checkpoints of old have none.
    #[serde(default)]
    seconds: Vec<f64>,
}

/// Where learning goes on from.
pub struct Reached {
    /// The state.
    pub progress: VariationalProgress,
    /// Seconds of learning at each line of its trace.
    seconds: Vec<f64>,
}

impl From<VariationalProgress> for Reached {
    fn from(progress: VariationalProgress) -> Self {
        let seconds = vec![0.0; progress.trace.len()];
        Reached { progress, seconds }
    }
}

impl From<State> for Reached {
    fn from(state: State) -> Self {
        let mut seconds = state.seconds;
        seconds.resize(state.learning.trace.len(), seconds.last().copied().unwrap_or(0.0));
        Reached { progress: state.learning, seconds }
    }
}

/// Of the rows that learning began with.
pub fn fingerprint_of(source: &dyn RowSource, moments: &ColumnMoments) -> u64 {
    let numbers = moments.means.iter().chain(&moments.variances).map(|v| v.to_bits());
    fingerprint([source.rows()].into_iter().chain(numbers))
}

/// Learning that has ended or was stopped.
pub struct Ended {
    /// The end.
    pub outcome: VariationalOutcome,
    /// Seconds at each line of the trace.
    pub seconds: Vec<f64>,
    /// Whether somebody stopped it; a checkpoint to go on from is then in the run folder.
    pub interrupted: bool,
}

/// What checkpoints are written from, and when.
struct Keeper<'a> {
    plan: &'a Plan,
    folder: Option<&'a RunFolder>,
    last: Instant,
    took: Duration,
}

impl Keeper<'_> {
    fn write(&mut self, progress: &VariationalProgress, seconds: &[f64]) -> Result<(), Failure> {
        let Some(folder) = self.folder else { return Ok(()) };
        let begin = Instant::now();
        let (learning, seconds) = (progress.clone(), seconds.to_vec());
        let state = State { plan: self.plan.clone(), progress: Vec::new(), learning, seconds };
        let written = folder.write_checkpoint(&state).map_err(Failure::from);
        self.took = begin.elapsed();
        self.last = Instant::now();
        written
    }

    /// Never more than a tenth of the time for checkpoints, however large the model.
    fn due(&self) -> bool {
        self.last.elapsed() >= Duration::from_secs_f64(self.plan.checkpoint_every).max(self.took * 10)
    }
}

/// Learns from where it is.
pub fn climb(
    vae: &Vae,
    own: &VaePlan,
    plan: &Plan,
    source: &dyn RowSource,
    from: impl Into<Reached>,
    folder: Option<&RunFolder>,
    out: &Output,
) -> Result<Ended, Failure> {
    let stop = stop_flag();
    let bar = ProgressBar::new(own.learning.epochs);
    let target =
        if out.shows_progress() { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    bar.set_draw_target(target);
    let Reached { progress, mut seconds } = from.into();
    // The clock goes on from where it stood at the last line.
    let (clock, before) = (Instant::now(), seconds.last().copied().unwrap_or(0.0));
    let elapsed = || before + clock.elapsed().as_secs_f64();
    let mut keeper = Keeper { plan, folder, last: Instant::now(), took: Duration::ZERO };
    keeper.write(&progress, &seconds)?;
    let trouble = Mutex::new(None);
    let mut watch = |progress: &VariationalProgress| {
        seconds.resize(progress.trace.len(), elapsed());
        if let Some(last) = progress.trace.last() {
            bar.set_message(format!("ELBO {:.4}", last.elbo));
        }
        bar.set_position(progress.epoch);
        let stopped = stop.load(Ordering::Relaxed);
        if (stopped || keeper.due())
            && let Err(e) = keeper.write(progress, &seconds)
        {
            // Learning need not stop for a full disk, but its user must hear of it.
            *locked(&trouble) = Some(e);
        }
        if stopped { Control::Stop } else { Control::Continue }
    };
    let outcome = if own.single {
        learn::<f32, _>(vae, &Processor, source, &own.learning, progress, &mut watch)
    } else {
        learn::<f64, _>(vae, &Processor, source, &own.learning, progress, &mut watch)
    }
    .map_err(|e| Failure::from(e).in_files(&plan.data))?;
    bar.finish_and_clear();
    seconds.resize(outcome.progress.trace.len(), elapsed());
    if let Some(failure) = locked(&trouble).take() {
        out.warn(&format!("a checkpoint could not be written: {}", failure.to_string().replace("\nhint: ", "; ")));
    }
    let interrupted = outcome.progress.status == Some(natgrad::engine::VariationalStatus::Interrupted);
    Ok(Ended { outcome, seconds, interrupted })
}
