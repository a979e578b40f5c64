//! `natgrad select`: fits of several sizes, compared.

use super::fit::{ClimbArguments, Structure, check_numbers, settings};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::mixture::{Prepared, open_for_model, prepare, spec_for};
use crate::kind::network::BAYES_NET;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::catalogue::ModelName;
use natgrad::engine::{Control, Outcome, Progress, Status, fit};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::{RowSource, Table, split};
use rayon::prelude::*;
use serde::Serialize;
use std::str::FromStr;

/// Sizes `A..B` (both included) or a single one.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    first: usize,
    last: usize,
}

impl FromStr for Sizes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = match text.split_once("..") {
            Some((a, b)) => a.parse().ok().zip(b.trim_start_matches('=').parse().ok()),
            None => text.parse().ok().map(|k| (k, k)),
        };
        match parts {
            Some((first, last)) if first >= 1 && first <= last => Ok(Sizes { first, last }),
            _ => Err(format!("\"{text}\" is not a range of sizes such as 1..12")),
        }
    }
}

/// Fit several sizes and recommend one.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Model (`natgrad list` shows them).
    #[arg(value_name = "MODEL")]
    model: String,
    #[command(flatten)]
    data: DataArguments,
    /// Sizes to try.
    #[arg(long, visible_alias = "classes", value_name = "A..B")]
    components: Sizes,
    #[command(flatten)]
    structure: Structure,
    #[command(flatten)]
    climb: ClimbArguments,
}

#[derive(Debug, Serialize)]
struct Size {
    size: usize,
    elbo: Option<f64>,
    log_evidence: Option<f64>,
    parameters: Option<usize>,
    bic: Option<f64>,
    icl: Option<f64>,
    held_out: Option<f64>,
    status: Option<Status>,
    why: Option<String>,
}

/// One row in five is held out.
const HELD_OUT: u64 = 5;

/// Compares.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if arguments.model == BAYES_NET {
        return Err(Failure::new(
            "select compares numbers of components, and a bayes-net has none",
            "fit each network with `natgrad fit bayes-net` and compare the log-evidence of rows held out with `natgrad score`",
        ));
    }
    let name = &arguments.model;
    if name.parse::<ModelName>().is_err() && crate::kind::named(name).is_some() {
        return Err(Failure::new(
            format!("select compares numbers of components, and {name} has none"),
            format!(
                "fit each size with `natgrad fit {name}` and compare the log-evidence of rows held out with `natgrad score`"
            ),
        ));
    }
    let model: ModelName = name.parse()?;
    check_numbers(&arguments.climb, &arguments.structure, 0.0)?;
    let opened = open_for_model(model, &arguments.structure, &arguments.data.data, &arguments.data.reading, out)?;
    let source = opened.source;
    let (train, test) = split(source.as_ref(), HELD_OUT, arguments.climb.seed)?;
    let whole = Table::of(source.as_ref())?;
    let sizes: Vec<Size> = (arguments.components.first..=arguments.components.last)
        .into_par_iter()
        .map(|k| {
            one(arguments, model, k, &whole, &train, &test).unwrap_or_else(|f| Size {
                size: k,
                elbo: None,
                log_evidence: None,
                parameters: None,
                bic: None,
                icl: None,
                held_out: None,
                status: None,
                why: Some(f.in_files(&arguments.data.data).to_string().replace("\nhint: ", "; ")),
            })
        })
        .collect();
    let best = sizes
        .iter()
        .filter(|s| s.bic.is_some())
        .min_by(|a, b| a.bic.unwrap_or(f64::INFINITY).total_cmp(&b.bic.unwrap_or(f64::INFINITY)));
    let Some(best) = best else {
        let why = sizes.iter().find_map(|s| s.why.clone()).unwrap_or_else(|| "no size could be fitted".into());
        return Err(Failure::new(why, "try other sizes"));
    };
    let held = sizes
        .iter()
        .filter(|s| s.held_out.is_some())
        .max_by(|a, b| a.held_out.unwrap_or(f64::NEG_INFINITY).total_cmp(&b.held_out.unwrap_or(f64::NEG_INFINITY)));
    let why = match held {
        Some(h) if h.size == best.size => {
            format!("size {} has the lowest BIC and the highest evidence on held-out rows", best.size)
        }
        Some(h) => format!(
            "size {} has the lowest BIC; held-out rows prefer {} ({} against {} nats per row)",
            best.size,
            h.size,
            h.held_out.map_or_else(String::new, short),
            best.held_out.map_or_else(|| "–".into(), short)
        ),
        None => format!("size {} has the lowest BIC", best.size),
    };
    if out.json {
        out.document(&serde_json::json!({"sizes": sizes, "recommended": {"size": best.size, "why": why}}))?;
        return Ok(0);
    }
    let show = |v: Option<f64>| v.map_or_else(|| "–".to_string(), short);
    let rows = sizes
        .iter()
        .map(|s| {
            let status = match (&s.status, &s.why) {
                (Some(Status::Converged), _) => "converged".to_string(),
                (Some(Status::IterationLimit), _) => "iteration limit".into(),
                (Some(Status::Diverged), _) => "diverged".into(),
                (Some(Status::Interrupted), _) => "interrupted".into(),
                (None, why) => why.clone().unwrap_or_default(),
            };
            let parameters = s.parameters.map_or_else(|| "–".into(), |p| p.to_string());
            vec![s.size.to_string(), show(s.elbo), parameters, show(s.bic), show(s.icl), show(s.held_out), status]
        })
        .collect();
    out.result(&plain(&["size", "ELBO", "parameters", "BIC", "ICL", "held out", "status"], rows))?;
    out.result(&format!("recommended: {why}"))?;
    Ok(0)
}

