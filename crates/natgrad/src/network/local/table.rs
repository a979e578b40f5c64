//! Conditional probability tables: the probabilities of all states but the last are the parameters.

use super::frequencies::frequencies;
use super::{Labels, Local};

/// A free table: `ξ_{c,a} = P(a | c)` for states `a = 0 … k−2`; the last state carries the remainder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Number of states `k`.
    pub states: usize,
    /// Number of parent configurations.
    pub configurations: usize,
}

impl Table {
    /// `P(last | c)` from the free probabilities of a row.
    fn last(&self, free: &[f64]) -> f64 {
        let rest = free.iter().fold(1.0, |rest, p| rest - p);
        // What is left of a sum that is 1 in decimals is rounding, of either sign: the last state is impossible.
        if rest.abs() <= self.states as f64 * f64::EPSILON { 0.0 } else { rest }
    }

    fn free<'a>(&self, xi: &'a [f64], c: usize) -> &'a [f64] {
        &xi[c * (self.states - 1)..(c + 1) * (self.states - 1)]
    }
}

impl Local for Table {
    fn kind(&self) -> &'static str {
        "table"
    }

    fn states(&self) -> usize {
        self.states
    }

    fn configurations(&self) -> usize {
        self.configurations
    }

    fn parameters(&self) -> usize {
        self.configurations * (self.states - 1)
    }

    fn probabilities(&self, xi: &[f64], out: &mut [f64]) {
        let k = self.states;
        for c in 0..self.configurations {
            let free = self.free(xi, c);
            out[c * k..c * k + k - 1].copy_from_slice(free);
            out[c * k + k - 1] = self.last(free);
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

    fn score(&self, xi: &[f64], configuration: usize, state: usize, visit: &mut dyn FnMut(usize, f64)) {
        let (k, free) = (self.states, self.free(xi, configuration));
        let last = state == k - 1;
        let p = if last { self.last(free) } else { free[state] };
        if p > 0.0 {
            let own = if last { 0..k - 1 } else { state..state + 1 };
            own.for_each(|a| visit(configuration * (k - 1) + a, if last { -1.0 } else { 1.0 } / p));
        }
    }

    /// Relative frequencies. A last state that was met keeps a probability, be it of rounding's size.
    fn maximise(&self, counts: &[f64], xi: &[f64], prior: f64) -> Vec<f64> {
        let k = self.states;
        let mut out = xi.to_vec();
        frequencies(counts, k, prior, |c, row| {
            let free = &mut out[c * (k - 1)..(c + 1) * (k - 1)];
            free.copy_from_slice(&row[..k - 1]);
            if row[k - 1] > 0.0 && self.last(free) <= 0.0 {
                let most = (0..k - 1).fold(0, |m, a| if free[a] > free[m] { a } else { m });
                free[most] -= 4.0 * k as f64 * f64::EPSILON;
            }
        });
        out
    }

    fn curvature(&self, counts: &[f64], xi: &[f64], visit: &mut dyn FnMut(usize, usize, f64)) {
        let k = self.states;
        let bend = |n: f64, p: f64| if n > 0.0 && p > 0.0 { n / p / p } else { 0.0 };
        for c in 0..self.configurations {
            let (n, free, first) = (&counts[c * k..(c + 1) * k], self.free(xi, c), c * (k - 1));
            let shared = bend(n[k - 1], self.last(free));
            for a in 0..k - 1 {
                if shared > 0.0 {
                    (0..a).for_each(|b| visit(first + a, first + b, shared));
                }
                visit(first + a, first + a, shared + bend(n[a], free[a]));
            }
        }
    }

    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        Some(probabilities.chunks_exact(self.states).flat_map(|row| row[..self.states - 1].to_vec()).collect())
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        node.probability(j % (self.states - 1), j / (self.states - 1))
    }
}
