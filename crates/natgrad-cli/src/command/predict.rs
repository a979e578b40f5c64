//! `natgrad predict`: the posterior of the hidden state of every row.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use std::path::PathBuf;

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

/// Predicts.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    arguments.data.spare(&arguments.out)?;
    kind::open(&arguments.model)?.predict(&arguments.data, &arguments.out, out)
}
