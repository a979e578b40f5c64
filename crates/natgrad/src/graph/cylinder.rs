//! Which graphs make a network's model cylindrical, why the others do not, and what would have to change.
//!
//! ```text
//! M is cylindrical (for generic tables)  ⇔  some Markov-equivalent graph has no edge hidden → visible
//! ```

use super::{Dag, Essential};

/// Why a graph is not cylindrical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Every equivalent graph has this edge from a hidden to a visible node.
    Compelled {
        /// The hidden node.
        hidden: usize,
        /// The visible node.
        visible: usize,
    },
    /// Two visible nodes that are not joined are both joined to a connected set of hidden ones: in every equivalent
    /// graph one of those edges leaves the set.
    Fork {
        /// The connected hidden nodes.
        hidden: Vec<usize>,
        /// The visible nodes.
        visible: [usize; 2],
    },
}

impl Obstacle {
    /// The obstacle in words, with the names of the nodes.
    pub fn describe(&self, names: &[String]) -> String {
        match self {
            Obstacle::Compelled { hidden, visible } => format!(
                "the edge {h} -> {v} from a hidden to a visible node is compelled: every Markov-equivalent graph has it",
                h = names[*hidden],
                v = names[*visible]
            ),
            Obstacle::Fork { hidden, visible: [a, b] } => {
                let (a, b) = (&names[*a], &names[*b]);
                match hidden.as_slice() {
                    [h] => format!("hidden {} has two visible neighbours {a}, {b} that are not adjacent", names[*h]),
                    many => {
                        let many: Vec<&str> = many.iter().map(|&h| names[h].as_str()).collect();
                        format!(
                            "the connected hidden nodes {} have two visible neighbours {a}, {b} that are not adjacent",
                            many.join(", ")
                        )
                    }
                }
            }
        }
    }
}

/// The graph criterion on the essential graph: no compelled edge hidden -> visible, and for every connected set of
/// hidden nodes (by undirected edges) the visible nodes joined to it by undirected edges are pairwise adjacent.
///
/// `Ok` means cylindrical at every interior point. An obstacle means: not at generic tables (found on every graph that
/// has been tried, not proved); at special tables such as independence it still may be.
///
/// # Errors
/// The first [`Obstacle`].
///
/// # Source
/// Sufficiency: Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025), on Bayesian
/// graphical models; the criterion on the essential graph is this project's.
pub fn criterion(dag: &Dag, hidden: &[bool]) -> Result<(), Obstacle> {
    let graph = Essential::of(dag);
    if let Some((h, v)) = graph.directed_edges().into_iter().find(|&(a, b)| hidden[a] && !hidden[b]) {
        return Err(Obstacle::Compelled { hidden: h, visible: v });
    }
    let n = dag.len();
    let mut seen = vec![false; n];
    for start in (0..n).filter(|&h| hidden[h]) {
        if seen[start] {
            continue;
        }
        let mut component = vec![start];
        seen[start] = true;
        let mut next = 0;
        while next < component.len() {
            let at = component[next];
            next += 1;
            for b in (0..n).filter(|&b| hidden[b] && graph.undirected(at, b)) {
                if !seen[b] {
                    seen[b] = true;
                    component.push(b);
                }
            }
        }
        let around: Vec<usize> =
            (0..n).filter(|&v| !hidden[v] && component.iter().any(|&h| graph.undirected(h, v))).collect();
        for (i, &b) in around.iter().enumerate() {
            if let Some(&a) = around[..i].iter().find(|&&a| !graph.adjacent(a, b)) {
                // Name the one hidden node that both are joined to, where there is one.
                let both = component.iter().copied().find(|&h| graph.undirected(h, a) && graph.undirected(h, b));
                component.sort_unstable();
                let hidden = both.map_or(component, |h| vec![h]);
                return Err(Obstacle::Fork { hidden, visible: [a, b] });
            }
        }
    }
    Ok(())
}

/// One change of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Join two nodes.
    Add(usize, usize),
    /// Take an edge away.
    Remove(usize, usize),
    /// Turn an edge round.
    Reverse(usize, usize),
    /// Measure a hidden node.
    Observe(usize),
}

impl Change {
    /// The change in words, with the names of the nodes.
    pub fn describe(&self, names: &[String]) -> String {
        match *self {
            Change::Add(a, b) => format!("add the edge {} -> {}", names[a], names[b]),
            Change::Remove(a, b) => format!("remove the edge {} -> {}", names[a], names[b]),
            Change::Reverse(a, b) => format!("reverse the edge {} -> {}", names[a], names[b]),
            Change::Observe(a) => format!("observe {}", names[a]),
        }
    }

