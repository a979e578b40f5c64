//! Sigmoid nodes: the log-odds of the second state are linear in indicators of the parents' states.

use super::indicators::{active, count, label, met, sigmoid};
use super::{Labels, Local, logistic_fit};

/// A logistic node of two states, `P(1 | c) = σ(b + Σ w_i)`: one weight for every state but the first of each parent
/// (for parents of two states: one weight per parent, as in a sigmoid belief net), then the bias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logistic {
    /// Numbers of states of the parents.
    pub parents: Vec<usize>,
}

impl Logistic {
    fn log_odds(xi: &[f64], active: &[usize]) -> f64 {
        active.iter().map(|&j| xi[j]).sum()
    }
}

impl Local for Logistic {
    fn kind(&self) -> &'static str {
        "logistic"
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
            let z = Self::log_odds(xi, &active(&self.parents, c));
            row.copy_from_slice(&[sigmoid(-z), sigmoid(z)]);
        }
    }

    fn derivatives(&self, xi: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64])) {
        let active = active(&self.parents, configuration);
        let z = Self::log_odds(xi, &active);
        let slope = sigmoid(z) * sigmoid(-z);
        active.into_iter().for_each(|j| visit(j, &[-slope, slope]));
    }

    fn score(&self, xi: &[f64], configuration: usize, state: usize, visit: &mut dyn FnMut(usize, f64)) {
        let active = active(&self.parents, configuration);
        let z = Self::log_odds(xi, &active);
        let (probability, slope) = if state == 1 { (sigmoid(z), sigmoid(-z)) } else { (sigmoid(-z), -sigmoid(z)) };
        if probability > 0.0 {
            active.into_iter().for_each(|j| visit(j, slope));
        }
    }

    fn maximise(&self, counts: &[f64], xi: &[f64], prior: f64) -> Vec<f64> {
        logistic_fit::maximise(&met(&self.parents, counts, prior), xi)
    }

    fn curvature(&self, counts: &[f64], xi: &[f64], visit: &mut dyn FnMut(usize, usize, f64)) {
        for m in met(&self.parents, counts, 0.0) {
            let z = Self::log_odds(xi, &m.active);
            let h = (m.first + m.second) * sigmoid(z) * sigmoid(-z);
            for (a, &i) in m.active.iter().enumerate() {
                m.active[..=a].iter().for_each(|&j| visit(i, j, h));
            }
        }
    }

    /// `None` unless the log-odds are additive in the parents (to 1e-9).
    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        let odds: Vec<f64> = probabilities.chunks_exact(2).map(|row| (row[1] / row[0]).ln()).collect();
        let mut xi = vec![0.0; self.parameters()];
        for c in 0..odds.len() {
            let active = active(&self.parents, c);
            // The bias is the reference configuration, a weight the one where it alone is on.
            match active.as_slice() {
                [bias] => xi[*bias] = odds[c],
                [weight, _] => xi[*weight] = odds[c] - odds[0],
                _ => {}
            }
        }
        let fits = odds.iter().enumerate().all(|(c, o)| {
            let z = Self::log_odds(&xi, &active(&self.parents, c));
            (z - o).abs() <= 1e-9 * (1.0 + o.abs())
        });
        (fits && xi.iter().all(|x| x.is_finite())).then_some(xi)
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        label(j, node, "weight", "bias")
    }
}
