//! The whole model: every part by itself, and the joint scaling where the prior is a fixed standard normal.

use super::part::{Subject, columns};
use super::rows::{Goal, Rows};
use super::solve::solve;
use super::{Criterion, Finding, Maps, NaturalMap, Recognition, Role};
use crate::Error;

/// How closely to look.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Number of random parameter points.
    pub points: usize,
    /// Seed of points and states.
    pub seed: u64,
    /// Largest residual that counts as none; by how derivatives were taken where it is not given.
    pub tolerance: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { points: 5, seed: 0, tolerance: None }
    }
}

/// Decides the parametrisation criterion for a model.
///
/// Least squares for `α` and `β` at several random parameter points, with more states than unknowns; what
/// [`NaturalMap::null_directions`] names is taken out first. A fixed prior `N(0, I)` has no `α`: there the observable and
/// the posterior have to allow the joint scaling of [`Maps::with_standard_normal`].
///
/// # Errors
/// [`Error::Data`] where a map gives numbers that are not finite, or of the wrong shape; [`Error::Setting`] where states
/// are too few to decide.
///
/// # Source
/// Lücke and Warnken, *On the Convergence of the ELBO to Entropy Sums* (arXiv 2209.03077).
pub fn check(model: &Maps<'_>, settings: &Settings) -> Result<Criterion, Error> {
    if model.parts.is_empty() {
        return Err(Error::Setting {
            problem: format!("{} has no parts", model.name),
            hint: "give at least an observable".into(),
        });
    }
    let mut parts: Vec<Finding> = Vec::new();
    for part in &model.parts {
        let scaled = model.standard_normal.is_some() && part.role == Role::Observable;
        let goal = if scaled { Goal::HalfScaled } else { Goal::Natural };
        let own = Subject { name: &part.name, role: part.role, map: part.map.as_ref(), goal };
        let plain = Subject { name: &part.name, role: part.role, map: part.map.as_ref(), goal: Goal::Natural };
        let mut found = own.examine(settings)?;
        if scaled && !found.holds {
            // What is said of base measures is about tempering alone, without the scaling.
            let alone = plain.examine(settings)?;
            (found.base_measure, found.but_for_prior) = (alone.base_measure, alone.holds);
        }
        parts.push(found);
    }
    if let Some(Recognition::Encoder(means, map)) = &model.standard_normal {
        let own =
            Subject { name: "posterior", role: Role::Recognition, map: map.as_ref(), goal: Goal::Scaling(*means) };
        parts.push(own.examine(settings)?);
    }
    let holds = parts.iter().all(|p| p.holds);
    let condition = model.standard_normal.as_ref().map(|r| {
        let of_q = match r {
            Recognition::Free => "q is exact (or of the best scale)",
            Recognition::Encoder(..) => "the encoder is stationary",
        };
        format!(
            "as the prior N(0, I) is fixed, that takes more than the observable's scale: {of_q}, and the first layer, which \
             undoes a scaling of z, is stationary too"
        )
    });
    Ok(Criterion { model: model.name.clone(), holds, parts, condition })
}

/// `α` or `β` of a part at given parameters: one entry per entry of `Θ`, 0 where it is fixed; with the residual.
///
/// `scaled`: tempering together with half a scaling of the posterior, for observables under a fixed `N(0, I)`.
///
/// # Errors
/// As [`check`].
pub fn direction(map: &dyn NaturalMap, theta: &[f64], scaled: bool, seed: u64) -> Result<(Vec<f64>, f64), Error> {
    let goal = if scaled { Goal::HalfScaled } else { Goal::Natural };
    let subject = Subject { name: "part", role: Role::Observable, map, goal };
    let probes = subject.probes(&Settings { points: 1, seed, tolerance: None });
    let rows = Rows::of(subject.name, map, &[theta], probes.states.list(), goal)?;
    let learnt = columns(&map.parameters(), |_, p| p.learnable);
    let found = solve(&rows.columns(&learnt), &rows.target)?;
    let mut out = vec![0.0; theta.len()];
    learnt.iter().zip(&found.x).for_each(|(&j, x)| out[j] = *x);
    Ok((out, found.residual))
}