    fn applied(&self, dag: &Dag, hidden: &[bool]) -> Option<(Dag, Vec<bool>)> {
        let mut parents = dag.all_parents().to_vec();
        let mut hidden = hidden.to_vec();
        match *self {
            Change::Add(a, b) => parents[b].push(a),
            Change::Remove(a, b) => parents[b].retain(|&p| p != a),
            Change::Reverse(a, b) => {
                parents[b].retain(|&p| p != a);
                parents[a].push(b);
            }
            Change::Observe(a) => hidden[a] = false,
        }
        let some_hidden = hidden.iter().any(|h| *h);
        Dag::new(parents).ok().filter(|_| some_hidden).map(|dag| (dag, hidden))
    }
}

/// Most graphs that [`smallest_change`] looks at, and most pairs of nodes in all of them together.
const MOST_GRAPHS: usize = 20_000;
const MOST_PAIRS: usize = 4_000_000;

/// The fewest changes after which the criterion holds, found breadth first: a graph that already meets it needs none.
///
/// Adding an edge is tried before turning one round, that before taking one away, and observing a hidden node last
/// (never the only one); `None` where a search over 20 000 graphs (fewer of large ones) does not reach an answer.
pub fn smallest_change(dag: &Dag, hidden: &[bool]) -> Option<Vec<Change>> {
    let mut level = vec![(dag.clone(), hidden.to_vec(), Vec::new())];
    let mut looked = 0;
    let most = (MOST_PAIRS / (dag.len() * dag.len()).max(1)).clamp(50, MOST_GRAPHS);
    loop {
        let mut deeper = Vec::new();
        for (dag, hidden, changes) in &level {
            if criterion(dag, hidden).is_ok() {
                return Some(changes.clone());
            }
        }
        for (dag, hidden, changes) in &level {
            for change in candidates(dag, hidden) {
                // Sets of changes, each once: in the order of candidates only where nothing else tells them apart.
                if changes.contains(&change) {
                    continue;
                }
                looked += 1;
                if looked > most {
                    return deeper
                        .iter()
                        .find(|(d, h, _): &&(Dag, Vec<bool>, Vec<Change>)| criterion(d, h).is_ok())
                        .map(|(_, _, c)| c.clone());
                }
                if let Some((dag, hidden)) = change.applied(dag, hidden) {
                    let mut changes = changes.clone();
                    changes.push(change);
                    deeper.push((dag, hidden, changes));
                }
            }
        }
        if deeper.is_empty() {
            return None;
        }
        level = deeper;
    }
}

fn candidates(dag: &Dag, hidden: &[bool]) -> Vec<Change> {
    let n = dag.len();
    let pairs = (0..n).flat_map(|a| (0..n).map(move |b| (a, b)));
    let mut out: Vec<Change> =
        pairs.filter(|&(a, b)| a != b && !dag.adjacent(a, b)).map(|(a, b)| Change::Add(a, b)).collect();
    out.extend(dag.edges().into_iter().map(|(a, b)| Change::Reverse(a, b)));
    out.extend(dag.edges().into_iter().map(|(a, b)| Change::Remove(a, b)));
    out.extend((0..n).filter(|&a| hidden[a]).map(Change::Observe));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_exceptions_on_three_nodes() {
        let cylindrical = |edges: &[(usize, usize)], hide: &[usize]| {
            let mut parents = vec![Vec::new(); 3];
            edges.iter().for_each(|&(a, b)| parents[b].push(a));
            let hidden: Vec<bool> = (0..3).map(|i| hide.contains(&i)).collect();
            criterion(&Dag::new(parents).expect("a DAG"), &hidden)
        };
        let fork = cylindrical(&[(0, 1), (0, 2)], &[0]).expect_err("a fork");
        assert_eq!(fork, Obstacle::Fork { hidden: vec![0], visible: [1, 2] });
        assert!(cylindrical(&[(0, 1), (1, 2)], &[1]).is_err());
        let collider = cylindrical(&[(0, 1), (2, 1)], &[0]).expect_err("a collider");
        assert_eq!(collider, Obstacle::Compelled { hidden: 0, visible: 1 });
        assert!(cylindrical(&[(0, 1), (2, 1)], &[0, 2]).is_err());
        assert!(cylindrical(&[(0, 1), (1, 2)], &[0]).is_ok());
        assert!(cylindrical(&[(0, 1), (2, 1)], &[1]).is_ok());
        assert!(cylindrical(&[(0, 1), (0, 2), (1, 2)], &[0]).is_ok());
    }

    #[test]
    fn one_edge_mends_a_fork() {
        let dag = Dag::new(vec![vec![], vec![0], vec![0]]).expect("a DAG");
        assert_eq!(smallest_change(&dag, &[true, false, false]), Some(vec![Change::Add(1, 2)]));
        assert_eq!(smallest_change(&dag, &[false, true, false]), Some(vec![]));
    }
}
