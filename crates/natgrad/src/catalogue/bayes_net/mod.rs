//! Bayesian networks as the edges see them: settings by name, columns by name, one place to fit, judge and use them.
//!
//! ```
//! use natgrad::catalogue::bayes_net::{NetworkModel, NetworkSettings};
//! use natgrad::engine::{Control, Progress, Settings, fit};
//! use natgrad::network::{Network, NodeSpec};
//! use natgrad::rows::{Column, ColumnKind, Table};
//!
//! // A cause that nobody saw, and two of its effects, one of them with a gap.
//! let node = |name: &str, parents: &[&str]| NodeSpec {
//!     name: name.into(),
//!     states: vec!["no".into(), "yes".into()],
//!     parents: parents.iter().map(|p| p.to_string()).collect(),
//!     table: None,
//! };
//! let (network, tables) = Network::new(vec![node("cause", &[]), node("a", &["cause"]), node("b", &["cause"])])?;
//! let levels = ColumnKind::Levels(vec!["no".into(), "yes".into()]);
//! let column = |name: &str| Column { name: name.into(), kind: levels.clone(), missing: true };
//! let columns = vec![column("a"), column("b")];
//! let rows = Table::from_columns(columns.clone(), &[vec![0.0, 1.0, 1.0, 0.0], vec![0.0, 1.0, f64::NAN, 0.0]], None)?;
//!
//! let mut model = NetworkModel::new(NetworkSettings::default(), network, tables, &columns)?;
//! let (survey, pieces) = model.survey(&rows)?;
//! let start = model.start(&survey, 0)?;
//! let learning = model.learning(&rows, pieces.as_ref());
//! let outcome = fit(&learning, &Settings::default(), Progress::at(start), &|_| Control::Continue)?;
//! assert!(outcome.look.elbo > -1.5);
//! assert_eq!(model.net().table(0, &outcome.look.point).len(), 2);
//! # Ok::<(), natgrad::Error>(())
//! ```

mod errors;
mod seen;
mod settings;
mod summary;
mod words;

pub use errors::standard_errors_of_tables;
pub use seen::{SeenNode, seen_by_node};
pub use settings::NetworkSettings;
pub use summary::{NodeSummary, summarise_network};
pub use words::words;

use crate::Error;
use crate::geometry::Point;
use crate::model::bayes_net::{BayesNet, Pieces, Survey};
use crate::network::{Network, NodeSpec, local::LocalSpec};
use crate::objective::Learning;
use crate::rows::{Column, ColumnKind, RowSource};

/// A network with its settings, for data with certain columns.
#[derive(Debug, Clone)]
pub struct NetworkModel {
    settings: NetworkSettings,
    given: Network,
    given_point: Option<Point>,
    net: BayesNet,
    columns: Vec<Column>,
}

impl NetworkModel {
    /// Names resolved: which node is read from which column, which are hidden, frozen, tied.
    ///
    /// `columns`: those of the data, each a node's name with the node's states as levels.
    ///
    /// # Errors
    /// [`Error::Setting`] for names that are no nodes, a frozen node without a table, every node hidden;
    /// [`Error::Data`] for a column that is no node.
    pub fn new(
        settings: NetworkSettings,
        network: Network,
        point: Option<Point>,
        columns: &[Column],
    ) -> Result<Self, Error> {
        let sharing = settings.sharing(&network)?;
        let hidden = settings.hidden_nodes(&network)?;
        let mut places = vec![None; network.len()];
        for (d, column) in columns.iter().enumerate() {
            let Some(i) = network.nodes().iter().position(|n| n.name == column.name) else {
                return Err(Error::Data {
                    problem: format!("column \"{}\" belongs to no node", column.name),
                    hint: format!("leave it out with --exclude; the nodes are {}", network.names().join(", ")),
                });
            };
            places[i] = (!hidden[i]).then_some(d);
        }
        if places.iter().all(Option::is_none) {
            return Err(Error::Setting {
                problem: "every node is hidden: no column belongs to a visible one".into(),
                hint: "columns are found by the names of the nodes".into(),
            });
        }
        if let Some(&i) = sharing.frozen.iter().find(|_| point.is_none()) {
            return Err(Error::Setting {
                problem: format!("\"{}\" is frozen, and the network file lacks tables", network.nodes()[i].name),
                hint: "write a table for every node, or freeze none".into(),
            });
        }
        let net = BayesNet::new(network.clone(), places, &sharing)?;
        Ok(NetworkModel { settings, given: network, given_point: point, net, columns: columns.to_vec() })
    }

