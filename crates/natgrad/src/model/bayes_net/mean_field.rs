//! Hidden nodes treated as independent where they are too entangled to be summed out: a lower bound of their evidence.
//!
//! ```text
//! ln Z(e) ≥ max_q Σ_f E_q[ln θ_f] + Σ_h H[q_h],   q = Π_h q_h      ln q_h ← Σ_{f ∋ h} E_{q∖h}[ln θ_f] + const
//! ```
//!
//! Each update raises the bound. Every run begins anew, from the same two beginnings, so that the bound is a function of the
//! tables; where all `q` of the family put weight on impossible states it is minus infinity.
//!
//! # Source
//! Saul, Jaakkola and Jordan (1996), Mean field theory for sigmoid belief networks, for the idea.

use super::ZERO_LOG;
use super::layout::Layout;
use super::plan::{Tables, Touched};
use crate::network::Network;

/// Updates of all nodes before giving up on the last digits.
const SWEEPS: usize = 500;

/// A change of every `q` below this is rounding's share of the bound.
const SETTLED: f64 = 1e-11;

/// Entries that `q` gives less than this have no weight in any sum: independent nodes can leave it on impossible entries.
const LEFT_OVER: f64 = 1e-40;

/// Where the hidden members of each table are.
#[derive(Debug, Clone)]
pub(super) struct MeanField {
    /// Where each hidden node's probabilities begin, and how many there are.
    places: Vec<(usize, usize)>,
    /// Hidden members of each touched table: index among the hidden nodes, stride in the table.
    families: Vec<Vec<(usize, usize)>>,
    /// Tables that each hidden node is in.
    tables_of: Vec<Vec<usize>>,
    /// Each hidden node's own table, itself and its place there, parents first.
    own: Vec<(usize, usize, usize)>,
}

impl MeanField {
    pub fn new(network: &Network, layout: &Layout, hidden: &[usize], touched: &[Touched]) -> Self {
        let mut places = Vec::with_capacity(hidden.len());
        let mut at = 0;
        for &h in hidden {
            places.push((at, network.states(h)));
            at += network.states(h);
        }
        let families: Vec<Vec<(usize, usize)>> = touched
            .iter()
            .map(|t| {
                let family = &layout.families[t.node];
                let members = family.members.iter().zip(&family.strides);
                members.filter_map(|(m, &s)| hidden.binary_search(m).ok().map(|h| (h, s))).collect()
            })
            .collect();
        let mut tables_of = vec![Vec::new(); hidden.len()];
        for (f, members) in families.iter().enumerate() {
            members.iter().for_each(|&(h, _)| tables_of[h].push(f));
        }
        let mut own = Vec::with_capacity(hidden.len());
        for node in network.dag().order() {
            let h = hidden.binary_search(node).ok();
            let f = touched.iter().position(|t| t.node == *node);
            if let (Some(h), Some(f)) = (h, f)
                && let Some(place) = families[f].iter().position(|m| m.0 == h)
            {
                own.push((f, h, place));
            }
        }
        MeanField { places, families, tables_of, own }
    }

    /// Probabilities of a hidden node's states.
    pub fn of<'q>(&self, hidden: usize, q: &'q [f64]) -> &'q [f64] {
        let (at, states) = self.places[hidden];
        &q[at..at + states]
    }

    /// Calls `visit(offset, states of the members, Π q)` for all states of a table's hidden members.
    fn each(&self, family: usize, q: &[f64], mut visit: impl FnMut(usize, &[usize], f64)) {
        let members = &self.families[family];
        let mut states = vec![0; members.len()];
        loop {
            let (mut offset, mut weight) = (0, 1.0);
            for (&(h, stride), &s) in members.iter().zip(&states) {
                offset += s * stride;
                weight *= q[self.places[h].0 + s];
            }
            visit(offset, &states, weight);
            let mut m = members.len();
            loop {
                if m == 0 {
                    return;
                }
                m -= 1;
                states[m] += 1;
                if states[m] < self.places[members[m].0].1 {
                    break;
                }
                states[m] = 0;
            }
        }
    }

    /// The better bound of two beginnings, in nats; leaves its `q` behind, node after node.
    ///
    /// Once all nodes begin uniform, and once each as its own table has it with what came before it already in place.
    pub fn run(&self, tables: &Tables<'_>, bases: &[usize], q: &mut Vec<f64>) -> f64 {
        let uniform = |q: &mut Vec<f64>| {
            q.clear();
            for &(_, states) in &self.places {
                q.extend(std::iter::repeat_n(1.0 / states as f64, states));
            }
        };
        let mut other = Vec::new();
        uniform(&mut other);
        for &(family, h, place) in &self.own {
            let (at, states) = self.places[h];
            other[at..at + states].fill(1.0);
            let mut p = vec![0.0; states];
            self.each(family, &other, |offset, members, weight| {
                p[members[place]] += weight * tables.theta[bases[family] + offset];
            });
            let total: f64 = p.iter().sum();
            p.iter().enumerate().for_each(|(s, p)| {
                other[at + s] = if total > 0.0 { p / total } else { 1.0 / states as f64 };
            });
        }
        let second = self.climb(tables, bases, &mut other);
        uniform(q);
        let first = self.climb(tables, bases, q);
        if second > first {
            std::mem::swap(q, &mut other);
        }
        first.max(second)
    }

    /// Updates `q` until it settles; the bound in nats.
    fn climb(&self, tables: &Tables<'_>, bases: &[usize], q: &mut [f64]) -> f64 {
        // A logarithm of zero is kept finite: its state loses all weight, and nothing becomes 0 · ∞.
        let log = |entry: usize| tables.log[entry].max(ZERO_LOG);
        let mut logits = Vec::new();
        for _ in 0..SWEEPS {
            let mut change: f64 = 0.0;
            for (h, &(at, states)) in self.places.iter().enumerate() {
                logits.clear();
                logits.resize(states, 0.0);
                // The node's own q is left out of the expectations.
                let own = q[at..at + states].to_vec();
                q[at..at + states].fill(1.0);
                for &f in &self.tables_of[h] {
                    let place = self.families[f].iter().position(|&(m, _)| m == h).unwrap_or(0);
                    self.each(f, q, |offset, members, weight| {
                        if weight > 0.0 {
                            logits[members[place]] += weight * log(bases[f] + offset);
                        }
                    });
                }
                let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let total: f64 = logits.iter().map(|l| (l - top).exp()).sum();
                for (s, l) in logits.iter().enumerate() {
                    q[at + s] = (l - top).exp() / total;
                    change = change.max((q[at + s] - own[s]).abs());
                }
            }
            if change < SETTLED {
                break;
            }
        }
        let mut bound = -q.iter().filter(|q| **q > 0.0).map(|q| q * q.ln()).sum::<f64>();
        for (f, base) in bases.iter().enumerate() {
            self.each(f, q, |offset, _, weight| {
                // Weight on an impossible entry makes the bound minus infinity, unless it is what a finite logarithm left.
                if weight > LEFT_OVER {
                    bound += weight * tables.log[base + offset];
                }
            });
        }
        bound
    }

    /// Calls `visit(entry, probability)` for all entries of touched tables.
    pub fn each_entry(&self, bases: &[usize], q: &[f64], mut visit: impl FnMut(usize, f64)) {
        for (f, base) in bases.iter().enumerate() {
            self.each(f, q, |offset, _, weight| {
                if weight > LEFT_OVER {
                    visit(base + offset, weight);
                }
            });
        }
    }
}
