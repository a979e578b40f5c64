//! Numbers of hidden units in one layer compared.

use super::recognition;
use super::rows::unit_names;
use crate::command::fit::{Recognition as Asked, settings};
use crate::command::select::{Arguments, Comparable, Found, HeldOut, Latent, Sizes, better};
use crate::failure::Failure;
use crate::kind::stream;
use crate::output::Output;
use natgrad::catalogue::latent::{BeliefNet, BeliefNetSettings};
use natgrad::engine::{Control, Outcome, Progress, Settings, fit};
use natgrad::geometry::Point;
use natgrad::model::LatentModel;
use natgrad::model::sigmoid_belief_net::{MOST_LISTED, Recognition};
use natgrad::objective::Learning;
use natgrad::rows::{Column, RowSource, Table, merge_duplicates};

/// Rows and options.
struct Believing<'a> {
    arguments: &'a Arguments,
    sizes: Sizes,
    recognition: Recognition,
    source: Box<dyn RowSource>,
}

/// Opens the rows.
pub fn open<'a>(arguments: &'a Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
    if arguments.components.is_some() {
        return Err(Failure::new("--components does nothing in a belief net", "give --latent-dim A..B"));
    }
    let sizes = match (arguments.latent_dim, &arguments.layers) {
        (Some(sizes), None) => sizes,
        (_, given) => {
            // What was meant, where that is a range.
            let range = given.as_deref().filter(|g| g.parse::<Sizes>().is_ok()).unwrap_or("A..B");
            let problem = match given {
                Some(_) => "select compares numbers of hidden units in one layer: --layers does nothing in it",
                None => "the numbers of hidden units are missing",
            };
            return Err(Failure::new(problem, format!("give --latent-dim {range}, for one layer")));
        }
    };
    let asked = recognition::told(arguments.recognition.unwrap_or(Asked::Exact), arguments.cluster)?;
    let Some(recognition) = asked else {
        return Err(Failure::new(
            "select does not learn encoders",
            "compare nets with encoders by the bounds of held-out rows: `natgrad fit --recognition encoder`, `natgrad score`",
        ));
    };
    if let Some(option) = arguments.vae.given().next() {
        return Err(Failure::new(
            format!("{option} does nothing in select of a belief net, which learns no encoder"),
            "leave it out: these fits take --max-iterations and --tolerance",
        ));
    }
    if let Some(size) = sizes.all().find(|s| recognition == Recognition::Exact && *s > MOST_LISTED) {
        return Err(Failure::new(
            format!("exact recognition lists the states of hidden units: {size} are more than {MOST_LISTED}"),
            "compare bounds: --recognition mean-field or structured; or fits with --recognition encoder, by `natgrad score`",
        ));
    }
    let data = &arguments.data.data;
    let (source, _) = super::fit::open(data, &arguments.data.reading, out)?;
    BeliefNet::for_data(BeliefNetSettings { layers: vec![sizes.first()], recognition }, source.as_ref())
        .map_err(|e| Failure::from(e).in_files(data))?;
    Ok(Box::new(Believing { arguments, sizes, recognition, source }))
}

impl Comparable for Believing<'_> {
    fn word(&self) -> &'static str {
        "hidden units"
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn source(&self) -> &dyn RowSource {
        self.source.as_ref()
    }

    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure> {
        let own = BeliefNetSettings { layers: vec![size], recognition: self.recognition };
        let (model, frequencies) = BeliefNet::for_data(own.clone(), rows)?;
        let merged = merge_duplicates(rows)?;
        let rows = merged.as_ref().unwrap_or(rows);
        let learning = Learning::new(model.net(), rows, 0.0);
        let mut best: Option<Outcome> = None;
        for seed in self.arguments.seeds() {
            let settings = Settings { seed, ..settings(&self.arguments.climb) };
            let start = Progress::at(model.net().start(&frequencies, seed));
            best = better(best, fit(&learning, &settings, start, &|_| Control::Continue)?);
        }
        let outcome = best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))?;
        let mut found = Found::of(&outcome, model.net().free(), learning.entropies(&outcome.look));
        found.cautions = model.summarised(&outcome.look).cautions(&outcome.progress);
        found.bound = self.recognition != Recognition::Exact;
        let point = &outcome.look.point;
        if let Some(test) = held_out {
            let columns = test.columns().iter().map(|c| Column { missing: true, ..c.clone() }).collect();
            let other = BeliefNet::new(own, columns)?;
            found.held_out = Some(HeldOut::of(test, |chunk| Ok(other.net().recognise(point, chunk)?.evidence))?);
        } else {
            found.latents = latents(&model, point, rows)?;
        }
        Ok(found)
    }
}

/// `H_b(p)`, nats.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    part(p) + part(1.0 - p)
}

/// How much the rows tell about each unit by itself: `mean KL(q_u ‖ π_u)`.
fn latents(model: &BeliefNet, point: &Point, rows: &Table) -> Result<Vec<Latent>, Failure> {
    let layers = &model.settings().layers;
    let layout = model.net().layout();
    let prior: Vec<f64> = point.0[layout.layer(layout.top())].to_vec();
    let (mut weight, mut left, mut told) = (0.0, vec![0.0; prior.len()], vec![0.0; prior.len()]);
    stream(rows, |chunk| {
        let means = model.net().recognise(point, &chunk)?.means;
        for n in 0..chunk.rows {
            let w = chunk.weight(n);
            weight += w;
            for (u, b) in prior.iter().enumerate() {
                let m = means[u * chunk.rows + n];
                // −ln π and −ln(1 − π) of log-odds b.
                let (on, off) = ((-b).exp().ln_1p(), b.exp().ln_1p());
                left[u] += w * entropy(m);
                told[u] += w * (m * on + (1.0 - m) * off - entropy(m));
            }
        }
        Ok(())
    })?;
    let names = unit_names(layers).into_iter().enumerate();
    Ok(names
        .map(|(u, name)| {
            let own = entropy(1.0 / (1.0 + (-prior[u]).exp()));
            Latent::new(name, own, left[u] / weight, told[u] / weight)
        })
        .collect())
}
