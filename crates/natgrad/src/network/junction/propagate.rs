//! Messages to the root and back in scaled doubles; where those would underflow, logarithms take over.

use super::layout::{JunctionTree, Place};
use super::logarithms;
use crate::Error;

/// A nonzero product below this could grow again only after larger ones have become zero: the run is repeated in
/// logarithms, where nothing is lost.
const SMALL: f64 = 1e-250;

/// What a run leaves behind; made once and used again for run after run.
#[derive(Debug, Clone, Default)]
pub struct Beliefs {
    pub(super) cells: Vec<f64>,
    pub(super) messages: Vec<f64>,
    pub(super) renewed: Vec<f64>,
    pub(super) evidence: Vec<Option<usize>>,
    log_evidence: f64,
}

impl Beliefs {
    /// `log p(v)`, nats; minus infinity where the evidence is impossible.
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }
}

/// Calls `visit(cell, target)` at the beginning of each run over the last dimension.
#[inline]
pub(super) fn walk(cards: &[usize], strides: &[usize], mut visit: impl FnMut(usize, usize)) {
    let outer = cards.len().saturating_sub(1);
    let inner = cards.last().copied().unwrap_or(1);
    let mut state = [0usize; 64];
    let mut more = Vec::new();
    let state = if outer <= 64 {
        &mut state[..outer]
    } else {
        more.resize(outer, 0);
        &mut more[..]
    };
    let (mut cell, mut target) = (0, 0);
    loop {
        visit(cell, target);
        cell += inner;
        let mut d = outer;
        loop {
            if d == 0 {
                return;
            }
            d -= 1;
            state[d] += 1;
            target += strides[d];
            if state[d] < cards[d] {
                break;
            }
            target -= strides[d] * cards[d];
            state[d] = 0;
        }
    }
}

