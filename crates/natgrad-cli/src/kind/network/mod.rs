//! Bayesian networks: learnt ones and bare network files.

mod check;
mod criterion;
mod fit;
mod impute;
pub mod picture;
mod predict;
mod sample;
mod score;

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::Message;
use natgrad::catalogue::bayes_net::words;
use natgrad_io::RunFolder;
use std::path::Path;

/// The name of the model of Bayesian networks.
pub const BAYES_NET: &str = "bayes-net";

/// In plain words, for `explain`.
const ABOUT: &str = "Bayesian networks of discrete nodes (--network FILE.bif or .json), any of them hidden, any cell \
    missing. EM counts, for every table, how often each state is expected given what a row shows; hidden nodes are summed \
    out exactly. Tables may be given a prior, shared (--tie) or held (--freeze).";

/// The kind.
pub struct Networks;

impl Kind for Networks {
    fn models(&self) -> Vec<(String, &'static str)> {
        vec![(BAYES_NET.into(), "Bayesian networks with hidden nodes and missing cells: --network FILE.bif")]
    }

    fn explain(&self, model: &str) -> Option<&'static str> {
        (model == BAYES_NET).then_some(ABOUT)
    }

    fn words(&self) -> Option<(&'static str, &'static [Message])> {
        Some(("networks", words()))
    }

    fn leaves(&self) -> &'static [&'static str] {
        &["network.json", "network.bif", picture::FILE]
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        Ok(NetworkModelFile::find(file.given)?.map(|found| Box::new(found) as Box<dyn Fitted>))
    }

    fn draws(&self, start: &Path) -> bool {
        start == Path::new("random")
    }

    fn begin(&self, _: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(arguments, out)
    }

    fn compare<'a>(&self, _: &'a select::Arguments, _: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        Err(Failure::new(
            "select compares numbers of components, and a bayes-net has none",
            "fit each network with `natgrad fit bayes-net` and compare the log-evidence of rows held out with `natgrad score`",
        ))
    }

    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        fit::go_on(&plan.own()?, plan, reached, folder, out)
    }
}

impl Fitted for NetworkModelFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        score::run(self, data, to, out)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        predict::run(self, data, to, out)
    }

    fn impute(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        impute::run(self, data, to, out)
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        sample::run(self, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        check::run(self, data, tolerance, out)
    }
}
