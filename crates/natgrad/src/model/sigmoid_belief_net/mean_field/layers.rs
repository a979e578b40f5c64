//! The net's weights in the order that products want.

use super::super::layout::Layout;

/// Units that are updated together.
const UNITS: usize = 8;

/// Some units of a layer and their weights to the layer below.
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
    fn of(weights: &[f64], parents: usize, first: usize) -> Self {
        let units = UNITS.min(parents - first);
        let rows: Vec<f64> = weights.chunks_exact(parents).flat_map(|w| &w[first..first + units]).copied().collect();
        let column = |i: usize| rows.iter().skip(i).step_by(units);
        let columns = (0..units).flat_map(column).copied().collect();
        let pairs = (0..units).flat_map(|i| (0..=i).map(move |j| (i, j)));
        let pairs = pairs.flat_map(|(i, j)| column(i).zip(column(j)).map(|(a, b)| a * b)).collect();
        Block { first, units, columns, rows, pairs }
    }
}

/// Weights, their squares and biases of every layer.
pub(in super::super) struct Layers {
    /// Units of each layer, the visible one first.
    pub sizes: Vec<usize>,
    /// Of each layer but the top: parents × units, column-major (a unit's weights lie together).
    pub weights: Vec<Vec<f64>>,
    /// The same, squared.
    pub squares: Vec<Vec<f64>>,
    /// Of each layer but the top: the units above it, in blocks. Empty for directions.
    pub blocks: Vec<Vec<Block>>,
    /// Of each layer: biases.
    pub biases: Vec<Vec<f64>>,
}

impl Layers {
    /// The weights with their blocks, as climbs want them.
    pub fn blocked(layout: &Layout, theta: &[f64]) -> Self {
        let mut out = Layers::new(layout, theta);
        let of = |(l, weights): (usize, &Vec<f64>)| -> Vec<Block> {
            let k = layout.parents(l);
            (0..k).step_by(UNITS).map(|first| Block::of(weights, k, first)).collect()
        };
        out.blocks = out.weights.iter().enumerate().map(of).collect();
        out
    }

    pub fn new(layout: &Layout, theta: &[f64]) -> Self {
        let (weights, squares, biases) = (Vec::new(), Vec::new(), Vec::new());
        let mut out = Layers { sizes: layout.sizes.clone(), weights, squares, blocks: Vec::new(), biases };
        for l in 0..=layout.top() {
            let k = layout.parents(l);
            let blocks = theta[layout.layer(l)].chunks_exact(k + 1);
            out.biases.push(blocks.clone().map(|b| b[k]).collect());
            if l < layout.top() {
                let weights: Vec<f64> = blocks.flat_map(|b| b[..k].to_vec()).collect();
                out.squares.push(weights.iter().map(|w| w * w).collect());
                out.weights.push(weights);
            }
        }
        out
    }

    /// Index of the top layer.
    pub fn top(&self) -> usize {
        self.sizes.len() - 1
    }
}
