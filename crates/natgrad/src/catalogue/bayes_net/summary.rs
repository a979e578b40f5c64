//! The summary of a network's fit: the contract's JSON, with a line per node.

use super::{NetworkModel, SeenNode, seen_by_node, standard_errors_of_tables};
use crate::Error;
use crate::catalogue::summary::{Beginning, Ended, ResidualSummary, Summary};
use crate::diagnose::{
    Assessment, Circumstances, DENSE_LIMIT, FLAT, Restarts, at_the_boundary, certify, covariance_of_estimates,
};
use crate::engine::{Progress, Status};
use crate::model::LatentModel;
use crate::objective::{Learning, Look};
use serde::Serialize;
use serde_json::{Value, json};

/// What is known of one node after a fit.
#[derive(Debug, Clone, Serialize)]
pub struct NodeSummary {
    /// Its name.
    pub node: String,
    /// Whether no row shows it.
    pub hidden: bool,
    /// Whether its table stayed where it was.
    pub frozen: bool,
    /// Its share of the entropy-sum residual, nats per row.
    pub residual: f64,
    /// Rows of its table that no row of the data reaches: with a prior they are uniform, else they stay where they started.
    pub unvisited: Vec<String>,
    /// Entries that are 0.
    pub zeros: usize,
    /// The share of its information that the data can see; `null` where that was not computed.
    pub visible: Option<SeenNode>,
}

/// Everything that can be said about a look at a network; `fit` for fits, `parameters` as model files have them.
///
/// # Errors
/// As [`Assessment::of`].
pub fn summarise_network(
    model: &NetworkModel,
    learning: &Learning<'_>,
    look: &Look,
    parameters: Value,
    tolerance: f64,
    fit: Option<Ended<'_>>,
) -> Result<Summary, Error> {
    let net = model.net();
    let found = fit.as_ref().and_then(|f| f.progress.sampled_remaining);
    let assessment = Assessment::of(learning, look)?.or_sampled(learning, look, found)?;
    let statistics = &look.statistics;
    let weight = statistics.weight;
    let entropies = learning.entropies(look);
    // Straight from the rows: beside a strong prior the difference of the objective would cancel.
    let elbo = statistics.log_evidence / weight + learning.base_measure();
    let no_information = assessment.reading.is_none().then(|| {
        if net.is_mean_field() {
            return "hidden nodes are taken as independent (mean field): their posterior gives no observed information".into();
        }
        if net.is_entangled() {
            return "hidden nodes hang together in groups so large that second moments would take minutes".into();
        }
        let largest = net.groups().into_iter().max().unwrap_or(0);
        format!(
            "{largest} table entries are coupled by hidden cells: the spectrum is computed up to {DENSE_LIMIT}, and while \
             rows × entries² stays below 4e11"
        )
    });
    let known = net.prior_residual(&look.point, statistics);
    let residual = ResidualSummary {
        explained_by_prior: (net.prior() > 0.0).then_some(known),
        ..ResidualSummary::of(
            elbo - entropies.sum(),
            statistics,
            net.tempering_variance(&look.point, statistics),
            known,
        )
    };
    let residuals = net.residuals(&look.point, statistics);
    let unvisited = net.unvisited(statistics);
    let directions = directions(model, &assessment);
    let mut certificates = certify(&Circumstances {
        assessment: &assessment,
        elbo,
        entropies,
        weight,
        residual_error: residual.standard_error,
        residual_variance: Some(residual.variance),
        residual_parts: None,
        tolerance,
        notes: &[],
        frozen: None,
        floor_residual: None,
        known_residual: (net.prior() > 0.0).then_some((known, "the prior")),
        no_information: no_information.clone(),
        boundary: Some(at_the_boundary(learning, look)?),
        unbounded: None,
        gauge: 0,
        directions: directions.clone(),
    });
    certificates.extend(fit.as_ref().and_then(|f| f.restarts.as_ref()).map(Restarts::certificate));
    let covariance = covariance_of_estimates(&assessment, weight);
    let errors = covariance.as_ref().map(|c| standard_errors_of_tables(model, &look.point, c, &unvisited));
    let standard_errors_why = match (&errors, &assessment.reading) {
        (Some((.., 0)), _) => None,
        (Some((.., n)), _) => {
            Some(format!("null for {n} entries that the data do not identify, and where an entry is 0 or 1"))
        }
        (None, Some(_)) => Some("the observed information is indefinite: this is not a maximum".into()),
        (None, None) => no_information.clone(),
    };
    let seen = match learning.joint_metric(look) {
        Ok(metric) => seen_by_node(net, &metric, look, &assessment),
        Err(_) => None,
    };
    let nodes: Vec<NodeSummary> = (0..net.network().len())
        .map(|i| NodeSummary {
            node: net.network().nodes()[i].name.clone(),
            hidden: net.columns()[i].is_none(),
            frozen: net.is_frozen(i),
            residual: residuals[i],
            unvisited: unvisited.iter().filter(|u| u.0 == i).map(|u| model.row_name(i, u.1)).collect(),
            zeros: net.table(i, &look.point).iter().filter(|p| **p == 0.0).count(),
            visible: seen.as_ref().and_then(|s| s[i].clone()),
        })
        .collect();
    let begun = Beginning {
        model: "bayes-net".into(),
        settings: json!(model.settings()),
        columns: model.columns().iter().map(|c| c.name.clone()).collect(),
        parameters,
        elbo,
        entropies,
        statistics,
        assessment: &assessment,
        residual,
        directions,
        no_information,
        certificates,
    };
    let progress = fit.as_ref().map(|f| f.progress);
    let mut warnings = warnings(&nodes, net.prior() > 0.0, progress);
    warnings.extend(progress.and_then(|p| p.ended_short(assessment.remaining(), tolerance)));
    Ok(Summary {
        log_evidence: (!net.is_mean_field()).then_some(elbo),
        log_prior: (net.prior() > 0.0).then_some(look.log_prior),
        standard_errors: errors.as_ref().map(|e| e.0.clone()),
        standard_errors_robust: errors.as_ref().map(|e| e.1.clone()),
        confidence_95: errors.as_ref().map(|e| scaled(&e.0)),
        standard_errors_why,
        warnings,
        nodes: Some(nodes),
        ..Summary::begin(begun, fit.as_ref())
    })
}

