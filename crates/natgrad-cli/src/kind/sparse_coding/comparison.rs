//! Sizes of dictionaries compared.

use crate::command::fit::settings;
use crate::command::select::{Arguments, Comparable, Found, Sizes, better};
use crate::failure::Failure;
use crate::output::Output;
use natgrad::catalogue::latent::{DictionarySettings, SparseDictionary, check_whole};
use natgrad::engine::{Control, Outcome, Progress, Settings, fit};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{RowSource, Table};

/// Rows and options.
struct Coding<'a> {
    arguments: &'a Arguments,
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
    let data = &arguments.data.data;
    let source = arguments.data.reading.open(data, false, Vec::new(), |_| false, out)?;
    check_whole(source.as_ref()).map_err(|e| Failure::from(e).in_files(data))?;
    Ok(Box::new(Coding { arguments, sizes, source }))
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
        let (model, mean_square) = SparseDictionary::for_data(DictionarySettings { latent_dim: size }, rows)?;
        let centred = model.centred(rows);
        let learning = Learning::new(model.model(), &centred, 0.0);
        let mut best: Option<Outcome> = None;
        for seed in self.arguments.seeds() {
            let settings = Settings { seed, ..settings(&self.arguments.climb) };
            let start = Progress::at(model.model().start(mean_square, seed)?);
            best = better(best, fit(&learning, &settings, start, &|_| Control::Continue)?);
        }
        let outcome = best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))?;
        // Lengths are 1: a number less for each element.
        let parameters = model.model().free() - size;
        let mut found = Found::of(&outcome, parameters, learning.entropies(&outcome.look));
        found.discrete = false;
        found.bound = true;
        if let Some(test) = held_out {
            let centred = model.centred(test);
            let other = Learning::new(model.model(), &centred, 0.0);
            found.held_out = Some(other.look(&outcome.look.point, Want::Evidence)?.elbo);
        }
        Ok(found)
    }
}
