//! Priors of independent hidden variables, one parameter each.

use crate::criterion::{NaturalMap, Parameter};
use crate::linalg::Matrix;
use rand::{Rng, RngExt};

/// A prior of `size` independent variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `z ∈ {0, 1}`, log-odds.
    Bernoulli,
    /// `z ~ N(0, eᵗ)`: `ζ = −e⁻ᵗ/2`.
    Normal,
    /// `z ~ Laplace(0, eᵗ)`: `ζ = −e⁻ᵗ`.
    Laplace,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Independent {
    pub kind: Kind,
    pub size: usize,
    pub learnt: bool,
}

impl NaturalMap for Independent {
    fn parameters(&self) -> Vec<Parameter> {
        let block = Parameter::new("prior", self.size);
        vec![if self.learnt { block } else { block.fixed() }]
    }

    fn natural(&self, theta: &[f64], _: &[f64]) -> Vec<f64> {
        let one = |t: &f64| match self.kind {
            Kind::Bernoulli => *t,
            Kind::Normal => -0.5 * (-t).exp(),
            Kind::Laplace => -(-t).exp(),
        };
        theta.iter().map(one).collect()
    }

    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        let zeta = self.natural(theta, state);
        let slope = |i: usize| if self.kind == Kind::Bernoulli { 1.0 } else { -zeta[i] };
        Some(Matrix::from_fn(self.size, self.size, |i, j| if i == j { slope(i) } else { 0.0 }))
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        (0..self.size).map(|_| 2.0 * rng.random::<f64>() - 0.9).collect()
    }
}
