//! The Fisher matrix of a network by layers, each as a Kronecker product of two small matrices.
//!
//! ```text
//! F ≈ ⊕_layers A ⊗ D      A = E[(x, 1)(x, 1)ᵀ]      D = E[d dᵀ]      F⁻¹ g:  (x, 1) → A⁻¹ (x, 1),  d → D⁻¹ d
//! ```
//!
//! `x` are a layer's inputs, `d` the slopes at its outputs, row by row. A row's slope is `d (x, 1)ᵀ`, so that the natural
//! gradient of a minibatch comes from its inputs and slopes, each multiplied by a small matrix, and no other product is larger
//! than those of the slopes themselves.
//!
//! # Source
//! Martens and Grosse, Optimizing neural networks with Kronecker-factored approximate curvature (2015).

use super::{Activation, Backend, Dense};
use crate::linalg::Matrix;
use crate::linalg::real::Real;
use crate::linalg::symmetric;

/// The slopes' factor of a layer.
#[derive(Debug, Clone, PartialEq)]
enum Slopes {
    /// `D`, symmetric, `outputs × outputs`.
    Full(Vec<f64>),
    /// A diagonal `D`: outputs that are independent given the inputs.
    Diagonal(Vec<f64>),
}

impl Slopes {
    fn values(&mut self) -> &mut Vec<f64> {
        match self {
            Slopes::Full(v) | Slopes::Diagonal(v) => v,
        }
    }

    fn mean_diagonal(&self, outputs: usize) -> f64 {
        let trace: f64 = match self {
            Slopes::Full(v) => v.iter().step_by(outputs + 1).sum(),
            Slopes::Diagonal(v) => v.iter().sum(),
        };
        trace / outputs as f64
    }
}

/// What is known of a layer's outputs beside their slopes.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// A diagonal `D`.
    pub diagonal: &'a [f64],
    /// The rows' shares of the information, of sum 1: `A = Σ share (x, 1)(x, 1)ᵀ`, so that the product is exact where the
    /// information of a row and an output is a product too.
    pub shares: &'a [f64],
}

/// Running factors of one layer, and their inverses on the device.
pub struct Factors<T: Real, B: Backend<T>> {
    layer: Dense,
    rows: usize,
    own_units: [bool; 2],
    a: Vec<f64>,
    d: Slopes,
    /// `P`, `q`, `q`, `r` with `A⁻¹ = (P q; qᵀ r)`.
    inverse_a: B::Buffer,
    /// `D⁻¹`, and zeros.
    inverse_d: B::Buffer,
    factors: Vec<f64>,
    moments: B::Buffer,
    inputs: B::Buffer,
    ones: B::Buffer,
    slopes: B::Buffer,
    host: Vec<T>,
}

impl<T: Real, B: Backend<T>> Factors<T, B> {
    /// Room for the factors of a layer, for minibatches of up to so many rows.
    pub fn new(backend: &B, layer: Dense, diagonal: bool, rows: usize) -> Self {
        let (i, o) = (layer.inputs, layer.outputs);
        let most = (i * i + 2 * i + 1).max(if diagonal { rows * o.max(i) } else { o * o + o });
        Factors {
            layer,
            rows,
            own_units: [false; 2],
            a: vec![0.0; (i + 1) * (i + 1)],
            d: if diagonal { Slopes::Diagonal(vec![0.0; o]) } else { Slopes::Full(vec![0.0; o * o]) },
            inverse_a: backend.zeros(i * i + 2 * i + 1),
            inverse_d: backend.zeros(if diagonal { 0 } else { o * o + o }),
            factors: vec![1.0; o],
            moments: backend.zeros((i * i + i).max(if diagonal { 0 } else { o * o + o })),
            inputs: backend.zeros(rows * i),
            ones: backend.zeros(rows),
            slopes: backend.zeros(rows * o),
            host: vec![T::ZERO; most],
        }
    }

    /// Says whether each input, and each output of a diagonal `D`, has a unit of its own: damping then is a share of its own
    /// variance (of its own entry), so that no change of units or origin changes the step.
    pub fn with_units(mut self, inputs: bool, outputs: bool) -> Self {
        self.own_units = [inputs, outputs];
        self
    }

    /// `A + root · E`.
    ///
    /// ```text
    /// units alike: E = tr A / n · I        units of their own: E = (μ, 1)(μ, 1)ᵀ + diag(variances, 0)
    /// ```
    fn damped(&self, root: f64) -> Matrix {
        let (i, a) = (self.layer.inputs, &self.a);
        let mean = a.iter().step_by(i + 2).sum::<f64>() / (i + 1) as f64;
        let added = |r: usize, c: usize| match (self.own_units[0], r == c) {
            (false, same) => f64::from(u8::from(same)) * mean,
            (true, false) => a[r * (i + 1) + i] * a[c * (i + 1) + i],
            // A little more, so that an input that never changes leaves no singular matrix.
            (true, true) if a[r * (i + 2)] > 0.0 => a[r * (i + 2)] * (1.0 + 1e-6),
            (true, true) => 1.0,
        };
        Matrix::from_fn(i + 1, i + 1, |r, c| a[c * (i + 1) + r] + root * added(r, c))
    }

    /// The numbers that a pause has to keep.
    pub fn state(&mut self) -> [&mut Vec<f64>; 2] {
        [&mut self.a, self.d.values()]
    }

