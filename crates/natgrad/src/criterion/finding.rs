//! What the criterion finds, part by part.

use super::Role;
use serde::Serialize;

/// How derivatives were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Derivatives {
    /// By the map itself: exact.
    Given,
    /// By finite differences of the map.
    FiniteDifferences,
}

/// Numbers of one block of parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedValues {
    /// The block's name.
    pub name: String,
    /// Its entries.
    pub values: Vec<f64>,
}

/// What would make a part meet the criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// It does.
    NotNeeded,
    /// Any one of these fixed parameters, if it were learnt.
    Learn {
        /// Their names.
        one_of: Vec<String>,
    },
    /// These fixed parameters, if all were learnt.
    LearnTogether {
        /// Their names.
        all: Vec<String>,
    },
    /// No parameter that the part has.
    Nothing,
}

/// What was found of one part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The part.
    pub part: String,
    /// What it is in the entropy sum.
    pub role: Role,
    /// Whether it meets the criterion.
    pub holds: bool,
    /// Largest share of the target that learnt parameters do not reach, over the parameter points.
    pub residual: f64,
    /// What the residual was compared with.
    pub tolerance: f64,
    /// How derivatives were taken.
    pub derivatives: Derivatives,
    /// Equations at each parameter point, null directions counted.
    pub equations: usize,
    /// Rank of the learnt parameters' Jacobian, the largest found.
    pub rank: usize,
    /// The first parameter point.
    pub parameters: Vec<NamedValues>,
    /// `α` or `β` there, of the learnt blocks: the shortest where there are many.
    pub direction: Vec<NamedValues>,
    /// What would repair it.
    pub remedy: Remedy,
    /// Whether it meets the criterion by itself, and fails only as it cannot undo the scaling of `z` that a fixed prior
    /// `N(0, I)` asks for.
    pub but_for_prior: bool,
    /// `c`, where the part meets the criterion once `exp(c·T(x))` is part of the base measure: then `F` is the sum of
    /// entropies relative to that measure.
    pub base_measure: Option<Vec<f64>>,
}

/// The answer for a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Criterion {
    /// The model.
    pub model: String,
    /// Whether every part meets it.
    pub holds: bool,
    /// The parts.
    pub parts: Vec<Finding>,
    /// What has to be stationary beside the model's parameters, where the prior is a fixed standard normal.
    pub condition: Option<String>,
}
