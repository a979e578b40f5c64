//! The loop over starts: progress, checkpoints, interruption, and what is written at the end.

use super::plan::Plan;
use super::show;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Line;
use natgrad::catalogue::Summary;
use natgrad::diagnose::{Restarts, agreement};
use natgrad::engine::{Control, Outcome, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::RunFolder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A model with its rows, as the loop over starts sees it.
pub trait Fittable: Sync {
    /// The objective.
    fn learning(&self) -> Learning<'_>;

    /// Rows in the data, before equal ones were merged.
    fn rows_in_data(&self) -> u64;

    /// Says which of the best start's labels those of the other starts' ends play.
    fn align(&self, restarts: &mut Restarts, best: &Point, ends: &[Option<&Point>], weight: f64);

    /// The best outcome with its labels in their final order, and remarks about it.
    fn settle(&self, outcome: &Outcome, start: usize) -> Result<(Outcome, Vec<String>), Failure>;

    /// Everything that can be said about an outcome.
    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure>;

    /// Writes the model into its run.
    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure>;

    /// Draws what there is to draw into its run.
    fn write_pictures(&self, _: &RunFolder, _: &Point, _: &Summary) -> Result<(), Failure> {
        Ok(())
    }
}

/// A checkpoint: the plan and the state of every start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The plan.
    pub plan: Plan,
    /// Where each start is.
    pub progress: Vec<Progress>,
    /// Seconds since the run began, for every start at each line of its trace; checkpoints of old have none.
    #[serde(default)]
    pub clocks: Vec<Vec<f64>>,
}

/// Where the starts of a run go on from.
pub struct Reached {
    progress: Vec<Progress>,
    seconds: Vec<Vec<f64>>,
}

impl From<Vec<Progress>> for Reached {
    fn from(progress: Vec<Progress>) -> Self {
        Reached { progress, seconds: Vec::new() }
    }
}

impl Checkpoint {
    /// The plan, and where its starts are.
    pub fn taken(self) -> (Plan, Reached) {
        (self.plan, Reached { progress: self.progress, seconds: self.clocks })
    }
}

impl Reached {
    /// Each start with the seconds of its trace's lines; those that nobody has kept are those of the line before, or 0.
    fn starts(&self) -> impl Iterator<Item = (Progress, Vec<f64>)> {
        self.progress.iter().enumerate().map(|(i, progress)| {
            let mut seconds = self.seconds.get(i).cloned().unwrap_or_default();
            seconds.resize(progress.trace.len(), seconds.last().copied().unwrap_or(0.0));
            (progress.clone(), seconds)
        })
    }

    /// Seconds that the run has taken so far.
    fn clock(&self) -> f64 {
        self.seconds.iter().flatten().copied().fold(0.0, f64::max)
    }
}

