//! The subcommands on a learnt Bayesian network, one file each, and its picture.

pub mod check;
pub mod impute;
pub mod picture;
pub mod predict;
pub mod sample;
pub mod score;
