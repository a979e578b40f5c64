//! Probabilistic PCA, factor analysis, sigmoid belief nets, sparse coding and variational autoencoders as maps.

use super::heads::{Head, Hidden, Outputs, Spread};
use super::priors::{Independent, Kind};
use crate::Error;
use crate::criterion::{Maps, Recognition, Role};

/// Which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatentModel {
    /// `x ~ N(W z + b, s² I)`, `z ~ N(0, I)`.
    Ppca,
    /// `x ~ N(W z + b, diag ψ)`, `z ~ N(0, I)`.
    FactorAnalysis,
    /// Binary layers, each with log-odds linear in the one above.
    SigmoidBeliefNet,
    /// `x ~ N(W z, s² I)`, `z_h ~ Laplace(0, b_h)`.
    SparseCoding,
    /// Outputs of a network of one hidden layer, an encoder of the same shape.
    Vae,
}

/// Distribution of the outputs of a variational autoencoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observable {
    /// Normal.
    Normal,
    /// Zeros and ones.
    Bernoulli,
    /// Counts.
    Poisson,
}

/// Variance of normal outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    /// One for all.
    Scalar,
    /// One for each column.
    PerColumn,
    /// The exponential of a layer with a bias.
    Network,
    /// The softplus of a layer with a bias.
    Softplus,
}

/// Prior of a variational autoencoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prior {
    /// `N(0, I)`.
    Standard,
    /// `N(0, diag a²)`, the variances learnt.
    Learnt,
}

/// What matters of these models to the criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatentSettings {
    /// The model.
    pub model: LatentModel,
    /// Outputs of a variational autoencoder.
    pub observable: Observable,
    /// Their variance.
    pub variance: Variance,
    /// Its prior.
    pub prior: Prior,
    /// Layers of hidden variables of a sigmoid belief net.
    pub layers: usize,
    /// Names of blocks that stay where they are, as here or as in model files (`loadings`, `noise`, `scales`, `dictionary`);
    /// `encoder` stands for all of its blocks.
    pub freeze: Vec<String>,
}

impl LatentSettings {
    /// A model as it is by default: normal outputs with one variance, a standard normal prior, one layer.
    pub fn new(model: LatentModel) -> Self {
        LatentSettings {
            model,
            observable: Observable::Normal,
            variance: Variance::Scalar,
            prior: Prior::Standard,
            layers: 1,
            freeze: Vec::new(),
        }
    }
}

/// Columns, hidden variables and units: enough that nothing holds by their number.
const OUTPUTS: usize = 3;
const HIDDEN: usize = 2;
const UNITS: usize = 3;
/// Most layers that are looked at.
const LAYERS: usize = 20;

/// What a block is called here that model files call otherwise.
fn block(model: LatentModel, name: &str) -> &str {
    match (model, name) {
        (LatentModel::Ppca | LatentModel::FactorAnalysis, "loadings") | (LatentModel::SparseCoding, "dictionary") => {
            "weights"
        }
        (LatentModel::Ppca | LatentModel::FactorAnalysis, "mean") => "bias",
        (LatentModel::Ppca | LatentModel::SparseCoding, "noise") => "variance",
        (LatentModel::FactorAnalysis, "noise") => "variances",
        (LatentModel::SparseCoding, "scales") => "prior",
        _ => name,
    }
}

fn outputs(settings: &LatentSettings) -> Outputs {
    Outputs {
        inputs: HIDDEN,
        units: None,
        outputs: OUTPUTS,
        bias: true,
        spread: Spread::None,
        head: Head::Plain,
        hidden: Hidden::Real,
        prefix: "",
        frozen: settings.freeze.clone(),
    }
}

