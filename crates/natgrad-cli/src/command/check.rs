//! `natgrad check`: the certificates of a fitted model on data.

use super::fit::show;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::{Described, check_data, summarise};
use natgrad::diagnose::{Verdict, dense_is_affordable};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::Profile;
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
    if let Some(file) = NetworkModelFile::find(&arguments.model)? {
        return super::network::check::run(&file, &arguments.data, arguments.tolerance, out);
    }
    let file = ModelFile::read(&arguments.model)?;
    let source = arguments.data.reading.open_for(&arguments.data.data, &file.columns(), out)?;
    let profile = Profile::of(source.as_ref())?;
    let mut spec = file.spec(&arguments.model)?;
    if spec.charts.is_empty() {
        spec.chart(&profile);
    }
    let described = Described::new(spec, source.columns().to_vec())?;
    let base = check_data(described.mixture(), described.spec(), source.as_ref(), &profile)
        .map_err(|e| Failure::from(e).in_files(&arguments.data.data))?;
    let point = file.point(&described)?;
    let learning = described.learning(source.as_ref(), base);
    let dense = dense_is_affordable(source.rows(), &described.mixture().groups());
    let look = learning.look(&point, if dense { Want::Curvature } else { Want::Residuals })?;
    if !look.elbo.is_finite() {
        return Err(Failure::new(
            format!("{}: the model gives some row probability zero", arguments.data.shown()),
            "check that model and data belong together",
        ));
    }
    let summary = summarise(&described, &learning, &look, arguments.tolerance, None, None)?;
    show(&summary, out)?;
    Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
}
