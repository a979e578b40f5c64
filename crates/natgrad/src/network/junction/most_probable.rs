//! The most probable explanation: messages of maxima instead of sums, in logarithms.

use super::layout::{Clique, JunctionTree};
use super::logarithms::plus;
use super::posterior::fits;
use super::propagate::walk;
use crate::Error;
use crate::geometry::Point;
use crate::network::Network;

/// Logarithms that differ by less than this times (nodes + size of the logarithm) count as equal: far above the
/// rounding of a sum of that many terms, far below any difference that tables mean.
const TIE: f64 = 1e-12;

/// States of all nodes, and how probable they are together.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// A state for every node, the given ones among them.
    pub states: Vec<usize>,
    /// `log p(states)`, nats: of explanation and evidence together.
    pub log_probability: f64,
}

/// `argmax_x p(x)` over all states that agree with the evidence (`None`: not seen); `None` where that is impossible.
///
/// Of several explanations that are equally probable (but for rounding), the first in lexicographic order, the first
/// node slowest. Nodes that all best explanations agree on are found in one pass; each further pass settles the lowest
/// open node of every connected part. The tree is compiled again, without the settled nodes, when half of them are.
///
/// # Errors
/// [`Error::Setting`] for evidence that does not fit the network, and where the junction tree takes more than
/// `most_bytes`.
///
/// # Source
/// Dawid, *Applications of a general propagation algorithm for probabilistic expert systems* (1992).
pub fn most_probable(
    network: &Network,
    at: &Point,
    evidence: &[Option<usize>],
    most_bytes: f64,
) -> Result<Option<Explanation>, Error> {
    fits(network, evidence, &[])?;
    let logs: Vec<Vec<f64>> =
        (0..network.len()).map(|i| network.table(i, at).into_iter().map(f64::ln).collect()).collect();
    let mut states = evidence.to_vec();
    let compile = |states: &[Option<usize>]| {
        let given: Vec<bool> = states.iter().map(Option::is_some).collect();
        let open = given.iter().filter(|g| !**g).count();
        JunctionTree::new(network, &given, &[], most_bytes).map(|tree| (tree, open))
    };
    let (mut tree, mut compiled) = compile(&states)?;
    loop {
        if !tree.settle(&logs, &mut states) {
            return Ok(None);
        }
        if 2 * states.iter().filter(|s| s.is_none()).count() <= compiled {
            (tree, compiled) = compile(&states)?;
        }
        let settled: Vec<usize> = states.iter().copied().flatten().collect();
        if settled.len() == network.len() {
            let term = |i: usize| {
                let of = network.dag().parents(i);
                let configuration = of.iter().fold(0, |c, &p| c * network.states(p) + settled[p]);
                logs[i][configuration * network.states(i) + settled[i]]
            };
            let log_probability = (0..network.len()).map(term).sum();
            return Ok(Some(Explanation { states: settled, log_probability }));
        }
    }
}

/// The largest of the cells that fall on each target.
fn maxima(size: usize, cells: &[f64], cards: &[usize], strides: &[usize]) -> Vec<f64> {
    let (inner, step) = (cards.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
    let mut top = vec![f64::NEG_INFINITY; size];
    walk(cards, strides, |cell, target| {
        for (k, x) in cells[cell..cell + inner].iter().enumerate() {
            let t = &mut top[target + k * step];
            *t = t.max(*x);
        }
    });
    top
}

impl Clique {
    /// Strides that lead from a cell to the state of one node.
    fn strides_of(&self, node: usize) -> Vec<usize> {
        self.nodes.iter().map(|&n| usize::from(n == node)).collect()
    }
}

impl JunctionTree {
    /// Largest log-probability of each state of each open node, over all states of the others; empty for given nodes.
    /// `None` where the evidence is impossible.
    fn max_marginals(&self, logs: &[Vec<f64>], evidence: &[Option<usize>]) -> Option<Vec<Vec<f64>>> {
        let mut cells = vec![0.0; self.cells];
        for (place, table) in self.families.iter().zip(logs) {
            let base = Self::base(place, evidence);
            match place.clique {
                None if table[base] == f64::NEG_INFINITY => return None,
                None => {}
                Some(c) => {
                    let clique = &self.cliques[c];
                    let own = &mut cells[clique.at..clique.at + clique.size];
                    plus(own, &clique.cards, &place.strides, |t| table[base + t]);
                }
            }
        }
        for (i, home) in self.home.iter().enumerate() {
            if let (Some(c), Some(state)) = (*home, evidence[i]) {
                let clique = &self.cliques[c];
                let own = &mut cells[clique.at..clique.at + clique.size];
                let strides = clique.strides_of(i);
                plus(own, &clique.cards, &strides, |s| if s == state { 0.0 } else { f64::NEG_INFINITY });
            }
        }
        let mut messages = vec![0.0; self.separators];
        for &c in &self.order {
            let clique = &self.cliques[c];
            let own = &cells[clique.at..clique.at + clique.size];
            let Some(above) = &clique.above else {
                if own.iter().all(|x| *x == f64::NEG_INFINITY) {
                    return None;
                }
                continue;
            };
            let message = maxima(above.size, own, &clique.cards, &above.from_own);
            let parent = &self.cliques[above.parent];
            let there = &mut cells[parent.at..parent.at + parent.size];
            plus(there, &parent.cards, &above.from_parent, |t| message[t]);
            messages[above.at..above.at + above.size].copy_from_slice(&message);
        }
        for &c in self.order.iter().rev() {
            let clique = &self.cliques[c];
            let Some(above) = &clique.above else { continue };
            let parent = &self.cliques[above.parent];
            let there = &cells[parent.at..parent.at + parent.size];
            let mut renewal = maxima(above.size, there, &parent.cards, &above.from_parent);
            for (new, old) in renewal.iter_mut().zip(&messages[above.at..]) {
                *new = if *old > f64::NEG_INFINITY { *new - old } else { f64::NEG_INFINITY };
            }
            let own = &mut cells[clique.at..clique.at + clique.size];
            plus(own, &clique.cards, &above.from_own, |t| renewal[t]);
        }
        let of = |(i, home): (usize, &Option<usize>)| {
            let Some(c) = *home else { return Vec::new() };
            let clique = &self.cliques[c];
            let own = &cells[clique.at..clique.at + clique.size];
            maxima(self.cards[i], own, &clique.cards, &clique.strides_of(i))
        };
        Some(self.home.iter().enumerate().map(of).collect())
    }

    /// Gives a state to every open node that has only one best state, and the first best state to the lowest other node
    /// of each connected part. False where the evidence is impossible.
    fn settle(&self, logs: &[Vec<f64>], states: &mut [Option<usize>]) -> bool {
        let Some(tops) = self.max_marginals(logs, states) else { return false };
        let mut root: Vec<usize> = (0..self.cliques.len()).collect();
        for &c in self.order.iter().rev() {
            if let Some(above) = &self.cliques[c].above {
                root[c] = root[above.parent];
            }
        }
        let mut taken = vec![false; self.cliques.len()];
        for (i, marginal) in tops.iter().enumerate() {
            let (Some(home), None) = (self.home[i], states[i]) else { continue };
            let top = marginal.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let close = top - TIE * (self.cards.len() as f64 + top.abs());
            let mut best = (0..marginal.len()).filter(|&s| marginal[s] >= close);
            let first = best.next();
            if best.next().is_none() || !std::mem::replace(&mut taken[root[home]], true) {
                states[i] = first;
            }
        }
        true
    }
}
