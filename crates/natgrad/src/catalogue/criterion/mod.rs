//! Every model of the catalogue as maps to natural parameters, for the parametrisation criterion.
//!
//! Sizes do not matter to the criterion: models are looked at with few columns, components and hidden variables.

mod heads;
mod latent;
mod mixture;
mod network;
mod priors;

pub use latent::{LatentModel, LatentSettings, Observable, Prior, Variance, latent_maps};
pub use mixture::mixture_maps;
pub use network::network_maps;
