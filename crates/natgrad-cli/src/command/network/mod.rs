//! The subcommands on a learnt Bayesian network, one file each.

pub mod check;
pub mod impute;
pub mod predict;
pub mod sample;
pub mod score;
