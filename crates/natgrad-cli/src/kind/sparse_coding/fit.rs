//! Fitting sparse coding: columns centred, rows as elements of the start.

use super::SPARSE_CODING;
use super::file::SparseFile;
use crate::command::fit::{
    Arguments, Fittable, Plan, Reached, Recognition, Shape, Structure, check_fingerprint, climb, fingerprint,
};
use crate::data::Reading;
use crate::failure::Failure;
use crate::kind::latent::{LatentFile, picture};
use crate::output::Output;
use natgrad::catalogue::latent::{Centred, DictionarySettings, SparseDictionary, summarise_latent};
use natgrad::catalogue::{Ended, Summary};
use natgrad::diagnose::Restarts;
use natgrad::engine::{Outcome, Progress};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::model::sparse_coding::Covariance;
use natgrad::objective::Learning;
use natgrad::rows::RowSource;
use natgrad_io::RunFolder;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;

/// What a checkpoint keeps of sparse coding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SparsePlan {
    settings: DictionarySettings,
}

/// A dictionary with the rows that it is fitted to.
struct Prepared {
    model: SparseDictionary,
    source: Centred<Box<dyn RowSource>>,
    mean_square: f64,
}

impl Prepared {
    fn new(
        settings: DictionarySettings,
        start: Option<&LatentFile>,
        data: &[PathBuf],
        reading: &Reading,
        out: &Output,
    ) -> Result<Self, Failure> {
        let source = reading.open(data, false, Vec::new(), |_| false, out)?;
        if let Some(start) = start {
            start.check_columns(source.columns())?;
        }
        let (model, mean_square) =
            SparseDictionary::for_data(settings, source.as_ref()).map_err(|e| Failure::from(e).in_files(data))?;
        let source = model.centred(source);
        Ok(Prepared { model, source, mean_square })
    }

    fn fingerprint(&self) -> u64 {
        let numbers = self.model.mean().iter().chain([&self.mean_square]);
        fingerprint(std::iter::once(self.source.rows()).chain(numbers.map(|x| x.to_bits())))
    }
}

impl Fittable for Prepared {
    fn learning(&self) -> Learning<'_> {
        Learning::new(self.model.model(), &self.source, 0.0)
    }

    fn rows_in_data(&self) -> u64 {
        self.source.rows()
    }

    fn align(&self, _: &mut Restarts, _: &Point, _: &[Option<&Point>], _: f64) {}

    /// Elements of length 1 in the order of their scales, so that runs which found the same dictionary say the same.
    fn settle(&self, outcome: &Outcome, _: usize) -> Result<(Outcome, Vec<String>), Failure> {
        let progress = self.model.settled(&outcome.progress);
        let look = self.learning().look(&progress.point, Want::Statistics)?;
        let (columns, elements) = (self.model.model().columns(), self.model.model().elements());
        let wide = (elements > columns).then(|| {
            format!("{elements} elements for {columns} columns: the dictionary is overcomplete, and sparseness alone tells its elements apart")
        });
        Ok((Outcome { progress, look }, wide.into_iter().collect()))
    }

    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure> {
        let told = self.model.summarised(&outcome.look);
        let fit = Ended { progress: &outcome.progress, restarts: Some(restarts), seed };
        Ok(summarise_latent(told, &self.learning(), &outcome.look, tolerance, Some(fit))?)
    }

    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure> {
        Ok(folder.write_model(&SparseFile::of(&self.model, at))?)
    }

    fn write_pictures(&self, folder: &RunFolder, at: &Point, _: &Summary) -> Result<(), Failure> {
        let dictionary = self.model.model().dictionary(at);
        picture::weights(folder, "dictionary", &dictionary.weights, self.model.model().elements())
    }
}

/// The beliefs that `--covariance` asks for.
pub fn asked(structure: &Structure) -> Result<Option<Covariance>, Failure> {
    match structure.covariance {
        None => Ok(None),
        Some(Shape::Full) => Ok(Some(Covariance::Full)),
        Some(Shape::Diagonal) => Ok(Some(Covariance::Diagonal)),
        Some(_) => Err(Failure::new(
            format!("{SPARSE_CODING} has no beliefs of this shape"),
            "give --covariance full or diagonal",
        )),
    }
}

/// Begins a fit.
pub fn begin(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let foreign = arguments.mixture_option_but(&["--covariance"]).or(arguments.network.given());
    if let Some(option) = foreign.or((arguments.recognition() != Recognition::Exact).then_some("--recognition")) {
        return Err(Failure::new(
            format!("{option} does nothing in {SPARSE_CODING}"),
            "sparse coding takes --latent-dim H and --covariance full or diagonal: leave it out",
        ));
    }
    let start = arguments.start.as_deref().map(|path| LatentFile::read_start(path, SPARSE_CODING)).transpose()?;
    let start = start.map(SparseFile);
    let before = start.as_ref().map(SparseFile::settings).transpose()?;
    let Some(latent_dim) = arguments.latent.latent_dim.or(before.as_ref().map(|b| b.latent_dim)) else {
        return Err(Failure::new("the number of dictionary elements is missing", "give --latent-dim H"));
    };
    let usual = || DictionarySettings::usual(latent_dim).covariance;
    let asked = asked(&arguments.model_arguments.structure)?;
    let covariance = asked.unwrap_or_else(|| before.as_ref().map_or_else(usual, |b| b.covariance));
    let own = DictionarySettings { latent_dim, covariance };
    let prepared = Prepared::new(own.clone(), start.as_ref().map(|s| &s.0), &arguments.data, &arguments.reading, out)?;
    let seeds = arguments.seeds();
    let points = match &start {
        Some(file) => vec![file.point(&prepared.model)?],
        None => {
            let points = prepared.model.model().starts(&prepared.source, prepared.mean_square, &seeds);
            points.map_err(|e| Failure::from(e).in_files(&arguments.data))?
        }
    };
    let plan = arguments.plan(SPARSE_CODING, json!(SparsePlan { settings: own }), seeds, prepared.fingerprint());
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress: Vec<Progress> = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

/// Goes on with a run.
pub fn go_on(
    own: SparsePlan,
    plan: &Plan,
    reached: Reached,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let prepared = Prepared::new(own.settings, None, &plan.data, &plan.reading, out)?;
    check_fingerprint(plan, prepared.fingerprint())?;
    climb(plan, &prepared, reached, folder, out)
}
