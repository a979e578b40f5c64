//! `natgrad fit vae`: rows, shape, learning, and what is written at the end.

use super::file::VaeFile;
use super::rows::{DRAWS, mean};
use super::summary::Findings;
use super::{VAE, arguments::Precisions};
use crate::command::fit::{Arguments, Recognition};
use crate::failure::Failure;
use crate::kind::Opened;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressDrawTarget};
use natgrad::engine::{
    Control, EpochRecord, VariationalOutcome, VariationalProgress, VariationalSettings, VariationalStatus, evaluate,
    importance_bound, learn,
};
use natgrad::model::vae::{Architecture, ColumnMoments, Deviations, Expectation, Nodes, Vae};
use natgrad::neural::Processor;
use natgrad::rows::{Column, ColumnKind, RowSource};
use natgrad_io::RunFolder;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Tolerance of the entropy sum where nothing is drawn.
const EXACT: f64 = 1e-6;

fn check_options(arguments: &Arguments) -> Result<(), Failure> {
    let foreign = arguments.mixture_option().or(arguments.network.given());
    let given = [
        ("--recognition", arguments.recognition == Recognition::MeanField),
        ("--restarts", arguments.climb.restarts > 1),
    ];
    match foreign.or(given.iter().find_map(|(name, given)| given.then_some(*name))) {
        Some(option) => Err(Failure::new(
            format!("{option} does nothing in a {VAE}"),
            "an autoencoder takes --latent-dim H, --hidden-layers, --observable and the like: leave it out",
        )),
        None => Ok(()),
    }
}

/// Shape and settings of learning.
fn told(arguments: &Arguments, columns: usize) -> Result<(Vae, VariationalSettings), Failure> {
    let own = &arguments.vae;
    let Some(latents) = arguments.latent.latent_dim else {
        return Err(Failure::new("the number of latent dimensions is missing", "give --latent-dim H"));
    };
    let encoder = own.widths()?;
    let mut architecture = Architecture {
        columns,
        latents,
        decoder: encoder.iter().rev().copied().collect(),
        encoder,
        activation: own.activation(),
        observable: own.observable(),
        variance: own.variance()?,
        prior: own.prior(),
        deviations: Deviations::Network,
    };
    let mut vae = Vae::new(architecture.clone())?;
    let linear = vae.is_linear();
    if linear {
        architecture.deviations = Deviations::Shared;
        vae = Vae::new(architecture)?;
    }
    let (optimiser, rate) = own.optimiser();
    let expectation = match (own.nodes, own.draws) {
        (Some(nodes), _) => Expectation::Nodes(Nodes::hermite(latents, nodes)?),
        (None, None) if linear => Expectation::Nodes(Nodes::quadratic(latents)),
        (None, draws) => Expectation::Draws(draws.unwrap_or(1)),
    };
    let settings = VariationalSettings {
        optimiser,
        rate,
        epochs: own.epochs.unwrap_or(if linear && expectation.is_deterministic() { 0 } else { 100 }),
        batch: arguments.climb.batch.map_or(128, |b| b as usize),
        decay: own.weight_decay.unwrap_or(0.0),
        expectation,
        seed: arguments.climb.seed,
        ..VariationalSettings::default()
    };
    settings.check()?;
    Ok((vae, settings))
}

/// Fits and writes.
pub fn begin(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    check_options(arguments)?;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&arguments.data);
    let source = arguments.reading.open(&arguments.data, false, Vec::new(), |_| false, out)?;
    let source = source.as_ref();
    let (vae, settings) = told(arguments, source.columns().len())?;
    let moments = ColumnMoments::of(source, vae.architecture().observable).map_err(named)?;
    let start = match &arguments.start {
        Some(path) => read_start(path, &vae)?,
        None => vae.start(&moments, settings.seed),
    };
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // A second handler is refused; the first one, ours, then stays.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let bar = ProgressBar::new(settings.epochs);
    let target =
        if out.shows_progress() { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    bar.set_draw_target(target);
    let clock = Instant::now();
    let mut seconds = Vec::new();
    let mut watch = |progress: &VariationalProgress| {
        seconds.push(clock.elapsed().as_secs_f64());
        if let Some(last) = progress.trace.last() {
            bar.set_message(format!("ELBO {:.4}", last.elbo));
        }
        bar.set_position(progress.epoch);
        if stop.load(Ordering::Relaxed) { Control::Stop } else { Control::Continue }
    };
    let progress = VariationalProgress::at(start);
    let outcome = match arguments.vae.precision {
        Some(Precisions::F64) => learn::<f64, _>(&vae, &Processor, source, &settings, progress, &mut watch),
        _ => learn::<f32, _>(&vae, &Processor, source, &settings, progress, &mut watch),
    }
    .map_err(named)?;
    bar.finish_and_clear();
    seconds.push(clock.elapsed().as_secs_f64());
    end(&vae, &settings, source, &outcome, &seconds, folder.as_ref(), out)
}

