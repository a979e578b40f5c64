//! Feed-forward networks on whole minibatches: layers as matrix products, slopes, per-sample Gram matrices, Adam.
//!
//! ```text
//! forward   Y = φ(X Wᵀ + 1 bᵀ)          backward   dW = dZᵀ X,  db = dZᵀ 1,  dX = dZ W ∘ φ′
//! ```
//!
//! A minibatch is a column-major matrix with one row per row of data. Parameters are one flat vector; a [`Layout`] names
//! the tensors in it. What runs on the device is a [`Backend`]; [`Processor`] is the one for ordinary processors.

mod adam;
mod backend;
mod blocks;
mod gram;
mod kernels;
mod kronecker;
mod layout;
mod processor;
mod stack;

pub use adam::{Adam, Moments};
pub use backend::{Backend, Batch, Gaussian, Latents, Observable, Observed, Spread};
pub use blocks::Blocks;
pub use gram::{Dual, add_gram, dual_natural};
pub(crate) use kernels::LN_TWO_PI as LOG_TWO_PI;
pub use kronecker::{Factors, Known};
pub use layout::{Layout, Tensor};
pub use processor::Processor;
pub use stack::{Activation, Dense, Stack};
