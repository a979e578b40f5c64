//! The summary of a mixture.

use super::{Beginning, Ended, ResidualSummary, Summary};
use crate::Error;
use crate::catalogue::criterion::mixture_maps;
use crate::catalogue::described::Described;
use crate::catalogue::standard_errors::standard_errors;
use crate::criterion::{Settings, check};
use crate::diagnose::{
    Assessment, Circumstances, DENSE_LIMIT, Restarts, at_the_boundary, certify, covariance_of_estimates,
    residual_variance, unbounded,
};
use crate::engine::{Progress, Status};
use crate::geometry::Point;
use crate::model::{LatentModel, Note};
use crate::objective::{Learning, Look};

/// Everything that can be said about a look; `fit` for fits.
///
/// # Errors
/// As [`Assessment::of`].
pub fn summarise(
    described: &Described,
    learning: &Learning<'_>,
    look: &Look,
    tolerance: f64,
    fit: Option<Ended<'_>>,
) -> Result<Summary, Error> {
    let mixture = described.mixture();
    let found = fit.as_ref().and_then(|f| f.progress.sampled_remaining);
    let assessment = Assessment::of(learning, look)?.or_sampled(learning, look, found)?;
    let statistics = &look.statistics;
    let weight = statistics.weight;
    let entropies = learning.entropies(look);
    let mut notes: Vec<Note> = match &fit {
        Some(fit) => fit.progress.notes.iter().map(Into::into).collect(),
        None => mixture.maximise(&look.point, statistics).map(|m| m.notes).unwrap_or_default(),
    };
    notes = with_near_boundary(described, look, notes);
    let frozen = frozen_in_words(described, look)?;
    let floored: Vec<usize> = mixture.floored(&look.point);
    // The last M-step need not have met the floor again on which a variance rests.
    for &k in
        floored.iter().filter(|&&k| !notes.iter().any(|n| matches!(n, Note::Floored(j) if *j == k))).collect::<Vec<_>>()
    {
        notes.push(Note::Floored(k));
    }
    let floor_residual = (!floored.is_empty()).then(|| mixture.floor_residual(&look.point, statistics));
    let no_information = assessment.reading.is_none().then(|| {
        format!(
            "{} free parameters: the spectrum is computed up to {DENSE_LIMIT}, and while rows × parameters² stays \
             below 4e11",
            mixture.free()
        )
    });
    let directions = named_directions(described, &assessment);
    let residual = ResidualSummary {
        prior: mixture.prior_residual(&look.point, statistics),
        components: mixture.component_residuals(&look.point, statistics),
        explained_by_floor: floor_residual,
        ..ResidualSummary::of(look.elbo - entropies.sum(), statistics, tempering_variance(described, look), 0.0)
    };
    let mut certificates = certify(&Circumstances {
        assessment: &assessment,
        elbo: look.elbo,
        entropies,
        weight,
        residual_error: residual.standard_error,
        residual_variance: Some(residual.variance),
        residual_parts: Some((residual.prior, residual.components.clone())),
        tolerance,
        notes: &notes,
        frozen,
        floor_residual,
        known_residual: None,
        boundary: Some(at_the_boundary(learning, look)?),
        no_information: no_information.clone(),
        unbounded: unbounded(learning, look),
        gauge: 0,
        directions: directions.clone(),
    });
    certificates.extend(fit.as_ref().and_then(|f| f.restarts.as_ref()).map(Restarts::certificate));
    let errors = covariance_of_estimates(&assessment, weight)
        .and_then(|c| c.into_iter().next())
        .map(|c| standard_errors(mixture, described.spec(), described.columns(), &look.point, &c));
    let standard_errors_why = match (&errors, &assessment.reading) {
        (Some(e), _) => e.why.clone(),
        (None, Some(_)) => Some("the observed information is indefinite: this is not a maximum".into()),
        (None, None) => no_information.clone(),
    };
    let begun = Beginning {
        model: described.spec().model.to_string(),
        settings: serde_json::json!(described.spec()),
        columns: described.columns().iter().map(|c| c.name.clone()).collect(),
        parameters: described.parameters(&look.point),
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
        standard_errors: errors.as_ref().map(|e| e.model.clone()),
        standard_errors_robust: errors.as_ref().map(|e| e.robust.clone()),
        confidence_95: errors.map(|e| e.half_width_95),
        standard_errors_why,
        warnings: warnings(described, &notes, fit.as_ref().map(|f| f.progress), &floored),
        ..Summary::begin(begun, fit.as_ref())
    })
}

/// A probability this close to 0 or 1 is on its way to the boundary: fewer than one row in ten million would show it.
const NEAR_BOUNDARY: f64 = 1e-7;

