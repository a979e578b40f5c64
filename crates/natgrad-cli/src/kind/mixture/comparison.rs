//! Numbers of components compared.

use super::{Prepared, open_for_model, prepare, spec_for};
use crate::command::fit::settings;
use crate::command::select::{Arguments, Comparable, Found, HeldOut, Latent, Sizes, better};
use crate::failure::Failure;
use crate::output::Output;
use natgrad::catalogue::{Described, ModelName, check_support};
use natgrad::engine::{Control, Outcome, Progress, Settings, fit};
use natgrad::model::LatentModel;
use natgrad::rows::{Column, RowSource, Table};

/// A mixture with its rows and options.
pub struct Mixing<'a> {
    arguments: &'a Arguments,
    model: ModelName,
    sizes: Sizes,
    source: Box<dyn RowSource>,
}

/// Opens the rows.
pub fn open<'a>(arguments: &'a Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
    let model: ModelName = arguments.model.parse()?;
    if arguments.latent_dim.is_some() {
        return Err(Failure::new(format!("--latent-dim does nothing in {model}"), "give --components A..B"));
    }
    let Some(sizes) = arguments.components else {
        return Err(Failure::new("the numbers of components are missing", "give --components A..B"));
    };
    let opened = open_for_model(model, &arguments.structure, &arguments.data.data, &arguments.data.reading, out)?;
    Ok(Box::new(Mixing { arguments, model, sizes, source: opened.source }))
}

impl Mixing<'_> {
    /// The best of several starts on some rows.
    fn best(&self, prepared: &Prepared) -> Result<Outcome, Failure> {
        let seeds = self.arguments.seeds();
        let learning = prepared.learning();
        let mut best: Option<Outcome> = None;
        let points = prepared.described.starts(prepared.rows(), &prepared.profile, &seeds)?;
        for (point, seed) in points.into_iter().zip(seeds) {
            let settings = Settings { seed, ..settings(&self.arguments.climb) };
            best = better(best, fit(&learning, &settings, Progress::at(point), &|_| Control::Continue)?);
        }
        best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))
    }
}

impl Comparable for Mixing<'_> {
    fn word(&self) -> &'static str {
        "components"
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn source(&self) -> &dyn RowSource {
        self.source.as_ref()
    }

    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure> {
        let spec = spec_for(self.model, size, &self.arguments.structure, rows.columns())?;
        let prepared = prepare(spec, Box::new(rows.clone()))?;
        let outcome = self.best(&prepared)?;
        let learning = prepared.learning();
        let parameters = learning.joint_metric(&outcome.look)?.rank();
        let entropies = learning.entropies(&outcome.look);
        let mut found = Found::of(&outcome, parameters, entropies);
        found.cautions = prepared.described.cautions(&outcome.look.point, &outcome.progress);
        if size > 1 {
            // One latent variable, the component: at a stationary point its prior is the mean of its posteriors, so that their
            // mean divergence is the difference of the entropies.
            let information = (entropies.prior - entropies.recognition).max(0.0);
            found.latents.push(Latent::new("component".into(), entropies.prior, entropies.recognition, information));
        }
        if let Some(test) = held_out {
            let rows: &dyn RowSource = test;
            let columns = rows.columns().iter().map(|c| Column { missing: true, ..c.clone() }).collect();
            let described = Described::new(prepared.described.spec().clone(), columns)?;
            check_support(described.mixture(), described.spec(), rows)?;
            found.held_out =
                Some(HeldOut::of(rows, |chunk| Ok(described.posterior(&outcome.look.point, chunk)?.log_evidence))?);
        }
        debug_assert!(prepared.described.mixture().free() >= parameters);
        Ok(found)
    }
}
