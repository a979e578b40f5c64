//! `natgrad check` on a mixture: its certificates on rows.

use crate::command::fit::show;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::{Described, check_data, summarise};
use natgrad::diagnose::{Verdict, dense_is_affordable};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::Profile;
use std::path::Path;

/// Runs the certificates; exit code 1 if one fails.
pub fn run(file: &ModelFile, given: &Path, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
    let source = data.reading.open_for(&data.data, &file.columns(), out)?;
    let profile = Profile::of(source.as_ref())?;
    let mut spec = file.spec(given)?;
    if spec.charts.is_empty() {
        spec.chart(&profile);
    }
    let described = Described::new(spec, source.columns().to_vec())?;
    let base = check_data(described.mixture(), described.spec(), source.as_ref(), &profile)
        .map_err(|e| Failure::from(e).in_files(&data.data))?;
    let point = file.point(&described)?;
    let learning = described.learning(source.as_ref(), base);
    let dense = dense_is_affordable(source.rows(), &described.mixture().groups());
    let look = learning.look(&point, if dense { Want::Curvature } else { Want::Residuals })?;
    if !look.elbo.is_finite() {
        return Err(Failure::new(
            format!("{}: the model gives some row probability zero", data.shown()),
            "check that model and data belong together",
        ));
    }
    let summary = summarise(&described, &learning, &look, tolerance, None)?;
    show(&summary, out)?;
    Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
}
