//! What a user writes down of a model: parameters with names, and the map from them to natural parameters.

use crate::linalg::Matrix;
use rand::Rng;

/// A block of parameters that is learnt, or held, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Name, as messages have it: "output bias".
    pub name: String,
    /// Number of entries.
    pub length: usize,
    /// Whether it is learnt.
    pub learnable: bool,
}

impl Parameter {
    /// A block that is learnt.
    pub fn new(name: impl Into<String>, length: usize) -> Self {
        Parameter { name: name.into(), length, learnable: true }
    }

    /// The same block, held where it is.
    pub fn fixed(mut self) -> Self {
        self.learnable = false;
        self
    }
}

/// Hidden states at which a part is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum States {
    /// All there are: what holds at them holds.
    All(Vec<Vec<f64>>),
    /// Some of infinitely (or too) many.
    Drawn(Vec<Vec<f64>>),
}

impl States {
    /// The states.
    pub fn list(&self) -> &[Vec<f64>] {
        match self {
            States::All(list) | States::Drawn(list) => list,
        }
    }
}

/// The map from parameters to the natural parameters `η(z; Θ)` of one part of a model; a prior has one empty state.
///
/// All natural parameters are relative to the base measure `h`: what is in `h` is left out.
pub trait NaturalMap {
    /// The blocks of `Θ`, in order; their lengths add up to the length of `Θ`.
    fn parameters(&self) -> Vec<Parameter>;

    /// `η(z; Θ)`.
    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64>;

    /// `∂η(z; Θ)/∂Θ`, one row per natural parameter, one column per entry of `Θ`, fixed ones too; `None`: finite
    /// differences are taken.
    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        let _ = (theta, state);
        None
    }

    /// `∂η(eˢz; Θ)/∂s` at `s = 0`, wanted where the prior is a fixed standard normal; `None`: finite differences.
    fn along_state(&self, theta: &[f64], state: &[f64]) -> Option<Vec<f64>> {
        let _ = (theta, state);
        None
    }

    /// Directions of natural parameters that change no distribution, such as a constant added to all log-weights.
    fn null_directions(&self) -> Vec<Vec<f64>> {
        Vec::new()
    }

    /// Random parameters inside the domain, at no special place.
    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64>;

    /// All hidden states, or `count` random ones.
    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        let _ = (rng, count);
        States::All(vec![Vec::new()])
    }
}

impl<M: NaturalMap + ?Sized> NaturalMap for Box<M> {
    fn parameters(&self) -> Vec<Parameter> {
        (**self).parameters()
    }

    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64> {
        (**self).natural(theta, state)
    }

    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        (**self).jacobian(theta, state)
    }

    fn along_state(&self, theta: &[f64], state: &[f64]) -> Option<Vec<f64>> {
        (**self).along_state(theta, state)
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        (**self).null_directions()
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        (**self).draw(rng)
    }

    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        (**self).states(rng, count)
    }
}
