//! Sigmoid belief nets and sparse coding as the edges see them: settings, checks of the data, parameters of model files, summaries.

mod belief_net;
mod centred;
mod dictionary;
mod numbers;
mod summary;
mod words;

pub use belief_net::{BeliefNet, BeliefNetSettings, two_states};
pub use centred::Centred;
pub use dictionary::{DictionarySettings, SparseDictionary, check as check_whole};
pub use summary::{Summarised, listed_columns, summarise_latent};
pub use words::words;
