//! Where each unit's weights and bias lie in a point.
//!
//! Layer 0 is visible, the last is the top. A unit's block holds one weight for each unit of the layer above, then its bias:
//! one block for each unit of layer 0, then of layer 1, and so on; units of the top have a bias only.

use std::ops::Range;

/// Sizes of the layers and places of their units' blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Units of each layer, the visible one first.
    pub sizes: Vec<usize>,
    /// Where each layer's blocks begin; one more at the end.
    offsets: Vec<usize>,
}

impl Layout {
    pub(super) fn new(sizes: Vec<usize>) -> Self {
        let mut offsets = vec![0];
        for (l, n) in sizes.iter().enumerate() {
            let parents = sizes.get(l + 1).copied().unwrap_or(0);
            offsets.push(offsets[l] + n * (parents + 1));
        }
        Layout { sizes, offsets }
    }

    /// Index of the top layer.
    pub fn top(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Units of the layer above; 0 above the top.
    pub fn parents(&self, layer: usize) -> usize {
        self.sizes.get(layer + 1).copied().unwrap_or(0)
    }

    /// Length of the block of each unit of a layer.
    pub fn block(&self, layer: usize) -> usize {
        self.parents(layer) + 1
    }

    /// All coordinates of a layer.
    pub fn layer(&self, layer: usize) -> Range<usize> {
        self.offsets[layer]..self.offsets[layer + 1]
    }

    /// Coordinates of a unit: its weights, then its bias.
    pub fn unit(&self, layer: usize, unit: usize) -> Range<usize> {
        let first = self.offsets[layer] + unit * self.block(layer);
        first..first + self.block(layer)
    }

    /// The place of a unit among all, the columns first: how notes name units.
    pub fn number(&self, layer: usize, unit: usize) -> usize {
        self.sizes[..layer].iter().sum::<usize>() + unit
    }

    /// Number of coordinates.
    pub fn len(&self) -> usize {
        self.offsets[self.sizes.len()]
    }

    /// Whether there is none; never, for a net.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Layer, unit and place in its block of a coordinate.
    pub fn place(&self, coordinate: usize) -> (usize, usize, usize) {
        let layer = (0..=self.top()).rfind(|&l| self.offsets[l] <= coordinate).unwrap_or(0);
        let inside = coordinate - self.offsets[layer];
        (layer, inside / self.block(layer), inside % self.block(layer))
    }

    /// Every unit with its layer, in the order of the coordinates.
    pub fn units(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.sizes.iter().enumerate().flat_map(|(l, &n)| (0..n).map(move |u| (l, u)))
    }
}
