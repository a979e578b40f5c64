//! `--start` of an autoencoder: its file brings shape and units; options and rows that do not go with it are refused.

use super::file::VaeFile;
use super::{VAE, VaeArguments};
use crate::failure::Failure;
use crate::kind::start;
use crate::output::Output;
use crate::table::short;
use natgrad::model::vae::{Architecture, ColumnMoments, ObservableName, Vae, Variance};
use natgrad::rows::Column;
use std::path::{Path, PathBuf};

/// Units that rows may be away from the start's zeros, or be spread over: beyond, learning leaves the finite numbers.
const TOO_FAR: f64 = 100.0;
/// From here on learning begins far from what the start has learnt.
const FAR: f64 = 10.0;

/// Where a fit begins.
pub struct Start {
    /// The model, in the units that its parameters are about.
    pub vae: Vae,
    /// Its parameters.
    pub at: Vec<f64>,
    columns: Vec<Column>,
    path: PathBuf,
}

impl Start {
    /// Reads a run or a model file.
    pub fn read(given: &Path) -> Result<Self, Failure> {
        let opened = start::read(given, VAE)?;
        let file = VaeFile::read(&opened)?;
        let (vae, at) = file.load()?;
        Ok(Start { vae, at, columns: file.named_columns(), path: opened.path })
    }

    /// Refuses the first option that asks for another shape than the file's.
    pub fn check_options(&self, own: &VaeArguments, latents: Option<usize>) -> Result<(), Failure> {
        let a = self.vae.architecture();
        let gaussian = a.observable == ObservableName::Gaussian;
        let asked = own.variance.is_some().then(|| own.variance()).transpose()?;
        let widths = own.hidden_layers.is_some().then(|| own.widths()).transpose()?;
        let told = [
            ("latent-dim", a.latents.to_string(), latents.map(|l| l.to_string())),
            ("hidden-layers", listed(&a.encoder), widths.map(|w| listed(&w))),
            ("observable", word(&a.observable), own.observable.map(|_| word(&own.observable()))),
            ("variance", if gaussian { spread(a.variance) } else { "none".into() }, asked.map(spread)),
            ("latent-prior", word(&a.prior), own.latent_prior.map(|_| word(&own.prior()))),
            ("activation", word(&a.activation), own.activation.map(|_| word(&own.activation()))),
        ];
        let differs = |(name, file, asked): (_, String, Option<String>)| {
            asked.filter(|asked| *asked != file).map(|asked| (name, file, asked))
        };
        match told.into_iter().find_map(differs) {
            None => Ok(()),
            Some((name, file, asked)) => Err(Failure::new(
                format!(
                    "{}: the start has {} {file}, --{name} says {asked}",
                    self.path.display(),
                    name.replace('-', "_")
                ),
                format!("leave --{name} out: a start brings its shape; or leave --start out"),
            )),
        }
    }

    /// Refuses rows of other columns, or of other words.
    pub fn check_columns(&self, columns: &[Column]) -> Result<(), Failure> {
        let own: Vec<String> = self.columns.iter().map(|c| c.name.clone()).collect();
        start::check_columns(&self.path, &own, columns)?;
        start::check_words(&self.path, &self.columns, columns)
    }

    /// Refuses rows that are far out in the start's units, and warns where they are somewhat.
    pub fn check_units(&self, moments: &ColumnMoments, out: &Output) -> Result<(), Failure> {
        let Some(units) = self.vae.units() else { return Ok(()) };
        let spreads = spreads(self.vae.architecture(), moments);
        let away = |d: usize| (moments.means[d] - units.means[d]).abs().max(spreads[d]) / units.scales[d];
        let Some(worst) = (0..spreads.len()).max_by(|a, b| away(*a).total_cmp(&away(*b))) else { return Ok(()) };
        let problem = || {
            format!(
                "column \"{}\" has mean {} and deviation {} in the data, {} and {} in the start",
                self.columns[worst].name,
                short(moments.means[worst]),
                short(moments.variances[worst].sqrt()),
                short(units.means[worst]),
                short(units.scales[worst])
            )
        };
        if away(worst) > TOO_FAR {
            return Err(Failure::new(
                format!("{}: {}: the start cannot be of these rows", self.path.display(), problem()),
                "bring the column into the unit that it had in the start, or leave --start out",
            ));
        }
        if away(worst) > FAR {
            out.warn(&format!("{}: learning begins far from what the start has learnt", problem()));
        }
        Ok(())
    }
}

/// Deviations of the columns; one for all where they have one unit.
fn spreads(architecture: &Architecture, moments: &ColumnMoments) -> Vec<f64> {
    let width = moments.variances.len();
    match architecture.variance {
        Variance::Column | Variance::Network => moments.variances.iter().map(|v| v.sqrt()).collect(),
        Variance::Scalar | Variance::Fixed(_) => {
            vec![moments.variances.iter().map(|v| v / width as f64).sum::<f64>().sqrt(); width]
        }
    }
}

/// A setting as options and files write it.
fn word(of: &impl serde::Serialize) -> String {
    serde_json::json!(of).as_str().unwrap_or_default().into()
}

fn spread(variance: Variance) -> String {
    match variance {
        Variance::Fixed(v) => format!("fixed:{v}"),
        learnt => word(&learnt),
    }
}

fn listed(widths: &[usize]) -> String {
    if widths.is_empty() {
        return "none".into();
    }
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}
