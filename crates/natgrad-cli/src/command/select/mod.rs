//! `natgrad select`: fits of several sizes, compared.

mod found;
mod held_out;
mod picture;
mod sizes;
mod words;

pub use found::{COLLAPSED, Found, Latent, better};
pub use held_out::HeldOut;
pub use sizes::Sizes;

use super::fit::{ClimbArguments, Structure, check_numbers};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::{self, vae::VaeArguments};
use crate::output::Output;
use crate::table::{plain, short, with_error};
use natgrad::engine::Status;
use natgrad::model::Entropies;
use natgrad::rows::{RowSource, Table, split};
use rayon::prelude::*;
use serde::Serialize;
use std::path::PathBuf;

/// Fit several sizes and recommend one.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Model (`natgrad list` shows them).
    #[arg(value_name = "MODEL")]
    pub model: String,
    #[command(flatten)]
    pub data: DataArguments,
    /// Numbers of components (classes) to try.
    #[arg(long, visible_alias = "classes", value_name = "A..B")]
    pub components: Option<Sizes>,
    /// Numbers of latent dimensions to try.
    #[arg(long, value_name = "A..B")]
    pub latent_dim: Option<Sizes>,
    #[command(flatten)]
    pub structure: Structure,
    #[command(flatten)]
    pub vae: VaeArguments,
    #[command(flatten)]
    pub climb: ClimbArguments,
    /// Draw the comparison (.svg, .png).
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

impl Arguments {
    /// A seed per start.
    pub fn seeds(&self) -> Vec<u64> {
        self.climb.seeds()
    }
}

/// A model whose sizes can be compared.
pub trait Comparable: Sync {
    /// What is counted: `components`, `latent dimensions`.
    fn word(&self) -> &'static str;

    /// The sizes to try.
    fn sizes(&self) -> Sizes;

    /// All rows, as the model reads them.
    fn source(&self) -> &dyn RowSource;

    /// The best fit of a size on some rows, with the evidence of others.
    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure>;
}

/// One line of the answer.
#[derive(Debug, Serialize)]
pub struct Size {
    size: usize,
    elbo: Option<f64>,
    log_evidence: Option<f64>,
    parameters: Option<usize>,
    bic: Option<f64>,
    icl: Option<f64>,
    held_out: Option<f64>,
    /// Its standard error over the rows.
    held_out_error: Option<f64>,
    /// By how much it is below the best size, row by row, and the standard error of that.
    held_out_behind: Option<Gap>,
    status: Option<Status>,
    why: Option<String>,
    entropies: Option<Entropies>,
    latents: Vec<Latent>,
    #[serde(skip)]
    weight: Option<f64>,
    #[serde(skip)]
    rows: Option<HeldOut>,
}

/// A difference and its standard error over the rows, nats per row.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Gap {
    mean: f64,
    error: f64,
}

/// One row in five is held out.
const HELD_OUT: u64 = 5;

/// Compares.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let kind = kind::find(&arguments.model)?;
    check_numbers(&arguments.climb, &arguments.structure, 0.0)?;
    kind::refuse_foreign(&arguments.model, kind, arguments.vae.given())?;
    arguments.plot.as_deref().map(picture::check).transpose()?;
    let model = kind.compare(arguments, out)?;
    let (train, test) = split(model.source(), HELD_OUT, arguments.climb.seed)?;
    let whole = Table::of(model.source())?;
    let one = |size: usize| -> Result<Size, Failure> {
        let found = model.fit(size, &whole, None)?;
        let part = model.fit(size, &train, Some(&test)).ok().filter(Found::is_sound);
        let rows = part.and_then(|p| p.held_out).filter(|h| h.mean().0.is_finite());
        let told = rows.as_ref().map(HeldOut::mean);
        Ok(Size {
            size,
            elbo: Some(found.elbo),
            log_evidence: (!found.bound).then_some(found.elbo),
            parameters: Some(found.parameters),
            bic: found.bic(),
            icl: found.icl(),
            held_out: told.map(|t| t.0),
            held_out_error: told.map(|t| t.1),
            held_out_behind: None,
            rows,
            entropies: Some(found.entropies),
            weight: Some(found.weight),
            status: found.status,
            why: found.why,
            latents: found.latents,
        })
    };
    let failed = |size: usize, f: Failure| Size {
        size,
        elbo: None,
        log_evidence: None,
        parameters: None,
        bic: None,
        icl: None,
        held_out: None,
        held_out_error: None,
        held_out_behind: None,
        rows: None,
        status: None,
        why: Some(f.in_files(&arguments.data.data).to_string().replace("\nhint: ", "; ")),
        entropies: None,
        latents: Vec::new(),
        weight: None,
    };
    let all: Vec<usize> = model.sizes().all().collect();
    let mut sizes: Vec<Size> = all.into_par_iter().map(|size| one(size).unwrap_or_else(|f| failed(size, f))).collect();
    let held_out = words::compare(&mut sizes);
    let Some((best, why)) = words::recommend(&sizes, held_out, model.word()) else {
        let why = sizes.iter().find_map(|s| s.why.clone()).unwrap_or_else(|| "no size could be compared".into());
        return Err(Failure::new(why, "try other sizes, or give more rows: one in five is held out"));
    };
    if let Some(path) = &arguments.plot {
        picture::write(&sizes, model.word(), path)?;
    }
    if out.json {
        out.document(
            &serde_json::json!({"sizes": sizes, "recommended": {"size": best, "why": why, "held_out": held_out}}),
        )?;
        return Ok(0);
    }
    show(&sizes, out)?;
    out.result(&format!("recommended: {why}"))?;
    Ok(0)
}

fn show(sizes: &[Size], out: &Output) -> Result<(), Failure> {
    let number = |v: Option<f64>| v.map_or_else(|| "–".to_string(), short);
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
            let told: Vec<String> = s.latents.iter().map(|l| short(l.information)).collect();
            vec![
                s.size.to_string(),
                number(s.elbo),
                parameters,
                number(s.bic),
                number(s.icl),
                match (s.held_out, s.held_out_error) {
                    (Some(h), Some(e)) if e > 0.0 => with_error(h, e),
                    (held_out, _) => number(held_out),
                },
                told.join(" "),
                status,
            ]
        })
        .collect();
    let header = ["size", "ELBO", "parameters", "BIC", "ICL", "held out", "nats told of each latent", "status"];
    out.result(&plain(&header, rows))
}
