//! Damped metrics `G + εI`: not a generalised inverse, so the pushforward is off; by how much is said.

use super::evaluate::length;
use super::{Pullback, Velocity};
use crate::Error;
use crate::geometry::{Covector, Metric, Tangent};

/// A damped natural gradient beside the exact one.
#[derive(Debug, Clone, PartialEq)]
pub struct Damped {
    /// `(G + εI)⁻¹ c`.
    pub tangent: Tangent,
    /// `J (G + εI)⁻¹ c`.
    pub pushforward: Velocity,
    /// `J (G + εI)⁻¹ c − J G⁺ c`.
    pub difference: Velocity,
    /// Length of the difference in the ambient metric.
    pub error: f64,
    /// `ε/(λ_min + ε) · |J G⁺ c|` with the smallest non-zero eigenvalue of `G`: the error is never larger.
    pub bound: f64,
}

impl Pullback<'_> {
    /// The natural gradient with the damped metric `G + εI`, `ε > 0`, and what the damping costs.
    ///
    /// Unlike the exact one it depends on the coordinates: `εI` is another form after a change of parameters.
    ///
    /// # Errors
    /// [`Error::Setting`] unless `ε` is positive and finite and `c` has one entry per parameter.
    pub fn damped(&self, c: &Covector, epsilon: f64) -> Result<Damped, Error> {
        length("covector", c.0.len(), self.dim())?;
        if !(epsilon.is_finite() && epsilon > 0.0) {
            return Err(Error::Setting {
                problem: format!("the damping is {epsilon}"),
                hint: "give a positive number; without damping use the natural gradient".into(),
            });
        }
        let along = self.coordinates(c);
        let mut outside = c.clone();
        // Twice: what the first round leaves inside the range is rounding, but 1/ε would make it large.
        for _ in 0..2 {
            let along = self.coordinates(&outside);
            let inside = self.combine(|r| along[r]);
            outside.0.iter_mut().zip(inside).for_each(|(o, i)| *o -= i);
        }
        let mut u = self.combine(|r| along[r] / (self.singular[r].powi(2) + epsilon));
        // What no singular vector reaches lies in the kernel of G: there the metric is ε alone.
        u.iter_mut().zip(&outside.0).for_each(|(u, o)| *u += o / epsilon);
        let exact = self.raise(c);
        let off = self.combine(|r| {
            let square = self.singular[r].powi(2);
            if r < self.rank {
                -along[r] / square * (epsilon / (square + epsilon))
            } else {
                along[r] / (square + epsilon)
            }
        });
        let tangent = Tangent(u);
        let difference = Tangent(off);
        let lowest = if self.rank == 0 { f64::INFINITY } else { self.singular[self.rank - 1].powi(2) };
        Ok(Damped {
            pushforward: self.push(&tangent)?,
            error: self.square(&difference).max(0.0).sqrt(),
            difference: self.push(&difference)?,
            bound: if self.rank == 0 { 0.0 } else { epsilon / (lowest + epsilon) * exact.square.sqrt() },
            tangent,
        })
    }
}
