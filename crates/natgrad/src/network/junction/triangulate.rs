//! Cliques of a triangulated graph and the tree that joins them, by greedy elimination.

/// Sets of nodes that a junction tree is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Triangulation {
    /// Nodes of each clique, ascending; none contains another.
    pub cliques: Vec<Vec<usize>>,
    /// The clique that each clique is joined to; `None` for the root of each connected part.
    pub parents: Vec<Option<usize>>,
    /// Cliques, children before parents.
    pub order: Vec<usize>,
    /// For each node the clique in which it was eliminated; every set whose first eliminated node it is lies inside.
    pub home: Vec<Option<usize>>,
    /// When each node was eliminated.
    pub turn: Vec<usize>,
}

impl Triangulation {
    /// Number of table cells of a clique, as a float because it may be astronomic.
    pub fn cells(&self, clique: usize, cards: &[usize]) -> f64 {
        self.cliques[clique].iter().map(|&i| cards[i] as f64).product()
    }

    /// Cells of all cliques.
    pub fn all_cells(&self, cards: &[usize]) -> f64 {
        (0..self.cliques.len()).map(|c| self.cells(c, cards)).sum()
    }
}

/// What is eliminated next.
#[derive(Debug, Clone, Copy)]
enum Greedy {
    /// The fewest new edges, then the smallest clique, then the lowest number.
    Fill,
    /// The smallest clique, then the fewest new edges, then the lowest number.
    Weight,
}

/// The cheaper of two greedy triangulations (fewest new edges, smallest cliques) of the graph in which each set is
/// joined up; nodes in `left_out` do not take part.
pub(super) fn triangulate(cards: &[usize], sets: &[Vec<usize>], left_out: &[bool]) -> Triangulation {
    let fill = eliminate(cards, sets, left_out, Greedy::Fill);
    let weight = eliminate(cards, sets, left_out, Greedy::Weight);
    if weight.all_cells(cards) < fill.all_cells(cards) { weight } else { fill }
}

/// Neighbours as rows of bits.
struct Neighbours {
    words: usize,
    bits: Vec<u64>,
}

impl Neighbours {
    fn row(&self, i: usize) -> &[u64] {
        &self.bits[i * self.words..(i + 1) * self.words]
    }

    fn join(&mut self, i: usize, j: usize) {
        if i != j {
            self.bits[i * self.words + j / 64] |= 1 << (j % 64);
            self.bits[j * self.words + i / 64] |= 1 << (i % 64);
        }
    }

    fn cut(&mut self, i: usize, j: usize) {
        self.bits[i * self.words + j / 64] &= !(1 << (j % 64));
    }

    fn of(&self, i: usize) -> Vec<usize> {
        let mut out = Vec::new();
        for (w, &word) in self.row(i).iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                out.push(w * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
        out
    }

    /// Pairs of neighbours that are not joined.
    fn fill(&self, i: usize) -> usize {
        let own = self.row(i);
        let missing =
            |j: usize| own.iter().zip(self.row(j)).map(|(a, b)| (a & !b).count_ones() as usize).sum::<usize>();
        // Each neighbour misses itself once.
        self.of(i).into_iter().map(|j| missing(j) - 1).sum::<usize>() / 2
    }
}

fn eliminate(cards: &[usize], sets: &[Vec<usize>], left_out: &[bool], greedy: Greedy) -> Triangulation {
    let n = cards.len();
    let words = n.div_ceil(64);
    let mut graph = Neighbours { words, bits: vec![0; n * words] };
    for set in sets {
        let inside: Vec<usize> = set.iter().copied().filter(|&i| !left_out[i]).collect();
        for (k, &i) in inside.iter().enumerate() {
            inside[..k].iter().for_each(|&j| graph.join(i, j));
        }
    }
    let cost = |graph: &Neighbours, i: usize| {
        let weight: f64 = graph.of(i).into_iter().map(|j| cards[j] as f64).product::<f64>() * cards[i] as f64;
        let fill = graph.fill(i) as f64;
        match greedy {
            Greedy::Fill => (fill, weight),
            Greedy::Weight => (weight, fill),
        }
    };
    let mut open: Vec<usize> = (0..n).filter(|&i| !left_out[i]).collect();
    let mut costs: Vec<(f64, f64)> = (0..n).map(|i| cost(&graph, i)).collect();
    let mut turn = vec![usize::MAX; n];
    let mut cliques: Vec<Vec<usize>> = Vec::with_capacity(open.len());
    let mut eliminated = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let mut best = 0;
        for k in 1..open.len() {
            // Strictly cheaper only: ties go to the lowest number.
            if costs[open[k]] < costs[open[best]] {
                best = k;
            }
        }
        let node = open.remove(best);
        let around = graph.of(node);
        turn[node] = eliminated.len();
        eliminated.push(node);
        for (k, &i) in around.iter().enumerate() {
            around[..k].iter().for_each(|&j| graph.join(i, j));
            graph.cut(i, node);
        }
        let mut changed = vec![false; n];
        for &i in &around {
            changed[i] = true;
            graph.of(i).into_iter().for_each(|j| changed[j] = true);
        }
        open.iter().filter(|&&i| changed[i]).for_each(|&i| costs[i] = cost(&graph, i));
        let mut clique = around;
        clique.push(node);
        clique.sort_unstable();
        cliques.push(clique);
    }
    join(cliques, &eliminated, turn)
}

