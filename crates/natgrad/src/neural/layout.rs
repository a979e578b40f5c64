//! Names and places of the tensors in one flat vector of parameters.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A tensor in a flat vector: `shape` entries in row-major order from `offset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    /// Name, unique in its layout: `encoder.0.weights`.
    pub name: String,
    /// Lengths of its dimensions, slowest first.
    pub shape: Vec<usize>,
    /// Where it begins.
    pub offset: usize,
}

impl Tensor {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat vector.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The tensors of a model, one after the other without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Layout {
    /// The tensors, by offset.
    pub tensors: Vec<Tensor>,
}

impl Layout {
    /// Appends a tensor and answers where it begins.
    pub fn add(&mut self, name: impl Into<String>, shape: &[usize]) -> usize {
        let offset = self.len();
        self.tensors.push(Tensor { name: name.into(), shape: shape.to_vec(), offset });
        offset
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.tensors.last().map_or(0, |t| t.offset + t.len())
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensor of a name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }

    /// What a parameter is, in words: `decoder.1.biases[3]`.
    pub fn name_of(&self, index: usize) -> String {
        let Some(t) = self.tensors.iter().find(|t| t.range().contains(&index)) else {
            return format!("parameter {index}");
        };
        let mut rest = index - t.offset;
        let mut places = Vec::new();
        for length in t.shape.iter().rev() {
            places.push(rest % length);
            rest /= length;
        }
        let places: String = places.iter().rev().map(|p| format!("[{p}]")).collect();
        format!("{}{places}", t.name)
    }
}
