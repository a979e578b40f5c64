//! The nodes of a network, checked: names, states, parents, local models, and where each node's parameters lie.

use super::local::{Labels, Local, Table};
use crate::Error;
use crate::geometry::Point;
use crate::graph::{Cycle, Dag};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// How far a row of a table may be from summing to 1.
const ROW_TOLERANCE: f64 = 1e-9;

/// A table's rows as given: one per parent configuration, one probability per state.
pub type Rows = Vec<Vec<f64>>;

/// A node as it is written down, not yet checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeSpec {
    /// Name.
    pub name: String,
    /// Names of the states.
    pub states: Vec<String>,
    /// Names of the parents; configurations are lexicographic in this order, the first slowest.
    pub parents: Vec<String>,
    /// The table, where it is known.
    pub table: Option<Rows>,
}

/// A node of a network.
#[derive(Debug, Clone)]
pub struct Node {
    /// Name.
    pub name: String,
    /// Names of the states.
    pub states: Vec<String>,
    /// How it depends on its parents.
    pub local: Arc<dyn Local>,
}

/// A discrete Bayesian network: graph, states and local models. Parameters are a [`Point`] beside it.
#[derive(Debug, Clone)]
pub struct Network {
    nodes: Vec<Node>,
    dag: Dag,
    configurations: Vec<usize>,
    offsets: Vec<usize>,
}

fn bad(problem: String, hint: &str) -> Error {
    Error::Data { problem, hint: hint.into() }
}

impl Network {
    /// Checks a network of free tables; the point is `None` where a table is missing.
    ///
    /// # Errors
    /// [`Error::Data`]: no nodes, a name twice, no or repeated states, an unknown or repeated parent, a cycle (named),
    /// a table of the wrong size, a row that is negative or does not sum to 1 within 1e-9.
    pub fn new(specs: Vec<NodeSpec>) -> Result<(Self, Option<Point>), Error> {
        if specs.is_empty() {
            return Err(bad("the network has no nodes".into(), "give at least one"));
        }
        let mut index = BTreeMap::new();
        for (i, node) in specs.iter().enumerate() {
            let name = &node.name;
            if index.insert(name.clone(), i).is_some() {
                return Err(bad(format!("there are two nodes named \"{name}\""), "names must differ"));
            }
            if node.states.is_empty() {
                return Err(bad(format!("node \"{name}\" has no states"), "list the names of its states"));
            }
            let mut states: Vec<&String> = node.states.iter().collect();
            states.sort_unstable();
            if let Some(w) = states.windows(2).find(|w| w[0] == w[1]) {
                return Err(bad(format!("node \"{name}\" has the state \"{}\" twice", w[0]), "states must differ"));
            }
        }
        let mut parents = Vec::with_capacity(specs.len());
        for node in &specs {
            let mut of = Vec::with_capacity(node.parents.len());
            for p in &node.parents {
                let Some(&i) = index.get(p) else {
                    return Err(bad(
                        format!("node \"{}\" has the unknown parent \"{p}\"", node.name),
                        "parents are named as nodes are, in the same spelling",
                    ));
                };
                if of.contains(&i) {
                    return Err(bad(format!("node \"{}\" has the parent \"{p}\" twice", node.name), "name it once"));
                }
                of.push(i);
            }
            parents.push(of);
        }
        let dag = Dag::new(parents).map_err(|Cycle(nodes)| {
            let mut names: Vec<&str> = nodes.iter().map(|&i| specs[i].name.as_str()).collect();
            names.push(names[0]);
            bad(format!("the edges {} form a cycle", names.join(" -> ")), "a Bayesian network has none: remove an edge")
        })?;
        let mut configurations = Vec::with_capacity(specs.len());
        for (i, node) in specs.iter().enumerate() {
            let count = dag.parents(i).iter().try_fold(1usize, |n, &p| n.checked_mul(specs[p].states.len()));
            let count = count.filter(|n| n.saturating_mul(node.states.len()) <= 1 << 24).ok_or_else(|| {
                bad(format!("the table of \"{}\" has more than 2^24 entries", node.name), "give it fewer parents")
            })?;
            configurations.push(count);
        }
        let nodes = specs
            .iter()
            .zip(&configurations)
            .map(|(s, &configurations)| Node {
                name: s.name.clone(),
                states: s.states.clone(),
                local: Arc::new(Table { states: s.states.len(), configurations }) as Arc<dyn Local>,
            })
            .collect();
        let network = Network::assemble(nodes, dag, configurations);
        let mut point = Vec::with_capacity(network.parameters());
        let mut complete = true;
        for (i, spec) in specs.iter().enumerate() {
            match &spec.table {
                None => complete = false,
                Some(rows) => {
                    let flat = network.check_rows(i, rows)?;
                    point.extend(network.nodes[i].local.inverse(&flat).unwrap_or_default());
                }
            }
        }
        Ok((network, complete.then_some(Point(point))))
    }

