//! The Fisher matrix of a last layer whose outputs are independent given its inputs: exact, one block for each output.
//!
//! ```text
//! G_d = Σ_n ω_n κ_nd (x_n, 1)(x_n, 1)ᵀ          κ_nd: Fisher information of output d in row n, ω_n: the row's share
//! ```
//!
//! Where `κ` does not depend on the row this is `A κ_d`, a Kronecker product. For counts it does: a row's information is its
//! rate, and a step that is right on average is far too long for the rows with the largest rates.

use super::Dense;
use crate::linalg::product;
use crate::linalg::{Matrix, symmetric};
use rayon::prelude::*;

/// Numbers that blocks take at most; beyond that a Kronecker product has to do.
const MOST: usize = 1 << 21;

/// Running blocks of one layer, and their inverses.
///
/// What runs is their shape `G_d / κ̄_d`; the size `κ̄_d`, the mean of `κ_nd`, is that of the last minibatch.
#[derive(Debug, Clone)]
pub struct Blocks {
    layer: Dense,
    own_units: bool,
    shapes: Vec<f64>,
    sizes: Vec<f64>,
    /// Share of one row in the last minibatch.
    row: f64,
    inverses: Vec<f64>,
}

impl Blocks {
    /// Blocks of a layer, if they are not too large. `own_units` says that outputs are measured, each in a unit of its own:
    /// damping is then relative to each one's own size.
    pub fn new(layer: Dense, own_units: bool) -> Option<Self> {
        let numbers = layer.outputs * (layer.inputs + 1).pow(2);
        (numbers <= MOST).then(|| Blocks {
            layer,
            own_units,
            shapes: vec![0.0; numbers],
            sizes: vec![0.0; layer.outputs],
            row: 1.0,
            inverses: vec![0.0; numbers],
        })
    }

    /// The numbers that a pause has to keep.
    pub fn state(&mut self) -> &mut Vec<f64> {
        &mut self.shapes
    }

    /// Moves the shapes towards those of a minibatch, `share` of the old ones kept.
    ///
    /// # Shapes
    /// `x`: rows × inputs, `information`: rows × outputs, both column-major; `shares`: rows, of sum 1.
    pub fn absorb(&mut self, x: &[f64], information: &[f64], shares: &[f64], share: f64) {
        let (n, p) = (shares.len(), self.layer.inputs + 1);
        self.row = 1.0 / n as f64;
        let parts = self.shapes.par_chunks_mut(p * p).zip(&mut self.sizes).zip(information.par_chunks_exact(n));
        parts.for_each_init(
            || (vec![0.0; n * p], vec![0.0; p * p]),
            |(scaled, gram), ((shape, size), information)| {
                *size = shares.iter().zip(information).map(|(w, k)| w * k).sum();
                // An output without any information keeps the shape that its inputs would give it.
                let weight = |i: usize| if *size > 0.0 { information[i] / *size } else { 1.0 };
                let (inputs, ones) = scaled.split_at_mut(n * (p - 1));
                for (i, one) in ones.iter_mut().enumerate() {
                    *one = (shares[i] * weight(i)).sqrt();
                }
                for (to, from) in inputs.chunks_exact_mut(n).zip(x.chunks_exact(n)) {
                    for i in 0..n {
                        to[i] = from[i] * ones[i];
                    }
                }
                gram.fill(0.0);
                product::add_gram(gram, scaled, n, n, p);
                product::mirror_lower(gram, p);
                for (old, new) in shape.iter_mut().zip(&*gram) {
                    // Nothing of the old ones: they may not be finite.
                    *old = if share > 0.0 { share * *old + (1.0 - share) * new } else { *new };
                }
            },
        );
    }

    /// Inverts the blocks, each with `√damping` of its mean diagonal entry added to its diagonal; outputs without units of
    /// their own get the information of one row beside, so that a single rare event moves a logit or a log-rate by about
    /// one at most. `None` where a block is not finite.
    pub fn invert(&mut self, damping: f64) -> Option<()> {
        let p = self.layer.inputs + 1;
        // Without any damping a block of few rows would be singular.
        let root = damping.sqrt().max(1e-8);
        let event = if self.own_units { 0.0 } else { self.row };
        let parts = self.inverses.par_chunks_mut(p * p).zip(self.shapes.par_chunks(p * p)).zip(&self.sizes);
        let found = parts.map(|((to, shape), &size)| {
            let mean = shape.iter().step_by(p + 1).sum::<f64>() / p as f64;
            let added = mean * (root * size + event);
            let damped = Matrix::from_fn(p, p, |r, c| size * shape[c * p + r] + if r == c { added } else { 0.0 });
            let inverse = symmetric::inverse(&damped)?;
            for c in 0..p {
                for r in 0..p {
                    to[c * p + r] = inverse[(r, c)];
                }
            }
            Some(())
        });
        found.collect::<Option<Vec<()>>>().map(|_| ())
    }

    /// `G⁻¹ g`, output by output, in place.
    ///
    /// # Shapes
    /// `weights`: outputs × inputs, row after row; `biases`: outputs.
    pub fn natural(&self, weights: &mut [f64], biases: &mut [f64]) {
        let (i, p) = (self.layer.inputs, self.layer.inputs + 1);
        let mut slope = vec![0.0; p];
        for (d, (bias, inverse)) in biases.iter_mut().zip(self.inverses.chunks_exact(p * p)).enumerate() {
            let weights = &mut weights[d * i..(d + 1) * i];
            slope[..i].copy_from_slice(weights);
            slope[i] = *bias;
            let along = |c: usize| inverse[c * p..(c + 1) * p].iter().zip(&slope).map(|(a, b)| a * b).sum::<f64>();
            weights.iter_mut().enumerate().for_each(|(c, w)| *w = along(c));
            *bias = along(i);
        }
    }
}
