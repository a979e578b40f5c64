//! What the subcommands ask of a fitted net with an encoder.

use super::super::rows::{draw_rows, unit_names};
use super::file::{EncoderFile, Pair};
use super::summary::Findings;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::rows::{number, written};
use crate::kind::{Fitted, stream};
use crate::output::Output;
use crate::table::with_error;
use natgrad::model::sigmoid_belief_net::encoder::{
    EncoderBeliefs, TrainSettings, evaluate, importance_bound, recognise,
};
use natgrad::rows::{Chunk, Column, RowSource, mean_error};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

/// Draws per row of the bound on the evidence.
const DRAWS: usize = 50;

/// Seed of draws after learning: other ones than learning's.
const SEED: u64 = 1;

/// Beliefs about the rows of a chunk.
pub fn believe(pair: &Pair, chunk: &Chunk<'_>) -> Result<EncoderBeliefs, Failure> {
    let at = (&pair.point, &pair.weights);
    Ok(recognise(pair.model.net(), &pair.encoder, chunk, at, DRAWS, SEED)?)
}

/// Rows whose bound of many draws a fit or a check looks at.
const ROWS: usize = 4096;

/// The bound of many draws on a random sample of the rows, or on all where they are few.
pub fn bound_of_some(pair: &Pair, source: &dyn RowSource) -> Result<(f64, f64, usize), Failure> {
    bound(pair, &natgrad::rows::sample(source, ROWS, SEED)?, |_| Ok(()))
}

/// Mean of the bound of many draws, its standard error and the draws; that of each row to `each`.
pub fn bound(
    pair: &Pair,
    source: &dyn RowSource,
    mut each: impl FnMut(&[f64]) -> Result<(), Failure>,
) -> Result<(f64, f64, usize), Failure> {
    let at = (&pair.point, &pair.weights);
    let (mut total, mut squares, mut weight) = (0.0, 0.0, 0.0);
    stream(source, |chunk| {
        let bounds = importance_bound(pair.model.net(), &pair.encoder, &chunk, at, DRAWS, SEED)?;
        for (n, b) in bounds.iter().enumerate() {
            let w = chunk.weight(n);
            total += w * b;
            squares += w * b * b;
            weight += w;
        }
        each(&bounds)
    })?;
    Ok((total / weight, mean_error(weight, total, squares), DRAWS))
}

impl Fitted for EncoderFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        let (pair, source) = self.load(data, out)?;
        let settings = TrainSettings { seed: SEED, ..self.learning };
        let at = (&pair.point, &pair.weights);
        let e = evaluate(pair.model.net(), &pair.encoder, source.as_ref(), at, &settings)
            .map_err(|e| Failure::from(e).in_files(&data.data))?;
        let mut writer = to.map(|path| TableWriter::create(path, &[number("importance_bound".into())])).transpose()?;
        let (value, error, draws) = bound(&pair, source.as_ref(), |bounds| {
            if let Some(writer) = &mut writer {
                writer.push_rows(bounds.len(), bounds)?;
            }
            Ok(())
        })?;
        if let Some(writer) = writer {
            writer.finish()?;
        }
        if out.json {
            out.document(&json!({
                "rows": e.rows, "weight": e.weight, "log_evidence": null, "elbo": e.importance,
                "elbo_error": (e.rows > 1).then_some(e.importance_error), "draws": e.samples, "elbo_of_one_draw": e.elbo,
                "importance_bound": {"value": value, "error": (e.rows > 1).then_some(error), "draws": draws},
            }))?;
        } else {
            out.result(&format!(
                "{} rows, ELBO of {} draws {} nats per row; bound of {draws} draws {}",
                e.rows,
                e.samples,
                with_error(e.importance, e.importance_error),
                with_error(value, error)
            ))?;
        }
        Ok(0)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        let (pair, source) = self.load(data, out)?;
        let names = unit_names(&pair.model.settings().layers).into_iter().chain(["importance_bound".to_string()]);
        let columns: Vec<Column> = names.map(number).collect();
        let mut writer = TableWriter::create(to, &columns)?;
        let mut rows = 0;
        stream(source.as_ref(), |chunk| {
            check_cells(&chunk, source.as_ref(), data)?;
            let believed = believe(&pair, &chunk)?;
            rows += chunk.rows;
            Ok(writer.push_rows(chunk.rows, &[believed.means, believed.bounds].concat())?)
        })?;
        writer.finish()?;
        written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
    }

    fn impute(&self, _: &DataArguments, _: &Path, _: &Output) -> Result<u8, Failure> {
        Err(Failure::new(
            "an encoder reads whole rows",
            "fit with --recognition mean-field and --start RUN, which sums missing cells out",
        ))
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        let pair = self.alone()?;
        draw_rows(&pair.model, &pair.point, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        let (pair, source) = self.load(data, out)?;
        let settings = TrainSettings { seed: SEED, ..self.learning };
        let at = (&pair.point, &pair.weights);
        let mut evaluation = evaluate(pair.model.net(), &pair.encoder, source.as_ref(), at, &settings)
            .map_err(|e| Failure::from(e).in_files(&data.data))?;
        // The closed forms at the end were found with draws of their own: their error counts as well.
        evaluation.residual_error *= 2f64.sqrt();
        let bound = bound_of_some(&pair, source.as_ref())?;
        let findings = Findings {
            pair: &pair,
            evaluation: &evaluation,
            bound,
            tolerance,
            status: None,
            run: None,
            warnings: Vec::new(),
        };
        Ok(u8::from(!findings.show(out)?))
    }
}

/// Refuses cells that are not 0 or 1.
fn check_cells(chunk: &Chunk<'_>, source: &dyn RowSource, data: &DataArguments) -> Result<(), Failure> {
    natgrad::model::sigmoid_belief_net::encoder::check_cells(source.columns(), chunk)
        .map_err(|e| Failure::from(e).in_files(&data.data))
}
