//! Redundant tables: one logit per state, so that a constant added to a row changes nothing.

use super::frequencies::frequencies;
use super::{Labels, Local};

/// A table of logits, `P(a | c) = exp ξ_{c,a} / Σ_b exp ξ_{c,b}`: overparametrised by one dimension per configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Softmax {
    /// Number of states `k`.
    pub states: usize,
    /// Number of parent configurations.
    pub configurations: usize,
}

impl Softmax {
    fn row(&self, xi: &[f64], c: usize, out: &mut [f64]) {
        let logits = &xi[c * self.states..(c + 1) * self.states];
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for (p, l) in out.iter_mut().zip(logits) {
            *p = (l - top).exp();
            total += *p;
        }
        out.iter_mut().for_each(|p| *p /= total);
    }
}

impl Local for Softmax {
    fn kind(&self) -> &'static str {
        "softmax"
    }

    fn states(&self) -> usize {
        self.states
    }

    fn configurations(&self) -> usize {
        self.configurations
    }

    fn parameters(&self) -> usize {
        self.configurations * self.states
    }

    fn probabilities(&self, xi: &[f64], out: &mut [f64]) {
        out.chunks_exact_mut(self.states).enumerate().for_each(|(c, row)| self.row(xi, c, row));
    }

    fn derivatives(&self, xi: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64])) {
        let k = self.states;
        let mut p = vec![0.0; k];
        self.row(xi, configuration, &mut p);
        let mut row = vec![0.0; k];
        for a in 0..k {
            for b in 0..k {
                row[b] = p[a] * (f64::from(u8::from(a == b)) - p[b]);
            }
            visit(configuration * k + a, &row);
        }
    }

    fn score(&self, xi: &[f64], configuration: usize, state: usize, visit: &mut dyn FnMut(usize, f64)) {
        let mut p = vec![0.0; self.states];
        self.row(xi, configuration, &mut p);
        if p[state] > 0.0 {
            let first = configuration * self.states;
            (0..self.states).for_each(|b| visit(first + b, f64::from(u8::from(b == state)) - p[b]));
        }
    }

    /// Logs of relative frequencies, minus infinity for a state that was never met.
    fn maximise(&self, counts: &[f64], xi: &[f64], prior: f64) -> Vec<f64> {
        let mut out = xi.to_vec();
        frequencies(counts, self.states, prior, |c, row| {
            out[c * self.states..].iter_mut().zip(row).for_each(|(x, p)| *x = p.ln());
        });
        out
    }

    fn curvature(&self, counts: &[f64], xi: &[f64], visit: &mut dyn FnMut(usize, usize, f64)) {
        let k = self.states;
        let mut p = vec![0.0; k];
        for c in 0..self.configurations {
            self.row(xi, c, &mut p);
            // A state that is impossible has no weight, whatever its count.
            let total: f64 = counts[c * k..(c + 1) * k].iter().zip(&p).filter(|(_, p)| **p > 0.0).map(|(n, _)| n).sum();
            if total > 0.0 {
                for a in 0..k {
                    (0..a).for_each(|b| visit(c * k + a, c * k + b, -total * p[a] * p[b]));
                    visit(c * k + a, c * k + a, total * p[a] * (1.0 - p[a]));
                }
            }
        }
    }

    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        probabilities.iter().all(|p| *p > 0.0).then(|| probabilities.iter().map(|p| p.ln()).collect())
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        format!("logit {}", node.probability(j % self.states, j / self.states))
    }
}
