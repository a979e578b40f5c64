//! The summary of a factor model: the contract's JSON.

use super::FactorAnalysis;
use crate::Error;
use crate::catalogue::summary::{Beginning, Ended, ResidualSummary, Summary};
use crate::diagnose::{
    Assessment, Circumstances, DENSE_LIMIT, FLAT, Restarts, certify, covariance_of_estimates, unbounded,
};
use crate::engine::{Progress, Status};
use crate::geometry::{Gram, Point};
use crate::linalg::Matrix;
use crate::model::LatentModel;
use crate::objective::{Learning, Look};
use serde::Serialize;
use serde_json::json;

/// Ranks of the Gram matrices: what an overparametrised model can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GramSummary {
    /// Number of free coordinates.
    pub coordinates: usize,
    /// Dimension of the rotations of the factors, which change nothing.
    pub rotations: usize,
    /// Rank of the Fisher matrix of the complete data.
    pub rank_joint: usize,
    /// Rank of the Fisher matrix of the evidence; `null` where it is too large to be decomposed.
    pub rank_visible: Option<usize>,
}

/// Everything that can be said about a look at a canonical point; `fit` for fits.
///
/// # Errors
/// As [`Assessment::of`].
pub fn summarise_factors(
    described: &FactorAnalysis,
    learning: &Learning<'_>,
    look: &Look,
    tolerance: f64,
    fit: Option<Ended<'_>>,
) -> Result<Summary, Error> {
    let model = described.factors();
    let (statistics, at) = (&look.statistics, &look.point);
    let weight = statistics.weight;
    let found = fit.as_ref().and_then(|f| f.progress.sampled_remaining);
    let assessment = Assessment::of(learning, look)?.or_sampled(learning, look, found)?;
    let entropies = learning.entropies(look);
    let no_information = assessment.reading.is_none().then(|| {
        format!(
            "{} free parameters: the spectrum is computed up to {DENSE_LIMIT}, and while rows × parameters² stays below 4e11",
            model.free()
        )
    });
    let floored = described.floored(at);
    let residual = ResidualSummary {
        prior: model.prior_residual(statistics).unwrap_or(0.0),
        ..ResidualSummary::of(look.elbo - entropies.sum(), statistics, model.tempering_variance(statistics), 0.0)
    };
    let turns = assessment.reading.as_ref().map(|r| rotations(described, at, &r.complete)).unwrap_or_default();
    let directions = directions(described, at, &assessment, &turns);
    let mut certificates = certify(&Circumstances {
        assessment: &assessment,
        elbo: look.elbo,
        entropies,
        weight,
        residual_error: residual.standard_error,
        residual_variance: Some(residual.variance),
        residual_parts: None,
        tolerance,
        notes: &[],
        frozen: (!floored.is_empty()).then(|| {
            format!("the noise of {} goes to 0 and is held (a Heywood case: it has no scale to learn)", named(&floored))
        }),
        floor_residual: None,
        known_residual: None,
        boundary: None,
        no_information: no_information.clone(),
        unbounded: unbounded(learning, look),
        gauge: turns.len(),
        // Rotations come first, and are not what the certificate counts.
        directions: directions.iter().skip(usize::from(!turns.is_empty())).cloned().collect(),
    });
    certificates.extend(fit.as_ref().and_then(|f| f.restarts.as_ref()).map(Restarts::certificate));
    let reading = assessment.reading.as_ref();
    let errors = reading.and_then(|r| {
        let block = covariance_of_estimates(&assessment, weight)?.into_iter().next()?;
        Some(described.standard_errors(at, &block, &r.complete))
    });
    let standard_errors_why = match (&errors, reading) {
        (Some(e), _) if e.without == 0 => None,
        (Some(e), _) => Some(format!(
            "null for {} numbers: a noise that goes to 0, loadings of factors that cannot be told apart, or directions that \
             the rows do not show",
            e.without
        )),
        (None, Some(_)) => Some("the observed information is indefinite: this is not a maximum".into()),
        (None, None) => no_information.clone(),
    };
    let gram = GramSummary {
        coordinates: model.free(),
        rotations: model.rotations(),
        rank_joint: assessment.rank,
        rank_visible: reading.map(|r| r.visible.eigenvalues.iter().filter(|l| **l > FLAT).count()),
    };
    let begun = Beginning {
        model: described.settings().model.to_string(),
        settings: json!(described.settings()),
        columns: model.names().to_vec(),
        parameters: described.parameters(at),
        elbo: look.elbo,
        entropies,
        statistics,
        assessment: &assessment,
        residual,
        directions,
        no_information,
        certificates,
    };
    Ok(Summary {
        standard_errors: errors.as_ref().map(|e| e.values.clone()),
        confidence_95: errors.map(|e| e.half_width_95),
        standard_errors_why,
        warnings: warnings(described, at, fit.as_ref().map(|f| f.progress)),
        gram: Some(gram),
        ..Summary::begin(begun, fit.as_ref())
    })
}

