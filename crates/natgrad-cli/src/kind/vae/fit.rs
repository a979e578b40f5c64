//! `natgrad fit vae`: rows, shape, learning, and what is written at the end.

use super::climb::{Ended, State, VaePlan, climb, fingerprint_of};
use super::file::VaeFile;
use super::rows::{BOUNDED, DRAWS};
use super::shape::{learning, told};
use super::start::Start;
use super::summary::{EXACT, Findings};
use super::trace::write_trace;
use super::{VAE, picture};
use crate::command::fit::{Arguments, Plan, check_fingerprint, farewell};
use crate::data::Reading;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::short;
use natgrad::catalogue::latent::two_states;
use natgrad::engine::{Status, VariationalProgress, VariationalSettings, evaluate, mean_importance_bound};
use natgrad::model::vae::{ColumnMoments, ObservableName, Units, Vae, Variance};
use natgrad::rows::RowSource;
use natgrad_io::RunFolder;
use serde_json::json;
use std::path::PathBuf;

/// Refuses options that an autoencoder has no use for.
fn check_options(arguments: &Arguments) -> Result<(), Failure> {
    let refuse = |option: &str, hint: &str| Err(Failure::new(format!("{option} does nothing in a {VAE}"), hint));
    if arguments.recognition.is_some() {
        let hint = "its encoder gives the beliefs; --draws or --nodes say how expectations are taken: leave it out";
        return refuse("--recognition", hint);
    }
    let of_others = arguments.mixture_option().or(arguments.network.given()).or(arguments.climb.not_of_epochs());
    match of_others.or((arguments.climb.restarts > 1).then_some("--restarts")) {
        Some(option) => refuse(
            option,
            "an autoencoder takes --latent-dim H, --hidden-layers, --observable, --epochs and the like: leave it out",
        ),
        None => Ok(()),
    }
}

/// Rows for an autoencoder; Bernoulli columns may hold two words.
pub fn open(
    reading: &Reading,
    data: &[PathBuf],
    observable: ObservableName,
    out: &Output,
) -> Result<Box<dyn RowSource>, Failure> {
    if observable != ObservableName::Bernoulli {
        return reading.open(data, false, Vec::new(), |_| false, out);
    }
    let (source, _) = reading.open_two_states(data, out)?;
    two_states(source.columns(), "a vae of Bernoulli columns").map_err(|e| Failure::from(e).in_files(data))?;
    Ok(source)
}

/// Standard deviations of columns further apart than this do not go with one variance for all.
const UNLIKE: f64 = 100.0;

/// Says so where one variance stands for columns of unlike size.
fn unlike(vae: &Vae, moments: &ColumnMoments, source: &dyn RowSource) -> Option<String> {
    let a = vae.architecture();
    let varying = || moments.variances.iter().enumerate().filter(|(_, v)| **v > 0.0);
    let (widest, most) = varying().max_by(|a, b| a.1.total_cmp(b.1))?;
    let (narrowest, least) = varying().min_by(|a, b| a.1.total_cmp(b.1))?;
    let apart = (most / least).sqrt();
    let one = a.observable == ObservableName::Gaussian && a.variance == Variance::Scalar;
    let name = |d: usize| &source.columns()[d].name;
    (one && apart > UNLIKE).then(|| {
        format!(
            "column \"{}\" is {} times as wide as \"{}\", which one variance for all columns leaves untold: --variance \
             column tells them apart",
            name(widest),
            short(apart.round()),
            name(narrowest)
        )
    })
}

/// What a fit that left the finite numbers ends with.
fn diverged(epochs: u64, vae: &Vae, folder: Option<&RunFolder>) -> Failure {
    let kept = folder.map_or(String::new(), |f| format!("; {} holds the last that were finite", f.path().display()));
    let data = match vae.architecture().observable {
        ObservableName::Poisson => ", or look for a count far from all others",
        _ => "",
    };
    Failure::new(
        format!("the fit diverged after {epochs} epochs: ELBO or parameters are no longer finite{kept}"),
        format!("give a smaller --learning-rate or --optimiser natural{data}"),
    )
}

