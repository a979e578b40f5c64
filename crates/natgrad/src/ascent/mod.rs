//! From a slope to the next point: EM, the natural gradient of the evidence, plain gradients, minibatches.
//!
//! Start here to add another: copy `euclidean.rs`.

mod euclidean;
mod expectation_maximisation;
mod natural_gradient;
mod stochastic;

pub use euclidean::Backtracking;
pub use expectation_maximisation::{damped, em};
pub use natural_gradient::{Moved, Sampled, evidence_step, sampled_direction};
pub use stochastic::{Schedule, epoch_order};
