//! Networks on ordinary processors: products by faer, kernels by instruction set, columns shared out among threads.

mod latents;
mod observe;

use super::kernels;
use super::stack::{Activation, Dense};
use super::{Adam, Backend, Batch, Latents, Observable, Observed};
use crate::linalg::real::{Real, Strided};
use rayon::prelude::*;

/// The machine's own processor. Buffers are plain vectors.
#[derive(Debug, Clone, Copy, Default)]
pub struct Processor;

/// Operations that are not worth sharing out: handing over costs a few microseconds.
const SMALL: usize = 1 << 19;
/// Parts that a product is cut into at most; fixed, so that sums do not depend on the number of threads.
const PARTS: usize = 8;
/// Fewest columns in a part of a product.
const LEAST_COLUMNS: usize = 128;
/// Columns that are turned over together.
const TRANSPOSED: usize = 32;
/// Parameters in a part of an elementwise pass.
const STRETCH: usize = 1 << 14;

/// Columns in a part of a matrix with so many columns and so many operations.
fn width(columns: usize, operations: usize) -> usize {
    if operations < SMALL { columns.max(1) } else { columns.div_ceil(PARTS).next_multiple_of(8).max(LEAST_COLUMNS) }
}

/// Runs `task` on every item, on other threads too where there are several.
fn each<I: IndexedParallelIterator>(items: I, task: impl Fn(I::Item) + Sync + Send) {
    items.with_max_len(1).for_each(task);
}

impl<T: Real> Backend<T> for Processor {
    type Buffer = Vec<T>;

    fn zeros(&self, length: usize) -> Vec<T> {
        vec![T::ZERO; length]
    }

    fn write(&self, to: &mut Vec<T>, at: usize, from: &[T]) {
        to[at..at + from.len()].copy_from_slice(from);
    }

    fn write_rows(&self, to: &mut Vec<T>, store: &[T], columns: usize, places: &[usize]) {
        let rows = places.len();
        each(to[..rows * columns].par_chunks_mut(rows * TRANSPOSED).enumerate(), |(p, to)| {
            let many = to.len() / rows;
            for (i, place) in places.iter().enumerate() {
                let from = &store[place * columns + p * TRANSPOSED..][..many];
                for (j, x) in from.iter().enumerate() {
                    to[j * rows + i] = *x;
                }
            }
        });
    }

    fn log_one_plus(&self, from: &Vec<T>, many: usize, to: &mut Vec<T>) {
        each(to[..many].par_chunks_mut(STRETCH).zip(from.par_chunks(STRETCH)), |(to, from)| {
            to.iter_mut().zip(from).for_each(|(t, f)| *t = T::of(f.double().ln_1p()));
        });
    }

    fn read(&self, from: &Vec<T>, at: usize, to: &mut [T]) {
        to.copy_from_slice(&from[at..at + to.len()]);
    }

    fn forward(&self, layer: &Dense, at: &Vec<T>, x: &Vec<T>, rows: usize, y: &mut Vec<T>) {
        let weights = &at[layer.weights..layer.weights + layer.inputs * layer.outputs];
        let biases = &at[layer.biases..layer.biases + layer.outputs];
        let x = Strided::by_columns(x, rows, layer.inputs);
        let part = width(layer.outputs, 2 * rows * layer.inputs * layer.outputs);
        each(y[..rows * layer.outputs].par_chunks_mut(rows * part).enumerate(), |(p, y)| {
            let columns = y.len() / rows;
            let w = &weights[p * part * layer.inputs..];
            T::product(y, x, Strided::by_rows(w, columns, layer.inputs).transposed(), false);
            for (y, bias) in y.chunks_exact_mut(rows).zip(&biases[p * part..]) {
                kernels::activate(y, *bias, layer.activation);
            }
        });
    }

    fn backward(
        &self,
        layer: &Dense,
        at: &Vec<T>,
        dy: &Vec<T>,
        rows: usize,
        below: Option<(&Vec<T>, Activation)>,
        dx: &mut Vec<T>,
    ) {
        let weights = &at[layer.weights..layer.weights + layer.inputs * layer.outputs];
        let dy = Strided::by_columns(dy, rows, layer.outputs);
        let part = width(layer.inputs, 2 * rows * layer.inputs * layer.outputs);
        each(dx[..rows * layer.inputs].par_chunks_mut(rows * part).enumerate(), |(p, dx)| {
            let columns = dx.len() / rows;
            let w =
                Strided { values: &weights[p * part..], rows: layer.outputs, columns, row: layer.inputs, column: 1 };
            T::product(dx, dy, w, false);
            if let Some((h, activation)) = below {
                kernels::chain(dx, &h[p * part * rows..], activation);
            }
        });
    }

