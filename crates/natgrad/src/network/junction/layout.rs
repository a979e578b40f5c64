//! What a junction tree is made of: cliques, their places in memory, and what it all costs before any of it is there.

use super::triangulate::{Triangulation, triangulate};
use crate::Error;
use crate::network::Network;

/// Most bytes that a tree's tables take by default: 2 GiB.
pub const MOST_BYTES: f64 = 2_147_483_648.0;

/// What a junction tree takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Number of cliques.
    pub cliques: usize,
    /// Nodes of the largest clique less one: the width of the triangulation, an upper bound of the treewidth.
    pub width: usize,
    /// Cells of the largest table.
    pub largest: f64,
    /// Bytes of all tables and messages of one run.
    pub bytes: f64,
}

/// A clique: its nodes, ascending, the last fastest.
#[derive(Debug, Clone)]
pub(super) struct Clique {
    pub nodes: Vec<usize>,
    pub cards: Vec<usize>,
    pub size: usize,
    /// Where its cells begin.
    pub at: usize,
    pub above: Option<Above>,
}

/// The way from a clique to its parent.
#[derive(Debug, Clone)]
pub(super) struct Above {
    pub parent: usize,
    pub size: usize,
    /// Where the cells of the separator begin.
    pub at: usize,
    /// Strides into the separator, per node of the clique and of its parent; 0 for nodes that are not in it.
    pub from_own: Vec<usize>,
    pub from_parent: Vec<usize>,
}

/// Where a node's family or a wanted set is found.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// `None` where every node of it is given.
    pub clique: Option<usize>,
    /// Strides into the table, per node of the clique.
    pub strides: Vec<usize>,
    /// Given nodes with their strides into the table.
    pub given: Vec<(usize, usize)>,
    /// Cells of the table.
    pub size: usize,
}

/// A compiled junction tree: everything that does not depend on tables and states.
///
/// Nodes that are *given* are named by every evidence; they are cut out of the graph, which keeps cliques small when only
/// a few nodes are hidden. Evidence on any other node may be there or not, run by run.
#[derive(Debug, Clone)]
pub struct JunctionTree {
    pub(super) cards: Vec<usize>,
    pub(super) given: Vec<bool>,
    pub(super) cliques: Vec<Clique>,
    /// Children before parents.
    pub(super) order: Vec<usize>,
    pub(super) families: Vec<Place>,
    pub(super) wanted: Vec<Place>,
    /// A clique that holds each node; `None` for given ones.
    pub(super) home: Vec<Option<usize>>,
    pub(super) cells: usize,
    pub(super) separators: usize,
    /// Whether tables of given nodes alone are left out of `log p(v)`.
    pub(super) only_touched: bool,
    cost: Cost,
}

fn families(network: &Network) -> Vec<Vec<usize>> {
    (0..network.len()).map(|i| network.dag().parents(i).iter().copied().chain([i]).collect()).collect()
}

fn triangulated(network: &Network, given: &[bool], wanted: &[Vec<usize>]) -> (Vec<usize>, Triangulation) {
    let cards: Vec<usize> = (0..network.len()).map(|i| network.states(i)).collect();
    let mut sets = families(network);
    sets.extend_from_slice(wanted);
    let t = triangulate(&cards, &sets, given);
    (cards, t)
}

fn cost(t: &Triangulation, cards: &[usize]) -> Cost {
    let separator = |c: usize| -> f64 {
        t.parents[c].map_or(0.0, |p| {
            let shared = t.cliques[c].iter().filter(|i| t.cliques[p].contains(i));
            shared.map(|&i| cards[i] as f64).product()
        })
    };
    let separators: f64 = (0..t.cliques.len()).map(separator).sum();
    Cost {
        cliques: t.cliques.len(),
        width: t.cliques.iter().map(Vec::len).max().unwrap_or(1).saturating_sub(1),
        largest: (0..t.cliques.len()).map(|c| t.cells(c, cards)).fold(0.0, f64::max),
        // A separator twice: the message and its renewal.
        bytes: 8.0 * (t.all_cells(cards) + 2.0 * separators),
    }
}

