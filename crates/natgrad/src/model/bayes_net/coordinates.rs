//! Points of a network: from tables and back, and how entries move with parameters.
//!
//! ```text
//! table row: ξ = ln θ,   ∂ ln θ_j/∂ξ_i = δ_ij − θ_i        other local models: their own ξ and score
//! ```

use super::layout::Block;
use super::plan::Tables;
use super::{BayesNet, ZERO_LOG};
use crate::Error;
use crate::geometry::Point;
use crate::network::Network;

impl BayesNet {
    /// The point of given parameters of the network (as it was before softmax nodes became tables).
    ///
    /// # Errors
    /// [`Error::Parameter`] where tied tables differ.
    pub fn point(&self, given: &Network, at: &Point) -> Result<Point, Error> {
        self.point_with(given, at, |_| true)
    }

    /// As [`point`](Self::point) for starts that are drawn: only tied tables that stay as they are must agree.
    ///
    /// # Errors
    /// [`Error::Parameter`] where frozen tied tables differ.
    pub fn drawn_from(&self, given: &Network, at: &Point) -> Result<Point, Error> {
        self.point_with(given, at, |block| block.frozen)
    }

    fn point_with(&self, given: &Network, at: &Point, must_agree: impl Fn(&Block) -> bool) -> Result<Point, Error> {
        let mut out = vec![0.0; self.layout.parameters];
        for block in &self.layout.blocks {
            let first = given.table(block.nodes[0], at);
            let differs = |i: &&usize| must_agree(block) && given.table(**i, at) != first;
            if let Some(other) = block.nodes[1..].iter().find(differs) {
                let name = |i: usize| &self.network.nodes()[i].name;
                return Err(Error::Parameter {
                    name: format!("table of \"{}\"", name(*other)),
                    problem: format!("it differs from that of \"{}\", with which it is tied", name(block.nodes[0])),
                    hint: "give tied nodes the same table, or draw them: --start random".into(),
                });
            }
            let own = &mut out[block.range()];
            match block.local {
                None => own.iter_mut().zip(&first).for_each(|(x, p)| *x = p.ln().max(ZERO_LOG)),
                Some(_) => own.copy_from_slice(&at.0[given.range(block.nodes[0])]),
            }
        }
        Ok(Point(out))
    }

    /// The network's own parameters at a point.
    pub fn network_point(&self, at: &Point) -> Point {
        let theta = self.theta(at);
        let mut out = Vec::with_capacity(self.network.parameters());
        for family in &self.layout.families {
            let block = &self.layout.blocks[family.block];
            match block.local {
                None => {
                    theta[block.entries()].chunks(block.states).for_each(|row| out.extend(&row[..block.states - 1]))
                }
                Some(_) => out.extend_from_slice(&at.0[block.range()]),
            }
        }
        Point(out)
    }

    /// Probabilities, entry by entry.
    pub(super) fn theta(&self, at: &Point) -> Vec<f64> {
        let mut out = vec![0.0; self.layout.entries];
        for block in &self.layout.blocks {
            Self::probabilities(block, at, &mut out[block.entries()]);
        }
        out
    }

    /// Probabilities of one block's entries.
    fn probabilities(block: &Block, at: &Point, out: &mut [f64]) {
        let xi = &at.0[block.range()];
        match &block.local {
            None => out.iter_mut().zip(xi).for_each(|(p, x)| *p = if *x <= ZERO_LOG { 0.0 } else { x.exp() }),
            Some(local) => local.probabilities(xi, out),
        }
    }

    pub(super) fn tables(&self, at: &Point) -> Result<Tables<'_>, Error> {
        if at.0.len() != self.layout.parameters || at.0.iter().any(|x| x.is_nan()) {
            return Err(Error::Parameter {
                name: "tables".into(),
                problem: "a parameter is missing or not a number".into(),
                hint: "start from tables of probabilities".into(),
            });
        }
        Ok(Tables::new(&self.network, &self.layout, self.theta(at)))
    }

    /// A node's table at a point, `configurations × states`.
    pub fn table(&self, node: usize, at: &Point) -> Vec<f64> {
        let block = self.block(node);
        let mut out = vec![0.0; block.rows * block.states];
        Self::probabilities(block, at, &mut out);
        out
    }

    /// Whether two points have the same parameters of a node, to the last bit.
    pub fn is_same(&self, node: usize, a: &Point, b: &Point) -> bool {
        let range = self.block(node).range();
        a.0[range.clone()] == b.0[range]
    }

    /// `∂ ln P(state | row)/∂ξ` of a block.
    pub(super) fn score(
        &self,
        block: &Block,
        at: &Point,
        theta: &[f64],
        row: usize,
        state: usize,
        visit: &mut dyn FnMut(usize, f64),
    ) {
        match &block.local {
            None => {
                for i in 0..block.states {
                    let place = row * block.states + i;
                    visit(place, f64::from(u8::from(i == state)) - theta[block.first_entry + place]);
                }
            }
            Some(local) => local.score(&at.0[block.range()], row, state, visit),
        }
    }

    /// `Σ_i v_i ∂ ln θ_e/∂ξ_i` for every entry.
    pub(super) fn pull_back(&self, at: &Point, theta: &[f64], v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.layout.entries];
        for block in self.layout.blocks.iter().filter(|b| !b.frozen) {
            let own = &v[block.coordinates()];
            for row in 0..block.rows {
                for j in 0..block.states {
                    let e = block.first_entry + row * block.states + j;
                    self.score(block, at, theta, row, j, &mut |i, s| out[e] += s * own[i]);
                }
            }
        }
        out
    }

    /// `Σ_e n_e ∂ ln θ_e/∂ξ_i` for every free coordinate.
    pub(super) fn push(&self, at: &Point, theta: &[f64], counts: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.layout.free];
        for block in self.layout.blocks.iter().filter(|b| !b.frozen) {
            let first = block.coordinates().start;
            for row in 0..block.rows {
                let at_row = block.first_entry + row * block.states;
                let own = &counts[at_row..at_row + block.states];
                if block.local.is_none() {
                    let total: f64 = own.iter().sum();
                    for (j, n) in own.iter().enumerate() {
                        out[first + row * block.states + j] = n - total * theta[at_row + j];
                    }
                    continue;
                }
                for (j, n) in own.iter().enumerate().filter(|(_, n)| **n != 0.0) {
                    self.score(block, at, theta, row, j, &mut |i, s| out[first + i] += n * s);
                }
            }
        }
        out
    }
}

/// Makes a row of logarithms that of a distribution; entries that were impossible stay so.
pub(super) fn normalise(row: &mut [f64], before: &[f64]) -> Option<()> {
    row.iter_mut().zip(before).filter(|(_, b)| **b <= ZERO_LOG).for_each(|(x, _)| *x = ZERO_LOG);
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::INFINITY || top <= ZERO_LOG {
        return None;
    }
    let total: f64 = row.iter().filter(|x| **x > ZERO_LOG).map(|x| (x - top).exp()).sum();
    let log = top + total.ln();
    row.iter_mut().filter(|x| **x > ZERO_LOG).for_each(|x| *x = (*x - log).max(ZERO_LOG));
    Some(())
}
