//! `natgrad fit sigmoid-belief-net --recognition encoder`: rows, shape, learning, and what is written at the end.

use super::super::file::BeliefFile;
use super::super::{SIGMOID_BELIEF_NET, fit as listed};
use super::climb::{EncoderPlan, Ended, State, Task, climb};
use super::file::{EncoderFile, Pair, write};
use super::rows::{believe, bound_of_some};
use super::summary::Findings;
use crate::command::fit::{Arguments, Plan, check_fingerprint, farewell, fingerprint};
use crate::failure::Failure;
use crate::kind::latent::LatentFile;
use crate::output::Output;
use natgrad::catalogue::latent::{BeliefNet, BeliefNetSettings, listed_columns};
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::Recognition;
use natgrad::model::sigmoid_belief_net::encoder::{Amortised, Encoder, EncoderStatus, Epoch, Phases, TrainSettings};
use natgrad::rows::{Column, ColumnKind, RowSource};
use natgrad_io::RunFolder;
use serde_json::json;
use std::path::Path;

/// Of the rows that learning began with.
fn fingerprint_of(source: &dyn RowSource, frequencies: &[f64]) -> u64 {
    fingerprint([source.rows()].into_iter().chain(frequencies.iter().map(|f| f.to_bits())))
}

/// How to learn.
fn told(arguments: &Arguments) -> Result<TrainSettings, Failure> {
    if let Some(option) = arguments.climb.not_of_epochs() {
        return Err(Failure::new(
            format!("{option} does nothing with an encoder"),
            "learning goes by --epochs, --learning-rate, --draws and --batch: leave it out",
        ));
    }
    if arguments.climb.restarts > 1 {
        return Err(Failure::new(
            "--restarts does nothing with an encoder",
            "learning is stochastic: fit again with another --seed, and compare with `natgrad score`",
        ));
    }
    let base = TrainSettings::default();
    let samples = arguments.vae.draws.unwrap_or(base.samples);
    let learning = TrainSettings {
        samples,
        phases: Phases::of(samples),
        rate: arguments.vae.learning_rate.unwrap_or(base.rate),
        batch: arguments.climb.batch.map_or(base.batch, |b| b as usize),
        epochs: arguments.vae.epochs.unwrap_or(base.epochs),
        seed: arguments.climb.seed,
        ..base
    };
    learning.check()?;
    Ok(learning)
}

/// A net of these layers for rows without missing cells, and the frequencies of ones.
fn prepare(layers: &[usize], source: &dyn RowSource) -> Result<(BeliefNet, Vec<f64>), natgrad::Error> {
    // The encoder takes the place of mean field, which has no limit of units either.
    let settings = BeliefNetSettings { layers: layers.to_vec(), recognition: Recognition::MeanField };
    let (model, frequencies) = BeliefNet::for_data(settings, source)?;
    if let Some(column) = model.columns().iter().find(|c| c.missing) {
        return Err(natgrad::Error::Data {
            problem: format!("column \"{}\" has missing cells, and the encoder reads whole rows", column.name),
            hint: "use --recognition exact or mean-field, which sum missing cells out".into(),
        });
    }
    Ok((model, frequencies))
}

/// Where learning starts: net and encoder of a file, or the net alone, or neither.
fn start(
    path: Option<&Path>,
    pair: (&BeliefNet, &Encoder),
    frequencies: &[f64],
    seed: u64,
) -> Result<Amortised, Failure> {
    let (model, encoder) = pair;
    let Some(path) = path else {
        return Ok(Amortised::at(model.net().start(frequencies, seed), encoder.start(seed)));
    };
    let net = BeliefFile(LatentFile::read_start(path, SIGMOID_BELIEF_NET)?);
    net.check_columns(model.columns())?;
    let point = net.point(model)?;
    let weights: Point = match EncoderFile::of(&net)? {
        Some(file) => file.alone()?.weights,
        None => encoder.start(seed),
    };
    Ok(Amortised::at(point, weights))
}

/// Begins a fit.
pub fn begin(arguments: &Arguments, layers: &[usize], out: &Output) -> Result<u8, Failure> {
    let learning = told(arguments)?;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&arguments.data);
    let (source, words) = listed::open(&arguments.data, &arguments.reading, out)?;
    let source = source.as_ref();
    let (model, frequencies) = prepare(layers, source).map_err(named)?;
    let encoder = Encoder::new(model.net());
    let progress = start(arguments.start.as_deref(), (&model, &encoder), &frequencies, learning.seed)?;
    let own = EncoderPlan { settings: model.settings().clone(), learning, named: words };
    let plan =
        arguments.plan(SIGMOID_BELIEF_NET, json!(own), vec![learning.seed], fingerprint_of(source, &frequencies));
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let task =
        Task { model: &model, encoder: &encoder, source, learning: &learning, plan: &plan, frequencies: &frequencies };
    let ended = climb(&task, progress, folder.as_ref(), out)?;
    end(&task, &ended, folder.as_ref(), out)
}

