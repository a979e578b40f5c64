//! What the subcommands ask of a fitted belief net.

use super::file::{BeliefFile, Loaded};
use crate::command::fit::show;
use crate::failure::Failure;
use crate::kind::latent::rows::{Totals, by_column, evidence_name, number, written};
use crate::kind::stream;
use crate::output::Output;
use natgrad::catalogue::latent::{BeliefNet, summarise_latent};
use natgrad::diagnose::{Verdict, dense_is_affordable};
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::Recognition;
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{CHUNK_ROWS, Column};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

impl Loaded {
    fn is_exact(&self) -> bool {
        self.model.net().recognition() == Recognition::Exact
    }
}

/// A name for each hidden unit, layer 1 first.
pub fn unit_names(layers: &[usize]) -> Vec<String> {
    let name = |l: usize, u: usize| {
        if layers.len() == 1 { format!("unit_{u}") } else { format!("layer_{}_unit_{u}", l + 1) }
    };
    layers.iter().enumerate().flat_map(|(l, n)| (1..=*n).map(move |u| name(l, u))).collect()
}

/// Average log-evidence of rows or its bound, and that of each row into a file.
pub fn score(loaded: &Loaded, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
    let column = number(evidence_name(loaded.is_exact()).into());
    let mut writer = to.map(|path| TableWriter::create(path, &[column])).transpose()?;
    let mut totals = Totals::default();
    stream(loaded.source.as_ref(), |chunk| {
        let evidence = loaded.model.net().recognise(&loaded.point, &chunk)?.evidence;
        totals.add(&chunk, &evidence);
        if let Some(writer) = &mut writer {
            writer.push_rows(chunk.rows, &evidence)?;
        }
        Ok(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    totals.say(loaded.is_exact(), out)
}

/// Probability of every hidden unit to be on, and each row's log-evidence or its bound.
pub fn predict(loaded: &Loaded, to: &Path, out: &Output) -> Result<u8, Failure> {
    let mut columns: Vec<Column> = unit_names(&loaded.model.settings().layers).into_iter().map(number).collect();
    columns.push(number(evidence_name(loaded.is_exact()).into()));
    let mut writer = TableWriter::create(to, &columns)?;
    let mut rows = 0;
    stream(loaded.source.as_ref(), |chunk| {
        let believed = loaded.model.net().recognise(&loaded.point, &chunk)?;
        rows += chunk.rows;
        writer.push_rows(chunk.rows, &[believed.means, believed.evidence].concat()).map_err(Failure::from)
    })?;
    writer.finish()?;
    written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
}

/// Missing cells filled: numbers by their probability of being 1, words by the more probable one.
pub fn impute(loaded: &Loaded, to: &Path, out: &Output) -> Result<u8, Failure> {
    let mut writer = TableWriter::create(to, loaded.model.columns())?;
    let mut filled = 0usize;
    stream(loaded.source.as_ref(), |chunk| {
        let mut cells = chunk.values.to_vec();
        let expected = loaded.model.net().recognise(&loaded.point, &chunk)?.expected;
        for (i, (cell, p)) in cells.iter_mut().zip(expected).enumerate().filter(|(_, (cell, _))| cell.is_nan()) {
            let words = loaded.model.levels(i / chunk.rows);
            *cell = match words {
                Some(words) => f64::from(u8::from(p > 0.5 && words.len() > 1)),
                None => p,
            };
            filled += 1;
        }
        writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
    })?;
    writer.finish()?;
    let document = json!({"rows": loaded.source.rows(), "filled": filled, "out": to});
    written(&document, &format!("{filled} cells filled, written to {}", to.display()), out)
}

/// Rows drawn from the net.
pub fn sample(file: &BeliefFile, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
    let (model, point) = file.alone()?;
    draw_rows(&model, &point, rows, seed, to, out)
}

/// Rows drawn from a net.
pub fn draw_rows(
    model: &BeliefNet,
    point: &Point,
    rows: usize,
    seed: u64,
    to: &Path,
    out: &Output,
) -> Result<u8, Failure> {
    let mut writer = TableWriter::create(to, model.columns())?;
    for chunk in 0..rows.div_ceil(CHUNK_ROWS) {
        let count = CHUNK_ROWS.min(rows - chunk * CHUNK_ROWS);
        let (cells, _) = model.net().draw(point, chunk, count, seed)?;
        writer.push_rows(count, &by_column(&cells, model.columns().len()))?;
    }
    writer.finish()?;
    written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
}

/// Certificates on rows.
pub fn check(loaded: &Loaded, tolerance: f64, out: &Output) -> Result<u8, Failure> {
    let net = loaded.model.net();
    let learning = Learning::new(net, loaded.source.as_ref(), 0.0);
    let dense = loaded.is_exact() && dense_is_affordable(loaded.source.rows(), &net.groups());
    let look = learning.look(&loaded.point, if dense { Want::Curvature } else { Want::Residuals })?;
    let summary = summarise_latent(loaded.model.summarised(&look), &learning, &look, tolerance, None)?;
    show(&summary, out)?;
    Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
}
