//! The connected parts of the hidden nodes, and what a part's posterior looks like for one state of its blanket.

use super::super::Network;

/// A connected set of hidden nodes with the families that hold one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The hidden nodes, ascending.
    pub hidden: Vec<usize>,
    /// The nodes whose family (the node and its parents) holds one of them, ascending.
    pub families: Vec<usize>,
    /// The visible members of these families, ascending.
    pub blanket: Vec<usize>,
}

/// The parts of a network's hidden nodes, by their first node.
pub fn parts(network: &Network, hidden: &[bool]) -> Vec<Part> {
    let n = network.len();
    let family = |r: usize| network.dag().parents(r).iter().copied().chain([r]);
    let mut part_of: Vec<usize> = (0..n).collect();
    // Smallest number in the part, by repeated merging along families.
    let find = |of: &[usize], mut i: usize| {
        while of[i] != i {
            i = of[i];
        }
        i
    };
    for r in 0..n {
        let inside: Vec<usize> = family(r).filter(|&i| hidden[i]).collect();
        for pair in inside.windows(2) {
            let (a, b) = (find(&part_of, pair[0]), find(&part_of, pair[1]));
            part_of[a.max(b)] = a.min(b);
        }
    }
    (0..n)
        .filter(|&first| hidden[first] && part_of[first] == first)
        .map(|first| {
            let of: Vec<usize> = (0..n).filter(|&i| hidden[i] && find(&part_of, i) == first).collect();
            let families: Vec<usize> = (0..n).filter(|&r| family(r).any(|i| of.contains(&i))).collect();
            let mut blanket: Vec<usize> = families.iter().flat_map(|&r| family(r)).filter(|&i| !hidden[i]).collect();
            blanket.sort_unstable();
            blanket.dedup();
            Part { hidden: of, families, blanket }
        })
        .collect()
}

/// Number of joint states of some nodes, as a float because it may be astronomic.
pub(super) fn states(network: &Network, nodes: &[usize]) -> f64 {
    nodes.iter().map(|&i| network.states(i) as f64).product()
}

/// Counts through the states of some nodes, the last fastest; `false` after the last one.
pub(super) fn advance(state: &mut [usize], nodes: &[usize], network: &Network) -> bool {
    for &i in nodes.iter().rev() {
        state[i] += 1;
        if state[i] < network.states(i) {
            return true;
        }
        state[i] = 0;
    }
    false
}

/// Table entry of a node's family in a state of all nodes.
pub(super) fn entry(network: &Network, node: usize, state: &[usize]) -> usize {
    let parents = network.dag().parents(node);
    parents.iter().chain([&node]).fold(0, |c, &p| c * network.states(p) + state[p])
}

/// The hidden states of a part that are possible together with one state of its blanket.
#[derive(Debug, Clone, Default)]
pub(super) struct Posterior {
    /// `p(h | b)` of each.
    pub probabilities: Vec<f64>,
    /// Table entries of the part's families, one after the other.
    pub entries: Vec<usize>,
}

impl Posterior {
    /// Lists them from the logarithms of the tables; `state` holds the blanket (its hidden entries are used as a counter).
    /// Empty where `b` is impossible.
    pub fn list(&mut self, network: &Network, part: &Part, logs: &[Vec<f64>], state: &mut [usize]) {
        self.probabilities.clear();
        self.entries.clear();
        part.hidden.iter().for_each(|&i| state[i] = 0);
        loop {
            let begin = self.entries.len();
            let mut log = 0.0;
            for &r in &part.families {
                let e = entry(network, r, state);
                self.entries.push(e);
                log += logs[r][e];
            }
            if log > f64::NEG_INFINITY {
                self.probabilities.push(log);
            } else {
                self.entries.truncate(begin);
            }
            if !advance(state, &part.hidden, network) {
                break;
            }
        }
        let top = self.probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.probabilities.iter_mut().for_each(|p| *p = (*p - top).exp());
        let total: f64 = self.probabilities.iter().sum();
        self.probabilities.iter_mut().for_each(|p| *p /= total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::NodeSpec;

    #[test]
    fn hidden_nodes_in_one_family_belong_together() {
        // 0 -> 2 <- 1, 2 -> 3, 4 -> 3, 5 alone; hidden 0, 1, 4, 5.
        let parents: [&[&str]; 6] = [&[], &[], &["0", "1"], &["2", "4"], &[], &[]];
        let specs = (0..6)
            .map(|i| NodeSpec {
                name: i.to_string(),
                states: vec!["a".into(), "b".into()],
                parents: parents[i].iter().map(|p| p.to_string()).collect(),
                ..NodeSpec::default()
            })
            .collect();
        let (network, _) = Network::new(specs).expect("a network");
        let found = parts(&network, &[true, true, false, false, true, true]);
        let part = |hidden: &[usize], families: &[usize], blanket: &[usize]| Part {
            hidden: hidden.to_vec(),
            families: families.to_vec(),
            blanket: blanket.to_vec(),
        };
        let expected = [part(&[0, 1], &[0, 1, 2], &[2]), part(&[4], &[3, 4], &[2, 3]), part(&[5], &[5], &[])];
        assert_eq!(found, expected);
    }
}
