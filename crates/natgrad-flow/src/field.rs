//! The vector field of an objective on a network's parameters.

use crate::settings::Domain;
use natgrad::Error;
use natgrad::geometry::{Covector, Point, Tangent, simplex};
use natgrad::network::Objective;
use natgrad::network::{At, Enumerated, Least, Target, best_recognition, natural_elbo, natural_evidence, rates};

/// An objective with its target: a vector field, of ascent, on the parameters.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    of: &'a Enumerated<'a>,
    objective: Objective,
    least: Least,
    /// The joint target; only the ELBO uses more than its visible marginal.
    q: Vec<f64>,
    q_visible: Vec<f64>,
}

/// A velocity.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// `dξ/dt`.
    pub velocity: Tangent,
    /// Per node and parent configuration `q(c)/p(c)`, how fast rows move towards those of the target; `None` for the
    /// evidence, whose rows do not move independently.
    pub rates: Option<Vec<Vec<f64>>>,
}

impl<'a> Field<'a> {
    /// The field of an objective; a recognition model that is the posterior is taken at the start.
    ///
    /// # Errors
    /// [`Error::Data`] for a target of the wrong size or one that the start gives probability 0, and on the boundary of
    /// the simplex where it is to be kept; [`Error::Setting`] for a start of the wrong size or not finite.
    pub fn new(
        of: &'a Enumerated<'a>,
        objective: Objective,
        target: &Target,
        start: &Point,
        domain: Domain,
    ) -> Result<Self, Error> {
        if start.0.len() != of.network().parameters() || start.0.iter().any(|x| !x.is_finite()) {
            return Err(Error::Setting {
                problem: format!(
                    "the start has {} parameters, the network {}; all must be finite",
                    start.0.len(),
                    of.network().parameters()
                ),
                hint: "start from tables of the same network".into(),
            });
        }
        let at = of.at(start);
        let q = target.joint(of, &at)?;
        let q_visible = of.map().sum(&q);
        let least = if domain == Domain::Keep { Least::Joint } else { Least::Parameters };
        let field = Field { of, objective, least, q, q_visible };
        if let (Domain::Keep, Some(table)) = (domain, crate::domain::boundary(of.network(), &at)) {
            return Err(Error::Data {
                problem: format!(
                    "the table of \"{table}\" has an entry that is not positive: nothing flows from there"
                ),
                hint: "start inside the simplex (entries of 1e-6, say), or let the domain be free".into(),
            });
        }
        if !(field.own_divergence(&at).is_finite() && field.divergence(&at).is_finite()) {
            return Err(Error::Data {
                problem: "the target has states that the start gives probability 0: the divergence is infinite".into(),
                hint: "give the start's tables positive entries there, or take the states out of the target".into(),
            });
        }
        field.motion(&at)?;
        Ok(field)
    }

    /// The network.
    pub fn network(&self) -> &'a Enumerated<'a> {
        self.of
    }

    /// The visible marginal of the target.
    pub fn target(&self) -> &[f64] {
        &self.q_visible
    }

    /// The joint measure whose ELBO the field climbs here: `q`, or the best recognition model's.
    fn aim(&self, at: &At) -> Vec<f64> {
        match self.objective {
            Objective::Elbo => self.q.clone(),
            Objective::Evidence | Objective::Recognition => best_recognition(self.of, at, &self.q_visible),
        }
    }

    /// The velocity at a point.
    ///
    /// # Errors
    /// [`Error::Data`] where it does not exist.
    pub fn motion(&self, at: &At) -> Result<Motion, Error> {
        if self.objective == Objective::Evidence {
            let velocity = natural_evidence(self.of, at, &self.q_visible, self.least)?;
            return Ok(Motion { velocity, rates: None });
        }
        let q = self.aim(at);
        Ok(Motion { velocity: natural_elbo(self.of, at, &q)?, rates: Some(rates(self.of, at, &q)) })
    }

    /// How fast the field's own divergence falls along a velocity, nats per unit of time; `None` where it is infinite.
    pub fn descent(&self, at: &At, velocity: &Tangent) -> Option<f64> {
        self.of.gradient(at, &self.aim(at)).map(|slope| Covector(slope).along(velocity))
    }

    /// `D(q_V‖p_V)`, nats; `NaN` where a probability is negative.
    pub fn divergence(&self, at: &At) -> f64 {
        simplex::divergence(&self.q_visible, &at.visible)
    }

    fn own_divergence(&self, at: &At) -> f64 {
        match self.objective {
            Objective::Elbo => simplex::divergence(&self.q, &at.joint),
            Objective::Evidence | Objective::Recognition => self.divergence(at),
        }
    }
}
