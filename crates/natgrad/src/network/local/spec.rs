//! Local models as they are written down: sigmoid and noisy-or nodes by weights, softmax nodes by logits.

use super::indicators::sigmoid;
use super::{Local, Logistic, NoisyOr, Softmax};
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
    /// `P(first state | c) = (1 − leak) Π_p (1 − w_p(state of p in c))`, a node of two states, the first "off".
    NoisyOr {
        /// One list per parent, in the order of the parents: a probability for every state but the first.
        weights: Vec<Vec<f64>>,
        /// Probability of the second state where every parent is in its first.
        leak: f64,
    },
    /// `P(a | c) ∝ exp(logits[c][a])`; minus infinity is the probability 0.
    Softmax {
        /// One row per parent configuration, one logit per state.
        logits: Rows,
    },
}

fn bad(problem: String, hint: &str) -> Error {
    Error::Data { problem, hint: hint.into() }
}

/// One list of weights per parent, one weight for every state but the first.
fn check_weights(kind: &str, node: &str, states: usize, parents: &[usize], weights: &[Vec<f64>]) -> Result<(), Error> {
    if states != 2 {
        return Err(bad(
            format!("node \"{node}\" has {states} states: a {kind} node has two"),
            "give it a table or \"softmax\" logits",
        ));
    }
    if weights.len() != parents.len() {
        return Err(bad(
            format!("node \"{node}\" has weights for {} parents where it has {}", weights.len(), parents.len()),
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
    Ok(())
}

/// The weights of each parent.
fn by_parent(mut rest: &[f64], parents: &[usize]) -> Vec<Vec<f64>> {
    let take = |k: &usize| {
        let (own, others) = rest.split_at((k - 1).min(rest.len()));
        rest = others;
        own.to_vec()
    };
    parents.iter().map(take).collect()
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
                check_weights("logistic", node, states, parents, weights)?;
                let xi: Vec<f64> = weights.iter().flatten().copied().chain([*bias]).collect();
                finite(&xi)?;
                Ok((Arc::new(Logistic { parents: parents.to_vec() }), xi))
            }
            LocalSpec::NoisyOr { weights, leak } => {
                check_weights("noisy-or", node, states, parents, weights)?;
                let all: Vec<f64> = weights.iter().flatten().copied().chain([*leak]).collect();
                if let Some(w) = all.iter().find(|w| !(0.0..=1.0).contains(*w)) {
                    return Err(bad(
                        format!("node \"{node}\": {w} is no probability"),
                        "weights and leak of a noisy-or node are between 0 and 1",
                    ));
                }
                let xi = all.into_iter().map(|w| w.ln() - (-w).ln_1p()).collect();
                Ok((Arc::new(NoisyOr { parents: parents.to_vec() }), xi))
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
                // Minus infinity is a state that cannot be; one state has to be left.
                let impossible = |row: &&Vec<f64>| row.iter().all(|x| *x == f64::NEG_INFINITY);
                if logits.iter().find(impossible).is_some() {
                    return Err(bad(
                        format!("node \"{node}\" has a row of logits without a finite one"),
                        "a logit of null is a state with probability 0: leave one possible",
                    ));
                }
                let xi: Vec<f64> = logits.iter().flatten().copied().collect();
                finite(&xi.iter().copied().filter(|x| *x != f64::NEG_INFINITY).collect::<Vec<f64>>())?;
                Ok((Arc::new(Softmax { states, configurations }), xi))
            }
        }
    }

    /// Written down again from a local model and its parameters; `None` for tables and for kinds that have no form.
    pub fn of(local: &dyn Local, xi: &[f64], states: usize, parents: &[usize]) -> Option<Self> {
        match local.kind() {
            "logistic" => {
                let (bias, rest) = xi.split_last()?;
                Some(LocalSpec::Logistic { weights: by_parent(rest, parents), bias: *bias })
            }
            "noisy-or" => {
                let (leak, rest) = xi.split_last()?;
                let weights: Vec<f64> = rest.iter().map(|x| sigmoid(*x)).collect();
                Some(LocalSpec::NoisyOr { weights: by_parent(&weights, parents), leak: sigmoid(*leak) })
            }
            "softmax" => Some(LocalSpec::Softmax { logits: xi.chunks(states).map(<[f64]>::to_vec).collect() }),
            _ => None,
        }
    }
}
