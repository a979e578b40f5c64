//! Sigmoid belief nets and sparse coding as the edges see them: settings, checks of the data, parameters of model files, summaries.

mod belief_net;
mod dictionary;
mod numbers;
mod summary;

pub use belief_net::{BeliefNet, BeliefNetSettings};
pub use dictionary::{DictionarySettings, SparseDictionary};
pub use summary::{LatentFit, Summarised, summarise_latent};
