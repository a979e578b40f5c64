//! One variational autoencoder on one data set: how it learns, at fixed nodes or by draws, and what becomes of it.

use super::climb::{climb, verdict_of};
use super::run::{Run, Step};
use crate::ReproduceError;
use natgrad::catalogue::criterion::{LatentModel, Observable, Prior, Variance as Spread};
use natgrad::criterion::Criterion;
use natgrad::engine::{Control, VariationalProgress, VariationalSettings, learn};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, Inputs, Nodes, ObservableName, Pass, PriorName, Sums, Sweep,
    Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::Table;

/// Most steps of learning at fixed nodes.
const MOST: u64 = 4000;

/// Nodes for each latent where expectations are no quadratic functions.
const NODES: usize = 7;

/// What residuals may be where no slope is above 1e-9, in directions of length up to 100.
pub const RESIDUAL: f64 = 1e-6;

pub struct Autoencoder {
    pub name: &'static str,
    pub title: &'static str,
    pub architecture: Architecture,
    pub rows: Table,
    /// Tensors that stay as they start, by the beginning of their names.
    pub frozen: &'static [&'static str],
    /// `λ` of the penalty on weights and biases: without one, small data have no maximum.
    pub decay: f64,
    pub seed: u64,
}

/// Where learning has ended.
pub struct End {
    pub vae: Vae,
    pub at: Vec<f64>,
    pub sums: Sums,
    pub path: Vec<Step>,
}

/// Units in the hidden layers of nonlinear models.
const UNITS: usize = 4;

/// A Gaussian model with linear maps, or with a hidden layer of `tanh`.
pub fn gaussian(columns: usize, latents: usize, linear: bool) -> Architecture {
    let hidden = if linear { Vec::new() } else { vec![UNITS] };
    Architecture {
        columns,
        latents,
        encoder: hidden.clone(),
        decoder: hidden,
        activation: Activation::Tanh,
        observable: ObservableName::Gaussian,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: if linear { Deviations::Shared } else { Deviations::Network },
        inputs: Inputs::Values,
    }
}

fn step(sums: &Sums) -> Step {
    Step { elbo: sums.elbo(), entropies: sums.entropies() }
}

impl Autoencoder {
    fn start(&self) -> Result<(Vae, Vec<f64>), ReproduceError> {
        let vae = Vae::new(self.architecture.clone())?;
        let moments = ColumnMoments::of(&self.rows, self.architecture.observable)?;
        let at = vae.start(&moments, self.seed);
        Ok((vae, at))
    }

    fn expectation(&self, vae: &Vae) -> Result<Expectation, ReproduceError> {
        let latents = self.architecture.latents;
        Ok(Expectation::Nodes(if vae.is_linear() {
            Nodes::quadratic(latents)
        } else {
            Nodes::hermite(latents, NODES)?
        }))
    }

    fn sweep(&self, vae: &Vae, at: &[f64], slope: bool) -> Result<Sweep, natgrad::Error> {
        let expectation = self
            .expectation(vae)
            .map_err(|e| natgrad::Error::Setting { problem: e.to_string(), hint: "take fewer latents".into() })?;
        Pass::<f64, Processor>::sweep(vae, &Processor, &self.rows, at, &expectation, (self.seed, 0), slope)
    }

    /// Learns at fixed nodes, where the objective is deterministic.
    pub fn climb(&self) -> Result<End, ReproduceError> {
        let (vae, start) = self.start()?;
        let mut learnt = vec![true; start.len()];
        for tensor in &vae.layout().tensors {
            if self.frozen.iter().any(|f| tensor.name.starts_with(f)) {
                learnt[tensor.range()].fill(false);
            }
        }
        let networks = vae.networks();
        let points = climb(start, &learnt, MOST, &mut |at| {
            let mut s = self.sweep(&vae, at, true)?;
            s.gradient.iter_mut().zip(&at[..networks]).for_each(|(g, t)| *g -= self.decay * t);
            let penalty = 0.5 * self.decay * at[..networks].iter().map(|t| t * t).sum::<f64>();
            Ok((s.sums.elbo() - penalty, s.gradient))
        })?;
        let path = points
            .iter()
            .map(|p| Ok(step(&self.sweep(&vae, p, false)?.sums)))
            .collect::<Result<_, ReproduceError>>()?;
        let at = points[points.len() - 1].clone();
        let sums = self.sweep(&vae, &at, false)?.sums;
        Ok(End { vae, at, sums, path })
    }

    /// `α·∂F/∂Ψ + β·∂F/∂θ` at the start.
    pub fn contraction(&self) -> Result<Option<f64>, ReproduceError> {
        let (vae, at) = self.start()?;
        let slope = self.sweep(&vae, &at, true)?.gradient;
        Ok(vae.observable_tempering(&at, &slope).map(|o| o + vae.prior_tempering(&at, &slope)))
    }

    /// What the criterion says; `freeze` are its names of what is frozen.
    pub fn criterion(&self, freeze: &[&str]) -> Result<Criterion, ReproduceError> {
        let a = &self.architecture;
        verdict_of(LatentModel::Vae, freeze, |s| {
            s.observable = match a.observable {
                ObservableName::Gaussian => Observable::Normal,
                ObservableName::Bernoulli => Observable::Bernoulli,
                ObservableName::Poisson => Observable::Poisson,
            };
            s.variance = match a.variance {
                Variance::Fixed(_) | Variance::Scalar => Spread::Scalar,
                Variance::Column => Spread::PerColumn,
                Variance::Network => Spread::Network,
            };
            s.prior = if a.prior == PriorName::Fixed { Prior::Standard } else { Prior::Learnt };
        })
    }

    /// A run in which everything is learnt; weight decay explains what is left.
    pub fn run(&self) -> Result<Run, ReproduceError> {
        let end = self.climb()?;
        let known = end.vae.decay_residual(&end.at, self.decay);
        let expected = if known == 0.0 { (0.0, "") } else { (known, "what weight decay explains") };
        Ok(self.told(end.path, (self.criterion(&[])?, true), self.contraction()?, expected, RESIDUAL))
    }

    /// A run with draws for expectations and Adam on minibatches; closed forms end it.
    pub fn sampled(&self) -> Result<Run, ReproduceError> {
        let (vae, at) = self.start()?;
        let settings = VariationalSettings {
            epochs: 25,
            batch: 50,
            rate: 5e-3,
            seed: self.seed,
            ..VariationalSettings::default()
        };
        let start = VariationalProgress::at(at);
        let outcome =
            learn::<f64, Processor>(&vae, &Processor, &self.rows, &settings, start, &mut |_| Control::Continue)?;
        let mut path: Vec<Step> =
            outcome.progress.trace.iter().map(|r| Step { elbo: r.elbo, entropies: r.entropies }).collect();
        path.push(step(&outcome.sums));
        // Four standard errors of what the draws leave.
        Ok(self.told(path, (self.criterion(&[])?, true), None, (0.0, ""), 4.0 * outcome.residual_error))
    }

    /// A run from its parts; `criterion` comes with what it should say.
    pub fn told(
        &self,
        path: Vec<Step>,
        (criterion, criterion_holds): (Criterion, bool),
        contraction: Option<f64>,
        expected: (f64, &'static str),
        tolerance: f64,
    ) -> Run {
        let (name, title) = (self.name, self.title);
        Run { name, title, criterion, criterion_holds, contraction, path, expected, tolerance }
    }
}