    /// The settings.
    pub fn settings(&self) -> &NetworkSettings {
        &self.settings
    }

    /// The columns that the data have.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The model that learns.
    pub fn net(&self) -> &BayesNet {
        &self.net
    }

    /// The tables of the file as a point; `None` where it lacks some.
    ///
    /// # Errors
    /// As [`BayesNet::point`].
    pub fn given(&self) -> Result<Option<Point>, Error> {
        self.given_point.as_ref().map(|at| self.net.point(&self.given, at)).transpose()
    }

    /// Looks at all rows once; needed before fitting and judging.
    ///
    /// # Errors
    /// As [`BayesNet::survey`].
    pub fn survey(&mut self, source: &dyn RowSource) -> Result<(Survey, Option<Pieces>), Error> {
        self.net.survey(source)
    }

    /// The objective on rows, swept in merged pieces where there are some.
    pub fn learning<'a>(&'a self, rows: &'a dyn RowSource, pieces: Option<&'a Pieces>) -> Learning<'a> {
        Learning::new(&self.net, rows, 0.0).with_digest(pieces.map(Pieces::as_digest))
    }

    /// A point to start from, drawn with a seed.
    ///
    /// # Errors
    /// What reading reports.
    pub fn start(&self, survey: &Survey, seed: u64) -> Result<Point, Error> {
        let given = self.given_point.as_ref().map(|at| self.net.drawn_from(&self.given, at)).transpose()?;
        Ok(self.net.start(survey, given.as_ref(), &survey.marginals(&self.net), seed))
    }

    /// The nodes written down with their tables at a point, and local models that are no tables.
    pub fn nodes(&self, at: &Point) -> (Vec<NodeSpec>, Vec<Option<LocalSpec>>) {
        let own = self.net.network_point(at);
        let local = self.net.network().local_specs(&own);
        let mut nodes = self.net.network().specs(Some(&own));
        let given = self.given().ok().flatten();
        for (i, node) in nodes.iter_mut().enumerate() {
            // Tables straight from their logarithms: the last state is no remainder.
            let states = self.net.network().states(i);
            let flat = match (&given, &self.given_point) {
                // What has not moved is written as it was read: exp(ln p) may differ from p in its last bit.
                (Some(start), Some(read)) if self.net.is_same(i, start, at) => self.given.table(i, read),
                _ => self.net.table(i, at),
            };
            let rows = flat.chunks(states).map(<[f64]>::to_vec).collect();
            node.table = local[i].is_none().then_some(rows);
        }
        (nodes, local)
    }

    /// Name of a row of a node's table: `P(node | parent = state)`.
    pub fn row_name(&self, node: usize, configuration: usize) -> String {
        let given = self.net.network().configuration_label(node, configuration);
        let bar = if given.is_empty() { "" } else { " | " };
        format!("P({}{bar}{given})", self.net.network().nodes()[node].name)
    }

    /// The levels that a column of each node has.
    pub fn levels(network: &Network) -> Vec<(String, Vec<String>)> {
        network.nodes().iter().map(|n| (n.name.clone(), n.states.clone())).collect()
    }

    /// A column for each node, as data have them.
    pub fn all_columns(network: &Network) -> Vec<Column> {
        let column = |n: &crate::network::Node| Column {
            name: n.name.clone(),
            kind: ColumnKind::Levels(n.states.clone()),
            missing: true,
        };
        network.nodes().iter().map(column).collect()
    }
}
