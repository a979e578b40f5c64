//! `natgrad sample`: rows drawn from a fitted model.

use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use std::path::PathBuf;

/// Draw rows from a fitted model.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    /// Number of rows.
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    rows: usize,
    /// Seed.
    #[arg(long, allow_negative_numbers = true, default_value_t = 0)]
    seed: u64,
    /// File to write (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Samples.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    kind::spare_run(&arguments.out)?;
    kind::open(&arguments.model)?.sample(arguments.rows, arguments.seed, &arguments.out, out)
}