/// 0.975 quantile of the standard normal.
const Z_95: f64 = 1.959_963_984_540_054;

/// Every number times 1.96.
fn scaled(value: &Value) -> Value {
    match value {
        Value::Number(x) => x.as_f64().map_or(Value::Null, |x| json!(Z_95 * x)),
        Value::Array(items) => Value::Array(items.iter().map(scaled).collect()),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), scaled(v))).collect()),
        other => other.clone(),
    }
}

/// The rows of tables that weigh most in each flat or negative direction (at most five different ones, three rows each).
fn directions(model: &NetworkModel, assessment: &Assessment) -> Vec<String> {
    let Some(reading) = &assessment.reading else { return Vec::new() };
    let spectrum = &reading.observed;
    let mut out: Vec<String> = Vec::new();
    for j in (0..spectrum.eigenvalues.len()).filter(|&j| spectrum.eigenvalues[j] <= FLAT) {
        let rows = {
            let mut shares: Vec<(usize, f64)> =
                spectrum.vector(j).map(|(i, u)| (i, (u * reading.complete[i].sqrt()).abs())).collect();
            shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let top = shares.first().map_or(0.0, |s| s.1);
            let mut names: Vec<String> = Vec::new();
            for (i, _) in shares.iter().filter(|(_, s)| *s > 0.3 * top) {
                let name = row_of(model, *i);
                if !names.contains(&name) && names.len() < 3 {
                    names.push(name);
                }
            }
            names.sort();
            names.join(" with ")
        };
        if !out.contains(&rows) {
            out.push(rows);
        }
        if out.len() == 5 {
            break;
        }
    }
    out
}

/// The row of a table that a free coordinate belongs to; the coordinate's own name where the node is no table.
fn row_of(model: &NetworkModel, coordinate: usize) -> String {
    let net = model.net();
    let node = (0..net.network().len()).find(|&i| net.coordinates(i).contains(&coordinate));
    match node.filter(|&i| net.network().nodes()[i].local.kind() == "table") {
        Some(i) => model.row_name(i, (coordinate - net.coordinates(i).start) / net.network().states(i)),
        None => net.name_of(coordinate),
    }
}

fn warnings(nodes: &[NodeSummary], prior: bool, progress: Option<&Progress>) -> Vec<String> {
    let mut out = Vec::new();
    let rows: Vec<&String> = nodes.iter().flat_map(|n| &n.unvisited).collect();
    if let Some(first) = rows.first() {
        let (one, many) = match prior {
            true => ("it is the prior's alone", "they are the prior's alone"),
            false => ("it stays where it started", "they stay where they started"),
        };
        out.push(match rows.len() {
            1 => format!("no row of the data reaches {first}: {one}"),
            n => format!("no row of the data reaches {n} rows of tables ({first}, …): {many}; the summary lists them"),
        });
    }
    if let Some(p) = progress {
        match p.status {
            Some(Status::Diverged) => {
                out.extend(p.diverged());
            }
            Some(Status::IterationLimit) => out.push(
                "the iteration limit came first: raise --max-iterations, or go on with --start RUN/network.json".into(),
            ),
            _ => {}
        }
    }
    out
}
