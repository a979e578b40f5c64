//! Neighbouring units that are believed in together: how a layer is cut, and where the pairs within its clusters lie.

/// A layer cut into clusters of neighbouring units; the last may be smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Clusters {
    /// Units of the layer.
    pub units: usize,
    /// Units of a cluster.
    pub most: usize,
}

/// Place of `(i, j ≤ i)` among the pairs of some units; of `(n, 0)` the number of pairs of `n` units.
pub(in super::super) fn place(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

impl Clusters {
    /// Place of `(i, j ≤ i)`, of one cluster, among the layer's pairs.
    pub fn pair(self, i: usize, j: usize) -> usize {
        i / self.most * place(self.most, 0) + place(i % self.most, j % self.most)
    }

    /// Every pair `(i, j ≤ i)` of units of one cluster, in the order of their places.
    pub fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.units).flat_map(move |i| (i / self.most * self.most..=i).map(move |j| (i, j)))
    }

    /// Number of pairs.
    pub fn len(self) -> usize {
        self.units / self.most * place(self.most, 0) + place(self.units % self.most, 0)
    }

    /// What a pair's covariance is multiplied with in the covariance of two units' log-odds: `w_i v_j + w_j v_i`, or `w_i v_i` of
    /// a unit with itself; for every child, pairs together.
    pub fn products(self, w: &[f64], v: &[f64]) -> Vec<f64> {
        let children = w.chunks_exact(self.units).zip(v.chunks_exact(self.units));
        let product =
            |w: &[f64], v: &[f64], i: usize, j: usize| if i == j { w[i] * v[i] } else { w[i] * v[j] + w[j] * v[i] };
        children.flat_map(|(w, v)| self.pairs().map(move |(i, j)| product(w, v, i, j))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_lie_where_they_are_counted() {
        for (units, most) in [(1, 1), (5, 1), (7, 3), (6, 3), (2, 8), (9, 4)] {
            let clusters = Clusters { units, most };
            let all: Vec<(usize, usize)> = clusters.pairs().collect();
            assert_eq!(all.len(), clusters.len());
            for (p, (i, j)) in all.into_iter().enumerate() {
                assert!(j <= i && i / most == j / most);
                assert_eq!(clusters.pair(i, j), p);
            }
        }
    }
}
