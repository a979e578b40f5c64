//! ELBO and divergence of one observation with finitely many hidden states: their slopes agree for `q`, not for the
//! model.
//!
//! ```text
//! ln p(x) = ELBO(q) + D(q ‖ p(·|x))      ∂_φ ELBO = −∂_φ D      ∂_θ ELBO = ∂_θ ln p(x) − ∂_θ D
//! ```

use super::Slope;
use crate::Error;
use crate::geometry::simplex::{Distribution, divergence};

/// One observation `x`: the numbers `p(x, z)` over the hidden states `z`, in nats once their logarithm is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    joint: Vec<f64>,
    evidence: f64,
}

/// Slopes of the three parts with respect to the numbers `p(x, z)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSlopes {
    /// Of the ELBO, `q(z)/p(x,z)`.
    pub elbo: Slope,
    /// Of minus the divergence, `q(z)/p(x,z) − 1/p(x)`.
    pub divergence: Slope,
    /// Of `ln p(x)`, `1/p(x)`: the difference of the two.
    pub evidence: Slope,
}

impl Observation {
    /// From `p(x, z)`, one positive number per hidden state.
    ///
    /// # Errors
    /// [`Error::Data`] if there are none, or one is not positive and finite.
    pub fn new(joint: Vec<f64>) -> Result<Self, Error> {
        let bad = |problem: String| Error::Data {
            problem,
            hint: "give p(x, z) > 0 for every hidden state; leave out states that cannot be".into(),
        };
        if joint.is_empty() {
            return Err(bad("there are no hidden states".into()));
        }
        if let Some(z) = joint.iter().position(|p| !(p.is_finite() && *p > 0.0)) {
            return Err(bad(format!("p(x, z) is {} for hidden state {}", joint[z], z + 1)));
        }
        let evidence = joint.iter().sum();
        Ok(Observation { joint, evidence })
    }

    /// `ln p(x)`, nats.
    pub fn log_evidence(&self) -> f64 {
        self.evidence.ln()
    }

    /// `p(z|x)`.
    pub fn posterior(&self) -> Vec<f64> {
        self.joint.iter().map(|p| p / self.evidence).collect()
    }

    /// `Σ q ln[p(x,z)/q]`, nats.
    ///
    /// # Errors
    /// [`Error::Setting`] if `q` has another number of states.
    pub fn elbo(&self, q: &Distribution) -> Result<f64, Error> {
        self.fits(q)?;
        let term = |(&q, &p): (&f64, &f64)| if q == 0.0 { 0.0 } else { q * (p / q).ln() };
        Ok(q.probabilities().iter().zip(&self.joint).map(term).sum())
    }

    /// `D(q ‖ p(·|x))`, nats.
    ///
    /// # Errors
    /// [`Error::Setting`] if `q` has another number of states.
    pub fn divergence(&self, q: &Distribution) -> Result<f64, Error> {
        self.fits(q)?;
        Ok(divergence(q.probabilities(), &self.posterior()))
    }

    /// Slope of the ELBO in `q`: `ln p(x,z) − ln q(z) − 1`.
    ///
    /// # Errors
    /// [`Error::Setting`] for another number of states, or a state with `q = 0`, where the slope is infinite.
    pub fn elbo_slope(&self, q: &Distribution) -> Result<Slope, Error> {
        self.inside(q)?;
        let log = |(p, q): (&f64, &f64)| (p / q).ln() - 1.0;
        Ok(Slope(self.joint.iter().zip(q.probabilities()).map(log).collect()))
    }

    /// Slope of the divergence in `q`: `ln q(z) − ln p(z|x) + 1`. Up to a constant, which no direction of the simplex
    /// sees, it is minus that of the ELBO.
    ///
    /// # Errors
    /// As [`Self::elbo_slope`].
    pub fn divergence_slope(&self, q: &Distribution) -> Result<Slope, Error> {
        self.inside(q)?;
        let log = |(p, q): (&f64, &f64)| (q * self.evidence / p).ln() + 1.0;
        Ok(Slope(self.joint.iter().zip(q.probabilities()).map(log).collect()))
    }

    /// Slopes in the numbers `p(x, z)`, `q` held fixed: what a change of the model does.
    ///
    /// # Errors
    /// [`Error::Setting`] if `q` has another number of states.
    pub fn model_slopes(&self, q: &Distribution) -> Result<ModelSlopes, Error> {
        self.fits(q)?;
        let each = |f: &dyn Fn(f64, f64) -> f64| {
            Slope(self.joint.iter().zip(q.probabilities()).map(|(&p, &q)| f(p, q)).collect())
        };
        Ok(ModelSlopes {
            elbo: each(&|p, q| q / p),
            divergence: each(&|p, q| q / p - 1.0 / self.evidence),
            evidence: each(&|_, _| 1.0 / self.evidence),
        })
    }

    fn fits(&self, q: &Distribution) -> Result<(), Error> {
        super::evaluate::length("distribution q", q.probabilities().len(), self.joint.len())
    }

    fn inside(&self, q: &Distribution) -> Result<(), Error> {
        self.fits(q)?;
        match q.probabilities().iter().position(|q| *q == 0.0) {
            Some(z) => Err(Error::Setting {
                problem: format!("q is 0 for hidden state {}: the slope is infinite there", z + 1),
                hint: "slopes in q exist inside the simplex".into(),
            }),
            None => Ok(()),
        }
    }
}
