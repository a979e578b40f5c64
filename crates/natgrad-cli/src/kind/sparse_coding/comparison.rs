//! Sizes of dictionaries compared.

use super::fit::asked;
use crate::command::fit::settings;
use crate::command::select::{Arguments, Comparable, Found, HeldOut, Sizes, better};
use crate::failure::Failure;
use crate::output::Output;
use natgrad::catalogue::latent::{DictionarySettings, SparseDictionary, check_whole};
use natgrad::engine::{Control, Outcome, Progress, Settings, fit};
use natgrad::model::LatentModel;
use natgrad::model::sparse_coding::Covariance;
use natgrad::objective::Learning;
use natgrad::rows::{Chunk, RowSource, Table};

/// Rows and options.
struct Coding<'a> {
    arguments: &'a Arguments,
    covariance: Option<Covariance>,
    sizes: Sizes,
    source: Box<dyn RowSource>,
}

/// Opens the rows.
pub fn open<'a>(arguments: &'a Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
    if arguments.components.is_some() {
        return Err(Failure::new("--components does nothing in sparse-coding", "give --latent-dim A..B"));
    }
    let Some(sizes) = arguments.latent_dim else {
        return Err(Failure::new("the numbers of dictionary elements are missing", "give --latent-dim A..B"));
    };
    let covariance = asked(&arguments.structure)?;
    let data = &arguments.data.data;
    let source = arguments.data.reading.open(data, false, Vec::new(), |_| false, out)?;
    check_whole(source.as_ref()).map_err(|e| Failure::from(e).in_files(data))?;
    Ok(Box::new(Coding { arguments, covariance, sizes, source }))
}

impl Coding<'_> {
    /// Sizes are compared with the same kind of beliefs: bounds of different ones say nothing about each other.
    fn settings(&self, latent_dim: usize) -> DictionarySettings {
        let usual = DictionarySettings::usual(*self.sizes.all().end()).covariance;
        DictionarySettings { latent_dim, covariance: self.covariance.unwrap_or(usual) }
    }
}

impl Comparable for Coding<'_> {
    fn word(&self) -> &'static str {
        "dictionary elements"
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn source(&self) -> &dyn RowSource {
        self.source.as_ref()
    }

    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure> {
        let (model, mean_square) = SparseDictionary::for_data(self.settings(size), rows)?;
        let centred = model.centred(rows);
        let learning = Learning::new(model.model(), &centred, 0.0);
        let mut best: Option<Outcome> = None;
        let seeds = self.arguments.seeds();
        let starts = model.model().starts(&centred, mean_square, &seeds)?;
        for (seed, start) in seeds.into_iter().zip(starts) {
            let settings = Settings { seed, ..settings(&self.arguments.climb) };
            best = better(best, fit(&learning, &settings, Progress::at(start), &|_| Control::Continue)?);
        }
        let outcome = best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))?;
        // Lengths are 1: a number less for each element.
        let parameters = model.model().free() - size;
        let mut found = Found::of(&outcome, parameters, learning.entropies(&outcome.look));
        found.cautions = model.summarised(&outcome.look).cautions(&model.settled(&outcome.progress));
        found.discrete = false;
        found.bound = true;
        if let Some(test) = held_out {
            let centred = model.centred(test);
            let of = |chunk: &Chunk<'_>| Ok(model.model().recognise(&outcome.look.point, chunk)?.bounds);
            found.held_out = Some(HeldOut::of(&centred, of)?);
        }
        Ok(found)
    }
}
