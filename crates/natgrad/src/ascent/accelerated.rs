//! EM steps combined so that what they leave cancels (Anderson acceleration, in the joint metric).
//!
//! ```text
//! f_i = EM(θ_i) − θ_i,    γ = argmin ‖f_k − ΔF γ‖_G,    v = f_k − (Δθ + ΔF) γ
//! ```
//!
//! `f = G⁻¹ dF` to first order, so `v` approximates the natural gradient of the evidence in the span of the last few
//! steps, at the price of EM: no second moments of scores are needed.

use crate::Error;
use crate::geometry::{Metric, Point, Tangent};
use crate::linalg::{Matrix, symmetric};
use crate::objective::{Learning, Look};
use serde::{Deserialize, Serialize};

/// Steps that are combined: more than the number of slow directions that mixtures have in practice.
const MEMORY: usize = 10;

/// Directions of `ΔF` below this share of the largest (squared lengths) are rounding.
const DISTINCT: f64 = 1e-12;

/// The latest points with their EM steps, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    steps: Vec<(Point, Vec<f64>)>,
}

/// A combined step.
#[derive(Debug, Clone)]
pub struct Combined {
    /// The direction.
    pub direction: Tangent,
    /// `½ dF·v`, an estimate of the remaining gain, nats per row.
    pub remaining: f64,
}

impl History {
    /// Forgets all: the next step is EM.
    pub fn clear(&mut self) {
        self.steps.clear();
    }

    /// Number of steps remembered.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds the EM step from `look` to `next` and combines it with the earlier ones.
    ///
    /// # Errors
    /// As [`Learning::joint_metric`].
    ///
    /// # Source
    /// D. G. Anderson, "Iterative procedures for nonlinear integral equations" (1965); the inner product is the joint
    /// Fisher metric, so that the step does not depend on coordinates to first order.
    pub fn combine(&mut self, learning: &Learning<'_>, look: &Look, next: &Point) -> Result<Combined, Error> {
        let model = learning.model();
        let residual = model.difference(&look.point, next);
        self.steps.push((look.point.clone(), residual.0.clone()));
        if self.steps.len() > MEMORY + 1 {
            self.steps.remove(0);
        }
        let metric = learning.joint_metric(look)?;
        let m = self.steps.len() - 1;
        let change_of_residual: Vec<Tangent> = self
            .steps
            .windows(2)
            .map(|pair| Tangent(pair[1].1.iter().zip(&pair[0].1).map(|(b, a)| b - a).collect()))
            .collect();
        let lowered: Vec<_> = change_of_residual.iter().map(|d| metric.lower(d)).collect();
        // Unit lengths first: early steps are much longer than late ones.
        let lengths: Vec<f64> =
            lowered.iter().zip(&change_of_residual).map(|(l, d)| l.along(d).max(0.0).sqrt()).collect();
        let scale = |i: usize| if lengths[i] > 0.0 { 1.0 / lengths[i] } else { 0.0 };
        let gram = Matrix::from_fn(m, m, |i, j| lowered[i].along(&change_of_residual[j]) * scale(i) * scale(j));
        let along: Vec<f64> = (0..m).map(|i| lowered[i].along(&residual) * scale(i)).collect();
        let mut v = residual.0;
        if let Some(eigen) = (m > 0).then(|| symmetric::eigen(&gram)).flatten() {
            let top = eigen.values.last().copied().unwrap_or(0.0);
            let mut gamma = vec![0.0; m];
            for r in (0..m).filter(|&r| eigen.values[r] > DISTINCT * top) {
                let part: f64 = (0..m).map(|i| eigen.vectors[(i, r)] * along[i]).sum::<f64>() / eigen.values[r];
                gamma.iter_mut().enumerate().for_each(|(i, g)| *g += part * eigen.vectors[(i, r)]);
            }
            for i in 0..m {
                let moved = model.difference(&self.steps[i].0, &self.steps[i + 1].0);
                let factor = gamma[i] * scale(i);
                for (v, (dx, df)) in v.iter_mut().zip(moved.0.iter().zip(&change_of_residual[i].0)) {
                    *v -= factor * (dx + df);
                }
            }
        }
        let direction = Tangent(v);
        let remaining = 0.5 * learning.gradient(look).along(&direction);
        Ok(Combined { direction, remaining })
    }
}
