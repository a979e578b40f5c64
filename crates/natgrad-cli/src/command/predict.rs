//! `natgrad predict`: the posterior of the hidden state of every row.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::{Described, ModelName};
use natgrad::geometry::Point;
use natgrad::rows::{Chunk, Column, ColumnKind, RowSource};
use natgrad_io::TableWriter;
use std::path::{Path, PathBuf};

/// Posterior of the hidden state of every row: its probabilities, the most probable one, and the row's log-evidence.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// File to write (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A fitted model and data for it.
pub struct Loaded {
    /// The model.
    pub described: Described,
    /// Its parameters.
    pub point: Point,
    /// The data.
    pub source: Box<dyn RowSource>,
}

/// Reads a model and opens data for it.
pub fn load(model: &Path, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
    let file = ModelFile::read(model)?;
    let source = data.reading.open_for(&data.data, &file.columns(), out)?;
    // Every column may have holes: rows to come need not be like the ones that the model has seen.
    let columns = source.columns().iter().map(|c| Column { missing: true, ..c.clone() }).collect();
    let described = Described::new(file.spec(model)?, columns)?;
    let point = file.point(&described)?;
    natgrad::catalogue::check_support(described.mixture(), described.spec(), source.as_ref())
        .map_err(|e| Failure::from(e).in_files(&data.data))?;
    Ok(Loaded { described, point, source })
}

/// Shows every chunk in order; a failure ends it.
pub fn stream(source: &dyn RowSource, mut each: impl FnMut(Chunk<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut failure = None;
    for stretch in source.stretches() {
        let outcome = source.sweep(stretch, &mut |_, chunk| {
            each(chunk).map_err(|f| {
                let text = f.to_string();
                failure = Some(f);
                natgrad::Error::Source(text)
            })
        });
        if let Some(f) = failure {
            return Err(f);
        }
        outcome?;
    }
    Ok(())
}

/// What a component is called.
pub fn noun(model: ModelName) -> &'static str {
    if matches!(model, ModelName::LatentClass) { "class" } else { "component" }
}

/// Predicts.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(file) = NetworkModelFile::find(&arguments.model)? {
        return super::network::predict::run(&file, &arguments.data, &arguments.out, out);
    }
    let Loaded { described, point, source } = &load(&arguments.model, &arguments.data, out)?;
    let components = described.mixture().components();
    let noun = noun(described.spec().model);
    let number = |name: String| Column { name, kind: ColumnKind::Number, missing: false };
    let mut columns: Vec<Column> = (1..=components).map(|k| number(format!("{noun}_{k}"))).collect();
    columns.push(number(noun.into()));
    columns.push(number("log_evidence".into()));
    let mut writer = TableWriter::create(&arguments.out, &columns)?;
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
        out.document(&serde_json::json!({"rows": rows, "out": arguments.out}))?;
    } else {
        out.note(&format!("{rows} rows written to {}", arguments.out.display()));
    }
    Ok(0)
}
