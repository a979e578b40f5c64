//! Numbers of latent dimensions compared: by the importance-weighted bound of rows held out, for the evidence is not known.

use super::VAE;
use super::fit::open as open_rows;
use super::rows::DRAWS;
use super::shape::told;
use crate::command::select::{Arguments, Comparable, Found, HeldOut, Latent, Sizes};
use crate::failure::Failure;
use crate::output::Output;
use natgrad::engine::{
    Control, Status, VariationalOutcome, VariationalProgress, VariationalSettings, VariationalStatus, importance_bound,
    learn,
};
use natgrad::model::vae::{ColumnMoments, Units, Vae};
use natgrad::neural::Processor;
use natgrad::rows::{RowSource, Table};
use std::f64::consts::{E, TAU};

/// Autoencoders with their rows and options.
struct Coding<'a> {
    arguments: &'a Arguments,
    sizes: Sizes,
    source: Box<dyn RowSource>,
}

/// Opens the rows.
pub fn open<'a>(arguments: &'a Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure> {
    if arguments.components.is_some() {
        return Err(Failure::new(format!("--components does nothing in a {VAE}"), "give --latent-dim A..B"));
    }
    if let Some(option) = arguments.climb.not_of_epochs() {
        return Err(Failure::new(
            format!("{option} does nothing in a {VAE}"),
            "learning goes by --epochs, --learning-rate and --batch: leave it out",
        ));
    }
    let Some(sizes) = arguments.latent_dim else {
        return Err(Failure::new("the numbers of latent dimensions are missing", "give --latent-dim A..B"));
    };
    let data = &arguments.data.data;
    let source = open_rows(&arguments.data.reading, data, arguments.vae.observable(), out)?;
    // Wrong options and cells are said once, not for each size.
    let (vae, _) = told(&arguments.vae, sizes.first(), &arguments.climb, source.columns().len())?;
    ColumnMoments::of(source.as_ref(), vae.architecture().observable).map_err(|e| Failure::from(e).in_files(data))?;
    Ok(Box::new(Coding { arguments, sizes, source }))
}

impl Coding<'_> {
    /// The best of all starts.
    fn best(
        &self,
        vae: &Vae,
        settings: &VariationalSettings,
        moments: &ColumnMoments,
        rows: &Table,
    ) -> Result<VariationalOutcome, Failure> {
        let mut best: Option<VariationalOutcome> = None;
        for seed in self.arguments.seeds() {
            let settings = VariationalSettings { seed, ..settings.clone() };
            let start = VariationalProgress::at(vae.start(moments, seed));
            let watch = &mut |_: &VariationalProgress| Control::Continue;
            let next = if self.arguments.vae.single() {
                learn::<f32, _>(vae, &Processor, rows, &settings, start, watch)?
            } else {
                learn::<f64, _>(vae, &Processor, rows, &settings, start, watch)?
            };
            let sound = |o: &VariationalOutcome| o.progress.status != Some(VariationalStatus::Diverged);
            let ahead = |o: &VariationalOutcome| (sound(o), o.sums.elbo());
            if best.as_ref().is_none_or(|b| ahead(&next) > ahead(b)) {
                best = Some(next);
            }
        }
        best.ok_or_else(|| Failure::new("no start was made", "give --restarts of at least 1"))
    }
}

impl Comparable for Coding<'_> {
    fn word(&self) -> &'static str {
        "latent dimensions"
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn limit(&self) -> &'static str {
        "--epochs"
    }

    fn source(&self) -> &dyn RowSource {
        self.source.as_ref()
    }

    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure> {
        let (vae, settings) = told(&self.arguments.vae, size, &self.arguments.climb, rows.columns().len())?;
        let moments = ColumnMoments::of(rows, vae.architecture().observable)?;
        let units = Units::of(&moments, vae.architecture());
        let vae = vae.in_units(units)?;
        let outcome = self.best(&vae, &settings, &moments, rows)?;
        let (at, sums) = (&outcome.progress.at, &outcome.sums);
        let held_out = match held_out {
            Some(test) => Some(HeldOut::with(test, importance_bound(&vae, test, at, DRAWS, settings.seed)?)?),
            None => None,
        };
        let prior = vae.prior_log_variances(at);
        let normal = 0.5 * (TAU * E).ln();
        let told = sums.divergences(&prior);
        // The fourth stretch of sums is that of the log deviations.
        let deviations = sums.latents[3 * size..].iter().map(|s| s / sums.weight);
        let latents = deviations.zip(&prior).zip(told).enumerate();
        Ok(Found {
            cautions: Vec::new(),
            elbo: sums.elbo(),
            weight: sums.weight,
            parameters: vae.parameters(),
            entropies: sums.entropies(),
            discrete: false,
            bound: true,
            status: Some(outcome.progress.status.map_or(Status::IterationLimit, Status::from)),
            why: None,
            latents: latents
                .map(|(l, ((s, t), told))| Latent::new(format!("latent_{}", l + 1), normal + 0.5 * t, normal + s, told))
                .collect(),
            held_out,
        })
    }
}
