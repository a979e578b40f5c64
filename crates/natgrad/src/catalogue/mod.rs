//! Names and settings turned into models that can be fitted, described and written down: the one door for the edges.
//!
//! Start here to add another model: give it a [`Spec`] and an entry in [`models`].

pub mod bayes_net;
pub mod criterion;
mod described;
pub mod factor;
pub mod latent;
mod messages;
mod parameters;
mod spec;
mod standard_errors;
mod summary;

pub use described::{Described, Posterior, Sampler};
pub use messages::{Message, messages};
pub use parameters::{parameters_from_json, parameters_to_json};
pub use spec::{CovarianceShape, FamilyName, ModelName, Spec, check_data, check_support, families, models};
pub use standard_errors::{StandardErrors, standard_errors};
pub use summary::{Ended, InformationSummary, ResidualSummary, Summary, summarise};
