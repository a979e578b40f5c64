//! The net's weights in the order that products want.

use super::super::layout::Layout;
use super::clusters::Clusters;

/// Units that share their products, where clusters are not larger.
const UNITS: usize = 8;

/// Some units of a layer, whole clusters, and their weights to the layer below.
pub(in super::super) struct Block {
    /// The first of them.
    pub first: usize,
    /// How many.
    pub units: usize,
    /// Children × units, column-major.
    pub columns: Vec<f64>,
    /// Units × children, column-major.
    pub rows: Vec<f64>,
    /// Children × pairs `(i, j ≤ i)` of units, column-major: products of two weights.
    pub pairs: Vec<f64>,
}

impl Block {
    /// From weights parents × children, column-major.
    fn of(weights: &[f64], parents: usize, first: usize, units: usize) -> Self {
        let units = units.min(parents - first);
        let rows: Vec<f64> = weights.chunks_exact(parents).flat_map(|w| &w[first..first + units]).copied().collect();
        let column = |i: usize| rows.iter().skip(i).step_by(units);
        let columns = (0..units).flat_map(column).copied().collect();
        let pairs = (0..units).flat_map(|i| (0..=i).map(move |j| (i, j)));
        let pairs = pairs.flat_map(|(i, j)| column(i).zip(column(j)).map(|(a, b)| a * b)).collect();
        Block { first, units, columns, rows, pairs }
    }
}

/// Weights, their products and biases of every layer.
pub(in super::super) struct Layers {
    /// Units of each layer, the visible one first.
    pub sizes: Vec<usize>,
    /// Units of a cluster.
    pub cluster: usize,
    /// Of each layer but the top: parents × units, column-major (a unit's weights lie together).
    pub weights: Vec<Vec<f64>>,
    /// Of each layer but the top, pairs of parents of one cluster × units: what covariances of parents are multiplied with.
    pub products: Vec<Vec<f64>>,
    /// Of each layer but the top: the units above it, in blocks. Empty for directions.
    pub blocks: Vec<Vec<Block>>,
    /// Of each layer: biases.
    pub biases: Vec<Vec<f64>>,
}

impl Layers {
    /// The weights with their blocks, as climbs want them.
    pub fn blocked(layout: &Layout, theta: &[f64], cluster: usize) -> Self {
        let mut out = Layers::new(layout, theta, cluster);
        let units = (UNITS / cluster).max(1) * cluster;
        let of = |(l, weights): (usize, &Vec<f64>)| -> Vec<Block> {
            let k = layout.parents(l);
            (0..k).step_by(units).map(|first| Block::of(weights, k, first, units)).collect()
        };
        out.blocks = out.weights.iter().enumerate().map(of).collect();
        out
    }

    pub fn new(layout: &Layout, theta: &[f64], cluster: usize) -> Self {
        let (weights, products, biases) = (Vec::new(), Vec::new(), Vec::new());
        let mut out = Layers { sizes: layout.sizes.clone(), cluster, weights, products, blocks: Vec::new(), biases };
        for l in 0..=layout.top() {
            let k = layout.parents(l);
            let blocks = theta[layout.layer(l)].chunks_exact(k + 1);
            out.biases.push(blocks.clone().map(|b| b[k]).collect());
            if l < layout.top() {
                let weights: Vec<f64> = blocks.flat_map(|b| b[..k].to_vec()).collect();
                out.products.push(out.clusters(l + 1).products(&weights, &weights));
                out.weights.push(weights);
            }
        }
        out
    }

    /// Index of the top layer.
    pub fn top(&self) -> usize {
        self.sizes.len() - 1
    }

    /// How a hidden layer is cut.
    pub fn clusters(&self, l: usize) -> Clusters {
        Clusters { units: self.sizes[l], most: self.cluster }
    }
}
