//! Gram matrices as metrics: dense, and block by block.

use super::{Covector, Metric, RANK_TOLERANCE, Raised, Tangent};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};
use std::sync::OnceLock;

/// Pivots of the unit-diagonal matrix above this make it safely regular: its condition is below about 1e10 and a
/// triangular solve keeps six digits.
const REGULAR_PIVOT: f64 = 1e-10;

/// A dense Gram matrix `G`, factored once: by Cholesky where it is regular, by eigenvalues where rank is in question.
#[derive(Debug, Clone)]
pub struct Gram {
    matrix: Matrix,
    scale: Vec<f64>,
    factor: Option<Vec<f64>>,
    root: OnceLock<Matrix>,
}

impl Gram {
    /// From a symmetric positive semi-definite matrix (lower triangle read); `None` if an entry is not finite.
    pub fn new(mut matrix: Matrix) -> Option<Self> {
        let n = matrix.nrows();
        if (0..n).any(|j| (j..n).any(|i| !matrix[(i, j)].is_finite())) {
            return None;
        }
        // Both triangles, whatever was given above the diagonal.
        for j in 0..n {
            (0..j).for_each(|i| matrix[(i, j)] = matrix[(j, i)]);
        }
        let regular = (0..n).all(|i| matrix[(i, i)] > 0.0);
        let scale: Vec<f64> =
            (0..n).map(|i| if matrix[(i, i)] > 0.0 { 1.0 / matrix[(i, i)].sqrt() } else { 0.0 }).collect();
        let factor = regular
            .then(|| {
                let unit = Matrix::from_fn(n, n, |i, j| at(&matrix, i, j) * scale[i] * scale[j]);
                symmetric::cholesky(&unit, REGULAR_PIVOT)
            })
            .flatten();
        Some(Gram { matrix, scale, factor, root: OnceLock::new() })
    }

    /// From `G⁻¹` where that is what is known: on the boundary of a simplex it stays finite, and its range is the tangent
    /// space of the face. The matrix kept is one that is right there; `None` if an entry is not finite.
    pub fn from_inverse(inverse: &Matrix) -> Option<Self> {
        let n = inverse.nrows();
        let size: Vec<f64> = (0..n).map(|i| inverse[(i, i)].max(0.0).sqrt()).collect();
        let unit = Matrix::from_fn(n, n, |i, j| {
            if size[i] > 0.0 && size[j] > 0.0 { at(inverse, i, j) / (size[i] * size[j]) } else { 0.0 }
        });
        let eigen = symmetric::eigen(&unit)?;
        let top = eigen.values.last().copied().unwrap_or(0.0).max(0.0);
        let kept: Vec<usize> = (0..n).filter(|&i| top > 0.0 && eigen.values[i] > RANK_TOLERANCE * top).collect();
        let root =
            Matrix::from_fn(n, kept.len(), |i, k| size[i] * eigen.vectors[(i, kept[k])] * eigen.values[kept[k]].sqrt());
        let left = Matrix::from_fn(kept.len(), n, |k, i| {
            if size[i] > 0.0 { eigen.vectors[(i, kept[k])] / eigen.values[kept[k]].sqrt() / size[i] } else { 0.0 }
        });
        let matrix = times(left.transpose(), left.as_ref());
        Some(Gram { matrix, scale: vec![0.0; n], factor: None, root: OnceLock::from(root) })
    }

    /// The matrix.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// A root `W` of the pseudo-inverse (`Wᵀ G W = I_r`), `n × r`: its columns are a `G`-orthonormal basis of the
    /// tangent space.
    pub fn root(&self) -> &Matrix {
        self.root.get_or_init(|| {
            let n = self.matrix.nrows();
            if let Some(factor) = &self.factor {
                // D G D = L Lᵀ, so W = D L⁻ᵀ: as many columns as the factor says there are dimensions.
                let inverse = symmetric::inverse_transposed(factor, n);
                return Matrix::from_fn(n, n, |i, j| self.scale[i] * inverse[(i, j)]);
            }
            symmetric::inverse_root(&self.matrix, RANK_TOLERANCE).unwrap_or_else(|| Matrix::zeros(n, 0))
        })
    }

    /// Numerical rank.
    pub fn rank(&self) -> usize {
        if self.factor.is_some() { self.matrix.nrows() } else { self.root().ncols() }
    }

    fn solve(&self, g: &[f64]) -> Vec<f64> {
        let n = g.len();
        if let Some(factor) = &self.factor {
            let mut x: Vec<f64> = g.iter().zip(&self.scale).map(|(g, s)| g * s).collect();
            symmetric::cholesky_solve(factor, &mut x);
            return x.iter().zip(&self.scale).map(|(x, s)| x * s).collect();
        }
        let root = self.root();
        let r = root.ncols();
        let coordinates: Vec<f64> = (0..r).map(|j| (0..n).map(|i| root[(i, j)] * g[i]).sum()).collect();
        (0..n).map(|i| (0..r).map(|j| root[(i, j)] * coordinates[j]).sum()).collect()
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
        // Column after column: entries next to one another in memory are independent of one another.
        let mut out = vec![0.0; self.dim()];
        for (j, x) in v.0.iter().enumerate() {
            out.iter_mut().zip(self.matrix.col_as_slice(j)).for_each(|(o, a)| *o += a * x);
        }
        Covector(out)
    }

