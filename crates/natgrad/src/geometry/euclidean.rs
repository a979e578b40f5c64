//! The metric of plain gradient ascent: every coordinate counts alike, whatever it means.

use super::{Covector, Metric, Raised, Tangent};

/// The identity as metric. Its raised gradient depends on the coordinates; it is here to be compared with.
#[derive(Debug, Clone, Copy)]
pub struct Euclidean(pub usize);

impl Metric for Euclidean {
    fn dim(&self) -> usize {
        self.0
    }

    fn lower(&self, v: &Tangent) -> Covector {
        Covector(v.0.clone())
    }

    fn raise(&self, gradient: &Covector) -> Raised {
        let tangent = Tangent(gradient.0.clone());
        Raised { square: gradient.along(&tangent), tangent, rank: self.0, residual: 0.0 }
    }
}
