//! Posteriors of single nodes and of sets of nodes, from the part of the network that they need.

use super::layout::{Cost, JunctionTree};
use crate::Error;
use crate::geometry::Point;
use crate::network::Network;

/// What the evidence says about the asked nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Posteriors {
    /// `log p(evidence)`, nats; minus infinity where the evidence is impossible.
    pub log_evidence: f64,
    /// `p(set | evidence)` for each asked set, the set's last node fastest; zeros where the evidence is impossible.
    pub tables: Vec<Vec<f64>>,
    /// Number of nodes that took part: the asked and given ones and their ancestors.
    pub nodes: usize,
    /// What the largest junction tree took.
    pub cost: Cost,
}

/// Posterior distributions of sets of nodes given a state for some nodes (`None`: not seen).
///
/// Only the asked and given nodes and their ancestors take part. All sets are answered by one junction tree; where that
/// would take more than `most_bytes`, by one for each set.
///
/// # Errors
/// [`Error::Setting`] for evidence or sets that do not fit the network, and where a tree takes more than `most_bytes`.
pub fn posteriors(
    network: &Network,
    at: &Point,
    evidence: &[Option<usize>],
    asked: &[Vec<usize>],
    most_bytes: f64,
) -> Result<Posteriors, Error> {
    fits(network, evidence, asked)?;
    let whole = Part::of(network, evidence, asked);
    let cost = JunctionTree::cost_of(&whole.network, &whole.given, &whole.asked);
    if cost.bytes <= most_bytes || asked.len() < 2 {
        return whole.run(network, at, evidence, most_bytes);
    }
    let mut out = Part::of(network, evidence, &[]).run(network, at, evidence, most_bytes)?;
    out.nodes = whole.nodes.len();
    for set in asked {
        let one = Part::of(network, evidence, std::slice::from_ref(set)).run(network, at, evidence, most_bytes)?;
        out.tables.extend(one.tables);
        if one.cost.bytes > out.cost.bytes {
            out.cost = one.cost;
        }
    }
    Ok(out)
}

/// Checks that evidence and sets speak of this network.
pub(super) fn fits(network: &Network, evidence: &[Option<usize>], asked: &[Vec<usize>]) -> Result<(), Error> {
    let n = network.len();
    let problem = if evidence.len() != n {
        format!("evidence on {} nodes for a network of {n}", evidence.len())
    } else if let Some(i) = asked.iter().flatten().find(|&&i| i >= n) {
        format!("there is no node {}: the network has {n}", i + 1)
    } else if let Some(set) = asked.iter().find(|set| (1..set.len()).any(|k| set[..k].contains(&set[k]))) {
        format!("a node is asked twice in one set of {}", set.len())
    } else if let Some(i) = (0..n).find(|&i| evidence[i].is_some_and(|s| s >= network.states(i))) {
        format!("\"{}\" has no state {}", network.nodes()[i].name, evidence[i].unwrap_or(0) + 1)
    } else {
        return Ok(());
    };
    Err(Error::Setting { problem, hint: "evidence has one entry per node; a set names each node once".into() })
}

/// A question moved to the nodes that matter for it.
struct Part {
    network: Network,
    nodes: Vec<usize>,
    given: Vec<bool>,
    asked: Vec<Vec<usize>>,
}

impl Part {
    fn of(network: &Network, evidence: &[Option<usize>], asked: &[Vec<usize>]) -> Self {
        let named: Vec<usize> =
            (0..evidence.len()).filter(|&i| evidence[i].is_some()).chain(asked.iter().flatten().copied()).collect();
        let (part, nodes) = network.ancestral(&named);
        let number = |i: &usize| nodes.binary_search(i).ok();
        Part {
            network: part,
            given: nodes.iter().map(|&i| evidence[i].is_some()).collect(),
            asked: asked.iter().map(|set| set.iter().filter_map(number).collect()).collect(),
            nodes,
        }
    }

    fn run(&self, network: &Network, at: &Point, evidence: &[Option<usize>], most: f64) -> Result<Posteriors, Error> {
        let tree = JunctionTree::new(&self.network, &self.given, &self.asked, most)?;
        let tables: Vec<Vec<f64>> = self.nodes.iter().map(|&i| network.table(i, at)).collect();
        let evidence: Vec<Option<usize>> = self.nodes.iter().map(|&i| evidence[i]).collect();
        let mut beliefs = tree.beliefs();
        let log_evidence = tree.run(&tables, &evidence, &mut beliefs)?;
        Ok(Posteriors {
            log_evidence,
            tables: (0..self.asked.len()).map(|set| tree.wanted(set, &beliefs)).collect(),
            nodes: self.nodes.len(),
            cost: tree.cost(),
        })
    }
}