/// Adds estimates that are on the boundary for every purpose, though no M-step has put them there yet.
fn with_near_boundary(described: &Described, look: &Look, mut notes: Vec<Note>) -> Vec<Note> {
    let mixture = described.mixture();
    let weights = mixture.weights(&look.point);
    for k in (0..mixture.components()).filter(|&k| weights[k] > 0.0) {
        for (b, block) in mixture.blocks().iter().enumerate() {
            if matches!(block.family.name(), "bernoulli" | "binomial" | "categorical") {
                let p = block.family.to_source(&mixture.natural(&look.point, k, b));
                let only = p.len() == 1;
                let near = p.iter().any(|p| *p < NEAR_BOUNDARY || (only && 1.0 - *p < NEAR_BOUNDARY));
                let note = Note::Boundary(k, described.columns()[block.columns[0]].name.clone());
                if near && !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
    }
    notes
}

/// Model variance of the tempering score (see [`residual_variance`]).
fn tempering_variance(described: &Described, look: &Look) -> f64 {
    let mixture = described.mixture();
    let weights = mixture.weights(&look.point);
    let variances: Vec<f64> = (0..mixture.components())
        .map(|k| {
            let mut variance = 0.0;
            for (b, block) in mixture.blocks().iter().enumerate() {
                let eta = mixture.natural(&look.point, k, b);
                let fisher = block.family.fisher(&eta);
                for i in 0..eta.0.len() {
                    for j in 0..eta.0.len() {
                        if fisher[(i, j)] != 0.0 {
                            variance += eta.0[i] * fisher[(i, j)] * eta.0[j];
                        }
                    }
                }
            }
            variance
        })
        .collect();
    residual_variance(&weights, &variances)
}

/// Frozen parameters that stop the tempering direction, in words: what the criterion names.
fn frozen_in_words(described: &Described, look: &Look) -> Result<Option<String>, Error> {
    let spec = described.spec();
    if !spec.freeze_weights && !spec.freeze_covariances {
        return Ok(None);
    }
    let weights = described.mixture().weights(&look.point);
    let maps = mixture_maps(spec, described.columns(), spec.freeze_weights.then_some(&weights))?;
    let found = check(&maps, &Settings { points: 1, ..Settings::default() })?;
    let named: Vec<&str> = found
        .parts
        .iter()
        .filter(|p| !p.holds)
        .flat_map(|p| p.parameters.iter().filter(|b| p.direction.iter().all(|d| d.name != b.name)))
        .map(|b| b.name.as_str())
        .collect();
    // Equal weights do no harm.
    Ok(match &named[..] {
        [] => None,
        ["mixing weights"] => Some("unequal mixing weights are frozen".into()),
        names => Some(format!("{} are frozen", names.join(" and "))),
    })
}

/// The coordinates that weigh most in each flat or negative direction (at most five directions, three names each).
fn named_directions(described: &Described, assessment: &Assessment) -> Vec<String> {
    let Some(reading) = &assessment.reading else { return Vec::new() };
    let spectrum = &reading.observed;
    let tolerance = crate::diagnose::FLAT;
    let chosen = (0..spectrum.eigenvalues.len()).filter(|&j| spectrum.eigenvalues[j] <= tolerance).take(5);
    let free = described.mixture().free();
    chosen
        .map(|j| {
            // Weigh coordinates by their own information, so that units do not decide.
            let mut shares = vec![0.0; free];
            spectrum.vector(j).for_each(|(i, u)| shares[i] = (u * reading.complete[i].sqrt()).abs());
            let share = |i: usize| shares[i];
            let mut order: Vec<usize> = (0..free).collect();
            order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
            let top = share(order[0]);
            let mut names: Vec<String> = Vec::new();
            for &i in order.iter().filter(|&&i| share(i) > 0.3 * top) {
                let name = described.mixture().name_of(i);
                if !names.contains(&name) {
                    names.push(name);
                }
                if names.len() == 3 {
                    break;
                }
            }
            names.join(" with ")
        })
        .collect()
}

impl Described {
    /// What makes the end of a fit less than it seems, in words: components without rows, estimates on a boundary or a floor.
    pub fn cautions(&self, at: &Point, progress: &Progress) -> Vec<String> {
        let notes: Vec<Note> = progress.notes.iter().map(Into::into).collect();
        cautions(self, &notes, &self.mixture().floored(at))
    }
}

fn cautions(described: &Described, notes: &[Note], floored: &[usize]) -> Vec<String> {
    let mut out = Vec::new();
    for note in notes {
        match note {
            Note::Empty(k) => out.push(format!(
                "component {} holds no rows; its parameters are where they started. Fit fewer components",
                k + 1
            )),
            Note::Boundary(k, what) => out.push(format!(
                "component {}, {what}: an estimate lies on the boundary (a probability or rate of 0); it has no standard \
                 error",
                k + 1
            )),
            Note::Floored(_) => {}
        }
    }
    for k in floored {
        out.push(format!(
            "component {}: a variance rests on the floor ({}); compare with fewer components",
            k + 1,
            described.spec().covariance_floor
        ));
    }
    out
}

fn warnings(described: &Described, notes: &[Note], progress: Option<&Progress>, floored: &[usize]) -> Vec<String> {
    let mut out = cautions(described, notes, floored);
    if let Some(p) = progress {
        match p.status {
            Some(Status::Diverged) => out.extend(p.diverged()),
            Some(Status::IterationLimit) => {
                out.push(
                    "the iteration limit came first: raise --max-iterations, or go on with --start RUN/model.json"
                        .into(),
                );
            }
            _ => {}
        }
    }
    out
}
