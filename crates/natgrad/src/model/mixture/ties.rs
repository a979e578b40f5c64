//! Tied and frozen parameters: a linear map from free coordinates to all natural coordinates.
//!
//! ```text
//! η = P η_free,   gradient_free = Pᵀ gradient,   metric_free = Pᵀ G P     (P has one 1 per row, or none if frozen)
//! ```
//!
//! Equal covariances, equal variances and equal items are all linear in natural coordinates, so nothing curves.

use super::layout::Layout;
use super::{Block, Frozen, Tie};

/// Which free coordinate each natural coordinate follows.
#[derive(Debug, Clone)]
pub(super) struct Ties {
    follows: Vec<Option<usize>>,
    free: usize,
}

impl Ties {
    pub fn new(layout: &Layout, blocks: &[Block], tie: Tie, frozen: Frozen) -> Self {
        let components = layout.dim() / (1 + layout.component_dim());
        // First the coordinate that each one is equal to, then numbers for those that stand for themselves.
        let mut leader: Vec<Option<usize>> = (0..layout.dim()).map(Some).collect();
        for k in 0..components {
            if frozen.weights {
                leader[k] = None;
            }
            for (b, block) in blocks.iter().enumerate() {
                let here = layout.coordinates(k, b);
                let width = block.family.width();
                let normal = matches!(block.family.name(), "normal" | "multivariate-normal");
                for (j, i) in here.enumerate() {
                    let second = normal && j >= width;
                    if frozen.covariances && second {
                        leader[i] = None;
                        continue;
                    }
                    leader[i] = Some(Self::leader(layout, tie, second, k, b, j));
                }
            }
        }
        let mut number = vec![None; layout.dim()];
        let mut free = 0;
        let follows = leader
            .into_iter()
            .map(|l| {
                l.map(|l| {
                    *number[l].get_or_insert_with(|| {
                        free += 1;
                        free - 1
                    })
                })
            })
            .collect();
        Ties { follows, free }
    }

    /// The coordinate that coordinate `j` of block `b` in component `k` is equal to; `second`: of a variance.
    pub fn leader(layout: &Layout, tie: Tie, second: bool, k: usize, b: usize, j: usize) -> usize {
        match tie {
            Tie::Items => layout.coordinates(k, 0).start + j,
            Tie::Spherical if second => layout.coordinates(k, 0).start + j,
            Tie::Covariance if second => layout.coordinates(0, b).start + j,
            _ => layout.coordinates(k, b).start + j,
        }
    }

    /// Number of free coordinates.
    pub fn free(&self) -> usize {
        self.free
    }

    /// The free coordinate that natural coordinate `i` follows; `None` if frozen.
    pub fn of(&self, i: usize) -> Option<usize> {
        self.follows[i]
    }

    /// `P v`.
    pub fn expand(&self, v: &[f64]) -> Vec<f64> {
        self.follows.iter().map(|f| f.map_or(0.0, |f| v[f])).collect()
    }

    /// `Pᵀ g`.
    pub fn fold(&self, g: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.free];
        for (f, g) in self.follows.iter().zip(g) {
            if let Some(f) = f {
                out[*f] += g;
            }
        }
        out
    }

    /// The first natural coordinate that follows a free one.
    pub fn representative(&self, free: usize) -> Option<usize> {
        self.follows.iter().position(|f| *f == Some(free))
    }
}
