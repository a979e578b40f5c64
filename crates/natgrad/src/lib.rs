//! Learn models with hidden variables by natural gradients of the evidence lower bound, and say how good the answer is.
//!
//! The crate is laid out in layers; a layer uses only the layers above it in this list (`tests/layers.rs` checks it):
//! [`error`] and [`linalg`], [`neural`], [`geometry`], [`graph`], [`network`], [`parametrised`], [`criterion`], [`family`], [`rows`], [`model`], [`objective`], [`ascent`], [`diagnose`],
//! [`engine`], [`catalogue`].
//!
//! It does no input or output, reads no clock, prints nothing and has no global state.
//! Every log-probability and entropy is in nats, every ELBO is per row and higher is better.

pub mod ascent;
pub mod catalogue;
pub mod criterion;
pub mod diagnose;
pub mod engine;
pub mod error;
pub mod family;
pub mod geometry;
pub mod graph;
pub mod linalg;
pub mod model;
pub mod network;
pub mod neural;
pub mod objective;
pub mod parametrised;
pub mod rows;

pub use error::Error;
