//! Dense layers one after the other: a feed-forward network.

use super::{Backend, Layout};
use crate::linalg::real::Real;
use serde::{Deserialize, Serialize};

/// What follows a hidden layer's affine map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `tanh x`.
    Tanh,
    /// `max(x, 0)`.
    Relu,
    /// `ln(1 + eˣ)`.
    Softplus,
}

/// A dense layer `y = φ(W x + b)`; `W: outputs × inputs`, row after row, and `b` lie in a flat vector of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    /// Length of `x`.
    pub inputs: usize,
    /// Length of `y`.
    pub outputs: usize,
    /// Where `W` begins.
    pub weights: usize,
    /// Where `b` begins.
    pub biases: usize,
    /// `φ`.
    pub activation: Activation,
}

/// A feed-forward network: hidden layers of one activation, then an affine map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its layers, first to last; at least one.
    pub layers: Vec<Dense>,
}

impl Stack {
    /// Appends the tensors `name.0.weights`, `name.0.biases`, … of a network to a layout.
    pub fn new(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        hidden: &[usize],
        outputs: usize,
        activation: Activation,
    ) -> Self {
        let mut layers = Vec::with_capacity(hidden.len() + 1);
        let mut width = inputs;
        for (i, &next) in hidden.iter().chain([&outputs]).enumerate() {
            let weights = layout.add(format!("{name}.{i}.weights"), &[next, width]);
            let biases = layout.add(format!("{name}.{i}.biases"), &[next]);
            let activation = if i < hidden.len() { activation } else { Activation::Identity };
            layers.push(Dense { inputs: width, outputs: next, weights, biases, activation });
            width = next;
        }
        Stack { layers }
    }

    /// Its last layer.
    pub fn last(&self) -> &Dense {
        &self.layers[self.layers.len() - 1]
    }

    /// A buffer for each layer's outputs (or their slopes), for so many rows.
    pub fn buffers<T: Real, B: Backend<T>>(&self, backend: &B, rows: usize) -> Vec<B::Buffer> {
        self.layers.iter().map(|l| backend.zeros(rows * l.outputs)).collect()
    }

    /// Outputs of all layers.
    pub fn forward<T: Real, B: Backend<T>>(
        &self,
        backend: &B,
        at: &B::Buffer,
        x: &B::Buffer,
        rows: usize,
        outputs: &mut [B::Buffer],
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let (before, after) = outputs.split_at_mut(l);
            backend.forward(layer, at, before.last().unwrap_or(x), rows, &mut after[0]);
        }
    }

    /// Slopes of all parameters, from those of the outputs (`slopes`' last; the others are filled).
    ///
    /// `inputs` gets the slopes of `x`, where they are wanted.
    pub fn backward<T: Real, B: Backend<T>>(
        &self,
        backend: &B,
        at: &B::Buffer,
        x: &B::Buffer,
        rows: usize,
        outputs: &[B::Buffer],
        slopes: &mut [B::Buffer],
        gradient: &mut B::Buffer,
        inputs: Option<&mut B::Buffer>,
    ) {
        self.slopes(backend, at, rows, outputs, slopes, inputs);
        self.gradient(backend, x, rows, outputs, slopes, gradient);
    }

    /// Slopes of all layers' affine maps, from those of the outputs.
    pub fn slopes<T: Real, B: Backend<T>>(
        &self,
        backend: &B,
        at: &B::Buffer,
        rows: usize,
        outputs: &[B::Buffer],
        slopes: &mut [B::Buffer],
        inputs: Option<&mut B::Buffer>,
    ) {
        for l in (1..self.layers.len()).rev() {
            let (before, after) = slopes.split_at_mut(l);
            let below = Some((&outputs[l - 1], self.layers[l - 1].activation));
            backend.backward(&self.layers[l], at, &after[0], rows, below, &mut before[l - 1]);
        }
        if let Some(inputs) = inputs {
            backend.backward(&self.layers[0], at, &slopes[0], rows, None, inputs);
        }
    }

    /// Slopes of the parameters, from those of the affine maps.
    pub fn gradient<T: Real, B: Backend<T>>(
        &self,
        backend: &B,
        x: &B::Buffer,
        rows: usize,
        outputs: &[B::Buffer],
        slopes: &[B::Buffer],
        gradient: &mut B::Buffer,
    ) {
        for (l, layer) in self.layers.iter().enumerate() {
            let input = if l == 0 { x } else { &outputs[l - 1] };
            backend.gradient(layer, input, &slopes[l], rows, gradient);
        }
    }
}
