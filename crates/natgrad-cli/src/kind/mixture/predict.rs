//! `natgrad predict` on a mixture: responsibilities.

use super::Loaded;
use crate::failure::Failure;
use crate::kind::stream;
use crate::output::Output;
use natgrad::catalogue::ModelName;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::TableWriter;
use std::path::Path;

/// What a component is called.
fn noun(model: ModelName) -> &'static str {
    if matches!(model, ModelName::LatentClass) { "class" } else { "component" }
}

/// Predicts.
pub fn run(loaded: &Loaded, to: &Path, out: &Output) -> Result<u8, Failure> {
    let Loaded { described, point, source } = loaded;
    let components = described.mixture().components();
    let noun = noun(described.spec().model);
    let number = |name: String| Column { name, kind: ColumnKind::Number, missing: false };
    let mut columns: Vec<Column> = (1..=components).map(|k| number(format!("{noun}_{k}"))).collect();
    columns.push(number(noun.into()));
    columns.push(number("log_evidence".into()));
    let mut writer = TableWriter::create(to, &columns)?;
    let mut rows = 0;
    stream(source.as_ref(), |chunk| {
        let posterior = described.posterior(point, &chunk)?;
        let mut cells = posterior.responsibilities;
        let best = (0..chunk.rows).map(|n| {
            let share = |k: usize| cells[k * chunk.rows + n];
            1.0 + (0..components).reduce(|a, b| if share(b) > share(a) { b } else { a }).unwrap_or(0) as f64
        });
        let best: Vec<f64> = best.collect();
        cells.extend(best);
        cells.extend(&posterior.log_evidence);
        rows += chunk.rows;
        writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
    })?;
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": rows, "out": to}))?;
    } else {
        out.note(&format!("{rows} rows written to {}", to.display()));
    }
    Ok(0)
}
