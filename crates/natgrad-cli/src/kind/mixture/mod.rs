//! Mixtures: every model of the catalogue's list, and files that no other kind knows.

mod check;
mod comparison;
mod fit;
mod impute;
mod predict;
mod sample;
mod score;

pub use fit::{Prepared, check_options, families_given, open_for_model, prepare, spec_for};

use super::{Fitted, Kind, Opened};
use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::{Described, models};
use natgrad::geometry::Point;
use natgrad::rows::{Column, RowSource};
use natgrad_io::RunFolder;
use std::path::{Path, PathBuf};

/// The kind.
pub struct Mixtures;

/// A mixture in a file.
struct Mixture {
    file: ModelFile,
    /// As the user named it.
    given: PathBuf,
}

/// A fitted model and data for it.
struct Loaded {
    described: Described,
    point: Point,
    source: Box<dyn RowSource>,
}

impl Mixture {
    /// Opens data for the model.
    fn load(&self, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
        let file = &self.file;
        let source = data.reading.open_for(&data.data, &file.columns(), out)?;
        // Every column may have holes: rows to come need not be like the ones that the model has seen.
        let columns = source.columns().iter().map(|c| Column { missing: true, ..c.clone() }).collect();
        let described = Described::new(file.spec(&self.given)?, columns)?;
        let point = file.point(&described)?;
        natgrad::catalogue::check_support(described.mixture(), described.spec(), source.as_ref())
            .map_err(|e| Failure::from(e).in_files(&data.data))?;
        Ok(Loaded { described, point, source })
    }
}

impl Kind for Mixtures {
    fn models(&self) -> Vec<(String, &'static str)> {
        models().into_iter().map(|(m, text)| (m.to_string(), text)).collect()
    }

    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure> {
        Ok(Some(Box::new(Mixture { file: ModelFile::read(file.given)?, given: file.given.into() })))
    }

    fn begin(&self, model: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
        fit::begin(model.parse()?, arguments, out)
    }

    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
        comparison::open(arguments, out)
    }

    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
        fit::go_on(&plan.own()?, plan, reached, folder, out)
    }
}

impl Fitted for Mixture {
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
        score::run(&self.load(data, out)?, to, out)
    }

    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        predict::run(&self.load(data, out)?, to, out)
    }

    fn impute(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
        impute::run(&self.load(data, out)?, to, out)
    }

    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
        sample::run(&self.file, &self.given, rows, seed, to, out)
    }

    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure> {
        check::run(&self.file, &self.given, data, tolerance, out)
    }
}