    pub(super) fn assemble(nodes: Vec<Node>, dag: Dag, configurations: Vec<usize>) -> Self {
        let mut offsets = vec![0];
        for node in &nodes {
            offsets.push(offsets[offsets.len() - 1] + node.local.parameters());
        }
        Network { nodes, dag, configurations, offsets }
    }

    /// The same graph with another local model for some nodes (the softmax or logistic ones, say).
    pub fn with_local(&self, choose: impl Fn(usize, &Network) -> Option<Arc<dyn Local>>) -> Self {
        let nodes = (0..self.len())
            .map(|i| {
                let mut node = self.nodes[i].clone();
                if let Some(local) = choose(i, self) {
                    node.local = local;
                }
                node
            })
            .collect();
        Network::assemble(nodes, self.dag.clone(), self.configurations.clone())
    }

    fn check_rows(&self, i: usize, rows: &Rows) -> Result<Vec<f64>, Error> {
        let (name, k) = (&self.nodes[i].name, self.nodes[i].states.len());
        if rows.len() != self.configurations[i] {
            return Err(bad(
                format!(
                    "the table of \"{name}\" has {} rows where its parents have {} configurations",
                    rows.len(),
                    self.configurations[i]
                ),
                "give one row per configuration of the parents, the first parent slowest",
            ));
        }
        let mut flat = Vec::with_capacity(rows.len() * k);
        for (c, row) in rows.iter().enumerate() {
            let place = || {
                let given = self.labelled(i, |labels| labels.configuration(c));
                let given = if given.is_empty() { String::new() } else { format!(" ({given})") };
                format!("the table of \"{name}\", row {}{given}", c + 1)
            };
            if row.len() != k {
                return Err(bad(
                    format!("{}: {} entries where the node has {k} states", place(), row.len()),
                    "give one probability per state",
                ));
            }
            if let Some(p) = row.iter().find(|p| !(p.is_finite() && **p >= 0.0)) {
                return Err(bad(format!("{}: {p} is no probability", place()), "probabilities are at least 0"));
            }
            let total: f64 = row.iter().sum();
            if (total - 1.0).abs() > ROW_TOLERANCE {
                return Err(bad(format!("{}: the entries sum to {total}", place()), "they must sum to 1 within 1e-9"));
            }
            flat.extend(row.iter().map(|p| p / total));
        }
        Ok(flat)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a network has at least one node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The graph.
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// Names of all nodes.
    pub fn names(&self) -> Vec<String> {
        self.nodes.iter().map(|n| n.name.clone()).collect()
    }

    /// Number of states of a node.
    pub fn states(&self, node: usize) -> usize {
        self.nodes[node].states.len()
    }

    /// Number of configurations of a node's parents.
    pub fn configurations(&self, node: usize) -> usize {
        self.configurations[node]
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.offsets[self.nodes.len()]
    }

    /// Where a node's parameters lie.
    pub fn range(&self, node: usize) -> Range<usize> {
        self.offsets[node]..self.offsets[node + 1]
    }

    /// `P(state | configuration)` of a node, flat.
    pub fn table(&self, node: usize, at: &Point) -> Vec<f64> {
        let mut out = vec![0.0; self.configurations[node] * self.states(node)];
        self.nodes[node].local.probabilities(&at.0[self.range(node)], &mut out);
        out
    }

    /// The parameters that give these tables (flat, one per node); `None` where a local model cannot.
    pub fn point(&self, tables: &[Vec<f64>]) -> Option<Point> {
        let mut out = Vec::with_capacity(self.parameters());
        for (node, table) in self.nodes.iter().zip(tables) {
            out.extend(node.local.inverse(table)?);
        }
        Some(Point(out))
    }

    /// The network written down with its tables.
    pub fn specs(&self, at: Option<&Point>) -> Vec<NodeSpec> {
        (0..self.len())
            .map(|i| NodeSpec {
                name: self.nodes[i].name.clone(),
                states: self.nodes[i].states.clone(),
                parents: self.dag.parents(i).iter().map(|&p| self.nodes[p].name.clone()).collect(),
                table: at.map(|at| self.table(i, at).chunks(self.states(i)).map(<[f64]>::to_vec).collect()),
            })
            .collect()
    }

    fn labelled<T>(&self, i: usize, use_them: impl FnOnce(&Labels<'_>) -> T) -> T {
        let parents: Vec<(&str, &[String])> = self
            .dag
            .parents(i)
            .iter()
            .map(|&p| (self.nodes[p].name.as_str(), self.nodes[p].states.as_slice()))
            .collect();
        use_them(&Labels { name: &self.nodes[i].name, states: &self.nodes[i].states, parents: &parents })
    }

    /// Name of a table's entry (flat, configurations slowest), as in `P(y = a | x = b)`.
    pub fn entry_name(&self, node: usize, entry: usize) -> String {
        let k = self.states(node);
        self.labelled(node, |labels| labels.probability(entry % k, entry / k))
    }

    /// Names of all parameters, as in `P(y = a | x = b)`.
    pub fn labels(&self) -> Vec<String> {
        (0..self.len())
            .flat_map(|i| {
                self.labelled(i, |labels| {
                    let local = &self.nodes[i].local;
                    (0..local.parameters()).map(|j| local.label(j, labels)).collect::<Vec<_>>()
                })
            })
            .collect()
    }

    /// Name of one parameter of a node.
    pub fn label(&self, node: usize, parameter: usize) -> String {
        self.labelled(node, |labels| self.nodes[node].local.label(parameter, labels))
    }

    /// `P(y = a | x = b)` for an entry of a node's table.
    pub fn probability_label(&self, node: usize, configuration: usize, state: usize) -> String {
        self.labelled(node, |labels| labels.probability(state, configuration))
    }

    /// `x = b, z = c` for a configuration of a node's parents; empty without parents.
    pub fn configuration_label(&self, node: usize, configuration: usize) -> String {
        self.labelled(node, |labels| labels.configuration(configuration))
    }

    /// The hidden nodes by name.
    ///
    /// # Errors
    /// [`Error::Setting`] for an unknown name, no hidden node, or no visible one.
    pub fn hidden(&self, names: &[String]) -> Result<Vec<bool>, Error> {
        let setting = |problem: String, hint: String| Error::Setting { problem, hint };
        let mut hidden = vec![false; self.len()];
        for name in names {
            let at = self.nodes.iter().position(|n| n.name == *name);
            let Some(at) = at else {
                return Err(setting(
                    format!("there is no node \"{name}\" to hide"),
                    format!("the nodes are {}", self.names().join(", ")),
                ));
            };
            hidden[at] = true;
        }
        if hidden.iter().all(|h| *h) {
            return Err(setting("every node is hidden".into(), "leave at least one visible".into()));
        }
        if hidden.iter().all(|h| !*h) {
            return Err(setting("no node is hidden".into(), "name the hidden ones: --hidden A,B".into()));
        }
        Ok(hidden)
    }
}