    /// Moves the factors towards those of a minibatch, `share` of the old ones kept; what is known is taken as it is.
    pub fn absorb(
        &mut self,
        backend: &B,
        x: &B::Buffer,
        dy: &B::Buffer,
        rows: usize,
        share: f64,
        known: Option<Known<'_>>,
    ) {
        assert!(rows <= self.rows);
        let (i, o) = (self.layer.inputs, self.layer.outputs);
        // Nothing of the old ones: they may not be finite.
        let mix = |old: &mut f64, new: f64| *old = if share > 0.0 { share * *old + (1.0 - share) * new } else { new };
        let square =
            |n: usize| Dense { inputs: n, outputs: n, weights: 0, biases: n * n, activation: Activation::Identity };
        // The slope of a layer whose outputs' slopes are its inputs: XᵀX and Xᵀ1.
        let scaled = known.map(|known| {
            backend.read(x, 0, &mut self.host[..rows * i]);
            backend.write(&mut self.inputs, 0, &self.host[..rows * i]);
            let factors: Vec<f64> = known.shares.iter().map(|s| s * rows as f64).collect();
            backend.scale_rows(&mut self.inputs, i, &factors);
            &self.inputs
        });
        backend.gradient(&square(i), x, scaled.unwrap_or(x), rows, &mut self.moments);
        let host = &mut self.host[..i * i + i];
        backend.read(&self.moments, 0, host);
        let scale = 1.0 / rows as f64;
        for c in 0..i {
            for r in 0..i {
                mix(&mut self.a[c * (i + 1) + r], host[c * i + r].double() * scale);
            }
            let mean = host[i * i + c].double() * scale;
            mix(&mut self.a[c * (i + 1) + i], mean);
            mix(&mut self.a[i * (i + 1) + c], mean);
        }
        self.a[i * (i + 1) + i] = 1.0;
        // Slopes carry the rows' shares of the total weight: rows · d dᵀ is their mean.
        match (&mut self.d, known) {
            (Slopes::Diagonal(d), Some(known)) => d.copy_from_slice(known.diagonal),
            (Slopes::Diagonal(d), None) => {
                let host = &mut self.host[..rows * o];
                backend.read(dy, 0, host);
                for (d, column) in d.iter_mut().zip(host.chunks_exact(rows)) {
                    mix(d, column.iter().map(|v| v.double().powi(2)).sum::<f64>() * rows as f64);
                }
            }
            (Slopes::Full(d), _) => {
                backend.gradient(&square(o), dy, dy, rows, &mut self.moments);
                let host = &mut self.host[..o * o];
                backend.read(&self.moments, 0, host);
                d.iter_mut().zip(host).for_each(|(d, v)| mix(d, v.double() * rows as f64));
            }
        }
    }

    /// Inverts the factors, each damped by `√damping` of its mean diagonal entry (or of its own, where it has units). `None` where they are not finite.
    pub fn invert(&mut self, backend: &B, damping: f64) -> Option<()> {
        let (i, o) = (self.layer.inputs, self.layer.outputs);
        // Without any damping a factor of few rows would be singular.
        let root = damping.sqrt().max(1e-8);
        let a = symmetric::inverse(&self.damped(root))?;
        for c in 0..i {
            for r in 0..i {
                self.host[c * i + r] = T::of(a[(r, c)]);
            }
            self.host[i * i + c] = T::of(a[(c, i)]);
            self.host[i * i + i + c] = T::of(a[(c, i)]);
        }
        self.host[i * i + 2 * i] = T::of(a[(i, i)]);
        backend.write(&mut self.inverse_a, 0, &self.host[..i * i + 2 * i + 1]);
        // A layer that no row moves keeps a metric of its own.
        let least = root * self.d.mean_diagonal(o).max(f64::MIN_POSITIVE.sqrt());
        match &self.d {
            Slopes::Diagonal(d) => {
                let own = self.own_units[1];
                let least = |d: f64| if own { root * d.max(f64::MIN_POSITIVE.sqrt()) } else { least };
                self.factors.iter_mut().zip(d).for_each(|(f, d)| *f = 1.0 / (d + least(*d)));
                self.factors.iter().all(|f| f.is_finite()).then_some(())
            }
            Slopes::Full(d) => {
                let d = Matrix::from_fn(o, o, |r, c| d[c * o + r] + if r == c { least } else { 0.0 });
                let d = symmetric::inverse(&d)?;
                for c in 0..o {
                    for r in 0..o {
                        self.host[c * o + r] = T::of(d[(r, c)]);
                    }
                }
                backend.write(&mut self.inverse_d, 0, &self.host[..o * o]);
                Some(())
            }
        }
    }

    /// The natural gradient of the layer's weights and biases, into their places of `gradient`, which has room for `outputs`
    /// numbers more at `spare`.
    pub fn natural(
        &mut self,
        backend: &B,
        x: &B::Buffer,
        dy: &mut B::Buffer,
        rows: usize,
        spare: usize,
        gradient: &mut B::Buffer,
    ) {
        let (i, o) = (self.layer.inputs, self.layer.outputs);
        let affine = |inputs, outputs, weights, biases| Dense {
            inputs,
            outputs,
            weights,
            biases,
            activation: Activation::Identity,
        };
        backend.forward(&affine(i, i, 0, i * i), &self.inverse_a, x, rows, &mut self.inputs);
        backend.forward(&affine(i, 1, i * i + i, i * i + 2 * i), &self.inverse_a, x, rows, &mut self.ones);
        let slopes = match &self.d {
            Slopes::Full(_) => {
                backend.forward(&affine(o, o, 0, o * o), &self.inverse_d, dy, rows, &mut self.slopes);
                &self.slopes
            }
            Slopes::Diagonal(_) => {
                backend.scale_columns(dy, rows, &self.factors);
                &*dy
            }
        };
        backend.gradient(&self.layer, &self.inputs, slopes, rows, gradient);
        backend.gradient(&affine(1, o, self.layer.biases, spare), &self.ones, slopes, rows, gradient);
    }
}
