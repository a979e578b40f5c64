//! The spectrum of a block-diagonal form relative to a block-diagonal metric.

use super::{Inertia, Spectrum};

/// Eigenvalues of all blocks together, ascending, with eigenvectors that live in their blocks.
#[derive(Debug, Clone)]
pub struct BlockSpectrum {
    /// Generalised eigenvalues, ascending, one per dimension of the tangent space.
    pub eigenvalues: Vec<f64>,
    dim: usize,
    parts: Vec<(Vec<usize>, Spectrum)>,
    /// For each eigenvalue its block and its number there.
    places: Vec<(usize, usize)>,
}

impl BlockSpectrum {
    /// From the spectra of disjoint sets of coordinates, out of `dim`.
    pub fn new(dim: usize, parts: Vec<(Vec<usize>, Spectrum)>) -> Self {
        let mut places: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .flat_map(|(b, (_, spectrum))| (0..spectrum.eigenvalues.len()).map(move |j| (b, j)))
            .collect();
        let value = |&(b, j): &(usize, usize)| parts[b].1.eigenvalues[j];
        places.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
        BlockSpectrum { eigenvalues: places.iter().map(value).collect(), dim, parts, places }
    }

    /// Coordinates and entries of eigenvector `j`; all other entries are zero.
    pub fn vector(&self, j: usize) -> impl Iterator<Item = (usize, f64)> {
        let (b, column) = self.places[j];
        let (index, spectrum) = &self.parts[b];
        index.iter().enumerate().map(move |(row, &i)| (i, spectrum.vectors[(row, column)]))
    }

    /// Coordinates of the block that eigenvector `j` lives in.
    pub fn block_of(&self, j: usize) -> &[usize] {
        &self.parts[self.places[j].0].0
    }

    /// The blocks: their coordinates and spectra.
    pub fn parts(&self) -> impl Iterator<Item = (&[usize], &Spectrum)> {
        self.parts.iter().map(|(index, spectrum)| (index.as_slice(), spectrum))
    }

    /// Signs of the eigenvalues; `|λ| ≤ tolerance` counts as zero.
    pub fn inertia(&self, tolerance: f64) -> Inertia {
        let negative = self.eigenvalues.iter().filter(|l| **l < -tolerance).count();
        let positive = self.eigenvalues.iter().filter(|l| **l > tolerance).count();
        Inertia { negative, positive, zero: self.eigenvalues.len() - negative - positive }
    }

    /// `2 max √(λ(1−λ))`, see [`Spectrum::defect`].
    pub fn defect(&self) -> f64 {
        self.parts.iter().map(|(_, s)| s.defect()).fold(0.0, f64::max)
    }

    /// Coordinates of a covector in the eigenbasis: `g_i = u_i · dL`.
    pub fn coordinates(&self, gradient: &[f64]) -> Vec<f64> {
        (0..self.places.len()).map(|j| self.vector(j).map(|(i, u)| u * gradient[i]).sum()).collect()
    }

    /// The tangent `Σ_j c_j u_j`.
    pub fn combine(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.dim];
        for (j, c) in coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            self.vector(j).for_each(|(i, u)| out[i] += c * u);
        }
        out
    }
}
