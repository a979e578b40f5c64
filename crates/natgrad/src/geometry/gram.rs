//! Gram matrices as metrics: dense, and block by block.

use super::{Covector, Metric, RANK_TOLERANCE, Raised, Tangent};
use crate::linalg::{Matrix, symmetric};

/// A dense Gram matrix `G` with a root `W` of its pseudo-inverse (`Wᵀ G W = I_r`).
#[derive(Debug, Clone)]
pub struct Gram {
    matrix: Matrix,
    root: Matrix,
}

impl Gram {
    /// From a symmetric positive semi-definite matrix (lower triangle read); `None` if an entry is not finite.
    pub fn new(matrix: Matrix) -> Option<Self> {
        let root = symmetric::inverse_root(&matrix, RANK_TOLERANCE)?;
        Some(Gram { matrix, root })
    }

    /// The matrix.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The root `W`, `n × r`: its columns are a `G`-orthonormal basis of the tangent space.
    pub fn root(&self) -> &Matrix {
        &self.root
    }

    /// Numerical rank.
    pub fn rank(&self) -> usize {
        self.root.ncols()
    }
}

fn at(matrix: &Matrix, i: usize, j: usize) -> f64 {
    if i >= j { matrix[(i, j)] } else { matrix[(j, i)] }
}

impl Metric for Gram {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn lower(&self, v: &Tangent) -> Covector {
        let n = self.dim();
        Covector((0..n).map(|i| (0..n).map(|j| at(&self.matrix, i, j) * v.0[j]).sum()).collect())
    }

    fn raise(&self, gradient: &Covector) -> Raised {
        let (n, r) = (self.dim(), self.rank());
        let coordinates: Vec<f64> = (0..r).map(|j| (0..n).map(|i| self.root[(i, j)] * gradient.0[i]).sum()).collect();
        let tangent = Tangent((0..n).map(|i| (0..r).map(|j| self.root[(i, j)] * coordinates[j]).sum()).collect());
        let back = self.lower(&tangent);
        let norm: f64 = gradient.0.iter().map(|g| g * g).sum::<f64>().sqrt();
        let off: f64 = back.0.iter().zip(&gradient.0).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        Raised {
            tangent,
            rank: r,
            residual: if norm > 0.0 { off / norm } else { 0.0 },
            square: coordinates.iter().map(|c| c * c).sum(),
        }
    }
}

/// A block-diagonal Gram matrix: disjoint sets of coordinates, each with a dense block.
#[derive(Debug, Clone)]
pub struct BlockGram {
    dim: usize,
    blocks: Vec<(Vec<usize>, Gram)>,
}

impl BlockGram {
    /// From blocks `(coordinates, matrix)`; coordinates in no block have zero length. `None` if an entry is not finite.
    pub fn new(dim: usize, blocks: Vec<(Vec<usize>, Matrix)>) -> Option<Self> {
        let blocks = blocks
            .into_iter()
            .map(|(index, matrix)| Gram::new(matrix).map(|g| (index, g)))
            .collect::<Option<Vec<_>>>()?;
        Some(BlockGram { dim, blocks })
    }

    /// Numerical rank: the dimension of the tangent space.
    pub fn rank(&self) -> usize {
        self.blocks.iter().map(|(_, g)| g.rank()).sum()
    }

    /// The blocks: their coordinates and matrices.
    pub fn blocks(&self) -> impl Iterator<Item = (&[usize], &Gram)> {
        self.blocks.iter().map(|(index, g)| (index.as_slice(), g))
    }

    /// A `G`-orthonormal basis of the tangent space, dense `dim × rank`.
    pub fn root(&self) -> Matrix {
        let mut root = Matrix::zeros(self.dim, self.rank());
        let mut column = 0;
        for (index, gram) in self.blocks() {
            for j in 0..gram.rank() {
                for (row, &i) in index.iter().enumerate() {
                    root[(i, column + j)] = gram.root()[(row, j)];
                }
            }
            column += gram.rank();
        }
        root
    }
}

impl Metric for BlockGram {
    fn dim(&self) -> usize {
        self.dim
    }

    fn lower(&self, v: &Tangent) -> Covector {
        let mut out = vec![0.0; self.dim];
        for (index, gram) in self.blocks() {
            let part = gram.lower(&Tangent(index.iter().map(|&i| v.0[i]).collect()));
            for (k, &i) in index.iter().enumerate() {
                out[i] = part.0[k];
            }
        }
        Covector(out)
    }

    fn raise(&self, gradient: &Covector) -> Raised {
        let mut tangent = vec![0.0; self.dim];
        let mut square = 0.0;
        for (index, gram) in self.blocks() {
            let raised = gram.raise(&Covector(index.iter().map(|&i| gradient.0[i]).collect()));
            square += raised.square;
            for (k, &i) in index.iter().enumerate() {
                tangent[i] = raised.tangent.0[k];
            }
        }
        let tangent = Tangent(tangent);
        let back = self.lower(&tangent);
        let norm: f64 = gradient.0.iter().map(|g| g * g).sum::<f64>().sqrt();
        let off: f64 = back.0.iter().zip(&gradient.0).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        Raised { tangent, rank: self.rank(), residual: if norm > 0.0 { off / norm } else { 0.0 }, square }
    }
}
