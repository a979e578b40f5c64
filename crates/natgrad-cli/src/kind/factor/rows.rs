//! What the subcommands ask of a fitted factor model.

use super::file::FactorFile;
use crate::command::fit::show;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::rows::{Totals, by_column, number, written};
use crate::kind::{Fitted, stream};
use crate::output::Output;
use natgrad::catalogue::factor::{FactorAnalysis, summarise_factors};
use natgrad::diagnose::{Verdict, dense_is_affordable};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::Column;
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

/// Rows drawn and written at once.
const BLOCK: usize = 1024;

impl Fitted for FactorFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        let loaded = self.load(data, out)?;
        let mut writer = to.map(|path| TableWriter::create(path, &[number("log_evidence".into())])).transpose()?;
        let mut totals = Totals::default();
        stream(loaded.source.as_ref(), |chunk| {
            let evidence = loaded.model.factors().factors(&loaded.point, &chunk)?.log_evidence;
            totals.add(&chunk, &evidence);
            match &mut writer {
                Some(writer) => writer.push_rows(chunk.rows, &evidence).map_err(Failure::from),
                None => Ok(()),
            }
        })?;
        if let Some(writer) = writer {
            writer.finish()?;
        }
        totals.say(true, out)
    }

    /// Posterior means of the factors, their standard deviations, and each row's log-evidence.
    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        let loaded = self.load(data, out)?;
        let model = loaded.model.factors();
        let mut columns: Vec<Column> = (1..=model.latent()).map(|h| number(format!("factor_{h}"))).collect();
        columns.extend((1..=model.latent()).map(|h| number(format!("factor_{h}_sd"))));
        columns.push(number("log_evidence".into()));
        let mut writer = TableWriter::create(to, &columns)?;
        let mut rows = 0;
        stream(loaded.source.as_ref(), |chunk| {
            let posterior = model.factors(&loaded.point, &chunk)?;
            let cells = [posterior.means, posterior.deviations, posterior.log_evidence].concat();
            rows += chunk.rows;
            writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
        })?;
        writer.finish()?;
        written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
    }

    /// Missing cells are filled by their expectation given the row's others.
    fn impute(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        let loaded = self.load(data, out)?;
        let mut writer = TableWriter::create(to, loaded.model.columns())?;
        let mut filled = 0usize;
        stream(loaded.source.as_ref(), |chunk| {
            filled += chunk.values.iter().filter(|v| v.is_nan()).count();
            let cells = loaded.model.factors().impute(&loaded.point, &chunk)?;
            writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
        })?;
        writer.finish()?;
        let document = json!({"rows": loaded.source.rows(), "filled": filled, "out": to});
        written(&document, &format!("{filled} cells filled, written to {}", to.display()), out)
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        let (model, point) = self.alone()?;
        let mut writer = TableWriter::create(to, model.columns())?;
        let mut drawing = model.factors().drawing(&point, seed);
        let mut left = rows;
        while left > 0 {
            let block = left.min(BLOCK);
            let cells: Vec<f64> = (0..block).flat_map(|_| drawing.row()).collect();
            writer.push_rows(block, &by_column(&cells, model.columns().len()))?;
            left -= block;
        }
        writer.finish()?;
        written(&json!({"rows": rows, "out": to}), &format!("{rows} rows written to {}", to.display()), out)
    }

    /// The factors are turned into the canonical position first, which no row can tell.
    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        let named = |e: natgrad::Error| Failure::from(e).in_files(&data.data);
        let source = data.reading.open_for(&data.data, &self.columns(), out)?;
        let (mut model, _) = FactorAnalysis::for_data(self.settings()?, source.as_ref()).map_err(named)?;
        let given = self.point(&model)?;
        let (_, patterns) = model.survey(source.as_ref())?;
        let point = model.factors().canonical(&given);
        let learning = model.learning(source.as_ref(), patterns.as_ref());
        let dense = dense_is_affordable(source.rows(), &model.factors().groups());
        let look = match dense {
            true => learning.undigested().look(&point, Want::Curvature)?,
            false => learning.look_with_residuals(&point)?,
        };
        let summary = summarise_factors(&model, &learning, &look, tolerance, None)?;
        show(&summary, out)?;
        Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
    }
}
