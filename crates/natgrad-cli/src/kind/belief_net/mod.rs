//! Sigmoid belief nets.

mod comparison;
mod encoder;
mod file;
mod fit;
mod recognition;
mod rows;

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::LatentFile;
use crate::output::Output;
use file::BeliefFile;
use natgrad::catalogue::Message;
use natgrad::catalogue::latent::words;
use natgrad_io::RunFolder;
use std::path::Path;

/// The name of the model.
pub const SIGMOID_BELIEF_NET: &str = "sigmoid-belief-net";

/// In plain words, for `explain`.
const ABOUT: &str = "Sigmoid belief nets: rows of zeros and ones (or of two words) explained by layers of hidden units that are on or \
    off; each unit is a logistic regression on the layer above, and the top's units are independent: --layers 20,10, the top last. \
    With --recognition exact (the default) the states of the hidden layers are listed, up to 20 units in layer 1 and in any two \
    neighbouring hidden layers together; the ELBO is then the log-evidence. With --recognition mean-field units are taken as \
    independent, for nets of any size; the ELBO is then a lower bound. With --recognition structured neighbouring units are believed \
    in together, --cluster 4 by 4 (1 to 10): a bound that is never lower. Missing cells are summed out. With --recognition encoder a \
    second net, upside down, is learnt beside it from minibatches of whole rows: --draws 10 for reweighted wake-sleep, --draws 1 for \
    wake-sleep; --epochs, --learning-rate, --batch. Hidden units are known up to their order and their sense (on and off may be \
    exchanged).";

/// The kind.
pub struct BeliefNets;

impl Kind for BeliefNets {
    fn models(&self) -> Vec<(String, &'static str)> {
        vec![(
            SIGMOID_BELIEF_NET.into(),
            "Layers of binary hidden units behind binary columns: --layers 20,10, the top last",
        )]
    }

    fn explain(&self, model: &str) -> Option<&'static str> {
        (model == SIGMOID_BELIEF_NET).then_some(ABOUT)
    }

    fn words(&self) -> Option<(&'static str, &'static [Message])> {
        Some(("belief nets and sparse coding", words()))
    }

    fn takes(&self, option: &str) -> bool {
        ["--layers", "--latent-dim", "--cluster", "--recognition", "--recognition structured"].contains(&option)
            || encoder::OPTIONS.contains(&option)
    }

    fn leaves(&self) -> &'static [&'static str] {
        &["model.safetensors", "reconstructions.svg", "samples.svg", "weights.svg"]
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        if file.model() != Some(SIGMOID_BELIEF_NET) {
            return Ok(None);
        }
        let net = BeliefFile(LatentFile::read(file)?);
        match encoder::EncoderFile::of(&net)? {
            Some(with_encoder) => Ok(Some(Box::new(with_encoder))),
            None => Ok(Some(Box::new(net))),
        }
    }

    fn begin(&self, _: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(arguments, out)
    }

    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        comparison::open(arguments, out)
    }

    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        match encoder::is_plan(&plan.own) {
            true => encoder::go_on(&plan.own()?, plan, folder, out),
            false => fit::go_on(plan.own()?, plan, reached, folder, out),
        }
    }
}

impl Fitted for BeliefFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        rows::score(&self.load(data, out)?, to, out)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::predict(&self.load(data, out)?, to, out)
    }

    fn impute(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::impute(&self.load(data, out)?, to, out)
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::sample(self, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        rows::check(&self.load(data, out)?, tolerance, out)
    }
}
