//! What is shared, held fixed and assumed beforehand.

use crate::Error;
use crate::network::local::Table;
use crate::network::{Network, junction::MOST_BYTES};
use std::sync::Arc;

/// Ties, frozen nodes, prior, and the memory that a junction tree may take.
#[derive(Debug, Clone, PartialEq)]
pub struct Sharing {
    /// Groups of nodes (indices) that share one table.
    pub ties: Vec<Vec<usize>>,
    /// Nodes whose tables stay where they start.
    pub frozen: Vec<usize>,
    /// Pseudo-count added to every table cell (Dirichlet parameters less one); 0 for maximum likelihood.
    pub prior: f64,
    /// Most bytes that one junction tree's tables may take.
    pub most_bytes: f64,
    /// Whether hidden nodes that would need more are taken as independent (a lower bound of the evidence).
    pub mean_field: bool,
}

impl Default for Sharing {
    fn default() -> Self {
        Sharing { ties: Vec::new(), frozen: Vec::new(), prior: 0.0, most_bytes: MOST_BYTES, mean_field: false }
    }
}

impl Sharing {
    /// For each node the first that it shares its table with, and whether it is frozen.
    pub(super) fn check(&self, network: &Network) -> Result<(Vec<usize>, Vec<bool>), Error> {
        let setting = |problem: String, hint: &str| Err(Error::Setting { problem, hint: hint.into() });
        if !(self.prior >= 0.0 && self.prior.is_finite()) {
            return setting(
                format!("a prior of {} pseudo-counts per table cell is out of range", self.prior),
                "give a number of at least 0",
            );
        }
        let mut ties: Vec<usize> = (0..network.len()).collect();
        let mut frozen = vec![false; network.len()];
        self.frozen.iter().for_each(|&i| frozen[i] = true);
        let name = |i: usize| &network.nodes()[i].name;
        let shape = |i: usize| {
            let parents: Vec<usize> = network.dag().parents(i).iter().map(|&p| network.states(p)).collect();
            (network.states(i), parents, network.nodes()[i].local.kind())
        };
        for group in &self.ties {
            let Some(&first) = group.iter().min() else { continue };
            if let Some(&twice) = group.iter().enumerate().find(|(k, i)| group[..*k].contains(i)).map(|(_, i)| i) {
                return setting(format!("\"{}\" is tied with itself", name(twice)), "name each node once");
            }
            for &i in group {
                if shape(i) != shape(first) {
                    return setting(
                        format!(
                            "\"{}\" and \"{}\" cannot share a table: their numbers of states or parents differ",
                            name(first),
                            name(i)
                        ),
                        "tie nodes of one shape",
                    );
                }
                if ties[i] != i && ties[i] != first {
                    return setting(format!("\"{}\" is tied twice", name(i)), "name each node in one tie");
                }
                if frozen[i] != frozen[first] {
                    return setting(
                        format!("\"{}\" and \"{}\" are tied, and only one of them is frozen", name(first), name(i)),
                        "freeze both or none",
                    );
                }
                ties[i] = first;
            }
        }
        Ok((ties, frozen))
    }
}

/// Redundant softmax tables become plain ones: the learning coordinates are their logarithms anyway.
pub(super) fn softmax_as_tables(network: Network) -> Network {
    network.with_local(|i, n| {
        (n.nodes()[i].local.kind() == "softmax")
            .then(|| Arc::new(Table { states: n.states(i), configurations: n.configurations(i) }) as Arc<_>)
    })
}
