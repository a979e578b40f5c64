//! Adam: steps whose lengths are scaled by running second moments of each slope.

use super::Backend;
use super::kernels::AdamStep;
use crate::linalg::real::Real;
use serde::{Deserialize, Serialize};

/// Settings of Adam.
///
/// ```text
/// m ← β₁ m + (1−β₁) g,   v ← β₂ v + (1−β₂) g²,   θ ← θ + ρ m̂ / (√v̂ + ε)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// Share `β₁` of the old mean slope.
    pub first: f64,
    /// Share `β₂` of the old mean square.
    pub second: f64,
    /// `ε`, which bounds the step where slopes vanish.
    pub floor: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Adam { first: 0.9, second: 0.999, floor: 1e-8 }
    }
}

impl Adam {
    /// The numbers of step `count` (from 1) of length `rate`.
    pub(crate) fn step<T: Real>(&self, rate: f64, count: u64) -> AdamStep<T> {
        let power = |beta: f64| 1.0 - beta.powf(count as f64);
        AdamStep {
            first: T::of(self.first),
            second: T::of(self.second),
            length: T::of(rate / power(self.first)),
            correction: T::of(1.0 / power(self.second).sqrt()),
            floor: T::of(self.floor),
        }
    }
}

/// Running moments of slopes, on the device.
pub struct Moments<T: Real, B: Backend<T>> {
    /// Mean slopes.
    pub first: B::Buffer,
    /// Mean squares.
    pub second: B::Buffer,
    /// Steps taken.
    pub count: u64,
}

impl<T: Real, B: Backend<T>> Moments<T, B> {
    /// No step taken yet.
    pub fn new(backend: &B, parameters: usize) -> Self {
        Moments { first: backend.zeros(parameters), second: backend.zeros(parameters), count: 0 }
    }
}
