//! What the subcommands ask of a learnt autoencoder.

use super::file::VaeFile;
use super::short_climb::ShortClimb;
use super::summary::Findings;
use super::words::{give_or_take, without_elbo};
use crate::command::select::HeldOut;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::with_error;
use natgrad::engine::{evaluate, generate, importance_bound, mean_importance_bound, recognise};
use natgrad::model::vae::Vae;
use natgrad::rows::{Column, ColumnKind, RowSource};
use natgrad_io::{TableWriter, write_table};
use serde_json::json;
use std::path::Path;

/// Draws per row of the importance-weighted bound.
pub const DRAWS: usize = 50;

/// Rows that a bound is taken of at the end of a fit and by `check`: fifty draws of each cost as much as many epochs.
pub const BOUNDED: u64 = 16 * 1024;

/// Seed of draws after learning: other ones than learning's.
pub const SEED: u64 = 1;

/// Rows drawn and written at once.
const BLOCK: usize = 1024;

struct Loaded {
    vae: Vae,
    at: Vec<f64>,
    source: Box<dyn RowSource>,
}

fn number(name: String) -> Column {
    Column { name, kind: ColumnKind::Number, missing: false }
}

fn load(file: &VaeFile, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
    let (vae, at) = file.load()?;
    let source = data.reading.open_for(&data.data, &file.named_columns(), out)?;
    Ok(Loaded { vae, at, source })
}

/// ELBO and importance-weighted bound; that of each row into a file.
pub fn score(file: &VaeFile, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
    let loaded = load(file, data, out)?;
    let Loaded { vae, at, source } = &loaded;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&data.data);
    let expectation = &file.settings.learning.expectation;
    let evaluation = evaluate(vae, source.as_ref(), at, expectation, SEED).map_err(named)?;
    let bounds = importance_bound(vae, source.as_ref(), at, DRAWS, SEED).map_err(named)?;
    if let Some(path) = to {
        write_table(path, &[number("importance_bound".into())], std::slice::from_ref(&bounds))?;
    }
    let bound = HeldOut::with(source.as_ref(), bounds)?.mean();
    let sums = &evaluation.sums;
    without_elbo(sums, evaluation.beyond).iter().for_each(|w| out.warn(w));
    if out.json {
        out.document(&json!({
            "rows": sums.rows,
            "weight": sums.weight,
            "log_evidence": null,
            "elbo": sums.elbo(),
            "elbo_error": sums.elbo_error(),
            "importance_bound": {"value": bound.map(|b| b.mean), "error": bound.and_then(|b| b.error), "draws": DRAWS},
        }))?;
    } else {
        out.result(&format!(
            "{} row{}, ELBO {}; importance-weighted bound ({DRAWS} draws) {}",
            sums.rows,
            if sums.rows == 1 { "" } else { "s" },
            give_or_take(sums.elbo(), sums.elbo_error(), sums.rows),
            bound.map_or_else(|| "not known".into(), |b| with_error(b.mean, b.error.unwrap_or(0.0)))
        ))?;
    }
    Ok(0)
}

/// Means and standard deviations of the latents, row by row.
pub fn predict(file: &VaeFile, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
    let Loaded { vae, at, source } = load(file, data, out)?;
    let (means, deviations) =
        recognise(&vae, source.as_ref(), &at).map_err(|e| Failure::from(e).in_files(&data.data))?;
    let h = vae.architecture().latents;
    let columns: Vec<Column> = (1..=h)
        .map(|l| number(format!("latent_{l}")))
        .chain((1..=h).map(|l| number(format!("latent_{l}_sd"))))
        .collect();
    write_table(to, &columns, &[means, deviations].concat())?;
    written(source.rows() as usize, to, out)
}

/// Rows drawn from the model.
pub fn sample(file: &VaeFile, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
    let (vae, at) = file.load()?;
    let mut writer = TableWriter::create(to, &file.named_columns())?;
    for first in (0..rows).step_by(BLOCK) {
        let block = BLOCK.min(rows - first);
        let drawn = generate(&vae, &at, first..first + block, seed).0;
        writer.push_rows(block, &drawn.concat())?;
    }
    writer.finish()?;
    written(rows, to, out)
}

fn written(rows: usize, to: &Path, out: &Output) -> Result<u8, Failure> {
    if out.json {
        out.document(&json!({"rows": rows, "out": to}))?;
    } else {
        out.note(&format!("{rows} rows written to {}", to.display()));
    }
    Ok(0)
}

/// Whether the ELBO is a sum of entropies on these rows.
pub fn check(file: &VaeFile, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
    let loaded = load(file, data, out)?;
    let Loaded { vae, at, source } = &loaded;
    let named = |e: natgrad::Error| Failure::from(e).in_files(&data.data);
    let learning = &file.settings.learning;
    let evaluation = evaluate(vae, source.as_ref(), at, &learning.expectation, SEED).map_err(named)?;
    let bound = mean_importance_bound(vae, source.as_ref(), at, (DRAWS, BOUNDED), SEED).map_err(named)?;
    let exact = learning.expectation.is_deterministic();
    let findings = Findings {
        vae,
        at,
        columns: &file.columns,
        // The variances were fitted with draws of their own: their error counts as well.
        residual_error: if exact { 0.0 } else { 2f64.sqrt() * evaluation.sums.residual_error() },
        bound,
        known_residual: vae.decay_residual(at, learning.decay),
        evaluation: &evaluation,
        tolerance,
        held: &[],
        status: None,
        advice: None,
        climb: ShortClimb::of(vae, source.as_ref(), at, learning).map_err(|f| f.in_files(&data.data))?,
        run: None,
    };
    Ok(u8::from(!findings.show(out)?))
}