fn read_start(path: &Path, vae: &Vae) -> Result<Vec<f64>, Failure> {
    let opened = Opened::read(path)?;
    if opened.model() != Some(VAE) {
        return Err(Failure::new(format!("{}: it holds no {VAE}", path.display()), "name the run of an autoencoder"));
    }
    let (other, at) = VaeFile::read(&opened)?.load()?;
    if other.layout() != vae.layout() {
        return Err(Failure::new(
            format!("{}: an autoencoder of another shape", path.display()),
            "give the same --latent-dim, --hidden-layers, --observable, --variance and --latent-prior",
        ));
    }
    Ok(at)
}

fn end(
    vae: &Vae,
    settings: &VariationalSettings,
    source: &dyn RowSource,
    outcome: &VariationalOutcome,
    seconds: &[f64],
    folder: Option<&RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let at = &outcome.progress.at;
    let mut evaluation = evaluate(vae, source, at, &settings.expectation, settings.seed)?;
    // The sums whose standard error the outcome states.
    evaluation.sums = outcome.sums.clone();
    let bounds = importance_bound(vae, source, at, DRAWS, settings.seed)?;
    let columns: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    let status = match outcome.progress.status {
        Some(VariationalStatus::Converged) => "converged",
        Some(VariationalStatus::Diverged) => "diverged",
        Some(VariationalStatus::Interrupted) => "interrupted",
        _ => "iteration-limit",
    };
    let findings = Findings {
        vae,
        at,
        columns: &columns,
        evaluation: &evaluation,
        bound: (mean(source, &bounds)?, DRAWS),
        residual_error: outcome.residual_error,
        known_residual: outcome.known_residual,
        tolerance: EXACT,
        held: &outcome.held,
        status: Some(status),
        run: Some((outcome.progress.epoch, settings.seed)),
    };
    if let Some(folder) = folder {
        VaeFile::of(vae, settings, source.columns()).write(folder, vae, at)?;
        write_trace(folder, &outcome.progress.trace, seconds)?;
        folder.write_summary(&findings.document())?;
        crate::command::report::write(folder)?;
    }
    findings.show(out)?;
    if let Some(folder) = folder {
        out.note(&format!("results are in {} (report.html opens in a browser)", folder.path().display()));
    }
    Ok(0)
}

/// A line per epoch, with the divergence of each latent.
fn write_trace(folder: &RunFolder, trace: &[EpochRecord], seconds: &[f64]) -> Result<(), Failure> {
    let last = seconds.last().copied().unwrap_or(0.0);
    let column = |f: &dyn Fn(usize, &EpochRecord) -> f64| -> Vec<f64> {
        trace.iter().enumerate().map(|(i, r)| f(i, r)).collect()
    };
    let number = |name: &str| Column { name: name.into(), kind: ColumnKind::Number, missing: false };
    let mut phases: Vec<String> = trace.iter().map(|r| r.phase.clone()).collect();
    phases.sort();
    phases.dedup();
    let place = |r: &EpochRecord| phases.iter().position(|p| *p == r.phase).unwrap_or(0) as f64;
    let mut columns = vec![
        number("iteration"),
        number("passes"),
        number("seconds"),
        number("elbo"),
        number("entropy_sum"),
        number("recognition"),
        number("prior"),
        number("observable"),
        number("base_measure"),
        number("residual"),
        number("residual_error"),
        number("step_size"),
        Column { name: "metric".into(), kind: ColumnKind::Levels(phases.clone()), missing: false },
    ];
    // The end has a line of its own behind the last epoch's.
    let step = |i: usize, r: &EpochRecord| if r.rate > 0.0 { r.epoch as f64 } else { (i + 1) as f64 };
    let mut data = vec![
        column(&step),
        column(&step),
        column(&|i, _| seconds.get(i).copied().unwrap_or(last)),
        column(&|_, r| r.elbo),
        column(&|_, r| r.entropies.sum()),
        column(&|_, r| r.entropies.recognition),
        column(&|_, r| r.entropies.prior),
        column(&|_, r| r.entropies.observable),
        column(&|_, r| r.entropies.base_measure),
        column(&|_, r| r.residual),
        column(&|_, r| r.residual_error),
        column(&|_, r| r.rate),
        column(&|_, r| place(r)),
    ];
    for l in 0..trace.first().map_or(0, |r| r.divergences.len()) {
        columns.push(number(&format!("latent_{}", l + 1)));
        data.push(column(&|_, r| r.divergences[l]));
    }
    Ok(folder.write_trace(&columns, &data)?)
}
