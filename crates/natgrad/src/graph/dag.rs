//! A directed acyclic graph on numbered nodes, checked when it is made.

/// A directed cycle, node by node; the last has an edge to the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

/// A directed acyclic graph on nodes `0..n`. The numbers need not be a topological order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    parents: Vec<Vec<usize>>,
    order: Vec<usize>,
}

impl Dag {
    /// From the parents of each node (each below `parents.len()`), in the order that the caller wants to keep.
    ///
    /// # Errors
    /// The first [`Cycle`] found; a node that is its own parent is one of length 1.
    pub fn new(parents: Vec<Vec<usize>>) -> Result<Self, Cycle> {
        let n = parents.len();
        let mut children = vec![Vec::new(); n];
        let mut open = vec![0usize; n];
        for (child, of) in parents.iter().enumerate() {
            open[child] = of.len();
            of.iter().for_each(|&p| children[p].push(child));
        }
        let mut ready: std::collections::BTreeSet<usize> = (0..n).filter(|&i| open[i] == 0).collect();
        let mut order = Vec::with_capacity(n);
        while let Some(next) = ready.pop_first() {
            order.push(next);
            for &child in &children[next] {
                open[child] -= 1;
                if open[child] == 0 {
                    ready.insert(child);
                }
            }
        }
        if order.len() == n { Ok(Dag { parents, order }) } else { Err(cycle(&parents, &open)) }
    }

    /// The graph on some of the nodes (ascending), numbered in that order; edges to other nodes are left out.
    pub fn part(&self, nodes: &[usize]) -> Self {
        let number = |i: &usize| nodes.binary_search(i).ok();
        let parents = nodes.iter().map(|&i| self.parents[i].iter().filter_map(number).collect()).collect();
        Dag { parents, order: self.order.iter().filter_map(number).collect() }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Parents of a node, in the order given.
    pub fn parents(&self, node: usize) -> &[usize] {
        &self.parents[node]
    }

    /// Parents of every node.
    pub fn all_parents(&self) -> &[Vec<usize>] {
        &self.parents
    }

    /// The nodes, parents first; among those that could come next, the smallest number.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Whether `from -> to`.
    pub fn has_edge(&self, from: usize, to: usize) -> bool {
        self.parents[to].contains(&from)
    }

    /// Whether the nodes are joined, in either direction.
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        self.has_edge(a, b) || self.has_edge(b, a)
    }

    /// The edges `(parent, child)`, by child, then as given.
    pub fn edges(&self) -> Vec<(usize, usize)> {
        self.parents.iter().enumerate().flat_map(|(c, of)| of.iter().map(move |&p| (p, c))).collect()
    }
}

/// Walks backwards among nodes that never became ready; the walk must meet itself.
fn cycle(parents: &[Vec<usize>], open: &[usize]) -> Cycle {
    let mut walk = Vec::new();
    let mut at = open.iter().position(|&o| o > 0).unwrap_or(0);
    loop {
        if let Some(from) = walk.iter().position(|&n| n == at) {
            let mut found = walk.split_off(from);
            found.reverse();
            return Cycle(found);
        }
        walk.push(at);
        at = parents[at].iter().copied().find(|&p| open[p] > 0).unwrap_or(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_has_parents_first_and_cycles_are_named() {
        let dag = Dag::new(vec![vec![2], vec![0], vec![]]).expect("a DAG");
        assert_eq!(dag.order(), [2, 0, 1]);
        assert_eq!(dag.edges(), [(2, 0), (0, 1)]);
        let part = dag.part(&[0, 2]);
        assert_eq!((part.order(), part.edges()), ([1, 0].as_slice(), vec![(1, 0)]));
        let found = Dag::new(vec![vec![2], vec![0], vec![1], vec![0]]).expect_err("a cycle");
        let c = &found.0;
        assert_eq!(c.len(), 3);
        assert!((0..3).all(|i| [(0, 1), (1, 2), (2, 0)].contains(&(c[i], c[(i + 1) % 3]))), "{c:?}");
        assert_eq!(Dag::new(vec![vec![0]]).expect_err("a loop"), Cycle(vec![0]));
    }
}