/// FNV-1a of some numbers.
pub fn fingerprint(bits: impl Iterator<Item = u64>) -> u64 {
    bits.flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// What became of one start.
struct Ended {
    seed: u64,
    outcome: Option<Outcome>,
    failure: Option<Failure>,
}

pub fn climb(
    plan: &Plan,
    prepared: &dyn Fittable,
    from: impl Into<Reached>,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let from: Reached = from.into();
    let stop = stop_flag();
    let line = Line::new(out.shows_progress());
    let states: Vec<Mutex<(Progress, Vec<f64>)>> = from.starts().map(Mutex::new).collect();
    // The clock goes on from where it stood.
    let (begin, before) = (Instant::now(), from.clock());
    let elapsed = || before + begin.elapsed().as_secs_f64();
    let every = Duration::from_secs_f64(plan.checkpoint_every);
    let written = Mutex::new((Instant::now(), Duration::ZERO));
    let trouble: Mutex<Option<Failure>> = Mutex::new(None);
    let save = || -> Result<(), Failure> {
        let Some(folder) = &folder else { return Ok(()) };
        let (progress, clocks) = states.iter().map(|s| locked(s).clone()).unzip();
        folder.write_checkpoint(&Checkpoint { plan: plan.clone(), progress, clocks }).map_err(Failure::from)
    };
    if folder.is_some() {
        save()?;
    }
    let count = plan.seeds.len();
    let ended: Vec<Ended> = from
        .progress
        .into_par_iter()
        .enumerate()
        .map(|(index, state)| {
            let learning = prepared.learning();
            let watch = |p: &Progress| {
                {
                    let mut state = locked(&states[index]);
                    state.1.resize(p.trace.len(), elapsed());
                    follow(&mut state.0, p);
                }
                line.show(index, count, &p.trace, plan.settings.tolerance);
                let due = folder.is_some() && {
                    let mut last = locked(&written);
                    // Never more than a tenth of the time for checkpoints, however long they have become.
                    let due = last.0.elapsed() >= every.max(last.1 * 10);
                    if due {
                        last.0 = Instant::now();
                    }
                    due
                };
                if due {
                    let writing = Instant::now();
                    if let Err(e) = save() {
                        // The fit need not stop for a full disk, but its user must hear of it.
                        *locked(&trouble) = Some(e);
                    }
                    locked(&written).1 = writing.elapsed();
                }
                if stop.load(Ordering::Relaxed) { Control::Stop } else { Control::Continue }
            };
            let settings = Settings { seed: plan.seeds[index], ..plan.settings };
            match fit(&learning, &settings, state, &watch) {
                Ok(outcome) => Ended { seed: plan.seeds[index], outcome: Some(outcome), failure: None },
                Err(e) => Ended { seed: plan.seeds[index], outcome: None, failure: Some(e.into()) },
            }
        })
        .collect();
    line.clear();
    if let Some(failure) = locked(&trouble).take() {
        out.warn(&format!("a checkpoint could not be written: {}", failure.to_string().replace("\nhint: ", "; ")));
    }
    let interrupted = stop.load(Ordering::Relaxed);
    finish(plan, prepared, &ended, &states, interrupted, folder, out)
}

/// Brings a copy of a fit's state up to date. Only the trace's new lines are copied: it may be long.
fn follow(copy: &mut Progress, p: &Progress) {
    let mut trace = std::mem::take(&mut copy.trace);
    // The last line may have been filled in since.
    trace.truncate(trace.len().min(p.trace.len()).saturating_sub(1));
    trace.extend_from_slice(&p.trace[trace.len()..]);
    *copy = Progress {
        point: p.point.clone(),
        iteration: p.iteration,
        passes: p.passes,
        gains: p.gains.clone(),
        evidence_phase: p.evidence_phase,
        accelerated_phase: p.accelerated_phase,
        history: p.history.clone(),
        em_wins: p.em_wins,
        ask_again: p.ask_again,
        raise_again: p.raise_again,
        running: p.running.clone(),
        average: p.average.clone(),
        batches: p.batches,
        backtracking: p.backtracking,
        notes: p.notes.clone(),
        trace,
        sampled_remaining: p.sampled_remaining,
        edges: p.edges.clone(),
        status: p.status.clone(),
        why: p.why.clone(),
    };
}

/// What a mutex guards, whatever became of other threads.
pub fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Set by Ctrl-C; a second one ends the program at once.
pub fn stop_flag() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Fails only if a handler is there already, set by an earlier fit of the same program.
    let _ = ctrlc::set_handler(handler);
    &STOP
}

/// The best start: the highest bound among those that did not diverge, or of all if all did.
fn best_of(ended: &[Ended]) -> Option<usize> {
    let key = |e: &Ended| e.outcome.as_ref().map(|o| (o.progress.status != Some(Status::Diverged), o.look.elbo));
    let mut best: Option<usize> = None;
    for (i, e) in ended.iter().enumerate() {
        let Some((sound, elbo)) = key(e) else { continue };
        let better = best.and_then(|b| key(&ended[b])).is_none_or(|(s, l)| (sound, elbo) > (s, l));
        if better && !elbo.is_nan() {
            best = Some(i);
        }
    }
    best
}

