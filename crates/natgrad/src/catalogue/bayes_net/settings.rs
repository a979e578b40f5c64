//! What a network's fit is told, by the names of nodes.

use crate::Error;
use crate::model::bayes_net::Sharing;
use crate::network::Network;
use crate::network::junction::MOST_BYTES;
use serde::{Deserialize, Serialize};

/// Settings by name, as model files have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkSettings {
    /// Nodes to be hidden although the data may have a column for them.
    #[serde(default)]
    pub hidden: Vec<String>,
    /// Pseudo-count of every table cell (Dirichlet parameters less one).
    #[serde(default)]
    pub prior: f64,
    /// Nodes whose tables stay as they are.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// Groups of nodes that share one table.
    #[serde(default)]
    pub tie: Vec<Vec<String>>,
    /// Most bytes that one junction tree may take.
    #[serde(default = "most_bytes")]
    pub memory: f64,
    /// Whether hidden nodes that would need more are taken as independent.
    #[serde(default)]
    pub mean_field: bool,
}

fn most_bytes() -> f64 {
    MOST_BYTES
}

impl Default for NetworkSettings {
    fn default() -> Self {
        NetworkSettings {
            hidden: Vec::new(),
            prior: 0.0,
            freeze: Vec::new(),
            tie: Vec::new(),
            memory: MOST_BYTES,
            mean_field: false,
        }
    }
}

fn index(network: &Network, name: &str, what: &str) -> Result<usize, Error> {
    let folded = |s: &str| s.to_lowercase().split_whitespace().collect::<String>();
    network.nodes().iter().position(|n| n.name == name).ok_or_else(|| {
        let near = network.nodes().iter().find(|n| folded(&n.name) == folded(name));
        Error::Setting {
            problem: format!("there is no node \"{name}\" to {what}"),
            hint: match near {
                Some(n) => format!("did you mean \"{}\"?", n.name),
                None => format!("the nodes are {}", network.names().join(", ")),
            },
        }
    })
}

impl NetworkSettings {
    pub(super) fn sharing(&self, network: &Network) -> Result<Sharing, Error> {
        let all = |names: &[String], what: &str| names.iter().map(|n| index(network, n, what)).collect();
        Ok(Sharing {
            ties: self.tie.iter().map(|group| all(group, "tie")).collect::<Result<_, _>>()?,
            frozen: all(&self.freeze, "freeze")?,
            prior: self.prior,
            most_bytes: self.memory,
            mean_field: self.mean_field,
        })
    }

    pub(super) fn hidden_nodes(&self, network: &Network) -> Result<Vec<bool>, Error> {
        let mut hidden = vec![false; network.len()];
        for name in &self.hidden {
            hidden[index(network, name, "hide")?] = true;
        }
        Ok(hidden)
    }
}
