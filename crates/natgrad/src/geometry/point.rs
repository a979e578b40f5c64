//! Three kinds of coordinate vectors that must not be mixed up.

use crate::linalg::sums::dot;
use serde::{Deserialize, Serialize};

/// A point of the parameter domain, in the model's own coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point(pub Vec<f64>);

/// A direction in the parameter domain: a velocity of a [`Point`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tangent(pub Vec<f64>);

/// A differential: the Euclidean partial derivatives of a function of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Covector(pub Vec<f64>);

impl Covector {
    /// The derivative of the function along a direction, `⟨dL, v⟩`.
    pub fn along(&self, v: &Tangent) -> f64 {
        dot(&self.0, &v.0)
    }
}

impl Tangent {
    /// The same direction, `factor` times as long.
    pub fn scaled(&self, factor: f64) -> Tangent {
        Tangent(self.0.iter().map(|v| v * factor).collect())
    }
}