fn finish(
    plan: &Plan,
    prepared: &dyn Fittable,
    ended: &[Ended],
    states: &[Mutex<(Progress, Vec<f64>)>],
    interrupted: bool,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let Some(best) = best_of(ended) else {
        let failure = ended.iter().find_map(|e| e.failure.clone());
        return Err(failure.unwrap_or_else(|| Failure::new("no start gave an answer", "try other seeds with --seed")));
    };
    let Some(outcome) = &ended[best].outcome else { return Ok(2) };
    let elbos: Vec<Option<f64>> = ended
        .iter()
        .map(|e| e.outcome.as_ref().filter(|o| o.progress.status != Some(Status::Diverged)).map(|o| o.look.elbo))
        .collect();
    let weight = outcome.look.statistics.weight;
    let mut restarts = agreement(&elbos, plan.settings.tolerance, weight);
    let points: Vec<Option<&Point>> = ended.iter().map(|e| e.outcome.as_ref().map(|o| &o.look.point)).collect();
    prepared.align(&mut restarts, &outcome.look.point, &points, weight);
    let (outcome, notes) = prepared.settle(outcome, best)?;
    let tolerance = plan.settings.tolerance.max(1e-12);
    let mut summary = prepared.summarise(&outcome, tolerance, restarts, ended[best].seed)?;
    summary.rows = prepared.rows_in_data();
    summary.warnings.extend(notes);
    let failed = elbos.iter().filter(|e| e.is_none()).count();
    if failed > 0 && failed < elbos.len() {
        summary.warnings.push(format!("{failed} of {} starts diverged (no maximum along their path)", elbos.len()));
    }
    if let Some(folder) = &folder {
        if interrupted {
            let states = ended.iter().zip(states).map(|(e, s)| {
                let (watched, seconds) = locked(s).clone();
                (e.outcome.as_ref().map_or(watched, |o| o.progress.clone()), seconds)
            });
            let (progress, clocks) = states.unzip();
            // Before the model: one that is older than the checkpoint is of a former fit.
            folder.write_checkpoint(&Checkpoint { plan: plan.clone(), progress, clocks })?;
        }
        let seconds = locked(&states[best]).1.clone();
        prepared.write_model(folder, &outcome.look.point)?;
        crate::kind::clear_former(folder, &plan.model)?;
        prepared.write_pictures(folder, &outcome.look.point, &summary)?;
        write_run(folder, &outcome.progress, &seconds, &summary)?;
        if !interrupted {
            folder.remove_checkpoint()?;
        }
    }
    show(&summary, out)?;
    Ok(farewell(folder.as_ref(), interrupted, out))
}

/// Says where the results are, or how to go on; answers the exit code.
pub fn farewell(folder: Option<&RunFolder>, interrupted: bool, out: &Output) -> u8 {
    match (folder, interrupted) {
        (Some(f), true) => out.note(&format!("interrupted; go on with: natgrad fit --resume {}", f.path().display())),
        (None, true) => out.note("interrupted"),
        (Some(f), false) => {
            out.note(&format!("results are in {} (report.html opens in a browser)", f.path().display()));
        }
        (None, false) => {}
    }
    if interrupted { 130 } else { 0 }
}

fn write_run(folder: &RunFolder, progress: &Progress, seconds: &[f64], summary: &Summary) -> Result<(), Failure> {
    let names = [
        "iteration",
        "passes",
        "seconds",
        "elbo",
        "entropy_sum",
        "recognition",
        "prior",
        "observable",
        "base_measure",
        "remaining",
        "stationarity",
        "step_size",
        "cosine",
        "metric",
    ];
    let metrics: Vec<String> = {
        let mut m: Vec<String> = progress.trace.iter().map(|r| r.metric.clone()).collect();
        m.sort();
        m.dedup();
        m
    };
    let columns: Vec<Column> = names
        .iter()
        .map(|n| Column {
            name: (*n).into(),
            kind: if *n == "metric" { ColumnKind::Levels(metrics.clone()) } else { ColumnKind::Number },
            missing: true,
        })
        .collect();
    let mut data = vec![Vec::new(); names.len()];
    for (i, r) in progress.trace.iter().enumerate() {
        let metric = metrics.iter().position(|m| *m == r.metric).unwrap_or(0) as f64;
        let values = [
            r.iteration as f64,
            r.passes,
            seconds.get(i).copied().unwrap_or(f64::NAN),
            r.elbo,
            r.entropies.sum(),
            r.entropies.recognition,
            r.entropies.prior,
            r.entropies.observable,
            r.entropies.base_measure,
            r.remaining.unwrap_or(f64::NAN),
            r.stationarity.unwrap_or(f64::NAN),
            r.step_size,
            r.cosine.unwrap_or(f64::NAN),
            metric,
        ];
        data.iter_mut().zip(values).for_each(|(c, v)| c.push(v));
    }
    folder.write_trace(&columns, &data)?;
    folder.write_summary(summary)?;
    crate::command::report::write(folder)
}
