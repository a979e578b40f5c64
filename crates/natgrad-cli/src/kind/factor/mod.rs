//! Factor analysis and probabilistic PCA.

mod comparison;
mod file;
mod fit;
mod rows;

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::failure::Failure;
use crate::output::Output;
use file::FactorFile;
use natgrad::catalogue::Message;
use natgrad::catalogue::factor::{FactorName, about, words};
use natgrad_io::RunFolder;

/// The kind.
pub struct Factors;

impl Kind for Factors {
    fn models(&self) -> Vec<(String, &'static str)> {
        FactorName::ALL.iter().map(|m| (m.to_string(), about(*m))).collect()
    }

    fn words(&self) -> Option<(&'static str, &'static [Message])> {
        Some(("factor models", words()))
    }

    fn takes(&self, option: &str) -> bool {
        option == "--latent-dim"
    }

    fn leaves(&self) -> &'static [&'static str] {
        &[fit::PICTURE]
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        if file.model().is_none_or(|name| name.parse::<FactorName>().is_err()) {
            return Ok(None);
        }
        Ok(Some(Box::new(FactorFile::read(file)?)))
    }

    fn begin(&self, model: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(model.parse()?, arguments, out)
    }

    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        comparison::open(arguments, out)
    }

    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        fit::go_on(plan.own()?, plan, reached, folder, out)
    }
}
