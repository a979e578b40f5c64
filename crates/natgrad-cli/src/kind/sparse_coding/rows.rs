//! What the subcommands ask of a fitted dictionary.

use super::file::{Loaded, SparseFile};
use crate::command::fit::show;
use crate::failure::Failure;
use crate::kind::latent::rows::{Totals, by_column, evidence_name, number, written};
use crate::kind::stream;
use crate::output::Output;
use natgrad::catalogue::latent::summarise_latent;
use natgrad::diagnose::Verdict;
use natgrad::model::Want;
use natgrad::objective::Learning;
use natgrad::rows::{CHUNK_ROWS, Column};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

/// Average bound of rows, and that of each row into a file.
pub fn score(loaded: &Loaded, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
    let column = number(evidence_name(false).into());
    let mut writer = to.map(|path| TableWriter::create(path, &[column])).transpose()?;
    let mut totals = Totals::default();
    stream(&loaded.source, |chunk| {
        let bounds = loaded.model.model().recognise(&loaded.point, &chunk)?.bounds;
        totals.add(&chunk, &bounds);
        if let Some(writer) = &mut writer {
            writer.push_rows(chunk.rows, &bounds)?;
        }
        Ok(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    totals.say(false, out)
}

/// Means of the strengths, their standard deviations, and each row's bound.
pub fn predict(loaded: &Loaded, to: &Path, out: &Output) -> Result<u8, Failure> {
    let model = loaded.model.model();
    let mut columns: Vec<Column> = (1..=model.elements()).map(|h| number(format!("element_{h}"))).collect();
    columns.extend((1..=model.elements()).map(|h| number(format!("element_{h}_sd"))));
    columns.push(number(evidence_name(false).into()));
    let mut writer = TableWriter::create(to, &columns)?;
    let mut rows = 0;
    stream(&loaded.source, |chunk| {
        let believed = model.recognise(&loaded.point, &chunk)?;
        let cells = [believed.means, believed.deviations, believed.bounds].concat();
        rows += chunk.rows;
        writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
    })?;
    writer.finish()?;
    written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
}

/// Rows drawn from the model, in the data's units.
pub fn sample(file: &SparseFile, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
    let (model, point) = file.alone()?;
    let mut writer = TableWriter::create(to, model.columns())?;
    for chunk in 0..rows.div_ceil(CHUNK_ROWS) {
        let count = CHUNK_ROWS.min(rows - chunk * CHUNK_ROWS);
        let mut cells = by_column(&model.model().draw(&point, chunk, count, seed)?, model.columns().len());
        for (column, mean) in cells.chunks_exact_mut(count).zip(model.mean()) {
            column.iter_mut().for_each(|x| *x += mean);
        }
        writer.push_rows(count, &cells)?;
    }
    writer.finish()?;
    written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
}

/// Certificates on rows.
pub fn check(loaded: &Loaded, tolerance: f64, out: &Output) -> Result<u8, Failure> {
    let learning = Learning::new(loaded.model.model(), &loaded.source, 0.0);
    let look = learning.look(&loaded.point, Want::Residuals)?;
    let summary = summarise_latent(loaded.model.summarised(&look), &learning, &look, tolerance, None)?;
    show(&summary, out)?;
    Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
}
