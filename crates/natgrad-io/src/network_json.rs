//! Bayesian networks and targets as JSON.
//!
//! ```text
//! {"nodes": [{"name": "y", "states": ["a", "b"], "parents": ["x"], "table": [[0.8, 0.2], [0.4, 0.6]]}]}
//! {"joint": [p…]}    {"visible": [p…]}
//! ```
//!
//! A node may have another local model instead of its table. Sigmoid nodes (two states): the log-odds of the second state
//! are a bias, met where every parent is in its first state, plus one weight per parent for the state it is in; there is
//! a list of weights per parent, one for each of its states but the first. Noisy-or nodes (two states, the first "off"): each
//! parent that is not in its first state switches the node on with a probability of its own, and the leak does so always.
//! Softmax nodes: one row of logits per parent configuration, one logit per state; null is a state with probability 0.
//!
//! ```text
//! {"name": "y", "states": ["off", "on"], "parents": ["x", "z"], "logistic": {"weights": [[1.2], [-0.7, 0.3]], "bias": 0.4}}
//! {"name": "u", "states": ["off", "on"], "parents": ["x", "z"], "noisy_or": {"weights": [[0.8], [0.5, 0.9]], "leak": 0.01}}
//! {"name": "z", "states": ["a", "b", "c"], "softmax": [[0.0, 1.5, -0.2]]}
//! ```
//!
//! BIF has tables only: written there, these nodes become the tables that they stand for.

use crate::error::{IoError, shown};
use crate::json::{read_json, write_json};
use natgrad::network::NodeSpec;
use natgrad::network::local::LocalSpec;
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFile {
    nodes: Vec<NodeFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeFile {
    name: String,
    states: Vec<String>,
    #[serde(default)]
    parents: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Vec<Vec<f64>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logistic: Option<LogisticFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noisy_or: Option<NoisyOrFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    softmax: Option<Vec<Vec<Option<f64>>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogisticFile {
    #[serde(default)]
    weights: Vec<Vec<f64>>,
    bias: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoisyOrFile {
    #[serde(default)]
    weights: Vec<Vec<f64>>,
    leak: f64,
}

/// A network as a file holds it: nodes, and for each the local model that is no table.
pub type Written = (Vec<NodeSpec>, Vec<Option<LocalSpec>>);

/// Nodes of a network file; sigmoid, noisy-or and softmax nodes stand beside them and have no table here.
///
/// # Errors
/// [`IoError::File`] if it cannot be read, [`IoError::Text`] with line and column if it is no such file,
/// [`IoError::Format`] for a node with two local models.
pub fn read_network_json(path: &Path) -> Result<Written, IoError> {
    nodes_of(read_json(path)?, &shown(path))
}

/// Nodes written down in a JSON value that `file` holds, as in a network file.
///
/// # Errors
/// As [`read_network_json`].
pub fn network_from_value(value: serde_json::Value, file: &Path) -> Result<Written, IoError> {
    let network: NetworkFile = serde_json::from_value(value).map_err(|e| IoError::Format {
        file: shown(file),
        problem: format!("the network in it cannot be read: {e}"),
        hint: "compare with a file that natgrad has written".into(),
    })?;
    nodes_of(network, &shown(file))
}

fn nodes_of(file: NetworkFile, name: &str) -> Result<Written, IoError> {
    let (mut nodes, mut local) = (Vec::with_capacity(file.nodes.len()), Vec::with_capacity(file.nodes.len()));
    for n in file.nodes {
        let kinds = [n.table.is_some(), n.logistic.is_some(), n.noisy_or.is_some(), n.softmax.is_some()];
        if kinds.iter().filter(|k| **k).count() > 1 {
            return Err(IoError::Format {
                file: name.into(),
                problem: format!(
                    "node \"{}\" has more than one of \"table\", \"logistic\", \"noisy_or\" and \"softmax\"",
                    n.name
                ),
                hint: "keep one of them".into(),
            });
        }
        local.push(match (n.logistic, n.noisy_or, n.softmax) {
            (Some(l), ..) => Some(LocalSpec::Logistic { weights: l.weights, bias: l.bias }),
            (_, Some(o), _) => Some(LocalSpec::NoisyOr { weights: o.weights, leak: o.leak }),
            (.., Some(logits)) => {
                let number = |x: Option<f64>| x.unwrap_or(f64::NEG_INFINITY);
                let row = |row: Vec<Option<f64>>| row.into_iter().map(number).collect();
                Some(LocalSpec::Softmax { logits: logits.into_iter().map(row).collect() })
            }
            (None, None, None) => None,
        });
        nodes.push(NodeSpec { name: n.name, states: n.states, parents: n.parents, table: n.table });
    }
    Ok((nodes, local))
}

/// Writes a network file; nodes that `local` has a model for are written by it, the others by their tables.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`].
pub fn write_network_json(path: &Path, nodes: &[NodeSpec], local: &[Option<LocalSpec>]) -> Result<(), IoError> {
    write_json(path, &file_of(nodes, local))
}

/// Nodes as a JSON value, as in a network file.
///
/// # Errors
/// [`IoError::Format`] where the numbers cannot be written, which finite ones can.
pub fn network_to_value(nodes: &[NodeSpec], local: &[Option<LocalSpec>]) -> Result<serde_json::Value, IoError> {
    serde_json::to_value(file_of(nodes, local)).map_err(|e| IoError::Format {
        file: "network".into(),
        problem: e.to_string(),
        hint: "parameters are finite numbers".into(),
    })
}

fn file_of(nodes: &[NodeSpec], local: &[Option<LocalSpec>]) -> NetworkFile {
    let nodes = nodes
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let (mut table, mut logistic, mut noisy_or, mut softmax) = (None, None, None, None);
            match local.get(i).cloned().flatten() {
                None => table = n.table.clone(),
                Some(LocalSpec::Logistic { weights, bias }) => logistic = Some(LogisticFile { weights, bias }),
                Some(LocalSpec::NoisyOr { weights, leak }) => noisy_or = Some(NoisyOrFile { weights, leak }),
                Some(LocalSpec::Softmax { logits }) => {
                    let number = |x: f64| x.is_finite().then_some(x);
                    let row = |row: Vec<f64>| row.into_iter().map(number).collect();
                    softmax = Some(logits.into_iter().map(row).collect());
                }
            }
            NodeFile {
                name: n.name.clone(),
                states: n.states.clone(),
                parents: n.parents.clone(),
                table,
                logistic,
                noisy_or,
                softmax,
            }
        })
        .collect();
    NetworkFile { nodes }
}

/// A target as written down.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    joint: Option<Vec<f64>>,
    visible: Option<Vec<f64>>,
}

/// What a target file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetValues {
    /// Probabilities of the joint states.
    Joint(Vec<f64>),
    /// Probabilities of the visible states.
    Visible(Vec<f64>),
}

/// Reads a target file.
///
/// # Errors
/// As [`read_network_json`]; [`IoError::Format`] unless exactly one of the two is there.
pub fn read_target(path: &Path) -> Result<TargetValues, IoError> {
    let file: TargetFile = read_json(path)?;
    match (file.joint, file.visible) {
        (Some(p), None) => Ok(TargetValues::Joint(p)),
        (None, Some(p)) => Ok(TargetValues::Visible(p)),
        _ => Err(IoError::Format {
            file: shown(path),
            problem: "a target is one of \"joint\" and \"visible\"".into(),
            hint: "write {\"joint\": [p…]} over all nodes or {\"visible\": [p…]} over the visible ones".into(),
        }),
    }
}
