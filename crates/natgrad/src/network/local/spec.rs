//! Local models as they are written down: sigmoid nodes by weights, softmax nodes by logits.

use super::{Local, Logistic, Softmax};
use crate::Error;
use crate::network::Rows;
use std::sync::Arc;

/// A node's local model with its parameters, where that is not a table.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalSpec {
    /// `P(second state | c) = σ(bias + Σ_p w_p(state of p in c))`, a node of two states.
    Logistic {
        /// One list per parent, in the order of the parents: a weight for every state but the first.
        weights: Vec<Vec<f64>>,
        /// Log-odds where every parent is in its first state.
        bias: f64,
    },
    /// `P(a | c) ∝ exp(logits[c][a])`.
    Softmax {
        /// One row per parent configuration, one logit per state.
        logits: Rows,
    },
}

fn bad(problem: String, hint: &str) -> Error {
    Error::Data { problem, hint: hint.into() }
}

impl LocalSpec {
    /// The local model and its parameters for a node with so many states and parents with so many.
    ///
    /// # Errors
    /// [`Error::Data`] where the numbers do not fit or are not finite.
    pub fn build(&self, node: &str, states: usize, parents: &[usize]) -> Result<(Arc<dyn Local>, Vec<f64>), Error> {
        let finite = |x: &[f64]| match x.iter().find(|x| !x.is_finite()) {
            Some(x) => Err(bad(format!("node \"{node}\": {x} is no parameter"), "parameters are finite numbers")),
            None => Ok(()),
        };
        match self {
            LocalSpec::Logistic { weights, bias } => {
                if states != 2 {
                    return Err(bad(
                        format!("node \"{node}\" has {states} states: a logistic node has two"),
                        "give it a table or \"softmax\" logits",
                    ));
                }
                if weights.len() != parents.len() {
                    return Err(bad(
                        format!(
                            "node \"{node}\" has weights for {} parents where it has {}",
                            weights.len(),
                            parents.len()
                        ),
                        "give one list of weights per parent",
                    ));
                }
                if let Some(p) = (0..parents.len()).find(|&p| weights[p].len() + 1 != parents[p]) {
                    return Err(bad(
                        format!(
                            "node \"{node}\" has {} weights for parent {}, which has {} states",
                            weights[p].len(),
                            p + 1,
                            parents[p]
                        ),
                        "give one weight for every state of the parent but its first",
                    ));
                }
                let xi: Vec<f64> = weights.iter().flatten().copied().chain([*bias]).collect();
                finite(&xi)?;
                Ok((Arc::new(Logistic { parents: parents.to_vec() }), xi))
            }
            LocalSpec::Softmax { logits } => {
                let configurations: usize = parents.iter().product();
                if logits.len() != configurations || logits.iter().any(|row| row.len() != states) {
                    return Err(bad(
                        format!(
                            "node \"{node}\" has {} rows of logits where its parents have {configurations} \
                             configurations of {states} states",
                            logits.len()
                        ),
                        "give one row per configuration of the parents, the first parent slowest, one logit per state",
                    ));
                }
                let xi: Vec<f64> = logits.iter().flatten().copied().collect();
                finite(&xi)?;
                Ok((Arc::new(Softmax { states, configurations }), xi))
            }
        }
    }

    /// Written down again from a local model and its parameters; `None` for tables and for kinds that have no form.
    pub fn of(local: &dyn Local, xi: &[f64], states: usize, parents: &[usize]) -> Option<Self> {
        match local.kind() {
            "logistic" => {
                let (bias, mut rest) = xi.split_last()?;
                let weights = parents
                    .iter()
                    .map(|k| {
                        let (own, others) = rest.split_at((k - 1).min(rest.len()));
                        rest = others;
                        own.to_vec()
                    })
                    .collect();
                Some(LocalSpec::Logistic { weights, bias: *bias })
            }
            "softmax" => Some(LocalSpec::Softmax { logits: xi.chunks(states).map(<[f64]>::to_vec).collect() }),
            _ => None,
        }
    }
}