/// A power of two that brings `top` next to 1, and its exponent: scaling by it loses no digit.
fn scale(top: f64) -> (f64, i32) {
    let exponent = ((top.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    // Subnormal tops and those beyond the range of reciprocals are moved part of the way.
    let exponent = exponent.clamp(-1000, 1000);
    (f64::powi(2.0, -exponent), exponent)
}

/// What a multiplication did: the largest product, and whether one became dangerously small.
#[derive(Clone, Copy)]
struct Done {
    top: f64,
    small: bool,
}

fn multiply(cells: &mut [f64], cards: &[usize], strides: &[usize], by: &[f64], base: usize) -> Done {
    let (inner, step) = (cards.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
    let mut done = Done { top: 0.0, small: false };
    walk(cards, strides, |cell, target| {
        for (k, x) in cells[cell..cell + inner].iter_mut().enumerate() {
            let factor = by[base + target + k * step];
            let product = *x * factor;
            done.small |= product < SMALL && *x > 0.0 && factor > 0.0;
            done.top = done.top.max(product);
            *x = product;
        }
    });
    done
}

fn add(into: &mut [f64], cells: &[f64], cards: &[usize], strides: &[usize]) {
    let (inner, step) = (cards.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
    walk(cards, strides, |cell, target| {
        for (k, x) in cells[cell..cell + inner].iter().enumerate() {
            into[target + k * step] += x;
        }
    });
}

impl JunctionTree {
    /// Room for runs.
    pub fn beliefs(&self) -> Beliefs {
        Beliefs {
            cells: vec![0.0; self.cells],
            messages: vec![0.0; self.separators],
            renewed: vec![0.0; self.separators],
            evidence: vec![None; self.cards.len()],
            log_evidence: 0.0,
        }
    }

    /// Where a table's slice for the given nodes begins.
    pub(super) fn base(place: &Place, evidence: &[Option<usize>]) -> usize {
        place.given.iter().map(|&(i, stride)| evidence[i].unwrap_or(0) * stride).sum()
    }

    fn check(&self, tables: &[Vec<f64>], evidence: &[Option<usize>]) -> Result<(), Error> {
        let bad = |problem: String| Error::Setting {
            problem,
            hint: "evidence has one entry per node: a state, or none where it is not seen".into(),
        };
        if evidence.len() != self.cards.len() || tables.len() != self.cards.len() {
            return Err(bad(format!(
                "{} states and {} tables for {} nodes",
                evidence.len(),
                tables.len(),
                self.cards.len()
            )));
        }
        for (i, (e, &k)) in evidence.iter().zip(&self.cards).enumerate() {
            match e {
                Some(state) if *state >= k => {
                    return Err(bad(format!("node {} has no state {}: it has {k}", i + 1, state + 1)));
                }
                None if self.given[i] => return Err(bad(format!("node {} is given but not in the evidence", i + 1))),
                _ => {}
            }
        }
        match tables.iter().zip(&self.families).position(|(t, f)| t.len() != f.size) {
            Some(i) => Err(bad(format!("the table of node {} has {} entries", i + 1, tables[i].len()))),
            None => Ok(()),
        }
    }

    /// Computes `log p(v)` (nats) and the beliefs of all cliques given the evidence, for tables of nonnegative entries
    /// (flat, configurations slowest). Impossible evidence answers minus infinity, and every belief is zero.
    ///
    /// # Errors
    /// [`Error::Setting`] for evidence that does not fit the network, or lacks a given node.
    pub fn run(&self, tables: &[Vec<f64>], evidence: &[Option<usize>], into: &mut Beliefs) -> Result<f64, Error> {
        self.check(tables, evidence)?;
        into.cells.resize(self.cells, 0.0);
        into.messages.resize(self.separators, 0.0);
        into.renewed.resize(self.separators, 0.0);
        into.evidence.clear();
        into.evidence.extend_from_slice(evidence);
        let log_evidence = match self.scaled(tables, into) {
            Some(found) => found,
            None => logarithms::run(self, tables, into),
        };
        if log_evidence == f64::NEG_INFINITY {
            into.cells.fill(0.0);
        }
        into.log_evidence = log_evidence;
        Ok(log_evidence)
    }

    /// `None` where something could be lost.
    fn scaled(&self, tables: &[Vec<f64>], into: &mut Beliefs) -> Option<f64> {
        let Beliefs { cells, messages, renewed, evidence, .. } = into;
        cells.fill(1.0);
        let (mut log, mut exponents) = (0.0, 0i64);
        for (place, table) in self.families.iter().zip(tables) {
            let base = Self::base(place, evidence);
            let Some(c) = place.clique else {
                if !self.only_touched {
                    log += table[base].ln();
                }
                continue;
            };
            let clique = &self.cliques[c];
            let own = &mut cells[clique.at..clique.at + clique.size];
            let done = multiply(own, &clique.cards, &place.strides, table, base);
            if done.small {
                return None;
            }
            if done.top == 0.0 {
                return Some(f64::NEG_INFINITY);
            }
            if done.top < 1e-30 {
                let (factor, exponent) = scale(done.top);
                own.iter_mut().for_each(|x| *x *= factor);
                exponents += i64::from(exponent);
            }
        }
        if log == f64::NEG_INFINITY {
            return Some(log);
        }
        for (i, c) in self.home.iter().enumerate() {
            if let (Some(c), Some(state)) = (*c, evidence[i]) {
                let clique = &self.cliques[c];
                let strides: Vec<usize> = clique.nodes.iter().map(|&n| usize::from(n == i)).collect();
                let seen: Vec<f64> = (0..self.cards[i]).map(|s| f64::from(u8::from(s == state))).collect();
                multiply(&mut cells[clique.at..clique.at + clique.size], &clique.cards, &strides, &seen, 0);
            }
        }
        messages.fill(0.0);
        for &c in &self.order {
            let clique = &self.cliques[c];
            let Some(above) = &clique.above else {
                let own = &mut cells[clique.at..clique.at + clique.size];
                let total: f64 = own.iter().sum();
                if total <= 0.0 {
                    return Some(f64::NEG_INFINITY);
                }
                log += total.ln();
                own.iter_mut().for_each(|x| *x /= total);
                continue;
            };
            let message = &mut messages[above.at..above.at + above.size];
            add(message, &cells[clique.at..clique.at + clique.size], &clique.cards, &above.from_own);
            let top = message.iter().copied().fold(0.0, f64::max);
            if top == 0.0 {
                return Some(f64::NEG_INFINITY);
            }
            let (factor, exponent) = scale(top);
            message.iter_mut().for_each(|x| *x *= factor);
            exponents += i64::from(exponent);
            let parent = &self.cliques[above.parent];
            let there = &mut cells[parent.at..parent.at + parent.size];
            let done = multiply(there, &parent.cards, &above.from_parent, message, 0);
            if done.small {
                return None;
            }
            if done.top > 0.0 && done.top < 1e-30 {
                let (factor, exponent) = scale(done.top);
                there.iter_mut().for_each(|x| *x *= factor);
                exponents += i64::from(exponent);
            }
        }
        renewed.fill(0.0);
        for &c in self.order.iter().rev() {
            let clique = &self.cliques[c];
            let Some(above) = &clique.above else { continue };
            let parent = &self.cliques[above.parent];
            let renewal = &mut renewed[above.at..above.at + above.size];
            add(renewal, &cells[parent.at..parent.at + parent.size], &parent.cards, &above.from_parent);
            for (new, old) in renewal.iter_mut().zip(&messages[above.at..]) {
                // Where the message is zero, so is the belief.
                *new = if *old > 0.0 { *new / old } else { 0.0 };
            }
            let own = &mut cells[clique.at..clique.at + clique.size];
            multiply(own, &clique.cards, &above.from_own, renewal, 0);
            // The message was scaled and the clique was not: beliefs sum to 1.
            let total: f64 = own.iter().sum();
            own.iter_mut().for_each(|x| *x /= total);
        }
        Some(log + exponents as f64 * std::f64::consts::LN_2)
    }

    /// Calls `visit(node, entry, p(state, configuration | v))` for every entry of every family that the given nodes leave
    /// open, entries numbered as in tables.
    pub fn each_family(&self, beliefs: &Beliefs, mut visit: impl FnMut(usize, usize, f64)) {
        for node in 0..self.families.len() {
            self.family(node, beliefs, |entry, p| visit(node, entry, p));
        }
    }

    /// Calls `visit(entry, probability)` for pieces of one family's distribution given the evidence; the pieces of an
    /// entry add up to its probability.
    pub fn family(&self, node: usize, beliefs: &Beliefs, visit: impl FnMut(usize, f64)) {
        self.pieces(&self.families[node], beliefs, visit);
    }

    /// The joint distribution of a wanted set given the evidence, the set's last node fastest.
    pub fn wanted(&self, set: usize, beliefs: &Beliefs) -> Vec<f64> {
        let place = &self.wanted[set];
        let mut out = vec![0.0; place.size];
        self.pieces(place, beliefs, |entry, p| out[entry] += p);
        out
    }

    fn pieces(&self, place: &Place, beliefs: &Beliefs, mut visit: impl FnMut(usize, f64)) {
        let base = Self::base(place, &beliefs.evidence);
        let Some(c) = place.clique else {
            visit(base, if beliefs.log_evidence == f64::NEG_INFINITY { 0.0 } else { 1.0 });
            return;
        };
        let clique = &self.cliques[c];
        let (inner, step) = (clique.cards.last().copied().unwrap_or(1), place.strides.last().copied().unwrap_or(0));
        let cells = &beliefs.cells[clique.at..clique.at + clique.size];
        walk(&clique.cards, &place.strides, |cell, target| {
            for (k, x) in cells[cell..cell + inner].iter().enumerate() {
                visit(base + target + k * step, *x);
            }
        });
    }

    /// Adds `weight · p(state, configuration | v)` of every node to flat tables of the same form as the network's.
    pub fn add_families(&self, beliefs: &Beliefs, weight: f64, into: &mut [Vec<f64>]) {
        self.each_family(beliefs, |node, entry, p| into[node][entry] += weight * p);
    }
}
