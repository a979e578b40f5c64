//! The published figures, propositions and theorems, recomputed: each claim with what is expected and what is found.

mod catalogue;
mod claim;
pub mod entropy_sums;
mod natural_gradient_elbo;
pub mod overparametrised;
mod reproduction;

pub use catalogue::{CATALOGUE, Entry, ReproduceError, find};
pub use claim::{Claim, Expected};
pub use reproduction::{Figure, Reproduction, Table};
