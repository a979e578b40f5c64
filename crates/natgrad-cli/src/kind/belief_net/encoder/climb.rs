//! Learning a net with its encoder: progress on the terminal, checkpoints, interruption.

use crate::command::fit::{Plan, locked, stop_flag};
use crate::failure::Failure;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget};
use natgrad::catalogue::latent::{BeliefNet, BeliefNetSettings};
use natgrad::engine::Progress;
use natgrad::model::sigmoid_belief_net::encoder::{Amortised, Encoder, EncoderStatus, Learnt, TrainSettings, train};
use natgrad::rows::RowSource;
use natgrad_io::RunFolder;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What a checkpoint keeps of a net with an encoder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EncoderPlan {
    /// The net's shape.
    pub settings: BeliefNetSettings,
    /// How it is learnt.
    pub learning: TrainSettings,
    /// Columns of words.
    pub named: Vec<String>,
}

/// A checkpoint. It begins as those of other models do, so that its model is known before the rest is read.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    plan: Plan,
    progress: Vec<Progress>,
    /// Where learning is.
    pub learning: Amortised,
}

/// What is learnt, from what, how.
pub struct Task<'a> {
    /// The net.
    pub model: &'a BeliefNet,
    /// Its encoder.
    pub encoder: &'a Encoder,
    /// The rows.
    pub source: &'a dyn RowSource,
    /// How.
    pub learning: &'a TrainSettings,
    /// Everything that the fit depends on.
    pub plan: &'a Plan,
    /// Of ones in each column.
    pub frequencies: &'a [f64],
}

/// Learning that has ended or was stopped.
pub struct Ended {
    /// The end.
    pub learnt: Learnt,
    /// Seconds at each line of the trace.
    pub seconds: Vec<f64>,
    /// Whether somebody stopped it; a checkpoint to go on from is then in the run folder.
    pub interrupted: bool,
}

fn write(folder: Option<&RunFolder>, plan: &Plan, progress: &Amortised) -> Result<(), Failure> {
    let Some(folder) = folder else { return Ok(()) };
    let state = State { plan: plan.clone(), progress: Vec::new(), learning: progress.clone() };
    Ok(folder.write_checkpoint(&state)?)
}

/// Learns from `progress` on.
pub fn climb(task: &Task<'_>, progress: Amortised, folder: Option<&RunFolder>, out: &Output) -> Result<Ended, Failure> {
    let stop = stop_flag();
    let bar = ProgressBar::new(task.learning.epochs);
    let target =
        if out.shows_progress() { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    bar.set_draw_target(target);
    bar.set_position(progress.epoch);
    let clock = Instant::now();
    let mut seconds = vec![0.0; progress.trace.len()];
    write(folder, task.plan, &progress)?;
    let (mut last, mut took) = (Instant::now(), Duration::ZERO);
    let every = Duration::from_secs_f64(task.plan.checkpoint_every);
    let trouble = Mutex::new(None);
    let mut watch = |progress: &Amortised| {
        seconds.resize(progress.trace.len(), clock.elapsed().as_secs_f64());
        if let Some(last) = progress.trace.last() {
            bar.set_message(format!("ELBO {:.4}", last.importance));
        }
        bar.set_position(progress.epoch);
        let stopped = stop.load(Ordering::Relaxed);
        // Never more than a tenth of the time for checkpoints, however large the net.
        if stopped || last.elapsed() >= every.max(took * 10) {
            let begin = Instant::now();
            if let Err(e) = write(folder, task.plan, progress) {
                // Learning need not stop for a full disk, but its user must hear of it.
                *locked(&trouble) = Some(e);
            }
            took = begin.elapsed();
            last = Instant::now();
        }
        !stopped
    };
    let learnt = train(task.model.net(), task.encoder, task.source, task.learning, progress, &mut watch)
        .map_err(|e| Failure::from(e).in_files(&task.plan.data))?;
    bar.finish_and_clear();
    seconds.resize(learnt.progress.trace.len(), clock.elapsed().as_secs_f64());
    if let Some(failure) = locked(&trouble).take() {
        out.warn(&format!("a checkpoint could not be written: {}", failure.to_string().replace("\nhint: ", "; ")));
    }
    let interrupted = learnt.progress.status == Some(EncoderStatus::Interrupted);
    Ok(Ended { learnt, seconds, interrupted })
}
