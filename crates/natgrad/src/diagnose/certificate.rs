//! Verdicts with their evidence: what was asked, what was found, why, and on whose authority.

use super::assessment::Assessment;
use super::boundary::{self, AtBoundary};
use super::{entropy_sum, information, remaining_gain, restarts, stationarity};
use crate::model::{Entropies, Note};
use serde::{Deserialize, Serialize};

/// The three answers a certificate can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Not refuted: what the certificate asks was found, to its tolerance.
    Holds,
    /// Refuted.
    Fails,
    /// Its conditions are not met; `why` names the one.
    NotApplicable,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Name, as `natgrad explain` takes it.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The number it rests on; `null` where there is none.
    pub value: Option<f64>,
    /// What the number was compared with.
    pub tolerance: f64,
    /// One sentence in plain words, with the numbers.
    pub why: String,
    /// Where the theory is.
    pub source: String,
}

/// What the certificates are told about the point and the fit that led to it.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// What was read off the last sweep.
    pub assessment: &'a Assessment,
    /// ELBO per row.
    pub elbo: f64,
    /// Its entropies.
    pub entropies: Entropies,
    /// Total weight `N`.
    pub weight: f64,
    /// Standard error of the entropy-sum residual per row (sampling of rows).
    pub residual_error: f64,
    /// Variance of the tempering direction's score under the model, `V`; `None` where it is not computed.
    pub residual_variance: Option<f64>,
    /// The prior's and each component's share of the residual, where the model tells them apart.
    pub residual_parts: Option<(f64, Vec<f64>)>,
    /// Tolerance on the remaining gain, nats per row.
    pub tolerance: f64,
    /// What the last M-step met (floors, boundaries, empty components).
    pub notes: &'a [Note],
    /// Frozen parameters in words, where they break the entropy sum's condition; `None` if nothing is frozen.
    pub frozen: Option<String>,
    /// The residual that an active floor explains, per row: half the weighted sum of `1 − s²/floor`.
    pub floor_residual: Option<f64>,
    /// The residual that something else explains, per row, and what that is: a prior on the parameters.
    pub known_residual: Option<(f64, &'static str)>,
    /// Why there is no information matrix, where there is none.
    pub no_information: Option<String>,
    /// What raising parameters near the boundary of their domain would give; `None` where the model does not say.
    pub boundary: Option<AtBoundary>,
    /// Why the likelihood has no maximum, where it has none ([`unbounded`](super::unbounded)).
    pub unbounded: Option<String>,
    /// Number of flat directions along which no distribution changes: they are no fault of the data.
    pub gauge: usize,
    /// The names of the free coordinates that weigh most in each flat or negative direction.
    pub directions: Vec<String>,
}

/// Runs every certificate.
pub fn certify(c: &Circumstances<'_>) -> Vec<Certificate> {
    let mut out =
        vec![stationarity::examine(c), entropy_sum::examine(c), remaining_gain::examine(c), information::examine(c)];
    out.extend(c.boundary.as_ref().map(|found| boundary::examine(found, c)));
    out
}

/// A certificate in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Its name.
    pub name: &'static str,
    /// What it asks, how it is computed, what it can and cannot say.
    pub text: &'static str,
    /// Where the theory is.
    pub source: &'static str,
}

/// All certificates, explained.
pub fn explanations() -> Vec<Explanation> {
    vec![
        stationarity::EXPLANATION,
        entropy_sum::EXPLANATION,
        remaining_gain::EXPLANATION,
        information::EXPLANATION,
        boundary::EXPLANATION,
        restarts::EXPLANATION,
    ]
}
