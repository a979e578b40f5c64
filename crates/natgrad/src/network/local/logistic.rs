//! Sigmoid nodes: the log-odds of the second state are linear in indicators of the parents' states.

use super::{Labels, Local};

/// A logistic node of two states, `P(1 | c) = σ(b + Σ w_i)`: one weight for every state but the first of each parent
/// (for parents of two states: one weight per parent, as in a sigmoid belief net), then the bias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logistic {
    /// Numbers of states of the parents.
    pub parents: Vec<usize>,
}

impl Logistic {
    /// The parameters that are switched on in a configuration.
    fn active(&self, mut configuration: usize) -> Vec<usize> {
        let mut out = vec![self.parameters() - 1];
        let mut end = self.parameters() - 1;
        for &k in self.parents.iter().rev() {
            let state = configuration % k;
            configuration /= k;
            end -= k - 1;
            if state > 0 {
                out.push(end + state - 1);
            }
        }
        out.sort_unstable();
        out
    }
}

fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}

impl Local for Logistic {
    fn kind(&self) -> &'static str {
        "logistic"
    }

    fn parameters(&self) -> usize {
        self.parents.iter().map(|k| k - 1).sum::<usize>() + 1
    }

    fn probabilities(&self, xi: &[f64], out: &mut [f64]) {
        for (c, row) in out.chunks_exact_mut(2).enumerate() {
            let z: f64 = self.active(c).into_iter().map(|j| xi[j]).sum();
            row.copy_from_slice(&[sigmoid(-z), sigmoid(z)]);
        }
    }

    fn derivatives(&self, xi: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64])) {
        let active = self.active(configuration);
        let z: f64 = active.iter().map(|&j| xi[j]).sum();
        let slope = sigmoid(z) * sigmoid(-z);
        active.into_iter().for_each(|j| visit(j, &[-slope, slope]));
    }

    /// `None` unless the log-odds are additive in the parents (to 1e-9).
    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>> {
        let odds: Vec<f64> = probabilities.chunks_exact(2).map(|row| (row[1] / row[0]).ln()).collect();
        let mut xi = vec![0.0; self.parameters()];
        for c in 0..odds.len() {
            let active = self.active(c);
            // The bias is the reference configuration, a weight the one where it alone is on.
            match active.as_slice() {
                [bias] => xi[*bias] = odds[c],
                [weight, _] => xi[*weight] = odds[c] - odds[0],
                _ => {}
            }
        }
        let fits = odds.iter().enumerate().all(|(c, o)| {
            let z: f64 = self.active(c).into_iter().map(|j| xi[j]).sum();
            (z - o).abs() <= 1e-9 * (1.0 + o.abs())
        });
        (fits && xi.iter().all(|x| x.is_finite())).then_some(xi)
    }

    fn label(&self, j: usize, node: &Labels<'_>) -> String {
        let mut at = j;
        for (name, states) in node.parents {
            if at < states.len() - 1 {
                return format!("weight of {name} = {} on {}", states[at + 1], node.name);
            }
            at -= states.len() - 1;
        }
        format!("bias of {}", node.name)
    }
}
