//! Bayesian networks and targets as JSON.
//!
//! ```text
//! {"nodes": [{"name": "y", "states": ["a", "b"], "parents": ["x"], "table": [[0.8, 0.2], [0.4, 0.6]]}]}
//! {"joint": [p…]}    {"visible": [p…]}
//! ```

use crate::error::{IoError, shown};
use crate::json::{read_json, write_json};
use natgrad::network::NodeSpec;
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
}

/// Nodes of a network file.
///
/// # Errors
/// [`IoError::File`] if it cannot be read, [`IoError::Text`] with line and column if it is no such file.
pub fn read_network_json(path: &Path) -> Result<Vec<NodeSpec>, IoError> {
    let file: NetworkFile = read_json(path)?;
    Ok(file
        .nodes
        .into_iter()
        .map(|n| NodeSpec { name: n.name, states: n.states, parents: n.parents, table: n.table })
        .collect())
}

/// Writes a network file.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`].
pub fn write_network_json(path: &Path, nodes: &[NodeSpec]) -> Result<(), IoError> {
    let nodes = nodes
        .iter()
        .map(|n| NodeFile {
            name: n.name.clone(),
            states: n.states.clone(),
            parents: n.parents.clone(),
            table: n.table.clone(),
        })
        .collect();
    write_json(path, &NetworkFile { nodes })
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
