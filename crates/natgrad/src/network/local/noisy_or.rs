//! Noisy-or nodes: every parent that is not in its first state may switch the node on, each on its own.

use super::indicators::{active, count, label, met, sigmoid, softplus};
use super::{Labels, Local, noisy_or_fit};

/// A noisy-or node of two states, the first "off": `P(off | c) = (1 − leak) Π_p (1 − w_p(state of p in c))`.
///
/// The first state of every parent is "off" and has no weight. Parameters are log-odds: those of one weight for every
/// other state of each parent, then that of the leak. At ±∞ (probability 1 or 0) all derivatives are 0: what is certain
/// stays so.
///
/// # Source
/// Pearl, *Probabilistic Reasoning in Intelligent Systems* (1988), section 4.3.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoisyOr {
    /// Numbers of states of the parents.
    pub parents: Vec<usize>,
}

impl NoisyOr {
    /// `−ln P(off | c)`.
    fn resistance(xi: &[f64], active: &[usize]) -> f64 {
        active.iter().map(|&j| softplus(xi[j])).sum()
    }
}

impl Local for NoisyOr {
    fn kind(&self) -> &'static str {
        "noisy-or"
    }

    fn states(&self) -> usize {
        2
    }

    fn configurations(&self) -> usize {
        self.parents.iter().product()
    }

    fn parameters(&self) -> usize {
        count(&self.parents)
    }

    fn probabilities(&self, xi: &[f64], out: &mut [f64]) {
        for (c, row) in out.chunks_exact_mut(2).enumerate() {
            let s = Self::resistance(xi, &active(&self.parents, c));
            row.copy_from_slice(&[(-s).exp(), -(-s).exp_m1()]);
        }
    }

    fn derivatives(&self, xi: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64])) {
        let active = active(&self.parents, configuration);
        let off = (-Self::resistance(xi, &active)).exp();
        for j in active {
            let slope = off * sigmoid(xi[j]);
            visit(j, &[-slope, slope]);
        }
    }

    fn score(&self, xi: &[f64], configuration: usize, state: usize, visit: &mut dyn FnMut(usize, f64)) {
        let active = active(&self.parents, configuration);
        let s = Self::resistance(xi, &active);
        // d ln P/ds, where the state is possible.
        let slope = match state {
            0 if (-s).exp() > 0.0 => -1.0,
            1 if s > 0.0 => 1.0 / s.exp_m1(),
            _ => return,
        };
        for j in active {
            let w = sigmoid(xi[j]);
            visit(j, if w > 0.0 { slope * w } else { 0.0 });
        }
    }

    fn maximise(&self, counts: &[f64], xi: &[f64], prior: f64) -> Vec<f64> {
        noisy_or_fit::maximise(met(&self.parents, counts, prior), xi)
    }

    fn curvature(&self, counts: &[f64], xi: &[f64], visit: &mut dyn FnMut(usize, usize, f64)) {
        for m in met(&self.parents, counts, 0.0) {
            let s = Self::resistance(xi, &m.active);
            let first = if (-s).exp() > 0.0 { m.first } else { 0.0 };
            let (slope, bend) = match m.second {
                on if on > 0.0 && s > 0.0 => {
                    let odds = 1.0 / s.exp_m1();
                    (on * odds - first, on * odds / -(-s).exp_m1())
                }
                _ => (-first, 0.0),
            };
            for (a, &i) in m.active.iter().enumerate() {
                let w = sigmoid(xi[i]);
                if w == 0.0 {
                    continue;
                }
                for &j in &m.active[..a] {
                    let other = sigmoid(xi[j]);
                    if other > 0.0 {
                        visit(i, j, bend * w * other);
                    }
                }
                visit(i, i, bend * w * w - slope * w * sigmoid(-xi[i]));
            }
        }
    }

    /// `None` unless the probabilities of "off" are products (to 1e-9). Where the leak is 1 nothing tells the weights:
    /// they are 1/2.
    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        let none = probabilities.first().copied().unwrap_or(1.0);
        let mut xi = vec![0.0; self.parameters()];
        for (c, row) in probabilities.chunks_exact(2).enumerate() {
            match active(&self.parents, c).as_slice() {
                [leak] => xi[*leak] = (row[1] / row[0]).ln(),
                [weight, _] if none > 0.0 => {
                    let off = row[0] / none;
                    // A ratio of decimals may miss 1 by rounding.
                    if off > 1.0 + 1e-9 {
                        return None;
                    }
                    xi[*weight] = ((1.0 - off).max(0.0) / off).ln();
                }
                _ => {}
            }
        }
        let mut found = vec![0.0; probabilities.len()];
        self.probabilities(&xi, &mut found);
        found.iter().zip(probabilities).all(|(f, p)| (f - p).abs() <= 1e-9).then_some(xi)
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        label(j, node, "log-odds of the weight", "log-odds of the leak")
    }
}
