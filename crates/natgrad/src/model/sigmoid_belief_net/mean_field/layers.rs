//! The net's weights in the order that products want.

use super::super::layout::Layout;

/// Weights, their squares and biases of every layer.
pub(in super::super) struct Layers {
    /// Units of each layer, the visible one first.
    pub sizes: Vec<usize>,
    /// Of each layer but the top: parents × units, column-major (a unit's weights lie together).
    pub weights: Vec<Vec<f64>>,
    /// The same, squared.
    pub squares: Vec<Vec<f64>>,
    /// Of each layer: biases.
    pub biases: Vec<Vec<f64>>,
}

impl Layers {
    pub fn new(layout: &Layout, theta: &[f64]) -> Self {
        let mut out =
            Layers { sizes: layout.sizes.clone(), weights: Vec::new(), squares: Vec::new(), biases: Vec::new() };
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