    fn raise(&self, gradient: &Covector) -> Raised {
        let tangent = Tangent(self.solve(&gradient.0));
        let residual = off_range(&self.lower(&tangent), gradient);
        Raised { square: gradient.along(&tangent).max(0.0), tangent, rank: self.rank(), residual }
    }
}

/// `‖a − g‖ / ‖g‖`.
fn off_range(a: &Covector, g: &Covector) -> f64 {
    let norm: f64 = g.0.iter().map(|g| g * g).sum::<f64>().sqrt();
    let off: f64 = a.0.iter().zip(&g.0).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    if norm > 0.0 { off / norm } else { 0.0 }
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

    /// From blocks that are metrics already.
    pub fn from_grams(dim: usize, blocks: Vec<(Vec<usize>, Gram)>) -> Self {
        BlockGram { dim, blocks }
    }

    /// Numerical rank: the dimension of the tangent space.
    pub fn rank(&self) -> usize {
        self.blocks.iter().map(|(_, g)| g.rank()).sum()
    }

    /// The blocks: their coordinates and matrices.
    pub fn blocks(&self) -> impl Iterator<Item = (&[usize], &Gram)> {
        self.blocks.iter().map(|(index, g)| (index.as_slice(), g))
    }

    /// The diagonal of the matrix.
    pub fn diagonal(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.dim];
        for (index, gram) in self.blocks() {
            index.iter().enumerate().for_each(|(k, &i)| out[i] = gram.matrix()[(k, k)]);
        }
        out
    }

    /// A `G`-orthonormal basis of the tangent space, dense `dim × rank`.
    pub fn root(&self) -> Matrix {
        let all: Vec<usize> = (0..self.blocks.len()).collect();
        let places: Vec<Option<usize>> = (0..self.dim).map(Some).collect();
        self.root_of(&all, &places, self.dim)
    }

    /// Bases of disjoint sets of coordinates, each a union of blocks, `set × rank`.
    pub fn roots(&self, sets: &[&[usize]]) -> Vec<Matrix> {
        let mut owner: Vec<Option<(usize, usize)>> = vec![None; self.dim];
        for (s, set) in sets.iter().enumerate() {
            set.iter().enumerate().for_each(|(row, &i)| owner[i] = Some((s, row)));
        }
        let mut members = vec![Vec::new(); sets.len()];
        for (b, (index, _)) in self.blocks.iter().enumerate() {
            if let Some((s, _)) = index.first().and_then(|&i| owner[i]) {
                members[s].push(b);
            }
        }
        let places: Vec<Option<usize>> = owner.iter().map(|o| o.map(|(_, row)| row)).collect();
        members.iter().zip(sets).map(|(blocks, set)| self.root_of(blocks, &places, set.len())).collect()
    }

    fn root_of(&self, blocks: &[usize], places: &[Option<usize>], rows: usize) -> Matrix {
        let rank = blocks.iter().map(|&b| self.blocks[b].1.rank()).sum();
        let mut root = Matrix::zeros(rows, rank);
        let mut column = 0;
        for &b in blocks {
            let (index, gram) = &self.blocks[b];
            let own = gram.root();
            for j in 0..own.ncols() {
                for (row, place) in index.iter().map(|&i| places[i]).enumerate() {
                    if let Some(place) = place {
                        root[(place, column + j)] = own[(row, j)];
                    }
                }
            }
            column += own.ncols();
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
        let residual = off_range(&self.lower(&tangent), gradient);
        Raised { tangent, rank: self.rank(), residual, square }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_and_basis_agree_however_close_to_singular() {
        // 1 − ρ² from far above to far below both thresholds, for three coordinates that nearly coincide.
        for digits in 0..34 {
            let gap = 10f64.powf(-f64::from(digits) / 2.0);
            let matrix =
                Matrix::from_fn(3, 3, |i, j| if i == j { 1.0 } else { 1.0 - gap } * 10f64.powi((i + j) as i32));
            let gram = Gram::new(matrix).expect("finite");
            let root = gram.root();
            assert_eq!(root.ncols(), gram.rank(), "gap {gap}");
            let seen = |a: usize, b: usize| {
                (0..3)
                    .flat_map(|i| (0..3).map(move |j| (i, j)))
                    .map(|(i, j)| root[(i, a)] * gram.matrix()[(i, j)] * root[(j, b)])
                    .sum::<f64>()
            };
            for a in 0..gram.rank() {
                for b in 0..gram.rank() {
                    // Rounding of the matrix, relative to its smallest kept eigenvalue.
                    let off = (seen(a, b) - f64::from(u8::from(a == b))).abs();
                    assert!(off < 1e-14 / gap.max(1e-12), "gap {gap}: {off}");
                }
            }
        }
    }
}
