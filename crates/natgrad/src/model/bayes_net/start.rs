//! Where learning starts when no tables are given: what the rows show, and chance for what they hide.

use super::{BayesNet, Survey, ZERO_LOG};
use crate::geometry::Point;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma};

/// Concentration of the rows drawn for tables with a hidden member: wide, and not next to the boundary.
const SHAPE: f64 = 2.0;

/// What every cell of a table has before the rows that show it whole are counted: no state starts as impossible.
const AT_LEAST: f64 = 0.5;

impl BayesNet {
    /// A starting point: frequencies where rows show whole families, random rows where a family has a hidden member.
    ///
    /// Rows of tables for hidden families are drawn around the frequencies of the node's own states (uniform where it is
    /// never seen), `θ_c ∝ Gamma(2) · m`. Frozen tables, and other local models, stay at `given`, or start at even odds.
    pub fn start(&self, survey: &Survey, given: Option<&Point>, marginals: &[Vec<f64>], seed: u64) -> Point {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let gamma = Gamma::new(SHAPE, 1.0).ok();
        let mut out = match given {
            Some(at) => at.clone(),
            None => Point(vec![0.0; self.layout.parameters]),
        };
        for block in &self.layout.blocks {
            if block.frozen && given.is_some() {
                continue;
            }
            let node = block.nodes[0];
            let own = &mut out.0[block.range()];
            if block.local.is_some() {
                // Weights of either sign break the symmetry of hidden states.
                for x in own.iter_mut() {
                    let draw = |rng: &mut ChaCha8Rng| gamma.map_or(1.0, |g| g.sample(rng));
                    *x = draw(&mut rng) - draw(&mut rng);
                }
                continue;
            }
            let counts = &survey.whole[block.entries()];
            let hidden_family =
                block.nodes.iter().any(|&i| self.layout.families[i].members.iter().any(|&m| self.columns[m].is_none()));
            for (row, counts) in own.chunks_mut(block.states).zip(counts.chunks(block.states)) {
                let weights: Vec<f64> = if hidden_family {
                    let base = marginals.get(node).filter(|m| m.len() == block.states);
                    (0..block.states)
                        .map(|j| base.map_or(1.0, |m| m[j]) * gamma.map_or(1.0, |g| g.sample(&mut rng)))
                        .collect()
                } else {
                    counts.iter().map(|n| n + AT_LEAST).collect()
                };
                let total: f64 = weights.iter().sum();
                row.iter_mut().zip(&weights).for_each(|(x, w)| *x = (w / total).ln().max(ZERO_LOG));
            }
        }
        out
    }

    /// Tables that a prior forbids, for entries of 0 have a density of 0, drawn inside: `θ' = (N θ + α)/(N + k α)`, an M-step
    /// from the tables themselves as seen in `N` rows (total weight); others, and frozen ones, as they are.
    pub fn allowed(&self, at: &Point, rows: f64) -> Point {
        let mut out = at.clone();
        for block in self.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none() && self.prior > 0.0) {
            let added = self.prior / rows;
            for row in out.0[block.range()].chunks_mut(block.states).filter(|r| r.iter().any(|x| *x <= ZERO_LOG)) {
                let total = 1.0 + block.states as f64 * added;
                for x in row.iter_mut() {
                    let p = if *x <= ZERO_LOG { 0.0 } else { x.exp() };
                    *x = ((p + added) / total).ln();
                }
            }
        }
        out
    }

    /// The same distribution with the states of every hidden node in order of falling probability, where all tables that
    /// it touches are free tables; returns the point and the new order of each node's states.
    ///
    /// `expected[i]`: probabilities of node `i`'s states, averaged over the rows.
    pub fn canonical(&self, at: &Point, expected: &[Vec<f64>]) -> (Point, Vec<Option<Vec<usize>>>) {
        let mut out = at.clone();
        let mut orders = vec![None; self.network.len()];
        for node in (0..self.network.len()).filter(|&i| self.columns[i].is_none()) {
            let touching: Vec<usize> =
                (0..self.network.len()).filter(|&i| self.layout.families[i].members.contains(&node)).collect();
            let free = |i: &usize| {
                let block = self.block(*i);
                block.local.is_none() && !block.frozen && block.nodes.len() == 1
            };
            if !touching.iter().all(free) {
                continue;
            }
            let mut order: Vec<usize> = (0..self.network.states(node)).collect();
            order.sort_by(|&a, &b| expected[node][b].total_cmp(&expected[node][a]).then(a.cmp(&b)));
            for &i in &touching {
                let family = &self.layout.families[i];
                let block = self.block(i);
                let Some(member) = family.members.iter().position(|&m| m == node) else { continue };
                let (stride, states) = (family.strides[member], self.network.states(node));
                let before = out.0[block.range()].to_vec();
                for (place, x) in out.0[block.range()].iter_mut().enumerate() {
                    let state = place / stride % states;
                    *x = before[place - state * stride + order[state] * stride];
                }
            }
            orders[node] = Some(order);
        }
        (out, orders)
    }
}
