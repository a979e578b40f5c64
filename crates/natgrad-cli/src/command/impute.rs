//! `natgrad impute`: missing cells filled by the model.

use super::predict::{Loaded, load, stream};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad_io::TableWriter;
use std::path::PathBuf;

/// Fill missing cells by their posterior expectation (numbers) or the most probable level.
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

/// Imputes.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(file) = NetworkModelFile::find(&arguments.model)? {
        return super::network::impute::run(&file, &arguments.data, &arguments.out, out);
    }
    let Loaded { described, point, source } = &load(&arguments.model, &arguments.data, out)?;
    let mut writer = TableWriter::create(&arguments.out, described.columns())?;
    let mut filled = 0usize;
    stream(source.as_ref(), |chunk| {
        filled += chunk.values.iter().filter(|v| v.is_nan()).count();
        let cells = described.impute(point, &chunk)?;
        writer.push_rows(chunk.rows, &cells.concat()).map_err(Failure::from)
    })?;
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": source.rows(), "filled": filled, "out": arguments.out}))?;
    } else {
        out.note(&format!("{filled} cells filled, written to {}", arguments.out.display()));
    }
    Ok(0)
}
