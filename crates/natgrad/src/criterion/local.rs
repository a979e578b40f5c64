//! Nodes of discrete networks as maps: free tables, and local models in every configuration of their parents.

use super::{NaturalMap, Parameter, States};
use crate::linalg::Matrix;
use crate::network::local::Local;
use rand::{Rng, RngExt};
use std::sync::Arc;

/// Parent configurations up to which all are looked at.
const ALL: usize = 64;

/// The distributions of a node given its parents, `η = ln P(· | c)`; the states of the map are configurations.
pub struct LocalMap {
    local: Option<Arc<dyn Local>>,
    states: usize,
    rows: usize,
    learnt: bool,
    at: Option<Vec<f64>>,
}

impl LocalMap {
    /// A free table: `Θ` are logarithms of its entries, row by row, a constant per row being superfluous.
    pub fn table(rows: usize, states: usize, learnt: bool) -> Self {
        LocalMap { local: None, states, rows, learnt, at: None }
    }

    /// A local model; `Θ` are its own parameters.
    pub fn local(local: Arc<dyn Local>, learnt: bool) -> Self {
        LocalMap { states: local.states(), rows: local.configurations(), local: Some(local), learnt, at: None }
    }

    /// Looked at with these parameters only.
    pub fn at(mut self, theta: Vec<f64>) -> Self {
        self.at = Some(theta);
        self
    }

    fn row(&self, state: &[f64]) -> usize {
        state.first().map_or(0, |c| *c as usize) * self.states
    }
}

impl NaturalMap for LocalMap {
    fn parameters(&self) -> Vec<Parameter> {
        let block = match &self.local {
            None => Parameter::new("table", self.rows * self.states),
            Some(local) => Parameter::new(format!("{} parameters", local.kind()), local.parameters()),
        };
        vec![if self.learnt { block } else { block.fixed() }]
    }

    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64> {
        let first = self.row(state);
        match &self.local {
            None => theta[first..first + self.states].to_vec(),
            Some(local) => {
                let mut table = vec![0.0; self.rows * self.states];
                local.probabilities(theta, &mut table);
                table[first..first + self.states].iter().map(|p| p.ln()).collect()
            }
        }
    }

    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        let first = self.row(state);
        let Some(local) = &self.local else {
            return Some(Matrix::from_fn(self.states, theta.len(), |i, j| f64::from(u8::from(first + i == j))));
        };
        let mut out = Matrix::zeros(self.states, theta.len());
        for a in 0..self.states {
            local.score(theta, first / self.states, a, &mut |j, s| out[(a, j)] = s);
        }
        Some(out)
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        vec![vec![1.0; self.states]]
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        let n = self.parameters()[0].length;
        self.at.clone().unwrap_or_else(|| (0..n).map(|_| 3.0 * rng.random::<f64>() - 2.0).collect())
    }

    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        let one = |c: usize| vec![c as f64];
        // The rows of a table have parameters of their own: all of them, or some would be undetermined.
        if self.local.is_none() || self.rows <= ALL {
            return States::All((0..self.rows).map(one).collect());
        }
        States::Drawn((0..count.max(ALL)).map(|_| one(rng.random_range(0..self.rows))).collect())
    }
}
