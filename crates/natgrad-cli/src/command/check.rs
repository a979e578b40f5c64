//! `natgrad check`: the certificates of a fitted model on data.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use std::path::PathBuf;

/// Certify a fitted model on data, also one fitted elsewhere. Exit code 1 if a certificate fails.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Remaining gain that is tolerated, nats per row.
    #[arg(long, value_name = "T", default_value_t = 1e-6, allow_negative_numbers = true)]
    tolerance: f64,
}

/// Runs the certificates.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if !(arguments.tolerance > 0.0 && arguments.tolerance.is_finite()) {
        return Err(Failure::new(
            format!("--tolerance {} is out of range", arguments.tolerance),
            "give nats per row, for example 1e-6",
        ));
    }
    kind::open(&arguments.model)?.check(&arguments.data, arguments.tolerance, out)
}
