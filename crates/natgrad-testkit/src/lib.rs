//! Laws, oracles and generators that the tests run on every family, model and metric.

pub mod generate;
pub mod laws;
pub mod mixtures;