/// The tree of elimination cliques, those inside others taken out.
fn join(cliques: Vec<Vec<usize>>, eliminated: &[usize], turn: Vec<usize>) -> Triangulation {
    let m = cliques.len();
    let up = |c: usize| cliques[c].iter().filter(|&&i| i != eliminated[c]).map(|&i| turn[i]).min();
    let mut parent: Vec<Option<usize>> = (0..m).map(up).collect();
    let mut inside: Vec<Option<usize>> = vec![None; m];
    for c in 0..m {
        if inside[c].is_some() {
            continue;
        }
        // What c leaves behind fills its parent exactly iff the parent has one node less.
        let mut size = cliques[c].len();
        while let Some(p) = parent[c].filter(|&p| inside[p].is_none() && cliques[p].len() + 1 == size) {
            inside[p] = Some(c);
            size = cliques[p].len();
            parent[c] = parent[p];
        }
    }
    let find = |mut c: usize| {
        while let Some(by) = inside[c] {
            c = by;
        }
        c
    };
    let kept: Vec<usize> = (0..m).filter(|&c| inside[c].is_none()).collect();
    let number: Vec<usize> = (0..m).map(|c| kept.binary_search(&find(c)).unwrap_or(usize::MAX)).collect();
    let parents: Vec<Option<usize>> = kept.iter().map(|&c| parent[c].map(|p| number[p])).collect();
    let mut children = vec![Vec::new(); kept.len()];
    parents.iter().enumerate().for_each(|(c, p)| p.iter().for_each(|&p| children[p].push(c)));
    let mut order: Vec<usize> = (0..kept.len()).filter(|&c| parents[c].is_none()).collect();
    let mut next = 0;
    while next < order.len() {
        order.extend(&children[order[next]]);
        next += 1;
    }
    order.reverse();
    let home = turn.iter().map(|&t| (t < m).then(|| number[t])).collect();
    Triangulation { cliques: kept.iter().map(|&c| cliques[c].clone()).collect(), parents, order, home, turn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_gets_one_chord_and_a_tree_none() {
        let ring: Vec<Vec<usize>> = (0..4).map(|i| vec![i, (i + 1) % 4]).collect();
        let t = triangulate(&[2; 4], &ring, &[false; 4]);
        assert_eq!(t.cliques.len(), 2);
        assert!(t.cliques.iter().all(|c| c.len() == 3));
        let path: Vec<Vec<usize>> = (0..5).map(|i| vec![i, i + 1]).collect();
        let t = triangulate(&[2; 6], &path, &[false; 6]);
        assert_eq!((t.cliques.len(), t.parents.iter().filter(|p| p.is_none()).count()), (5, 1));
        // Without its middle it falls apart.
        let t = triangulate(&[2; 6], &path, &[false, false, true, false, false, false]);
        assert_eq!(t.cliques, [vec![0, 1], vec![3, 4], vec![4, 5]]);
        assert_eq!(t.parents.iter().filter(|p| p.is_none()).count(), 2);
        assert_eq!(t.home[2], None);
    }
}
