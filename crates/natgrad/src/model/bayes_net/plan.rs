//! Hidden nodes that hang together, compiled: which tables they touch and how to sum over their states.
//!
//! ```text
//! Z(e) = Σ_h Π_f θ_f(h, e)      q(h | e) = Π_f θ_f(h, e) / Z(e)
//! ```
//!
//! Given what is seen, hidden nodes that share no table are independent: a row falls apart into such pieces.

use super::layout::Layout;
use super::mean_field::MeanField;
use crate::network::Network;
use crate::network::junction::{Beliefs, Cost, JunctionTree};

/// Up to this many joint states they are listed; beyond, a junction tree sums over them.
const LISTED: usize = 64;

/// Up to this many joint states they are listed where a junction tree would be no smaller.
const MOST_LISTED: usize = 1024;

/// How far sums over hidden nodes may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    /// Most bytes of a junction tree's tables.
    pub most_bytes: f64,
    /// Whether nodes that need more are taken as independent.
    pub mean_field: bool,
}

/// A table that the hidden nodes touch.
#[derive(Debug, Clone)]
pub(super) struct Touched {
    /// The node.
    pub node: usize,
    /// Where its entries begin.
    pub first_entry: usize,
    /// Seen members of the family: index into the plan's `seen`, stride.
    pub seen: Vec<(usize, usize)>,
}

/// How a plan sums.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// All joint states: for each family and state the offset of its entry, family by family.
    Listed { states: usize, offsets: Vec<u32> },
    /// A junction tree.
    Tree(Box<JunctionTree>),
    /// Too many to be summed: nodes taken as independent.
    MeanField(MeanField),
    /// More than the memory allowed.
    TooLarge(Cost),
}

/// Hidden nodes that hang together.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The nodes, ascending; their joint states are numbered with the last fastest.
    pub hidden: Vec<usize>,
    /// The nodes next to them, ascending, all seen.
    pub seen: Vec<usize>,
    /// Their numbers of states.
    pub cards: Vec<usize>,
    /// The tables with a hidden member.
    pub touched: Vec<Touched>,
    /// How to sum.
    pub way: Way,
}

/// Working memory of a plan's runs.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Posterior of the joint states, where they are listed.
    pub q: Vec<f64>,
    /// First entry of each touched table's slice.
    pub bases: Vec<usize>,
    beliefs: Beliefs,
    evidence: Vec<Option<usize>>,
}

impl Workspace {
    /// What the last run of a junction tree left.
    pub fn beliefs(&self) -> &Beliefs {
        &self.beliefs
    }

    /// Room for another run.
    pub fn beliefs_mut(&mut self) -> &mut Beliefs {
        &mut self.beliefs
    }
}

impl Plan {
    /// Compiles the sums over `hidden` where everything else is seen.
    pub fn new(network: &Network, layout: &Layout, hidden: Vec<usize>, limits: Limits) -> Self {
        let families: Vec<usize> = (0..network.len())
            .filter(|&i| layout.families[i].members.iter().any(|m| hidden.binary_search(m).is_ok()))
            .collect();
        let mut seen: Vec<usize> = families
            .iter()
            .flat_map(|&i| layout.families[i].members.iter().copied())
            .filter(|m| hidden.binary_search(m).is_err())
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let touched = families
            .iter()
            .map(|&node| {
                let family = &layout.families[node];
                let members = family.members.iter().zip(&family.strides);
                let seen = members.filter_map(|(m, &s)| seen.binary_search(m).ok().map(|e| (e, s))).collect();
                Touched { node, first_entry: family.first_entry, seen }
            })
            .collect::<Vec<_>>();
        let way = Self::choose(network, layout, &hidden, &touched, limits);
        let cards = seen.iter().map(|&i| network.states(i)).collect();
        Plan { hidden, seen, cards, touched, way }
    }

    fn choose(network: &Network, layout: &Layout, hidden: &[usize], touched: &[Touched], limits: Limits) -> Way {
        let states = hidden.iter().try_fold(1usize, |n, &i| n.checked_mul(network.states(i)));
        if states.is_none_or(|s| s > LISTED) {
            let given: Vec<bool> = (0..network.len()).map(|i| hidden.binary_search(&i).is_err()).collect();
            let cost = JunctionTree::cost_of(network, &given, &[]);
            let listed = states.map_or(f64::INFINITY, |s| s as f64 * touched.len() as f64 * 8.0);
            if states.is_none_or(|s| s > MOST_LISTED) || cost.bytes < 0.5 * listed {
                return match JunctionTree::new(network, &given, &[], limits.most_bytes) {
                    Ok(tree) => Way::Tree(Box::new(tree.only_touched())),
                    Err(_) if limits.mean_field => Way::MeanField(MeanField::new(network, layout, hidden, touched)),
                    Err(_) => Way::TooLarge(cost),
                };
            }
        }
        let states = states.unwrap_or(1);
        let mut offsets = Vec::with_capacity(states * touched.len());
        for t in touched {
            let family = &layout.families[t.node];
            // Stride of each hidden node in this table; 0 where it is no member.
            let strides: Vec<usize> = hidden
                .iter()
                .map(|h| family.members.iter().position(|m| m == h).map_or(0, |m| family.strides[m]))
                .collect();
            for state in 0..states {
                let (mut left, mut offset) = (state, 0);
                for (h, stride) in hidden.iter().zip(&strides).rev() {
                    offset += left % network.states(*h) * stride;
                    left /= network.states(*h);
                }
                offsets.push(offset as u32);
            }
        }
        Way::Listed { states, offsets }
    }