    fn gradient(&self, layer: &Dense, x: &Vec<T>, dy: &Vec<T>, rows: usize, gradient: &mut Vec<T>) {
        let x = Strided::by_columns(x, rows, layer.inputs).transposed();
        let part = width(layer.outputs, 2 * rows * layer.inputs * layer.outputs);
        let into = &mut gradient[layer.weights..layer.weights + layer.inputs * layer.outputs];
        each(into.par_chunks_mut(layer.inputs * part).enumerate(), |(p, into)| {
            let columns = into.len() / layer.inputs;
            T::product(into, x, Strided::by_columns(&dy[p * part * rows..], rows, columns), false);
        });
        let into = &mut gradient[layer.biases..layer.biases + layer.outputs];
        for (into, column) in into.iter_mut().zip(dy.chunks_exact(rows)) {
            *into = kernels::sum(column);
        }
    }

    fn observe_scratch(&self, batch: Batch) -> usize {
        observe::scratch(batch)
    }

    fn latents(
        &self,
        batch: Batch,
        shape: &Latents,
        at: &Vec<T>,
        heads: &Vec<T>,
        noise: &Vec<T>,
        weights: &Vec<T>,
        z: &mut Vec<T>,
        found: &mut Observed<Vec<T>>,
    ) {
        latents::draw(batch, shape, at, heads, noise, weights, z, found);
    }

    fn latent_slopes(
        &self,
        batch: Batch,
        shape: &Latents,
        at: &Vec<T>,
        heads: &Vec<T>,
        noise: &Vec<T>,
        weights: &Vec<T>,
        dz: &Vec<T>,
        dheads: &mut Vec<T>,
        gradient: &mut Vec<T>,
    ) {
        latents::slopes(batch, shape, at, heads, noise, weights, dz, dheads, gradient);
    }

    fn observe(
        &self,
        batch: Batch,
        observable: &Observable,
        at: &Vec<T>,
        x: &Vec<T>,
        outputs: &Vec<T>,
        weights: &Vec<T>,
        shares: &[f64],
        slopes: &mut Vec<T>,
        gradient: &mut Vec<T>,
        found: &mut Observed<Vec<T>>,
    ) {
        observe::observe(batch, observable, at, x, outputs, weights, shares, slopes, gradient, found);
    }

    fn add_gram(&self, layer: &Dense, x: &Vec<T>, dy: &Vec<T>, rows: usize, gram: &mut Vec<T>, scratch: &mut Vec<T>) {
        let (inputs, slopes) = scratch.split_at_mut(rows * rows);
        let x = Strided::by_columns(x, rows, layer.inputs);
        let dy = Strided::by_columns(dy, rows, layer.outputs);
        rayon::join(|| T::product(inputs, x, x.transposed(), false), || T::product(slopes, dy, dy.transposed(), false));
        for ((k, a), d) in gram.iter_mut().zip(&*inputs).zip(&*slopes) {
            *k += (*a + T::ONE) * *d;
        }
    }

    fn scale_rows(&self, values: &mut Vec<T>, columns: usize, factors: &[f64]) {
        for column in values.chunks_exact_mut(factors.len()).take(columns) {
            column.iter_mut().zip(factors).for_each(|(v, f)| *v *= T::of(*f));
        }
    }

    fn scale_columns(&self, values: &mut Vec<T>, rows: usize, factors: &[f64]) {
        for (column, f) in values.chunks_exact_mut(rows).zip(factors) {
            let f = T::of(*f);
            column.iter_mut().for_each(|v| *v *= f);
        }
    }

    fn momentum(
        &self,
        share: f64,
        scale: f64,
        rate: f64,
        many: usize,
        at: &mut Vec<T>,
        gradient: &Vec<T>,
        mean: &mut Vec<T>,
    ) {
        let (share, new, rate) = (T::of(share), T::of((1.0 - share) * scale), T::of(rate));
        for ((a, g), m) in at[..many].iter_mut().zip(gradient).zip(mean) {
            *m = share * *m + new * *g;
            *a += rate * *m;
        }
    }

    fn decay(&self, at: &Vec<T>, decay: f64, decayed: usize, gradient: &mut Vec<T>) {
        let decay = T::of(decay);
        for (g, t) in gradient[..decayed].iter_mut().zip(at) {
            *g -= decay * *t;
        }
    }

    fn adam(
        &self,
        settings: &Adam,
        rate: f64,
        count: u64,
        at: &mut Vec<T>,
        gradient: &Vec<T>,
        first: &mut Vec<T>,
        second: &mut Vec<T>,
    ) {
        let step = settings.step(rate, count);
        let parts = at
            .par_chunks_mut(STRETCH)
            .zip(gradient.par_chunks(STRETCH))
            .zip(first.par_chunks_mut(STRETCH).zip(second.par_chunks_mut(STRETCH)));
        // Stretches go to threads in runs: each is too short to hand over on its own.
        parts.with_min_len(4).for_each(|((at, g), (m, v))| kernels::adam(at, g, m, v, step));
    }
}
