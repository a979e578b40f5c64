//! What the options of an autoencoder come to: its shape, and how it is learnt.

use super::VaeArguments;
use crate::command::fit::ClimbArguments;
use crate::failure::Failure;
use natgrad::engine::VariationalSettings;
use natgrad::model::vae::{Architecture, Deviations, Expectation, Nodes, Vae};

/// The shape that options ask for.
fn shape(own: &VaeArguments, latents: usize, columns: usize) -> Result<Vae, Failure> {
    let encoder = own.widths()?;
    let mut architecture = Architecture {
        columns,
        latents,
        decoder: encoder.iter().rev().copied().collect(),
        encoder,
        activation: own.activation(),
        observable: own.observable(),
        variance: own.variance()?,
        prior: own.prior(),
        deviations: Deviations::Network,
        inputs: own.observable().inputs(),
    };
    let vae = Vae::new(architecture.clone())?;
    if !vae.is_linear() {
        return Ok(vae);
    }
    architecture.deviations = Deviations::Shared;
    Ok(Vae::new(architecture)?)
}

/// How a model is to be learnt.
pub fn learning(own: &VaeArguments, climb: &ClimbArguments, vae: &Vae) -> Result<VariationalSettings, Failure> {
    let (linear, latents) = (vae.is_linear(), vae.architecture().latents);
    let (optimiser, rate) = own.optimiser();
    let expectation = match (own.nodes, own.draws) {
        (Some(nodes), _) => Expectation::Nodes(Nodes::hermite(latents, nodes)?),
        (None, None) if linear => Expectation::Nodes(Nodes::quadratic(latents)),
        (None, Some(0)) => {
            return Err(Failure::new("--draws 0 takes no draws at all", "give 1 or more, or --nodes for fixed ones"));
        }
        (None, draws) => Expectation::Draws(draws.unwrap_or(1)),
    };
    let settings = VariationalSettings {
        optimiser,
        rate,
        epochs: own.epochs.unwrap_or(if linear && expectation.is_deterministic() { 0 } else { 100 }),
        batch: climb.batch.map_or(128, |b| b as usize),
        decay: own.weight_decay.unwrap_or(0.0),
        expectation,
        seed: climb.seed,
        ..VariationalSettings::default()
    };
    settings.check()?;
    Ok(settings)
}

/// Shape and settings of learning, from options alone.
pub fn told(
    own: &VaeArguments,
    latents: usize,
    climb: &ClimbArguments,
    columns: usize,
) -> Result<(Vae, VariationalSettings), Failure> {
    let vae = shape(own, latents, columns)?;
    let learning = learning(own, climb, &vae)?;
    Ok((vae, learning))
}