fn named(columns: &[String]) -> String {
    let shown: Vec<String> = columns.iter().take(6).map(|c| format!("\"{c}\"")).collect();
    let more = if columns.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Tangents of the rotations, orthonormal in the diagonal of the complete information.
fn rotations(described: &FactorAnalysis, at: &Point, complete: &[f64]) -> Vec<Vec<f64>> {
    let model = described.factors();
    let pairs = (0..model.latent()).flat_map(|h| (0..h).map(move |k| (h, k)));
    let scaled: Vec<Vec<f64>> = pairs
        .map(|(h, k)| model.rotation(at, h, k).0.iter().zip(complete).map(|(v, c)| v * c.sqrt()).collect())
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let n = scaled.len();
    let Some(gram) = Gram::new(Matrix::from_fn(n, n, |i, j| dot(&scaled[i], &scaled[j]))) else { return Vec::new() };
    let root = gram.root();
    (0..root.ncols())
        .map(|j| (0..at.0.len()).map(|i| (0..n).map(|m| root[(m, j)] * scaled[m][i]).sum()).collect())
        .collect()
}

/// What flat and negative directions are: rotations in one phrase, others by the coordinates that weigh most.
fn directions(described: &FactorAnalysis, at: &Point, assessment: &Assessment, turns: &[Vec<f64>]) -> Vec<String> {
    let Some(reading) = &assessment.reading else { return Vec::new() };
    let spectrum = &reading.observed;
    let flat: Vec<usize> = (0..spectrum.eigenvalues.len()).filter(|&j| spectrum.eigenvalues[j] <= FLAT).collect();
    if flat.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    if !turns.is_empty() {
        out.push(format!("rotations of the {} factors, which change nothing", described.factors().latent()));
    }
    for j in flat {
        let mut v = vec![0.0; at.0.len()];
        spectrum.vector(j).for_each(|(i, u)| v[i] = u * reading.complete[i].sqrt());
        let before: f64 = v.iter().map(|x| x * x).sum();
        for turn in turns {
            let along: f64 = v.iter().zip(turn).map(|(a, b)| a * b).sum();
            v.iter_mut().zip(turn).for_each(|(a, b)| *a -= along * b);
        }
        // What is left of a rotation is rounding; anything else is a direction of its own.
        if v.iter().map(|x| x * x).sum::<f64>() > 1e-3 * before && out.len() < 5 {
            let mut order: Vec<usize> = (0..v.len()).collect();
            order.sort_by(|a, b| v[*b].abs().total_cmp(&v[*a].abs()).then(a.cmp(b)));
            let top = v[order[0]].abs();
            let names: Vec<String> = order
                .iter()
                .filter(|&&i| v[i].abs() > 0.3 * top)
                .take(3)
                .map(|&i| described.factors().name_of(i))
                .collect();
            let name = names.join(" with ");
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }
    out
}

impl FactorAnalysis {
    /// Names of the columns whose noise goes to 0 at a point.
    fn floored(&self, at: &Point) -> Vec<String> {
        self.model.without_noise(at).iter().map(|&d| self.model.names()[d].clone()).collect()
    }

    /// What makes a point less than it seems, in words: a noise that goes to 0, more parameters than covariances.
    pub fn cautions(&self, at: &Point) -> Vec<String> {
        let mut out = Vec::new();
        let floored = self.floored(at);
        if !floored.is_empty() {
            out.push(format!(
                "the noise of {} goes to 0 (a Heywood case; natgrad explain heywood): try fewer latent dimensions, or leave \
                 the column out",
                named(&floored)
            ));
        }
        if self.is_saturated() {
            let (latent, width) = (self.model.latent(), self.model.width());
            let (s, way) = match latent {
                1 => ("", "Take a third column at least, or ppca"),
                _ => ("s", "Use fewer latent dimensions"),
            };
            out.push(format!(
                "{latent} factor{s} for {width} columns {} more parameters than there are covariances: noise and loadings cannot \
                 be told apart. {way}",
                if latent == 1 { "is" } else { "are" }
            ));
        }
        out
    }
}

fn warnings(described: &FactorAnalysis, at: &Point, progress: Option<&Progress>) -> Vec<String> {
    let mut out = described.cautions(at);
    if let Some(p) = progress {
        match p.status {
            Some(Status::Diverged) => {
                out.extend(p.diverged());
            }
            Some(Status::IterationLimit) => out.push(
                "the iteration limit came first: raise --max-iterations, or go on with --start RUN/model.json".into(),
            ),
            _ => {}
        }
    }
    out
}
