//! `natgrad check` on a network: its certificates on rows.

use crate::command::fit::show;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::bayes_net::summarise_network;
use natgrad::diagnose::{Verdict, dense_is_affordable};
use natgrad::model::{LatentModel, Want};
use natgrad_io::network_to_value;

/// Runs the certificates; exit code 1 if one fails.
pub fn run(file: &NetworkModelFile, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
    let mut loaded = file.load(&data.data, &data.reading, out)?;
    let source = loaded.source.as_ref();
    let (_, _pieces) = loaded.model.survey(source).map_err(|e| Failure::from(e).in_files(&data.data))?;
    let learning = loaded.model.learning(source, None);
    let dense = dense_is_affordable(source.rows(), &loaded.model.net().groups());
    let look = learning.look(&loaded.point, if dense { Want::Curvature } else { Want::Residuals })?;
    if !look.elbo.is_finite()
        && let Some((row, why)) = loaded.model.net().first_impossible(&loaded.point, source)?
    {
        return Err(Failure::new(
            format!("{}, row {row}: it has probability zero: {why}", data.shown()),
            "check that network and data belong together",
        ));
    }
    let (nodes, local) = loaded.model.nodes(&loaded.point);
    let parameters = network_to_value(&nodes, &local)?;
    let summary = summarise_network(&loaded.model, &learning, &look, parameters, tolerance, None)?;
    show(&summary, out)?;
    Ok(u8::from(summary.certificates.iter().any(|c| c.verdict == Verdict::Fails)))
}