/// The best of several starts on some rows.
fn best_fit(arguments: &Arguments, prepared: &Prepared) -> Result<Outcome, Failure> {
    let seeds: Vec<u64> = (0..arguments.climb.restarts).map(|r| arguments.climb.seed.wrapping_add(r)).collect();
    let learning = prepared.learning();
    let mut best: Option<Outcome> = None;
    for (point, seed) in prepared.described.starts(prepared.rows(), &prepared.profile, &seeds)?.into_iter().zip(seeds) {
        let settings = natgrad::engine::Settings { seed, ..settings(&arguments.climb) };
        let outcome = fit(&learning, &settings, Progress::at(point), &|_| Control::Continue)?;
        let sound = |o: &Outcome| o.progress.status != Some(Status::Diverged);
        if best.as_ref().is_none_or(|b| (sound(&outcome), outcome.look.elbo) > (sound(b), b.look.elbo)) {
            best = Some(outcome);
        }
    }
    best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))
}

fn one(
    arguments: &Arguments,
    model: ModelName,
    size: usize,
    whole: &Table,
    train: &Table,
    test: &Table,
) -> Result<Size, Failure> {
    let spec = spec_for(model, size, &arguments.structure, whole.columns())?;
    let prepared = prepare(spec.clone(), Box::new(whole.clone()))?;
    let outcome = best_fit(arguments, &prepared)?;
    let weight = outcome.look.statistics.weight;
    let metric = prepared.learning().joint_metric(&outcome.look)?;
    let parameters = metric.rank();
    let bic = -2.0 * weight * outcome.look.elbo + parameters as f64 * weight.ln();
    let recognition = outcome.look.statistics.recognition_entropy;
    let sound = outcome.progress.status != Some(Status::Diverged);
    let held_out = || -> Result<f64, Failure> {
        let fitted = prepare(spec, Box::new(train.clone()))?;
        let outcome = best_fit(arguments, &fitted)?;
        if outcome.progress.status == Some(Status::Diverged) {
            return Err(Failure::new("diverged", ""));
        }
        let rows: &dyn RowSource = test;
        let columns = rows.columns().iter().map(|c| natgrad::rows::Column { missing: true, ..c.clone() }).collect();
        let described = natgrad::catalogue::Described::new(fitted.described.spec().clone(), columns)?;
        let base = natgrad::catalogue::check_support(described.mixture(), described.spec(), rows)?;
        let look = described.learning(rows, base).look(&outcome.look.point, Want::Evidence)?;
        Ok(look.elbo)
    };
    debug_assert!(prepared.described.mixture().free() >= parameters);
    Ok(Size {
        size,
        elbo: Some(outcome.look.elbo),
        log_evidence: Some(outcome.look.elbo),
        parameters: Some(parameters),
        bic: sound.then_some(bic),
        icl: sound.then_some(bic + 2.0 * recognition),
        held_out: held_out().ok().filter(|h| h.is_finite()),
        status: outcome.progress.status.clone(),
        why: outcome.progress.why.clone(),
    })
}
