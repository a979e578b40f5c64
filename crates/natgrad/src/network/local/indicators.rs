//! Parameters that belong to states of parents: one for every state but the first of each parent, then one for all.

/// Number of parameters for parents with so many states.
pub(super) fn count(parents: &[usize]) -> usize {
    parents.iter().map(|k| k - 1).sum::<usize>() + 1
}

/// The parameters that are switched on in a configuration, ascending; the last one always is.
pub(super) fn active(parents: &[usize], mut configuration: usize) -> Vec<usize> {
    let mut end = count(parents) - 1;
    let mut out = vec![end];
    for &k in parents.iter().rev() {
        let state = configuration % k;
        configuration /= k;
        end -= k - 1;
        if state > 0 {
            out.push(end + state - 1);
        }
    }
    out.reverse();
    out
}

/// `1/(1 + e^−z)`, exact at both infinities.
pub(super) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}

/// `ln(1 + e^z)`, exact at both infinities.
pub(super) fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// A parent configuration that was met, with its counts of both states of the node.
pub(super) struct Met {
    /// Parameters that are switched on.
    pub active: Vec<usize>,
    /// Count of the first state.
    pub first: f64,
    /// Count of the second state.
    pub second: f64,
}

/// The configurations with any weight.
pub(super) fn met(parents: &[usize], counts: &[f64], prior: f64) -> Vec<Met> {
    let pairs = counts.chunks_exact(2).map(|n| (n[0] + prior, n[1] + prior)).enumerate();
    pairs
        .filter(|(_, (first, second))| first + second > 0.0)
        .map(|(c, (first, second))| Met { active: active(parents, c), first, second })
        .collect()
}

/// The name of a parameter: `of` a parent's state, or `last`.
pub(super) fn label(j: usize, node: &super::Labels<'_>, of: &str, last: &str) -> String {
    let mut at = j;
    for (name, states) in node.parents {
        if at < states.len() - 1 {
            return format!("{of} of {name} = {} on {}", states[at + 1], node.name);
        }
        at -= states.len() - 1;
    }
    format!("{last} of {}", node.name)
}
