//! The visible Fisher matrix of one part in coordinates in which the joint one is the identity.
//!
//! ```text
//! A = E_b[ s̄ s̄ᵀ ]      T = E_b[ E[s sᵀ | b] ]      s̄ = E[s | b],  s the scores in G-orthonormal coordinates
//! ```
//!
//! Averaged over the blanket's own distribution, `T` is the identity; over a sample it is not, and the spectrum of `(A, T)`
//! stays in `[0, 1]`, exact where a direction is wholly visible or wholly hidden.

use super::super::Network;
use super::part::{Part, Posterior};
use crate::geometry::{BlockGram, Point};
use crate::linalg::Matrix;

/// Scores of a part's families in `G`-orthonormal coordinates.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The part's parameters, ascending.
    pub parameters: Vec<usize>,
    /// `WᵀGW = I`, parameters × coordinates.
    pub root: Matrix,
    /// Per family of the part and table entry: coordinates of the score.
    pub scores: Vec<Vec<Vec<(usize, f64)>>>,
}

impl Frame {
    /// From the joint metric's blocks.
    pub fn new(network: &Network, point: &Point, tables: &[Vec<f64>], metric: &BlockGram, part: &Part) -> Self {
        let parameters: Vec<usize> = part.families.iter().flat_map(|&r| network.range(r)).collect();
        let mut place = vec![usize::MAX; network.parameters()];
        parameters.iter().enumerate().for_each(|(k, &j)| place[j] = k);
        let mut columns: Vec<Vec<(usize, f64)>> = vec![Vec::new(); parameters.len()];
        let mut rank = 0;
        for (index, gram) in metric.blocks() {
            if index.first().is_some_and(|&j| place[j] != usize::MAX) {
                for (row, &j) in index.iter().enumerate() {
                    let along = (0..gram.rank()).map(|k| (rank + k, gram.root()[(row, k)])).filter(|(_, w)| *w != 0.0);
                    columns[place[j]].extend(along);
                }
                rank += gram.rank();
            }
        }
        let mut root = Matrix::zeros(parameters.len(), rank);
        for (j, of) in columns.iter().enumerate() {
            of.iter().for_each(|&(k, w)| root[(j, k)] = w);
        }
        let scores = part.families.iter().map(|&r| {
            let (range, k) = (network.range(r), network.states(r));
            let mut of = vec![Vec::<(usize, f64)>::new(); tables[r].len()];
            for c in 0..network.configurations(r) {
                network.nodes()[r].local.derivatives(&point.0[range.clone()], c, &mut |j, d| {
                    for a in (0..k).filter(|&a| d[a] != 0.0 && tables[r][c * k + a] > 0.0) {
                        let (out, score) = (&mut of[c * k + a], d[a] / tables[r][c * k + a]);
                        for &(coordinate, w) in &columns[place[range.start + j]] {
                            match out.iter_mut().find(|(at, _)| *at == coordinate) {
                                Some((_, x)) => *x += w * score,
                                None => out.push((coordinate, w * score)),
                            }
                        }
                    }
                });
            }
            of
        });
        let scores = scores.collect();
        Frame { parameters, root, scores }
    }

    /// Number of coordinates.
    pub fn rank(&self) -> usize {
        self.root.ncols()
    }

    /// Calls `visit(p(h|b), s)` for every hidden state with its score, coordinates in no order.
    pub fn each(&self, posterior: &Posterior, mut visit: impl FnMut(f64, &[(usize, f64)])) {
        let mut score = Vec::new();
        let m = self.scores.len();
        for (p, entries) in posterior.probabilities.iter().zip(posterior.entries.chunks_exact(m.max(1))) {
            score.clear();
            entries.iter().zip(&self.scores).for_each(|(&e, of)| score.extend_from_slice(&of[e]));
            visit(*p, &score);
        }
    }
}

/// Weighted sums of `s̄ s̄ᵀ` and `E[s sᵀ | b]`, lower triangles.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub visible: Matrix,
    pub total: Matrix,
    pub weight: f64,
    mean: Vec<f64>,
    touched: Vec<usize>,
}

impl Form {
    pub fn new(rank: usize) -> Self {
        let zero = Matrix::zeros(rank, rank);
        Form { visible: zero.clone(), total: zero, weight: 0.0, mean: vec![0.0; rank], touched: Vec::new() }
    }

    /// Adds one state of the blanket.
    pub fn add(&mut self, frame: &Frame, posterior: &Posterior, weight: f64) {
        let Form { total, mean, touched, .. } = self;
        frame.each(posterior, |p, score| {
            for &(i, x) in score {
                if mean[i] == 0.0 {
                    touched.push(i);
                }
                mean[i] += p * x;
                for &(j, y) in score {
                    if j <= i {
                        total[(i, j)] += weight * p * x * y;
                    }
                }
            }
        });
        self.add_mean(weight);
    }

    /// Adds one state of the blanket of which only the mean score is known: nothing is added to `T`.
    pub fn add_score(&mut self, score: impl Iterator<Item = (usize, f64)>, weight: f64) {
        for (i, x) in score {
            if self.mean[i] == 0.0 {
                self.touched.push(i);
            }
            self.mean[i] += x;
        }
        self.add_mean(weight);
    }

    fn add_mean(&mut self, weight: f64) {
        let Form { visible, mean, touched, .. } = self;
        // A mean that came back to zero on the way is listed twice.
        touched.sort_unstable();
        touched.dedup();
        for (k, &i) in touched.iter().enumerate() {
            touched[..=k].iter().for_each(|&j| visible[(i, j)] += weight * mean[i] * mean[j]);
        }
        touched.iter().for_each(|&i| mean[i] = 0.0);
        touched.clear();
        self.weight += weight;
    }

    /// Adds another's sums.
    pub fn merge(&mut self, other: &Form) {
        let n = self.visible.nrows();
        for j in 0..n {
            for i in j..n {
                self.visible[(i, j)] += other.visible[(i, j)];
                self.total[(i, j)] += other.total[(i, j)];
            }
        }
        self.weight += other.weight;
    }

    /// Averages instead of sums, both triangles.
    pub fn averaged(&self) -> (Matrix, Matrix) {
        let n = self.visible.nrows();
        let full = |m: &Matrix| Matrix::from_fn(n, n, |i, j| m[(i.max(j), i.min(j))] / self.weight);
        (full(&self.visible), full(&self.total))
    }
}
