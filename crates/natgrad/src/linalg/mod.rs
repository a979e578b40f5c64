//! The one door to dense linear algebra: products, factorisations, pseudo-inverses and stable scalar functions.

pub mod binary;
pub mod positive;
pub mod product;
pub mod real;
pub mod rms;
pub mod sigmoids;
pub mod simd;
pub mod special;
pub mod sums;
pub mod symmetric;

/// A dense matrix of doubles, column-major.
pub type Matrix = faer::Mat<f64>;
