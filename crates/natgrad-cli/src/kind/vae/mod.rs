//! Variational autoencoders.

mod arguments;
mod climb;
mod comparison;
mod explained;
mod file;
mod fit;
mod picture;
mod rows;
mod shape;
mod short_climb;
mod start;
mod summary;
mod trace;
mod words;

pub use arguments::{Observables, Priors, VaeArguments};

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::output::Output;
use file::VaeFile;
use natgrad::catalogue::Message;
use natgrad_io::RunFolder;
use std::path::Path;

/// The name of the model.
pub const VAE: &str = "vae";

/// In plain words, for `explain`.
const ABOUT: &str = "Variational autoencoders: a network gives every row a normal belief about the latents, another gives the \
    columns' distribution from them (--observable gaussian, bernoulli or poisson; variances fixed, one, one per column, or \
    from the network). Learnt by minibatches with Adam or natural gradients; without hidden layers expectations are exact \
    and so is the maximum. Where learning has ended the ELBO is a sum of entropies, unless the variance is fixed.";

/// The kind.
pub struct Autoencoders;

impl Kind for Autoencoders {
    fn models(&self) -> Vec<(String, &'static str)> {
        vec![(VAE.into(), "variational autoencoders: --latent-dim H --hidden-layers 256 --observable gaussian")]
    }

    fn explain(&self, model: &str) -> Option<&'static str> {
        (model == VAE).then_some(ABOUT)
    }

    fn words(&self) -> Option<(&'static str, &'static [Message])> {
        Some(("autoencoders", explained::words()))
    }

    fn takes(&self, option: &str) -> bool {
        option == "--latent-dim" || arguments::OPTIONS.contains(&option)
    }

    fn leaves(&self) -> &'static [&'static str] {
        &["model.safetensors", "reconstructions.svg", "samples.svg"]
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        if file.model() != Some(VAE) {
            return Ok(None);
        }
        Ok(Some(Box::new(VaeFile::read(file)?)))
    }

    fn begin(&self, _: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(arguments, out)
    }

    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        comparison::open(arguments, out)
    }

    fn go_on(&self, plan: &Plan, _: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        fit::go_on(plan, folder, out)
    }
}

impl Fitted for VaeFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        rows::score(self, data, to, out)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::predict(self, data, to, out)
    }

    fn impute(&self, _: &DataArguments, _: &Path, _: &Output) -> Result<u8, Failure> {
        Err(Failure::new(
            "a vae needs whole rows: its encoder reads every column",
            "impute with ppca, factor-analysis or a mixture",
        ))
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::sample(self, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        rows::check(self, data, tolerance, out)
    }
}