/// Strides of the nodes in `order` (the last fastest), zero for those that are not among them.
fn strides_into(nodes: &[usize], order: &[usize], cards: &[usize]) -> Vec<usize> {
    let mut out = vec![0; nodes.len()];
    let mut stride = 1;
    for &i in order.iter().rev() {
        if let Some(k) = nodes.iter().position(|&n| n == i) {
            out[k] = stride;
        }
        stride *= cards[i];
    }
    out
}

impl JunctionTree {
    /// What a tree would take, without building it.
    ///
    /// `given`: nodes that every evidence names; `wanted`: sets of nodes whose joint distribution is asked for.
    pub fn cost_of(network: &Network, given: &[bool], wanted: &[Vec<usize>]) -> Cost {
        let (cards, t) = triangulated(network, given, wanted);
        cost(&t, &cards)
    }

    /// Compiles a tree that takes at most `most_bytes` ([`MOST_BYTES`] is a good default).
    ///
    /// # Errors
    /// [`Error::Setting`] with the width and the bytes needed where that is not enough; nothing has been allocated then.
    ///
    /// # Source
    /// Lauritzen and Spiegelhalter (1988); elimination by fewest new edges or smallest cliques, whichever is cheaper.
    pub fn new(network: &Network, given: &[bool], wanted: &[Vec<usize>], most_bytes: f64) -> Result<Self, Error> {
        let (cards, t) = triangulated(network, given, wanted);
        let cost = cost(&t, &cards);
        if cost.bytes > most_bytes {
            return Err(Error::Setting {
                problem: format!(
                    "exact inference needs a junction tree of width {} with tables of {:.3e} bytes, more than {:.3e}",
                    cost.width, cost.bytes, most_bytes
                ),
                hint: "make more nodes visible, give nodes fewer parents, or merge states".into(),
            });
        }
        let (mut cells, mut separators) = (0, 0);
        let mut cliques: Vec<Clique> = Vec::with_capacity(t.cliques.len());
        for (c, nodes) in t.cliques.iter().enumerate() {
            let size = nodes.iter().map(|&i| cards[i]).product();
            let above = t.parents[c].map(|parent| {
                let shared: Vec<usize> = nodes.iter().copied().filter(|i| t.cliques[parent].contains(i)).collect();
                let size = shared.iter().map(|&i| cards[i]).product();
                let at = separators;
                separators += size;
                Above {
                    parent,
                    size,
                    at,
                    from_own: strides_into(nodes, &shared, &cards),
                    from_parent: strides_into(&t.cliques[parent], &shared, &cards),
                }
            });
            let clique = Clique {
                nodes: nodes.clone(),
                cards: nodes.iter().map(|&i| cards[i]).collect(),
                size,
                at: cells,
                above,
            };
            cells += size;
            cliques.push(clique);
        }
        let place = |set: &Vec<usize>| {
            let first = set.iter().copied().filter(|&i| !given[i]).min_by_key(|&i| t.turn[i]);
            let clique = first.and_then(|i| t.home[i]);
            let nodes: &[usize] = clique.map_or(&[], |c| &t.cliques[c]);
            let all = strides_into(set, set, &cards);
            Place {
                clique,
                strides: strides_into(nodes, set, &cards),
                given: set.iter().zip(all).filter(|&(&i, _)| given[i]).map(|(&i, s)| (i, s)).collect(),
                size: set.iter().map(|&i| cards[i]).product(),
            }
        };
        Ok(JunctionTree {
            families: families(network).iter().map(place).collect(),
            wanted: wanted.iter().map(place).collect(),
            given: given.to_vec(),
            order: t.order,
            home: t.home,
            cards,
            cliques,
            cells,
            separators,
            only_touched: false,
            cost,
        })
    }

    /// The same tree without the tables whose nodes are all given: runs answer the logarithm of the other tables' sum.
    pub fn only_touched(mut self) -> Self {
        self.only_touched = true;
        self
    }

    /// What it takes.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Nodes of each clique.
    pub fn cliques(&self) -> impl Iterator<Item = &[usize]> {
        self.cliques.iter().map(|c| c.nodes.as_slice())
    }
}
