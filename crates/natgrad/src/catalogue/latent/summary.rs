//! The summary of a model whose ELBO may be a bound: the contract's JSON.

use crate::Error;
use crate::catalogue::summary::{Beginning, Ended, ResidualSummary, Summary};
use crate::diagnose::{Assessment, Circumstances, Restarts, certify};
use crate::engine::{Progress, Status};
use crate::geometry::{Metric, Tangent};
use crate::model::{Note, sigmoid_belief_net::Recognition, sparse_coding::Covariance};
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
    /// What is said of estimates on the boundary: the columns' names and the notes of the last M-step.
    pub boundaries: fn(&[String], &[Note]) -> Vec<String>,
}

/// Most columns that one sentence names.
const MOST_NAMED: usize = 6;

/// Some columns by their names: `column a`, `columns a, b`, `columns a, … and 3 more`.
pub fn listed_columns(names: &[String]) -> String {
    let (first, more) = (names[..names.len().min(MOST_NAMED)].join(", "), names.len().saturating_sub(MOST_NAMED));
    match (names.len(), more) {
        (1, _) => format!("column {first}"),
        (_, 0) => format!("columns {first}"),
        _ => format!("columns {first} and {more} more"),
    }
}

impl Summarised {
    /// What is said of the boundary where a fit has ended.
    pub fn cautions(&self, progress: &Progress) -> Vec<String> {
        let notes: Vec<Note> = progress.notes.iter().map(Into::into).collect();
        (self.boundaries)(&self.columns, &notes)
    }
}

/// What stands in the notes.
fn as_they_are(_: &[String], notes: &[Note]) -> Vec<String> {
    let what = |n: &Note| if let Note::Boundary(_, what) = n { Some(format!("boundary: {what}")) } else { None };
    notes.iter().filter_map(what).collect()
}

/// As [`as_they_are`], columns together and by name.
fn by_columns(columns: &[String], notes: &[Note]) -> Vec<String> {
    let (of_columns, others): (Vec<&Note>, Vec<&Note>) =
        notes.iter().partition(|n| matches!(n, Note::Boundary(unit, _) if *unit < columns.len()));
    let mut said = as_they_are(columns, &others.into_iter().cloned().collect::<Vec<_>>());
    let place = |n: &&Note| if let Note::Boundary(unit, _) = n { Some(columns[*unit].clone()) } else { None };
    let names: Vec<String> = of_columns.iter().filter_map(place).collect();
    let certain = match names.len() {
        0 => return said,
        1 => "is certain given the layer above: its weights grow without bound",
        _ => "are certain given the layer above: their weights grow without bound",
    };
    said.push(format!("boundary: {} {certain}", listed_columns(&names)));
    said
}

impl super::BeliefNet {
    /// What a summary is told.
    pub fn summarised(&self, look: &Look) -> Summarised {
        let recognition = self.net().recognition();
        let exact = recognition == Recognition::Exact;
        Summarised {
            model: "sigmoid-belief-net",
            settings: json!(self.settings()),
            columns: self.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: self.parameters(&look.point),
            // Log-odds are natural and linear in the point.
            tempering: Tangent(look.point.0.clone()),
            exact,
            no_information: match recognition {
                Recognition::Exact => "the net has too many units for information matrices".into(),
                Recognition::MeanField => {
                    "hidden units are taken as independent (mean field): their beliefs give no observed information"
                        .into()
                }
                Recognition::Structured(units) => format!(
                    "clusters of {units} hidden units are taken as independent (structured mean field): their beliefs give no observed \
                     information"
                ),
            },
            boundaries: by_columns,
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
            no_information: match self.settings().covariance {
                Covariance::Full => "strengths are taken as normal: their beliefs give no observed information",
                Covariance::Diagonal => {
                    "strengths are taken as normal and independent: their beliefs give no observed information"
                }
            }
            .into(),
            boundaries: as_they_are,
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
    fit: Option<Ended<'_>>,
) -> Result<Summary, Error> {
    let statistics = &look.statistics;
    let weight = statistics.weight;
    let found = fit.as_ref().and_then(|f| f.progress.sampled_remaining);
    let assessment = Assessment::of(learning, look)?.or_sampled(learning, look, found)?;
    let entropies = learning.entropies(look);
    let variance = learning.joint_metric(look)?.square(&told.tempering);
    let residual = ResidualSummary::of(look.elbo - entropies.sum(), statistics, variance, 0.0);
    let no_information = assessment.reading.is_none().then(|| told.no_information.clone());
    let notes: Vec<Note> = match &fit {
        Some(fit) => fit.progress.notes.iter().map(Into::into).collect(),
        None => learning.model().maximise(&look.point, statistics).map(|m| m.notes).unwrap_or_default(),
    };
    let mut certificates = certify(&Circumstances {
        assessment: &assessment,
        elbo: look.elbo,
        entropies,
        weight,
        residual_error: residual.standard_error,
        residual_variance: Some(variance),
        residual_parts: None,
        tolerance,
        notes: &notes,
        frozen: None,
        floor_residual: None,
        known_residual: None,
        no_information: no_information.clone(),
        boundary: None,
        unbounded: None,
        gauge: 0,
        directions: Vec::new(),
    });
    certificates.extend(fit.as_ref().and_then(|f| f.restarts.as_ref()).map(Restarts::certificate));
    let mut warnings = (told.boundaries)(&told.columns, &notes);
    let progress = fit.as_ref().map(|f| f.progress);
    if matches!(progress.and_then(|p| p.status.as_ref()), Some(Status::IterationLimit)) {
        warnings.push(
            "stopped at the iteration limit: raise --max-iterations, or go on with --start RUN/model.json".into(),
        );
    }
    warnings.extend(progress.and_then(Progress::diverged));
    warnings.extend(progress.and_then(|p| p.ended_short(assessment.remaining(), tolerance)));
    let begun = Beginning {
        model: told.model.into(),
        settings: told.settings,
        columns: told.columns,
        parameters: told.parameters,
        elbo: look.elbo,
        entropies,
        statistics,
        assessment: &assessment,
        residual,
        directions: Vec::new(),
        no_information,
        certificates,
    };
    Ok(Summary {
        log_evidence: told.exact.then_some(look.elbo),
        standard_errors_why: Some(if told.exact {
            "weights are known only up to the order and the sense of hidden units; no standard errors are given".into()
        } else {
            told.no_information
        }),
        warnings,
        ..Summary::begin(begun, fit.as_ref())
    })
}