/// Goes on with a run.
pub fn go_on(own: &EncoderPlan, plan: &Plan, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
    let Some(folder) = folder else {
        return Err(Failure::new("there is no run to go on with", "give --resume RUN"));
    };
    let state: State = folder.read_checkpoint()?;
    let source = plan.reading.open(&plan.data, false, own.named.clone(), |_| false, out)?;
    let source = source.as_ref();
    let (model, frequencies) =
        prepare(&own.settings.layers, source).map_err(|e| Failure::from(e).in_files(&plan.data))?;
    check_fingerprint(plan, fingerprint_of(source, &frequencies))?;
    let encoder = Encoder::new(model.net());
    let task =
        Task { model: &model, encoder: &encoder, source, learning: &own.learning, plan, frequencies: &frequencies };
    let ended = climb(&task, state.learning, Some(&folder), out)?;
    end(&task, &ended, Some(&folder), out)
}

fn end(task: &Task<'_>, ended: &Ended, folder: Option<&RunFolder>, out: &Output) -> Result<u8, Failure> {
    let progress = &ended.learnt.progress;
    let pair = Pair {
        model: task.model.clone(),
        point: progress.point.clone(),
        encoder: task.encoder.clone(),
        weights: progress.encoder.clone(),
    };
    let findings = Findings {
        pair: &pair,
        evaluation: &ended.learnt.evaluation,
        bound: bound_of_some(&pair, task.source)?,
        tolerance: 0.0,
        status: Some(match progress.status {
            Some(EncoderStatus::Diverged) => "diverged",
            Some(EncoderStatus::Interrupted) => "interrupted",
            _ => "iteration-limit",
        }),
        run: Some((progress.epoch, task.learning.seed)),
        warnings: constant(task.model, task.frequencies).into_iter().chain(listed::wide(task.model)).collect(),
    };
    if let Some(folder) = folder {
        write(folder, &pair, task.learning)?;
        crate::kind::clear_former(folder, SIGMOID_BELIEF_NET)?;
        listed::draw(folder, task.model, &progress.point)?;
        listed::draw_rows(folder, task.source, |chunk| Ok(believe(&pair, chunk)?.expected))?;
        write_trace(folder, &progress.trace, &ended.seconds)?;
        folder.write_summary(&findings.document())?;
        crate::command::report::write(folder)?;
        if !ended.interrupted {
            folder.remove_checkpoint()?;
        }
    }
    findings.show(out)?;
    Ok(farewell(folder, ended.interrupted, out))
}

/// Names columns that are always 0 or always 1.
fn constant(model: &BeliefNet, frequencies: &[f64]) -> Option<String> {
    let constant = model.columns().iter().zip(frequencies).filter(|(_, f)| **f == 0.0 || **f == 1.0);
    let names: Vec<String> = constant.map(|(c, _)| c.name.clone()).collect();
    let growth = if names.len() == 1 { "never changes: its bias grows" } else { "never change: their biases grow" };
    (!names.is_empty()).then(|| format!("boundary: {} {growth} without bound", listed_columns(&names)))
}

/// A line per epoch.
fn write_trace(folder: &RunFolder, trace: &[Epoch], seconds: &[f64]) -> Result<(), Failure> {
    type Read = fn(&Epoch) -> f64;
    let parts: [(&str, Read); 12] = [
        ("iteration", |e| e.epoch as f64),
        ("passes", |e| e.epoch as f64),
        ("elbo", |e| e.importance),
        ("entropy_sum", |e| e.entropies.sum()),
        ("recognition", |e| e.entropies.recognition),
        ("prior", |e| e.entropies.prior),
        ("observable", |e| e.entropies.observable),
        ("base_measure", |e| e.entropies.base_measure),
        ("elbo_of_one_draw", |e| e.elbo),
        ("residual", |e| e.residual),
        ("residual_error", |e| e.residual_error),
        ("step_size", |e| e.rate),
    ];
    let number = |name: &str| Column { name: name.into(), kind: ColumnKind::Number, missing: false };
    let mut columns: Vec<Column> = parts.iter().map(|(name, _)| number(name)).collect();
    let mut data: Vec<Vec<f64>> = parts.iter().map(|(_, read)| trace.iter().map(read).collect()).collect();
    columns.insert(2, number("seconds"));
    data.insert(2, seconds.to_vec());
    Ok(folder.write_trace(&columns, &data)?)
}
