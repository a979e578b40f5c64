//! `natgrad impute`: missing cells filled by the model.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
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
    arguments.data.spare(&arguments.out)?;
    kind::open(&arguments.model)?.impute(&arguments.data, &arguments.out, out)
}
