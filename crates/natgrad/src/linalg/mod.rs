//! The one door to dense linear algebra: matrices, factorisations, pseudo-inverses and stable scalar functions.

/// A dense matrix of doubles, column-major.
pub type Matrix = faer::Mat<f64>;
