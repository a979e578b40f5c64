//! Points of a model spread by its Riemannian volume, and how a number is distributed over them.
//!
//! ```text
//! √det G = Π_{rows c of tables} P(c)^{(k−1)/2} Π_a θ_{c,a}^{−1/2}
//! ```

mod histogram;
mod riemannian;

pub use histogram::{Histogram, quantile};
pub use riemannian::RiemannianVolume;
