//! The three natural gradients of a target given as rows of visible states, without a list of all states.

use super::super::compare::Angles;
use super::super::enumerated::slope;
use super::super::junction::JunctionTree;
use super::geometry::Components;
use crate::Error;
use crate::geometry::{Covector, Metric, Tangent};
use std::collections::BTreeMap;

/// Rows of visible states with weights; the target is their empirical distribution.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VisibleRows {
    /// One state per node (entries of hidden nodes are not looked at).
    pub states: Vec<Vec<usize>>,
    /// One weight per row.
    pub weights: Vec<f64>,
}

/// Recognition of the hidden nodes for the ELBO's gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsTarget {
    /// Uniform over the hidden states.
    Uniform,
    /// The model's own posterior (then the ELBO's gradient is the evidence's).
    Posterior,
}

/// One objective's gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Length {
    /// Euclidean partial derivatives.
    pub parameter: Covector,
    /// The natural parameter gradient.
    pub natural: Tangent,
    /// Length of its pushforward in the visible Fisher metric.
    pub norm: f64,
}

/// The three gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsComparison {
    /// Mean `log p(v)`, nats per row.
    pub log_evidence: f64,
    /// `D(q_V‖p_V)`, nats.
    pub divergence_evidence: f64,
    /// `D(q‖p)`, nats.
    pub divergence_elbo: f64,
    /// Of the evidence.
    pub evidence: Length,
    /// Of the evidence in the joint metric.
    pub recognition: Length,
    /// Of the ELBO.
    pub elbo: Length,
    /// Their angles.
    pub cosines: Angles,
}

/// Compares the three natural gradients: family marginals of `q` by a junction tree in which the visible nodes are given,
/// natural gradients by block (for tables `(q(c)/p(c)) (q(·|c) − θ_c)`).
///
/// # Errors
/// [`Error::Data`] for rows that the model gives probability 0, no rows, or weights that do not sum to something positive;
/// [`Error::Setting`] where inference is out of reach.
pub fn compare_rows(of: &Components<'_>, rows: &VisibleRows, target: RowsTarget) -> Result<RowsComparison, Error> {
    let network = of.network;
    let total: f64 = rows.weights.iter().sum();
    if rows.states.is_empty() || !(total > 0.0 && total.is_finite()) {
        return Err(Error::Data { problem: "the target has no rows".into(), hint: "give at least one".into() });
    }
    let mut distinct: BTreeMap<Vec<Option<usize>>, (usize, f64)> = BTreeMap::new();
    for (r, (row, w)) in rows.states.iter().zip(&rows.weights).enumerate() {
        let seen = row.iter().zip(&of.hidden).map(|(s, hidden)| (!hidden).then_some(*s)).collect();
        distinct.entry(seen).or_insert((r, 0.0)).1 += w / total;
    }
    let given: Vec<bool> = of.hidden.iter().map(|h| !h).collect();
    let tree = JunctionTree::new(network, &given, &[], super::super::junction::MOST_BYTES)?;
    let mut beliefs = tree.beliefs();
    let zero: Vec<Vec<f64>> = of.tables.iter().map(|t| vec![0.0; t.len()]).collect();
    let (mut best, mut held) = (zero.clone(), zero);
    let (mut log_evidence, mut entropy) = (0.0, 0.0);
    for (evidence, (row, weight)) in &distinct {
        let log = tree.run(&of.tables, evidence, &mut beliefs)?;
        if log == f64::NEG_INFINITY {
            return Err(Error::Data {
                problem: format!("row {} of the target has probability 0: the divergence is infinite", row + 1),
                hint: "give the model's tables positive entries there, or take the row out".into(),
            });
        }
        log_evidence += weight * log;
        entropy -= weight * weight.ln();
        tree.add_families(&beliefs, *weight, &mut best);
        if target == RowsTarget::Uniform {
            (0..network.len()).for_each(|r| add_uniform(of, r, evidence, *weight, &mut held[r]));
        }
    }
    let divergence_evidence = (-entropy - log_evidence).max(0.0);
    let (held, divergence_elbo) = match target {
        RowsTarget::Posterior => (&best, divergence_evidence),
        RowsTarget::Uniform => {
            // D(q‖p) = Σ q ln q − Σ q ln p, the hidden part of the first constant.
            let hidden: f64 =
                (0..network.len()).filter(|&i| of.hidden[i]).map(|i| (network.states(i) as f64).ln()).sum();
            let cross: f64 = held
                .iter()
                .zip(&of.tables)
                .flat_map(|(q, p)| q.iter().zip(p))
                .filter(|(q, _)| **q > 0.0)
                .map(|(q, p)| q * p.ln())
                .sum();
            (&held, (-entropy - hidden - cross).max(0.0))
        }
    };
    let outside = || Error::Data {
        problem: "the target has states that the model gives probability 0: the divergence is infinite".into(),
        hint: "give the model's tables positive entries there".into(),
    };
    let covector = |q: &[Vec<f64>]| slope(network, &of.point, &of.tables, q).map(Covector).ok_or_else(outside);
    let length = |parameter: Covector, natural: Tangent| {
        let norm = of.visible_product(&natural, &natural).max(0.0).sqrt();
        Length { parameter, natural, norm }
    };
    let (c_best, c_held) = (covector(&best)?, covector(held)?);
    let evidence = length(c_best.clone(), of.raise_visible(&c_best));
    let recognition = length(c_best.clone(), of.joint_metric.raise(&c_best).tangent);
    let elbo = length(c_held.clone(), of.joint_metric.raise(&c_held).tangent);
    let cosine = |a: &Length, b: &Length| {
        let floor = 1e-14 * (1.0 + evidence.norm);
        (a.norm > floor && b.norm > floor)
            .then(|| (of.visible_product(&a.natural, &b.natural) / (a.norm * b.norm)).clamp(-1.0, 1.0))
    };
    Ok(RowsComparison {
        log_evidence,
        divergence_evidence,
        divergence_elbo,
        cosines: Angles {
            elbo_evidence: cosine(&elbo, &evidence),
            recognition_evidence: cosine(&recognition, &evidence),
            elbo_recognition: cosine(&elbo, &recognition),
        },
        evidence,
        recognition,
        elbo,
    })
}

/// Adds a family's distribution where the visible members are as seen and the hidden ones uniform.
fn add_uniform(of: &Components<'_>, node: usize, seen: &[Option<usize>], weight: f64, into: &mut [f64]) {
    let members: Vec<usize> = of.network.dag().parents(node).iter().copied().chain([node]).collect();
    let mut entries = vec![0usize];
    let mut each = weight;
    for &i in &members {
        let k = of.network.states(i);
        entries = match seen[i] {
            Some(s) => entries.iter().map(|e| e * k + s).collect(),
            None => {
                each /= k as f64;
                entries.iter().flat_map(|e| (0..k).map(move |s| e * k + s)).collect()
            }
        };
    }
    entries.into_iter().for_each(|e| into[e] += each);
}
