//! Conditional probability tables: the probabilities of all states but the last are the parameters.

use super::{Labels, Local};

/// A free table: `ξ_{c,a} = P(a | c)` for states `a = 0 … k−2`; the last state carries the remainder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Number of states `k`.
    pub states: usize,
    /// Number of parent configurations.
    pub configurations: usize,
}

impl Local for Table {
    fn kind(&self) -> &'static str {
        "table"
    }

    fn parameters(&self) -> usize {
        self.configurations * (self.states - 1)
    }

    fn probabilities(&self, xi: &[f64], out: &mut [f64]) {
        let k = self.states;
        for c in 0..self.configurations {
            let free = &xi[c * (k - 1)..(c + 1) * (k - 1)];
            out[c * k..c * k + k - 1].copy_from_slice(free);
            let rest = free.iter().fold(1.0, |rest, p| rest - p);
            // What is left of a sum that is 1 in decimals is rounding, of either sign: the last state is impossible.
            out[c * k + k - 1] = if rest.abs() <= k as f64 * f64::EPSILON { 0.0 } else { rest };
        }
    }

    fn derivatives(&self, _: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64])) {
        let k = self.states;
        let mut row = vec![0.0; k];
        row[k - 1] = -1.0;
        for a in 0..k - 1 {
            row[a] = 1.0;
            visit(configuration * (k - 1) + a, &row);
            row[a] = 0.0;
        }
    }

    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        Some(probabilities.chunks_exact(self.states).flat_map(|row| row[..self.states - 1].to_vec()).collect())
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        node.probability(j % (self.states - 1), j / (self.states - 1))
    }
}
