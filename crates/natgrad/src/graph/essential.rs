//! The essential graph of a directed acyclic graph: which edges every Markov-equivalent graph directs the same way.

use super::Dag;

/// What joins an ordered pair of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Undirected,
    Directed,
}

/// The essential graph (completed partially directed graph): compelled edges directed, the others not.
///
/// Two graphs have the same essential graph iff they have the same distributions.
///
/// # Source
/// Verma and Pearl (1990); orientation rules of Meek (1995).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Essential {
    n: usize,
    marks: Vec<Mark>,
}

impl Essential {
    /// Immoralities `a -> c <- b` with `a`, `b` not joined, closed under Meek's rules 1 to 3.
    pub fn of(dag: &Dag) -> Self {
        let n = dag.len();
        let mut graph = Essential { n, marks: vec![Mark::None; n * n] };
        for (a, b) in dag.edges() {
            graph.marks[a * n + b] = Mark::Undirected;
            graph.marks[b * n + a] = Mark::Undirected;
        }
        for c in 0..n {
            let parents = dag.parents(c);
            for (i, &a) in parents.iter().enumerate() {
                for &b in &parents[..i] {
                    if !dag.adjacent(a, b) {
                        graph.direct(a, c);
                        graph.direct(b, c);
                    }
                }
            }
        }
        graph.close();
        graph
    }

    fn mark(&self, a: usize, b: usize) -> Mark {
        self.marks[a * self.n + b]
    }

    fn direct(&mut self, a: usize, b: usize) {
        self.marks[a * self.n + b] = Mark::Directed;
        self.marks[b * self.n + a] = Mark::None;
    }

    /// Whether `a -> b` is compelled.
    pub fn directed(&self, a: usize, b: usize) -> bool {
        self.mark(a, b) == Mark::Directed
    }

    /// Whether `a - b` may go either way.
    pub fn undirected(&self, a: usize, b: usize) -> bool {
        self.mark(a, b) == Mark::Undirected
    }

    /// Whether the nodes are joined.
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        self.mark(a, b) != Mark::None || self.mark(b, a) != Mark::None
    }

    /// The compelled edges, in lexicographic order.
    pub fn directed_edges(&self) -> Vec<(usize, usize)> {
        self.pairs(|a, b| self.directed(a, b))
    }

    /// The undirected edges `a < b`, in lexicographic order.
    pub fn undirected_edges(&self) -> Vec<(usize, usize)> {
        self.pairs(|a, b| a < b && self.undirected(a, b))
    }

    fn pairs(&self, keep: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
        (0..self.n).flat_map(|a| (0..self.n).map(move |b| (a, b))).filter(|&(a, b)| keep(a, b)).collect()
    }

    /// Applies the rules until none turns an edge; the result does not depend on the order.
    fn close(&mut self) {
        let joined: Vec<Vec<usize>> =
            (0..self.n).map(|a| (0..self.n).filter(|&b| self.adjacent(a, b)).collect()).collect();
        let mut open = self.undirected_edges();
        loop {
            let before = open.len();
            open.retain(|&(a, b)| {
                if self.compelled(a, b, &joined) {
                    self.direct(a, b);
                    false
                } else if self.compelled(b, a, &joined) {
                    self.direct(b, a);
                    false
                } else {
                    true
                }
            });
            if open.len() == before {
                return;
            }
        }
    }

    /// Whether a rule turns `a - b` into `a -> b`; `joined` lists the neighbours of each node.
    fn compelled(&self, a: usize, b: usize, joined: &[Vec<usize>]) -> bool {
        let around = || joined[a].iter().copied().filter(move |&c| c != b);
        // 1: c -> a - b, c and b not joined.
        around().any(|c| self.directed(c, a) && !self.adjacent(c, b))
            // 2: a -> c -> b.
            || around().any(|c| self.directed(a, c) && self.directed(c, b))
            // 3: a - c -> b and a - d -> b, c and d not joined.
            || around().any(|c| {
                self.undirected(a, c)
                    && self.directed(c, b)
                    && around().any(|d| {
                        d != c && self.undirected(a, d) && self.directed(d, b) && !self.adjacent(c, d)
                    })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_undirected_and_colliders_are_not() {
        let essential = |parents: Vec<Vec<usize>>| Essential::of(&Dag::new(parents).expect("a DAG"));
        let chain = essential(vec![vec![], vec![0], vec![1]]);
        assert_eq!(chain.undirected_edges(), [(0, 1), (1, 2)]);
        let collider = essential(vec![vec![], vec![0, 2], vec![], vec![1]]);
        assert_eq!(collider.directed_edges(), [(0, 1), (1, 3), (2, 1)]);
    }
}