/// The maps of a model.
///
/// # Errors
/// [`Error::Setting`] where a name to be frozen is no block, with the names that there are.
pub fn latent_maps(settings: &LatentSettings) -> Result<Maps<'static>, Error> {
    let freeze = settings.freeze.iter().map(|name| block(settings.model, name).to_string()).collect();
    let settings = &LatentSettings { freeze, ..settings.clone() };
    let held = |name: &str| settings.freeze.iter().any(|f| f == name);
    let independent = |kind| Independent { kind, size: HIDDEN, learnt: !held("prior") };
    let plain = outputs(settings);
    let mut names: Vec<String> = Vec::new();
    let note = |names: &mut Vec<String>, of: &Outputs| names.extend(of.names().into_iter().map(|n| n.0));
    let maps = match settings.model {
        LatentModel::Ppca | LatentModel::FactorAnalysis => {
            let (name, spread) = match settings.model {
                LatentModel::Ppca => ("ppca", Spread::Scalar),
                _ => ("factor-analysis", Spread::PerOutput),
            };
            let of = Outputs { spread, head: Head::Normal, ..plain };
            note(&mut names, &of);
            Maps::new(name).with("observable", Role::Observable, of).with_standard_normal(Recognition::Free)
        }
        LatentModel::SigmoidBeliefNet => {
            names.push("prior".into());
            let layers = settings.layers.clamp(1, LAYERS);
            let mut maps = Maps::new("sigmoid-belief-net").with("top layer", Role::Prior, independent(Kind::Bernoulli));
            for layer in (0..layers).rev() {
                let of = Outputs {
                    hidden: Hidden::Binary,
                    outputs: if layer == 0 { OUTPUTS } else { HIDDEN },
                    ..plain.clone()
                };
                note(&mut names, &of);
                maps = match layer {
                    0 => maps.with("observable", Role::Observable, of),
                    _ => maps.with(format!("hidden layer {layer}"), Role::Prior, of),
                };
            }
            maps
        }
        LatentModel::SparseCoding => {
            names.push("prior".into());
            let of = Outputs { spread: Spread::Scalar, head: Head::Normal, bias: false, ..plain };
            note(&mut names, &of);
            Maps::new("sparse-coding").with("prior", Role::Prior, independent(Kind::Laplace)).with(
                "observable",
                Role::Observable,
                of,
            )
        }
        LatentModel::Vae => {
            let (spread, head) = match (settings.observable, settings.variance) {
                (Observable::Bernoulli | Observable::Poisson, _) => (Spread::None, Head::Plain),
                (_, Variance::Scalar) => (Spread::Scalar, Head::Normal),
                (_, Variance::PerColumn) => (Spread::PerOutput, Head::Normal),
                (_, Variance::Network) => (Spread::Layer { bias: true }, Head::Normal),
                (_, Variance::Softplus) => (Spread::Layer { bias: true }, Head::Softplus),
            };
            let decoder = Outputs { units: Some(UNITS), spread, head, ..plain.clone() };
            let mut encoder = Outputs {
                inputs: OUTPUTS,
                outputs: HIDDEN,
                units: Some(UNITS),
                spread: Spread::Layer { bias: true },
                head: Head::Encoder,
                prefix: "encoder-",
                ..plain
            };
            note(&mut names, &decoder);
            note(&mut names, &encoder);
            names.push("encoder".into());
            if held("encoder") {
                encoder.frozen = encoder.names().into_iter().map(|n| n.0).collect();
            }
            let maps = Maps::new("vae");
            match settings.prior {
                Prior::Learnt => {
                    names.push("prior".into());
                    maps.with("prior", Role::Prior, independent(Kind::Normal)).with(
                        "observable",
                        Role::Observable,
                        decoder,
                    )
                }
                Prior::Standard => maps
                    .with("observable", Role::Observable, decoder)
                    .with_standard_normal(Recognition::Encoder(HIDDEN, Box::new(encoder))),
            }
        }
    };
    if let Some(name) = settings.freeze.iter().find(|f| !names.contains(f)) {
        names.sort();
        names.dedup();
        return Err(Error::Setting {
            problem: format!("{} has no \"{name}\" to freeze", maps.name),
            hint: format!("choose from {}", names.join(", ")),
        });
    }
    Ok(maps)
}
