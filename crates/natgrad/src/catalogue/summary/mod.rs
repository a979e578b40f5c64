//! The summary of a fit or a check: the contract's JSON, and what every model's summary has in common.

mod mixture;

pub use mixture::summarise;

use super::bayes_net::NodeSummary;
use super::factor::GramSummary;
use crate::diagnose::{Assessment, Certificate, Restarts};
use crate::engine::{Progress, Status};
use crate::geometry::Inertia;
use crate::model::{Entropies, Statistics};
use serde::Serialize;
use serde_json::Value;

/// The information spectrum.
#[derive(Debug, Clone, Serialize)]
pub struct InformationSummary {
    /// Eigenvalues of the observed information relative to the complete one, ascending.
    pub eigenvalues: Option<Vec<f64>>,
    /// Eigenvalues of the empirical Fisher matrix (the model's own, for factor models) relative to the complete one,
    /// ascending.
    pub empirical_fisher: Option<Vec<f64>>,
    /// Signs of the observed ones.
    pub inertia: Option<Inertia>,
    /// `2 max √(λ(1−λ))`.
    pub defect: Option<f64>,
    /// Free coordinates that weigh most in each flat or negative direction.
    pub directions: Vec<String>,
    /// Why there is nothing, where there is nothing.
    pub why: Option<String>,
}

/// The entropy-sum residual and what is known about it, nats per row.
#[derive(Debug, Clone, Serialize)]
pub struct ResidualSummary {
    /// `R = elbo − entropy_sum`.
    pub value: f64,
    /// Its standard error over rows.
    pub standard_error: f64,
    /// The prior's share.
    pub prior: f64,
    /// Each component's share of the observable part.
    pub components: Vec<f64>,
    /// Variance under the model of the tempering direction's score.
    pub variance: f64,
    /// Lower alarm for what is left in all, `N R²/(2V)`, total nats.
    pub alarm: f64,
    /// What an active floor explains.
    pub explained_by_floor: Option<f64>,
    /// What a prior on the parameters explains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained_by_prior: Option<f64>,
}

/// What a fit or a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Model name.
    pub model: String,
    /// The model's settings, as model files have them.
    pub settings: Value,
    /// Number of rows.
    pub rows: u64,
    /// Total weight, where rows are weighted.
    pub weight: f64,
    /// Column names.
    pub columns: Vec<String>,
    /// How the fit ended (fits only).
    pub status: Option<Status>,
    /// Why it ended so, where that needs words.
    pub why: Option<String>,
    /// Iterations of the best restart.
    pub iterations: Option<u64>,
    /// Its full sweeps over the data.
    pub passes: Option<f64>,
    /// ELBO, nats per row.
    pub elbo: f64,
    /// Log-evidence, nats per row.
    pub log_evidence: Option<f64>,
    /// Log-density of a prior on the parameters, nats per row; it is not part of the ELBO.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_prior: Option<f64>,
    /// `recognition − prior − observable + base_measure`.
    pub entropy_sum: f64,
    /// The entropies.
    pub entropies: Entropies,
    /// `elbo − entropy_sum` in parts.
    pub residual: ResidualSummary,
    /// Estimated remaining gain, nats per row.
    pub remaining: Option<f64>,
    /// `g·G⁻¹g`.
    pub stationarity: f64,
    /// The spectrum.
    pub information: InformationSummary,
    /// The verdicts.
    pub certificates: Vec<Certificate>,
    /// Parameters in the form of model files.
    pub parameters: Value,
    /// Their standard errors, in the same shape; `null` with a why where not identified.
    pub standard_errors: Option<Value>,
    /// Robust standard errors (sandwich).
    pub standard_errors_robust: Option<Value>,
    /// Half-widths of 95 % confidence intervals.
    pub confidence_95: Option<Value>,
    /// Why there are no standard errors, or not all.
    pub standard_errors_why: Option<String>,
    /// Restarts (fits only).
    pub restarts: Option<Restarts>,
    /// Warnings in words, each with what to do.
    pub warnings: Vec<String>,
    /// A network's nodes, one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<NodeSummary>>,
    /// Ranks of the Gram matrices, of models that are overparametrised by design.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gram: Option<GramSummary>,
    /// Seed.
    pub seed: Option<u64>,
    /// Version of natgrad.
    pub version: String,
}

/// How a fit ended, for its summary.
#[derive(Debug, Clone)]
pub struct Ended<'a> {
    /// The fit's state.
    pub progress: &'a Progress,
    /// Agreement of the starts.
    pub restarts: Option<Restarts>,
    /// Seed of the best start.
    pub seed: u64,
}

/// What a summary begins with: whose it is, and what was found.
pub(super) struct Beginning<'a> {
    pub model: String,
    pub settings: Value,
    pub columns: Vec<String>,
    pub parameters: Value,
    pub elbo: f64,
    pub entropies: Entropies,
    pub statistics: &'a Statistics,
    pub assessment: &'a Assessment,
    pub residual: ResidualSummary,
    /// The names of the free coordinates that weigh most in each flat or negative direction.
    pub directions: Vec<String>,
    /// Why there is no spectrum, where there is none.
    pub no_information: Option<String>,
    pub certificates: Vec<Certificate>,
}

impl Summary {
    /// What all models say; without standard errors, warnings, and what only some models have.
    pub(super) fn begin(b: Beginning<'_>, fit: Option<&Ended<'_>>) -> Summary {
        let reading = b.assessment.reading.as_ref();
        Summary {
            model: b.model,
            settings: b.settings,
            rows: b.statistics.rows,
            weight: b.statistics.weight,
            columns: b.columns,
            status: fit.and_then(|f| f.progress.status.clone()),
            why: fit.and_then(|f| f.progress.why.clone()),
            iterations: fit.map(|f| f.progress.iteration),
            passes: fit.map(|f| f.progress.passes),
            elbo: b.elbo,
            log_evidence: Some(b.elbo),
            log_prior: None,
            entropy_sum: b.entropies.sum(),
            entropies: b.entropies,
            residual: b.residual,
            remaining: b.assessment.remaining(),
            stationarity: b.assessment.stationarity,
            information: InformationSummary {
                eigenvalues: reading.map(|r| r.observed.eigenvalues.clone()),
                empirical_fisher: reading.map(|r| r.visible.eigenvalues.clone()),
                inertia: reading.map(|r| r.inertia),
                defect: reading.map(|r| r.defect),
                directions: b.directions,
                why: b.no_information,
            },
            certificates: b.certificates,
            parameters: b.parameters,
            standard_errors: None,
            standard_errors_robust: None,
            confidence_95: None,
            standard_errors_why: None,
            restarts: fit.and_then(|f| f.restarts.clone()),
            warnings: Vec::new(),
            nodes: None,
            gram: None,
            seed: fit.map(|f| f.seed),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

impl ResidualSummary {
    /// The residual `value` with its error over rows; `known` of it is explained and raises no alarm.
    pub(super) fn of(value: f64, statistics: &Statistics, variance: f64, known: f64) -> Self {
        let weight = statistics.weight;
        ResidualSummary {
            value,
            standard_error: ((statistics.residual_square / weight - value * value).max(0.0) / weight).sqrt(),
            prior: 0.0,
            components: Vec::new(),
            variance,
            alarm: if variance > 0.0 { weight * (value - known).powi(2) / (2.0 * variance) } else { 0.0 },
            explained_by_floor: None,
            explained_by_prior: None,
        }
    }
}
