//! Nodes in layers: every edge points down, long edges pass through places of their own, and few edges cross.

/// A graph in layers; nodes beyond the given ones are places where long edges pass.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    /// Nodes of each layer, from left to right.
    pub rows: Vec<Vec<usize>>,
    /// Layer of each node.
    pub layer: Vec<usize>,
    /// For each edge, the nodes that it runs through, both ends included.
    pub chains: Vec<Vec<usize>>,
    /// Neighbours in the layer above.
    pub above: Vec<Vec<usize>>,
    /// Neighbours in the layer below.
    pub below: Vec<Vec<usize>>,
}

/// Sweeps that order the layers.
const SWEEPS: usize = 24;

/// The longest path to each node, sources moved down to their children; `None` where edges form a cycle.
fn ranks(n: usize, edges: &[(usize, usize)]) -> Option<Vec<usize>> {
    let mut missing = vec![0; n];
    edges.iter().for_each(|&(_, b)| missing[b] += 1);
    let parents = missing.clone();
    let mut order: Vec<usize> = (0..n).filter(|&i| missing[i] == 0).collect();
    let mut rank = vec![0; n];
    let mut next = 0;
    while let Some(&a) = order.get(next) {
        next += 1;
        for &(_, b) in edges.iter().filter(|e| e.0 == a) {
            rank[b] = rank[b].max(rank[a] + 1);
            missing[b] -= 1;
            if missing[b] == 0 {
                order.push(b);
            }
        }
    }
    if order.len() < n {
        return None;
    }
    // A node with more children than parents makes edges shorter by going down.
    for &a in order.iter().rev() {
        let children: Vec<usize> = edges.iter().filter(|e| e.0 == a).map(|e| rank[e.1]).collect();
        if let Some(&first) = children.iter().min().filter(|_| children.len() > parents[a]) {
            rank[a] = first - 1;
        }
    }
    let top = rank.iter().copied().min().unwrap_or(0);
    Some(rank.into_iter().map(|r| r - top).collect())
}

impl Layers {
    /// Layers of a graph; `None` where edges form a cycle.
    pub fn of(n: usize, edges: &[(usize, usize)]) -> Option<Self> {
        let mut layer = ranks(n, edges)?;
        let mut chains = Vec::with_capacity(edges.len());
        for &(a, b) in edges {
            let mut chain = vec![a];
            for r in layer[a] + 1..layer[b] {
                chain.push(layer.len());
                layer.push(r);
            }
            chain.push(b);
            chains.push(chain);
        }
        let mut rows = vec![Vec::new(); layer.iter().max().map_or(0, |m| m + 1)];
        (0..layer.len()).for_each(|i| rows[layer[i]].push(i));
        let (mut above, mut below) = (vec![Vec::new(); layer.len()], vec![Vec::new(); layer.len()]);
        for step in chains.iter().flat_map(|c: &Vec<usize>| c.windows(2)) {
            below[step[0]].push(step[1]);
            above[step[1]].push(step[0]);
        }
        let mut out = Layers { rows, layer, chains, above, below };
        out.order();
        Some(out)
    }

    /// Place of every node in its layer.
    fn places(&self) -> Vec<f64> {
        let mut place = vec![0.0; self.layer.len()];
        for row in &self.rows {
            row.iter().enumerate().for_each(|(at, &i)| place[i] = at as f64 - 0.5 * row.len() as f64);
        }
        place
    }

    /// Crossings between two neighbouring nodes' edges, `a` left of `b`.
    fn crossings_of(&self, a: usize, b: usize, place: &[f64]) -> usize {
        let between = |x: &[usize], y: &[usize]| {
            x.iter().map(|&u| y.iter().filter(|&&v| place[u] > place[v]).count()).sum::<usize>()
        };
        between(&self.above[a], &self.above[b]) + between(&self.below[a], &self.below[b])
    }

    /// Number of crossings.
    pub fn crossings(&self) -> usize {
        let place = self.places();
        let mut count = 0;
        for row in &self.rows {
            for (x, &a) in row.iter().enumerate() {
                for &b in &row[x + 1..] {
                    count += self.below[a]
                        .iter()
                        .map(|&u| self.below[b].iter().filter(|&&v| place[u] > place[v]).count())
                        .sum::<usize>();
                }
            }
        }
        count
    }

    /// Sorts layers by the mean place of neighbours, in turns from above and below, and swaps neighbours where that
    /// takes crossings away; keeps the best.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            let count = self.rows.len();
            for step in 1..count {
                let r = if down { step } else { count - 1 - step };
                let place = self.places();
                let neighbours = if down { &self.above } else { &self.below };
                let mean = |i: usize| {
                    let of = &neighbours[i];
                    if of.is_empty() { place[i] } else { of.iter().map(|&j| place[j]).sum::<f64>() / of.len() as f64 }
                };
                let mut row: Vec<(f64, usize)> = self.rows[r].iter().map(|&i| (mean(i), i)).collect();
                row.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.rows[r] = row.into_iter().map(|(_, i)| i).collect();
            }
            self.swap();
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    fn swap(&mut self) {
        for _ in 0..10 {
            let mut better = false;
            for r in 0..self.rows.len() {
                let place = self.places();
                for at in 1..self.rows[r].len() {
                    let (a, b) = (self.rows[r][at - 1], self.rows[r][at]);
                    if self.crossings_of(b, a, &place) < self.crossings_of(a, b, &place) {
                        self.rows[r].swap(at - 1, at);
                        better = true;
                    }
                }
            }
            if !better {
                return;
            }
        }
    }
}
