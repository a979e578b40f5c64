//! Sparse coding.

mod comparison;
mod file;
mod fit;
mod rows;

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::LatentFile;
use crate::output::Output;
use file::SparseFile;
use natgrad_io::RunFolder;
use std::path::Path;

/// The name of the model.
pub const SPARSE_CODING: &str = "sparse-coding";

/// In plain words, for `explain`.
const ABOUT: &str = "Sparse coding: a row, less the columns' means, is a sum of dictionary elements of length 1 and noise; few of \
    their strengths are large, for their prior is Laplace's: --latent-dim H, more than columns if you like. Dictionary, \
    scales and noise are learnt, the means are not. What is believed about a row's strengths is normal, with \
    covariances between them (--covariance full, usual up to 32 elements) or without (diagonal): the ELBO is a lower bound of the log-evidence, not the log-evidence. An element whose scale goes to 0 is \
    not used: take fewer, or start from another seed. Elements are known up to their order and sign.";

/// The kind.
pub struct SparseCodings;

impl Kind for SparseCodings {
    fn models(&self) -> Vec<(String, &'static str)> {
        vec![(SPARSE_CODING.into(), "Rows as sums of few elements of a learnt dictionary: --latent-dim H")]
    }

    fn explain(&self, model: &str) -> Option<&'static str> {
        (model == SPARSE_CODING).then_some(ABOUT)
    }

    fn takes(&self, option: &str) -> bool {
        option == "--latent-dim"
    }

    fn leaves(&self) -> &'static [&'static str] {
        &["reconstructions.svg", "samples.svg", "dictionary.svg"]
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        if file.model() != Some(SPARSE_CODING) {
            return Ok(None);
        }
        Ok(Some(Box::new(SparseFile(LatentFile::read(file)?))))
    }

    fn begin(&self, _: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(arguments, out)
    }

    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        comparison::open(arguments, out)
    }

    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        fit::go_on(plan.own()?, plan, reached, folder, out)
    }
}

impl Fitted for SparseFile {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        rows::score(&self.load(data, out)?, to, out)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::predict(&self.load(data, out)?, to, out)
    }

    fn impute(&self, _: &DataArguments, _: &Path, _: &Output) -> Result<u8, Failure> {
        Err(Failure::new(
            "sparse coding needs whole rows: it has no answer for a missing cell",
            "impute with ppca, factor-analysis or a mixture",
        ))
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        rows::sample(self, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        rows::check(&self.load(data, out)?, tolerance, out)
    }
}
