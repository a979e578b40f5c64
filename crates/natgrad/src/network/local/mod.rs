//! How one node depends on its parents: local models with their parameters, derivatives and M-steps.
//!
//! Start here to add another: implement [`Local`] in a file of its own.

mod frequencies;
mod indicators;
mod logistic;
mod logistic_fit;
mod noisy_or;
mod noisy_or_fit;
mod softmax;
mod spec;
mod table;

pub use logistic::Logistic;
pub use noisy_or::NoisyOr;
pub use softmax::Softmax;
pub use spec::LocalSpec;
pub use table::Table;

use std::fmt::Debug;

/// The conditional distributions of a node, one for each configuration of its parents.
///
/// A configuration is a number: parents in the order of the node's list, the first slowest.
pub trait Local: Debug + Send + Sync {
    /// Name of the kind.
    fn kind(&self) -> &'static str;

    /// Number of states of the node.
    fn states(&self) -> usize;

    /// Number of configurations of its parents.
    fn configurations(&self) -> usize;

    /// Number of parameters `ξ`.
    fn parameters(&self) -> usize;

    /// Writes `P(state | configuration)`, `configurations × states`, rows one after the other.
    fn probabilities(&self, xi: &[f64], out: &mut [f64]);

    /// Calls `visit(j, ∂P(· | configuration)/∂ξ_j)` for every parameter that the configuration depends on; each
    /// derivative has one entry per state and sums to 0.
    fn derivatives(&self, xi: &[f64], configuration: usize, visit: &mut dyn FnMut(usize, &[f64]));

    /// Calls `visit(j, ∂ ln P(state | configuration)/∂ξ_j)` for the parameters that matter; the others' derivatives are 0.
    ///
    /// Where the probability is 0 nothing is visited: such an event has no weight anywhere.
    fn score(&self, xi: &[f64], configuration: usize, state: usize, visit: &mut dyn FnMut(usize, f64)) {
        let mut table = vec![0.0; self.configurations() * self.states()];
        self.probabilities(xi, &mut table);
        let p = table[configuration * self.states() + state];
        if p > 0.0 {
            self.derivatives(xi, configuration, &mut |j, d| visit(j, d[state] / p));
        }
    }

    /// The M-step: parameters that maximise `Σ_{c,a} (counts[c,a] + prior) ln P(a | c; ξ)`, counts being
    /// `configurations × states` and at least 0, as is the prior.
    ///
    /// The sum never ends below its value at `xi`, up to rounding, and its slope is 0 wherever the answer is inside. What
    /// no count speaks of keeps its value in `xi`: rows of a table without any weight, weights of parents that never
    /// occur. Probabilities of 0 and 1 are answers like others where the kind has them, with infinite parameters where it
    /// needs these; weights of logistic nodes stay finite.
    fn maximise(&self, counts: &[f64], xi: &[f64], prior: f64) -> Vec<f64>;

    /// Calls `visit(i, j, h)`, `i ≥ j`, with pieces that add up to the curvature
    /// `−∂²/∂ξ_i∂ξ_j Σ_{c,a} counts[c,a] ln P(a | c; ξ)`; pairs that are not visited are 0.
    ///
    /// Counts of events with probability 0 have no weight, as in [`Local::score`].
    fn curvature(&self, counts: &[f64], xi: &[f64], visit: &mut dyn FnMut(usize, usize, f64));

    /// The parameters that give these probabilities (`configurations × states`); `None` where there are none.
    fn inverse(&self, probabilities: &[f64]) -> Option<Vec<f64>>;

    /// Name of parameter `j`, as in `P(y = a | x = b)`.
    fn label(&self, j: usize, node: &Labels<'_>) -> String;
}

/// The names that a parameter's label is made of.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The node.
    pub name: &'a str,
    /// Its states.
    pub states: &'a [String],
    /// Its parents: name and states.
    pub parents: &'a [(&'a str, &'a [String])],
}

impl Labels<'_> {
    /// `x = b, z = c` for a configuration; empty without parents.
    pub fn configuration(&self, mut configuration: usize) -> String {
        let mut parts = Vec::with_capacity(self.parents.len());
        for (name, states) in self.parents.iter().rev() {
            parts.push(format!("{name} = {}", states[configuration % states.len()]));
            configuration /= states.len();
        }
        parts.reverse();
        parts.join(", ")
    }

    /// `P(y = a | x = b)`.
    pub fn probability(&self, state: usize, configuration: usize) -> String {
        let given = self.configuration(configuration);
        let bar = if given.is_empty() { "" } else { " | " };
        format!("P({} = {}{bar}{given})", self.name, self.states[state])
    }
}