    fn bases(&self, seen: &[u16], into: &mut Vec<usize>) {
        into.clear();
        into.extend(
            self.touched
                .iter()
                .map(|t| t.first_entry + t.seen.iter().map(|&(e, s)| usize::from(seen[e]) * s).sum::<usize>()),
        );
    }

    /// `ln Z(e)` in nats, minus infinity where it is zero; leaves the posterior in the workspace.
    pub fn run(&self, tables: &Tables<'_>, seen: &[u16], work: &mut Workspace) -> f64 {
        match &self.way {
            Way::Listed { states, offsets } => {
                self.bases(seen, &mut work.bases);
                listed(tables, &work.bases, *states, offsets, &mut work.q)
            }
            Way::Tree(tree) => {
                work.evidence.clear();
                work.evidence.resize(tables.network.len(), Some(0));
                self.hidden.iter().for_each(|&h| work.evidence[h] = None);
                self.seen.iter().zip(seen).for_each(|(&i, &s)| work.evidence[i] = Some(usize::from(s)));
                // Evidence made here fits the network; were it not so, the row would count as impossible.
                tree.run(tables.by_node(), &work.evidence, &mut work.beliefs).unwrap_or(f64::NEG_INFINITY)
            }
            Way::MeanField(field) => {
                self.bases(seen, &mut work.bases);
                field.run(tables, &work.bases, &mut work.q)
            }
            Way::TooLarge(_) => f64::NAN,
        }
    }

    /// Calls `visit(entry, probability)` for the posterior of every touched table, pieces that add up, after [`run`](Self::run).
    pub fn each_entry(&self, layout: &Layout, work: &Workspace, mut visit: impl FnMut(usize, f64)) {
        match &self.way {
            Way::Listed { states, offsets } => {
                for (base, offsets) in work.bases.iter().zip(offsets.chunks_exact(*states)) {
                    for (o, q) in offsets.iter().zip(&work.q) {
                        visit(base + *o as usize, *q);
                    }
                }
            }
            Way::Tree(tree) => {
                for t in &self.touched {
                    let first = layout.families[t.node].first_entry;
                    tree.family(t.node, &work.beliefs, |entry, p| visit(first + entry, p));
                }
            }
            Way::MeanField(field) => field.each_entry(&work.bases, &work.q, visit),
            Way::TooLarge(_) => {}
        }
    }
}

/// The posterior of listed states: products in scaled doubles; in logarithms where those would underflow.
fn listed(tables: &Tables<'_>, bases: &[usize], states: usize, offsets: &[u32], q: &mut Vec<f64>) -> f64 {
    /// Below this a product of probabilities may have lost digits, or all of itself.
    const SMALL: f64 = 1e-250;
    q.clear();
    q.resize(states, 1.0);
    for (base, offsets) in bases.iter().zip(offsets.chunks_exact(states)) {
        let slice = &tables.theta[*base..];
        for (q, o) in q.iter_mut().zip(offsets) {
            *q *= slice[*o as usize];
        }
    }
    let total: f64 = q.iter().sum();
    if total > SMALL {
        let scale = 1.0 / total;
        q.iter_mut().for_each(|q| *q *= scale);
        return total.ln();
    }
    q.fill(0.0);
    for (base, offsets) in bases.iter().zip(offsets.chunks_exact(states)) {
        for (q, o) in q.iter_mut().zip(offsets) {
            *q += tables.theta[*base + *o as usize].ln();
        }
    }
    let top = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        q.fill(0.0);
        return top;
    }
    let mut total = 0.0;
    for q in q.iter_mut() {
        *q = (*q - top).exp();
        total += *q;
    }
    q.iter_mut().for_each(|q| *q /= total);
    top + total.ln()
}

/// The network's tables at a point.
pub(super) struct Tables<'a> {
    pub network: &'a Network,
    pub layout: &'a Layout,
    /// Probabilities, entry by entry.
    pub theta: Vec<f64>,
    /// Their logarithms, nats.
    pub log: Vec<f64>,
    by_node: std::sync::OnceLock<Vec<Vec<f64>>>,
}

impl<'a> Tables<'a> {
    pub fn new(network: &'a Network, layout: &'a Layout, theta: Vec<f64>) -> Self {
        let log = theta.iter().map(|t| t.ln()).collect();
        Tables { network, layout, theta, log, by_node: std::sync::OnceLock::new() }
    }

    /// One table per node, as junction trees read them.
    pub fn by_node(&self) -> &[Vec<f64>] {
        self.by_node.get_or_init(|| {
            let table = |f: &super::layout::Family| self.theta[self.layout.blocks[f.block].entries()].to_vec();
            self.layout.families.iter().map(table).collect()
        })
    }
}