/// Fits and writes.
pub fn begin(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    check_options(arguments)?;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&arguments.data);
    let start = arguments.start.as_deref().map(Start::read).transpose()?;
    if let Some(start) = &start {
        start.check_options(&arguments.vae, arguments.latent.latent_dim)?;
    }
    let observable = start.as_ref().map_or(arguments.vae.observable(), |s| s.vae.architecture().observable);
    let source = open(&arguments.reading, &arguments.data, observable, out)?;
    let source = source.as_ref();
    let (vae, at, learning, moments) = match start {
        Some(start) => {
            start.check_columns(source.columns())?;
            let learning = learning(&arguments.vae, &arguments.climb, &start.vae)?;
            let moments = ColumnMoments::of(source, observable).map_err(named)?;
            start.check_units(&moments, out)?;
            (start.vae, start.at, learning, moments)
        }
        None => {
            let Some(latents) = arguments.latent.latent_dim else {
                return Err(Failure::new("the number of latent dimensions is missing", "give --latent-dim H"));
            };
            let (vae, learning) = told(&arguments.vae, latents, &arguments.climb, source.columns().len())?;
            let moments = ColumnMoments::of(source, observable).map_err(named)?;
            let units = Units::of(&moments, vae.architecture());
            let vae = vae.in_units(units)?;
            let at = vae.start(&moments, learning.seed);
            (vae, at, learning, moments)
        }
    };
    let single = arguments.vae.single();
    let own = VaePlan { architecture: vae.architecture().clone(), units: vae.units().cloned(), learning, single };
    let plan = arguments.plan(VAE, json!(own), vec![arguments.climb.seed], fingerprint_of(source, &moments));
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let ended = climb(&vae, &own, &plan, source, VariationalProgress::at(at), folder.as_ref(), out)?;
    end(&vae, &own.learning, source, &moments, &ended, folder.as_ref(), out)
}

/// Goes on with a run.
pub fn go_on(plan: &Plan, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
    let own: VaePlan = plan.own()?;
    let Some(folder) = folder else {
        return Err(Failure::new("there is no run to go on with", "give --resume RUN"));
    };
    let state: State = folder.read_checkpoint()?;
    let source = open(&plan.reading, &plan.data, own.architecture.observable, out)?;
    let source = source.as_ref();
    let vae = Vae::new(own.architecture.clone())?.in_units(own.units.clone())?;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&plan.data);
    let moments = ColumnMoments::of(source, vae.architecture().observable).map_err(named)?;
    check_fingerprint(plan, fingerprint_of(source, &moments))?;
    let ended = climb(&vae, &own, plan, source, state, Some(&folder), out)?;
    end(&vae, &own.learning, source, &moments, &ended, Some(&folder), out)
}

/// Says and writes what learning has come to.
fn end(
    vae: &Vae,
    settings: &VariationalSettings,
    source: &dyn RowSource,
    moments: &ColumnMoments,
    ended: &Ended,
    folder: Option<&RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let outcome = &ended.outcome;
    let at = &outcome.progress.at;
    let mut evaluation = evaluate(vae, source, at, &settings.expectation, settings.seed)?;
    // The sums whose standard error the outcome states.
    evaluation.sums = outcome.sums.clone();
    let bound = mean_importance_bound(vae, source, at, (DRAWS, BOUNDED), settings.seed)?;
    let advice = unlike(vae, moments, source);
    let columns: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    let status = outcome.progress.status.map_or(Status::IterationLimit, Status::from);
    let findings = Findings {
        vae,
        at,
        columns: &columns,
        evaluation: &evaluation,
        bound,
        residual_error: outcome.residual_error,
        known_residual: outcome.known_residual,
        tolerance: EXACT,
        held: &outcome.held,
        status: Some(status.name()),
        advice,
        climb: None,
        run: Some((outcome.progress.epoch, settings.seed)),
    };
    if let Some(folder) = folder {
        VaeFile::of(vae, settings, source.columns()).write(folder, vae, at)?;
        crate::kind::clear_former(folder, VAE)?;
        write_trace(folder, &outcome.progress.trace, &ended.seconds)?;
        folder.write_summary(&findings.document())?;
        picture::write(folder, vae, at, source, settings.seed)?;
        crate::command::report::write(folder)?;
        if !ended.interrupted {
            folder.remove_checkpoint()?;
        }
    }
    if status == Status::Diverged {
        return Err(diverged(outcome.progress.epoch, vae, folder));
    }
    findings.show(out)?;
    Ok(farewell(folder, ended.interrupted, out))
}
