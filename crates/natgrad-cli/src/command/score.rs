//! `natgrad score`: log-evidence of rows.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use std::path::PathBuf;

/// Average log-evidence of rows under a fitted model, nats per row.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Write the log-evidence of every row.
    #[arg(long, requires = "out")]
    per_row: bool,
    /// File for --per-row (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Scores.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    arguments.out.as_deref().map_or(Ok(()), |to| arguments.data.spare(to))?;
    kind::open(&arguments.model)?.score(&arguments.data, arguments.out.as_deref(), out)
}
