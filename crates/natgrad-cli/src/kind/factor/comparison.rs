//! Numbers of latent dimensions compared.

use crate::command::fit::settings;
use crate::command::select::{Arguments, Comparable, Found, HeldOut, Latent, Sizes, better};
use crate::failure::Failure;
use crate::kind::stream;
use crate::output::Output;
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
use natgrad::engine::{Control, Outcome, Progress, Settings, fit};
use natgrad::geometry::Point;
use natgrad::rows::{Column, RowSource, Table};
use std::f64::consts::{E, TAU};

/// A factor model with its rows and options.
pub struct Factoring<'a> {
    arguments: &'a Arguments,
    model: FactorName,
    sizes: Sizes,
    source: Box<dyn RowSource>,
}

/// Opens the rows.
pub fn open<'a>(arguments: &'a Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
    let model: FactorName = arguments.model.parse()?;
    if arguments.components.is_some() {
        return Err(Failure::new(format!("--components does nothing in {model}"), "give --latent-dim A..B"));
    }
    let Some(sizes) = arguments.latent_dim else {
        return Err(Failure::new("the numbers of latent dimensions are missing", "give --latent-dim A..B"));
    };
    let reading = &arguments.data.reading;
    let source = reading.open(&arguments.data.data, false, Vec::new(), |_| false, out)?;
    Ok(Box::new(Factoring { arguments, model, sizes, source }))
}

impl Comparable for Factoring<'_> {
    fn word(&self) -> &'static str {
        "latent dimensions"
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn source(&self) -> &dyn RowSource {
        self.source.as_ref()
    }

    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure> {
        let (mut model, _) = FactorAnalysis::for_data(FactorSettings::new(self.model, size), rows)?;
        let (survey, patterns) = model.survey(rows)?;
        let learning = model.learning(rows, patterns.as_ref());
        let mut best: Option<Outcome> = None;
        for (i, seed) in self.arguments.seeds().into_iter().enumerate() {
            let start = match i {
                0 => model.start(&survey, patterns.as_ref())?,
                _ => model.factors().random(&survey, seed),
            };
            let settings = Settings { seed, ..settings(&self.arguments.climb) };
            best = better(best, fit(&learning, &settings, Progress::at(start), &|_| Control::Continue)?);
        }
        let outcome = best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))?;
        let entropies = learning.entropies(&outcome.look);
        let mut found = Found::of(&outcome, model.parameters_count(), entropies);
        found.discrete = false;
        let point = model.factors().canonical(&outcome.look.point);
        found.cautions = model.cautions(&point);
        if let Some(test) = held_out {
            let columns = test.columns().iter().map(|c| Column { missing: true, ..c.clone() }).collect();
            let other = FactorAnalysis::new(model.settings().clone(), columns)?;
            found.held_out = Some(HeldOut::of(test, |chunk| Ok(other.factors().factors(&point, chunk)?.log_evidence))?);
        } else {
            found.latents = latents(&model, &point, rows)?;
        }
        Ok(found)
    }
}

/// How much the rows tell about each factor, in the canonical position, where factors are told apart.
fn latents(model: &FactorAnalysis, point: &Point, rows: &Table) -> Result<Vec<Latent>, Failure> {
    let count = model.factors().latent();
    let (mut weight, mut entropy, mut told) = (0.0, vec![0.0; count], vec![0.0; count]);
    stream(rows, |chunk| {
        let posterior = model.factors().factors(point, &chunk)?;
        for n in 0..chunk.rows {
            let w = chunk.weight(n);
            weight += w;
            for h in 0..count {
                let (m, s) = (posterior.means[h * chunk.rows + n], posterior.deviations[h * chunk.rows + n]);
                entropy[h] += w * (0.5 * (TAU * E).ln() + s.ln());
                told[h] += w * (0.5 * (m * m + s * s - 1.0) - s.ln());
            }
        }
        Ok(())
    })?;
    let prior = 0.5 * (TAU * E).ln();
    let one = |h: usize| Latent::new(format!("factor_{}", h + 1), prior, entropy[h] / weight, told[h] / weight);
    Ok((0..count).map(one).collect())
}
