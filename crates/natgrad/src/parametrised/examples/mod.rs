//! Parametrisations to try things on: where the natural gradient is well behaved, and where it is not.

mod curves;
mod redundant;

pub use curves::{Cube, Cusp, FigureEight, FigureEightSimplex};
pub use redundant::{Product, SoftmaxMap, Sum, common_cause, softmax_network};
