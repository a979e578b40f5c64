//! An inner product on directions, as an operator: lower a tangent, raise a covector.

use super::{Covector, Tangent};

/// Relative tolerance of rank decisions, on matrices scaled to unit diagonal: eigenvalues below it (times the largest)
/// count as zero. Rounding of an `n × n` Gram matrix is of order `n · 2.2e-16`; directions that the data see less than
/// this fraction cannot be told from none.
pub const RANK_TOLERANCE: f64 = 1e-12;

/// What raising a covector gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// `G⁻ dL`: where `G` is singular, the least solution with coordinates scaled to unit diagonal.
    pub tangent: Tangent,
    /// Numerical rank of the metric.
    pub rank: usize,
    /// `‖dL − G G⁺ dL‖ / ‖dL‖`: rounding for the differential of any function on the model.
    pub residual: f64,
    /// `dL · G⁺ dL`, the squared norm.
    pub square: f64,
}

/// A positive semi-definite inner product at a point.
pub trait Metric {
    /// Number of coordinates.
    fn dim(&self) -> usize;

    /// `G v`.
    fn lower(&self, v: &Tangent) -> Covector;

    /// `G⁺ dL` with its rank and residual.
    fn raise(&self, gradient: &Covector) -> Raised;

    /// `v · G v`, in nats where `G` is a Fisher metric.
    fn square(&self, v: &Tangent) -> f64 {
        self.lower(v).along(v)
    }
}
