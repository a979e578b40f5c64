//! The summary of a model whose ELBO may be a bound: the contract's JSON.

use crate::Error;
use crate::catalogue::summary::{InformationSummary, ResidualSummary, Summary};
use crate::diagnose::{Assessment, Circumstances, Restarts, certify};
use crate::engine::{Progress, Status};
use crate::geometry::{Metric, Tangent};
use crate::model::{Note, sigmoid_belief_net::Recognition};
use crate::objective::{Learning, Look};
use serde_json::{Value, json};

/// What the summary is told about the model.
#[derive(Debug, Clone)]
pub struct Summarised {
    /// Name of the model.
    pub model: &'static str,
    /// Its settings, as model files have them.
    pub settings: Value,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Parameters, as model files have them.
    pub parameters: Value,
    /// The direction in which all natural parameters are scaled together.
    pub tempering: Tangent,
    /// Whether recognition is exact, so that the ELBO is the log-evidence.
    pub exact: bool,
    /// Why there are no information matrices, where there are none.
    pub no_information: String,
}

/// How a fit ended, for its summary.
#[derive(Debug, Clone)]
pub struct LatentFit<'a> {
    /// The fit's state.
    pub progress: &'a Progress,
    /// Agreement of the starts.
    pub restarts: Restarts,
    /// Seed of the best start.
    pub seed: u64,
}

impl super::BeliefNet {
    /// What a summary is told.
    pub fn summarised(&self, look: &Look) -> Summarised {
        let exact = self.net().recognition() == Recognition::Exact;
        Summarised {
            model: "sigmoid-belief-net",
            settings: json!(self.settings()),
            columns: self.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: self.parameters(&look.point),
            // Log-odds are natural and linear in the point.
            tempering: Tangent(look.point.0.clone()),
            exact,
            no_information: if exact {
                "the net has too many units for information matrices".into()
            } else {
                "hidden units are taken as independent (mean field): their beliefs give no observed information".into()
            },
        }
    }
}

impl super::SparseDictionary {
    /// What a summary is told.
    pub fn summarised(&self, look: &Look) -> Summarised {
        let weights = self.model().columns() * self.model().elements();
        let tempering = (0..look.point.0.len()).map(|i| if i < weights { 0.0 } else { -1.0 }).collect();
        Summarised {
            model: "sparse-coding",
            settings: json!(self.settings()),
            columns: self.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: self.parameters(&look.point),
            // All scales fall together.
            tempering: Tangent(tempering),
            exact: false,
            no_information: "strengths are taken as normal and independent: their beliefs give no observed information"
                .into(),
        }
    }
}

/// Everything that can be said about a look; `fit` for fits.
///
/// # Errors
/// As [`Assessment::of`].
pub fn summarise_latent(
    told: Summarised,
    learning: &Learning<'_>,
    look: &Look,
    tolerance: f64,
    fit: Option<LatentFit<'_>>,
) -> Result<Summary, Error> {
    let statistics = &look.statistics;
    let weight = statistics.weight;
    let mut assessment = Assessment::of(learning, look)?;
    if assessment.reading.is_none() {
        let sampled = fit.as_ref().and_then(|f| f.progress.sampled_remaining);
        assessment.remaining_visible = assessment.remaining_visible.or(sampled);
    }
    let entropies = learning.entropies(look);
    let value = look.elbo - entropies.sum();
    let variance = learning.joint_metric(look)?.square(&told.tempering);
    let error = ((statistics.residual_square / weight - value * value).max(0.0) / weight).sqrt();
    let no_information = assessment.reading.is_none().then(|| told.no_information.clone());
    let notes: Vec<Note> = fit.as_ref().map_or_else(Vec::new, |f| f.progress.notes.iter().map(Into::into).collect());
    let mut certificates = certify(&Circumstances {
        assessment: &assessment,
        elbo: look.elbo,
        entropies,
        weight,
        residual_error: error,
        residual_variance: Some(variance),
        residual_parts: None,
        tolerance,
        notes: &notes,
        frozen: None,
        floor_residual: None,
        known_residual: None,
        no_information: no_information.clone(),
        boundary: None,
        gauge: 0,
        directions: Vec::new(),
    });
    if let Some(fit) = &fit {
        certificates.push(fit.restarts.certificate());
    }
    let reading = assessment.reading.as_ref();
    let mut warnings: Vec<String> = notes
        .iter()
        .filter_map(|n| if let Note::Boundary(_, what) = n { Some(format!("boundary: {what}")) } else { None })
        .collect();
    if matches!(fit.as_ref().and_then(|f| f.progress.status.as_ref()), Some(Status::IterationLimit)) {
        warnings.push("stopped at the iteration limit: raise --max-iterations, or go on with --resume".into());
    }
    Ok(Summary {
        model: told.model.into(),
        settings: told.settings,
        rows: statistics.rows,
        weight,
        columns: told.columns,
        status: fit.as_ref().and_then(|f| f.progress.status.clone()),
        why: fit.as_ref().and_then(|f| f.progress.why.clone()),
        iterations: fit.as_ref().map(|f| f.progress.iteration),
        passes: fit.as_ref().map(|f| f.progress.passes),
        elbo: look.elbo,
        log_evidence: told.exact.then_some(look.elbo),
        log_prior: None,
        entropy_sum: entropies.sum(),
        entropies,
        residual: ResidualSummary {
            value,
            standard_error: error,
            prior: 0.0,
            components: Vec::new(),
            variance,
            alarm: if variance > 0.0 { weight * value * value / (2.0 * variance) } else { 0.0 },
            explained_by_floor: None,
            explained_by_prior: None,
        },
        remaining: assessment.remaining(),
        stationarity: assessment.stationarity,
        information: InformationSummary {
            eigenvalues: reading.map(|r| r.observed.eigenvalues.clone()),
            empirical_fisher: reading.map(|r| r.visible.eigenvalues.clone()),
            inertia: reading.map(|r| r.inertia),
            defect: reading.map(|r| r.defect),
            directions: Vec::new(),
            why: no_information,
        },
        certificates,
        parameters: told.parameters,
        standard_errors: None,
        standard_errors_robust: None,
        confidence_95: None,
        standard_errors_why: Some(if told.exact {
            "weights are known only up to the order and the sense of hidden units; no standard errors are given".into()
        } else {
            told.no_information
        }),
        restarts: fit.as_ref().map(|f| f.restarts.clone()),
        warnings,
        nodes: None,
        gram: None,
        seed: fit.map(|f| f.seed),
        version: env!("CARGO_PKG_VERSION").into(),
    })
}
