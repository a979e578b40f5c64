//! A model as its parts: priors, observables, and how the posterior is found where a prior is fixed.

use super::NaturalMap;

/// What a part is in the entropy sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A distribution of hidden variables.
    Prior,
    /// A distribution of what is seen.
    Observable,
    /// The variational distribution, where the criterion asks something of it.
    Recognition,
}

/// A conditional distribution of a model.
pub struct Part<'a> {
    /// Its name.
    pub name: String,
    /// What it is in the entropy sum.
    pub role: Role,
    /// Its natural parameters.
    pub map: Box<dyn NaturalMap + 'a>,
}

/// How the posterior is found where the prior is `N(0, I)`.
pub enum Recognition<'a> {
    /// Every `q`, or the exact posterior: it can always be scaled.
    Free,
    /// Normal with diagonal covariance, `(m(x; φ), ln σ(x; φ))` from an encoder: the map gives so many means first, then
    /// as many logarithms of standard deviations, and its states are data.
    Encoder(usize, Box<dyn NaturalMap + 'a>),
}

/// A model: parts with their maps.
pub struct Maps<'a> {
    /// Its name.
    pub name: String,
    /// Its parts.
    pub parts: Vec<Part<'a>>,
    /// Set where the hidden variables have the fixed prior `N(0, I)`.
    pub standard_normal: Option<Recognition<'a>>,
}

impl<'a> Maps<'a> {
    /// A model without parts.
    pub fn new(name: impl Into<String>) -> Self {
        Maps { name: name.into(), parts: Vec::new(), standard_normal: None }
    }

    /// With another part.
    pub fn with(mut self, name: impl Into<String>, role: Role, map: impl NaturalMap + 'a) -> Self {
        self.parts.push(Part { name: name.into(), role, map: Box::new(map) });
        self
    }

    /// With hidden variables `z ~ N(0, I)`, a prior without parameters.
    ///
    /// It has no `α`. Scaling `q` by `z → eˢz` changes the ELBO by `s (K − E|z|²)` through the prior and the entropy, which
    /// is twice the prior's share of `F − (entropy sum)`. Where the observable's parameters undo the scaling,
    /// the sum of entropies is reached at points that are stationary in `q` too.
    pub fn with_standard_normal(mut self, recognition: Recognition<'a>) -> Self {
        self.standard_normal = Some(recognition);
        self
    }
}
