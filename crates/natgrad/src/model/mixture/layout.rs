//! Where everything lies: coordinates of a point, columns of the feature matrix, sums of the statistics.
//!
//! ```text
//! point     [ln π_1 … ln π_K | component 1: block 1, block 2, … | component 2: …]
//! features  [1 | block 1: T (, observed) | block 2: …]
//! sums      per component [N_k | block 1: N, ΣrT (, incomplete rows) | block 2: …]
//! ```

use super::Block;
use std::ops::Range;

#[derive(Debug, Clone)]
struct Place {
    dim: usize,
    /// First coordinate of the block inside a component.
    coordinate: usize,
    /// First feature column.
    feature: usize,
    /// Feature column that says whether the block was observed.
    observed: Option<usize>,
    /// First sum of the block inside a component.
    sums: usize,
    /// Whether the block's statistics sum to one where it was observed.
    indicator: bool,
    /// Whether the block spans several columns and can be observed in part.
    joint: bool,
}

/// Offsets of a mixture's vectors.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    components: usize,
    places: Vec<Place>,
    component_dim: usize,
    features: usize,
    stride: usize,
}

/// Sums over the rows in which a joint block was observed in part.
#[derive(Debug, Clone, Copy)]
pub(super) struct IncompleteSums {
    /// `Σ r ln p(x_observed | k)`.
    pub log_density: f64,
    /// `Σ r H[p(x_observed | k)]`.
    pub entropy: f64,
}

/// Sums of one block in one component over the rows in which it was observed in full.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockSums<'a> {
    /// `Σ r`.
    pub count: f64,
    /// `Σ r T`.
    pub sums: &'a [f64],
    /// What the rows observed in part add, for joint blocks.
    pub incomplete: Option<IncompleteSums>,
}

impl Layout {
    pub fn new(components: usize, blocks: &[Block]) -> Self {
        let (mut coordinate, mut feature, mut sums) = (0, 1, 1);
        let mut places = Vec::with_capacity(blocks.len());
        for block in blocks {
            let dim = block.family.dim();
            let joint = block.family.width() > 1;
            // Indicators say themselves whether they were seen.
            let flagged = block.missing && !block.family.is_indicator();
            let observed = flagged.then_some(feature + dim);
            places.push(Place {
                dim,
                coordinate,
                feature,
                observed,
                sums,
                joint,
                indicator: block.family.is_indicator(),
            });
            coordinate += dim;
            feature += dim + usize::from(flagged);
            sums += if joint { 2 * (1 + dim) + 2 } else { 1 + dim };
        }
        Layout { components, places, component_dim: coordinate, features: feature, stride: sums }
    }

    /// Coordinates of a point.
    pub fn dim(&self) -> usize {
        self.components * (1 + self.component_dim)
    }

    /// Coordinates of one component without its weight.
    pub fn component_dim(&self) -> usize {
        self.component_dim
    }

    /// Columns of the feature matrix.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Length of the statistics' sums.
    pub fn sums_len(&self) -> usize {
        self.components * self.stride
    }

    /// First sum of a component, which is its count `N_k`.
    pub fn sums_of(&self, k: usize) -> usize {
        k * self.stride
    }

    pub fn dim_of(&self, b: usize) -> usize {
        self.places[b].dim
    }

    pub fn is_indicator(&self, b: usize) -> bool {
        self.places[b].indicator
    }

    pub fn is_joint(&self, b: usize) -> bool {
        self.places[b].joint
    }

    /// Coordinates of block `b` of component `k` in a point.
    pub fn coordinates(&self, k: usize, b: usize) -> Range<usize> {
        let first = self.components + k * self.component_dim + self.places[b].coordinate;
        first..first + self.places[b].dim
    }

    /// Coordinates of block `b` inside a component.
    pub fn inside(&self, b: usize) -> Range<usize> {
        self.places[b].coordinate..self.places[b].coordinate + self.places[b].dim
    }

    /// Component, block and position of a coordinate that is not a weight.
    pub fn locate(&self, coordinate: usize) -> (usize, usize, usize) {
        let rest = coordinate - self.components;
        let (k, inside) = (rest / self.component_dim, rest % self.component_dim);
        let b = self.places.iter().rposition(|p| p.coordinate <= inside).unwrap_or(0);
        (k, b, inside - self.places[b].coordinate)
    }

    /// Feature columns of block `b`, and the one that says whether it was observed.
    pub fn feature_columns(&self, b: usize) -> (Range<usize>, Option<usize>) {
        let p = &self.places[b];
        (p.feature..p.feature + p.dim, p.observed)
    }

    pub fn block_sums<'a>(&self, sums: &'a [f64], k: usize, b: usize) -> BlockSums<'a> {
        let p = &self.places[b];
        let at = k * self.stride + p.sums;
        let incomplete = p.joint.then(|| {
            let tail = at + 2 * (1 + p.dim);
            IncompleteSums { log_density: sums[tail], entropy: sums[tail + 1] }
        });
        BlockSums { count: sums[at], sums: &sums[at + 1..at + 1 + p.dim], incomplete }
    }

    /// Where the sums of complete rows start: count, then statistics.
    pub fn complete_at(&self, k: usize, b: usize) -> usize {
        k * self.stride + self.places[b].sums
    }

    /// Where the sums of rows observed in part start: count, completed statistics, log-density, entropy.
    pub fn incomplete_at(&self, k: usize, b: usize) -> usize {
        k * self.stride + self.places[b].sums + 1 + self.places[b].dim
    }

    /// Count and expected statistics over all rows, missing parts of joint blocks completed by their expectation.
    pub fn completed(&self, sums: &[f64], k: usize, b: usize) -> (f64, Vec<f64>) {
        let p = &self.places[b];
        let at = self.complete_at(k, b);
        let mut count = sums[at];
        let mut total = sums[at + 1..at + 1 + p.dim].to_vec();
        if p.joint {
            let rest = self.incomplete_at(k, b);
            count += sums[rest];
            for i in 0..p.dim {
                total[i] += sums[rest + 1 + i];
            }
        }
        (count, total)
    }
}
