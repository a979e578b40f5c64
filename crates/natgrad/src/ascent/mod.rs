//! From a slope to the next point: EM, the natural gradient of the evidence, plain gradients, minibatches.
//!
//! Start here to add another: copy `euclidean.rs`.

mod accelerated;
mod euclidean;
mod expectation_maximisation;
mod natural_gradient;
mod observed;
mod quasi_newton;
mod stochastic;

pub use accelerated::{Combined, History};
pub use euclidean::Backtracking;
pub use expectation_maximisation::{damped, em};
pub(crate) use natural_gradient::ROUNDING;
pub use natural_gradient::{Moved, Sampled, evidence_step, sampled_direction};
pub use observed::{observed_direction, of_unit_length};
pub use quasi_newton::{Ascended, quasi_newton};
pub use stochastic::{Schedule, epoch_order};
