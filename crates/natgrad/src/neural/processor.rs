//! Networks on ordinary processors: products by faer, kernels by instruction set, columns shared out among threads.

use super::kernels::{self, LN_TWO_PI};
use super::stack::{Activation, Dense};
use super::{Adam, Backend, Batch, Latents, Observable, Observed, Spread};
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
/// Columns of an observable in a part.
const OBSERVED_COLUMNS: usize = 49;
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
            let w = Strided {
                values: &weights[p * part..],
                rows: layer.outputs,
                columns,
                row: layer.inputs,
                column: 1,
            };
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
        2 * batch.points() * batch.columns.div_ceil(OBSERVED_COLUMNS) + batch.columns + batch.points()
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
        let (n, points, h) = (batch.rows, batch.points(), shape.dimension);
        found.recognition[..n].fill(T::of(0.5 * (LN_TWO_PI + 1.0) * h as f64));
        found.prior[..n].fill(T::ZERO);
        let deviation = &mut found.scratch[..n];
        for l in 0..h {
            let m = &heads[l * n..(l + 1) * n];
            let s = match shape.spread {
                Spread::Column(place) => {
                    found.recognition[..n].iter_mut().for_each(|e| *e += at[place + l]);
                    let one = [at[place + l]];
                    let mut value = [T::ZERO];
                    kernels::exponentials(&mut value, &one);
                    deviation.fill(value[0]);
                    None
                }
                _ => {
                    let s = &heads[(h + l) * n..(h + l + 1) * n];
                    kernels::exponentials(deviation, s);
                    found.recognition[..n].iter_mut().zip(s).for_each(|(e, s)| *e += *s);
                    Some(s)
                }
            };
            let t = log_prior(shape, at, l);
            let precision = T::of((-t).exp());
            let constant = T::of(-0.5 * (LN_TWO_PI + t));
            let mut sums = [0.0; 4];
            for i in 0..n {
                let (square, spread) = (m[i] * m[i], deviation[i] * deviation[i]);
                found.prior[i] += constant - T::HALF * precision * (square + spread);
                let w = weights[i].double();
                let s = s.map_or_else(|| spread_of(shape, at, l), |s| s[i]);
                sums[0] += w * m[i].double();
                sums[1] += w * square.double();
                sums[2] += w * spread.double();
                sums[3] += w * s.double();
            }
            for (k, sum) in sums.into_iter().enumerate() {
                found.latents[k * h + l] = T::of(sum);
            }
            for c in 0..batch.copies {
                let range = l * points + c * n..l * points + (c + 1) * n;
                let (z, e) = (&mut z[range.clone()], &noise[range]);
                for i in 0..n {
                    z[i] = m[i] + deviation[i] * e[i];
                }
            }
        }
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
        let (n, points, h) = (batch.rows, batch.points(), shape.dimension);
        let amortised = !matches!(shape.spread, Spread::Column(_));
        for l in 0..h {
            let m = &heads[l * n..(l + 1) * n];
            let precision = T::of((-log_prior(shape, at, l)).exp());
            let (dm, rest) = dheads.split_at_mut((h * n).max((l + 1) * n));
            let dm = &mut dm[l * n..(l + 1) * n];
            let (mut of_spread, mut of_prior) = (T::ZERO, T::ZERO);
            for i in 0..n {
                let s = if amortised { heads[(h + l) * n + i] } else { spread_of(shape, at, l) };
                let deviation = s.exp_of::<false>();
                let (mut mean, mut spread) = (T::ZERO, T::ZERO);
                for c in 0..batch.copies {
                    let d = dz[l * points + c * n + i];
                    mean += d;
                    spread += d * noise[l * points + c * n + i];
                }
                let second = (m[i] * m[i] + deviation * deviation) * precision;
                dm[i] = mean - weights[i] * m[i] * precision;
                let ds = spread * deviation + weights[i] * (T::ONE - deviation * deviation * precision);
                if amortised {
                    rest[l * n + i] = ds;
                } else {
                    of_spread += ds;
                }
                of_prior += weights[i] * T::HALF * (second - T::ONE);
            }
            if let Spread::Column(place) = shape.spread {
                gradient[place + l] = of_spread;
            }
            if let Spread::Column(place) = shape.prior {
                gradient[place + l] = of_prior;
            }
        }
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
        let (n, points, d) = (batch.rows, batch.points(), batch.columns);
        let parts = d.div_ceil(OBSERVED_COLUMNS);
        let Observed { density, entropy, scratch, .. } = found;
        let (sums, rest) = scratch.split_at_mut(2 * points * parts);
        let (variances, scaled) = rest.split_at_mut(d);
        let scaled = &mut scaled[..points];
        for (scaled, share) in scaled.chunks_exact_mut(n).zip(shares) {
            let share = T::of(*share);
            for i in 0..n {
                scaled[i] = weights[i] * share;
            }
        }
        let scaled = &*scaled;
        sums.fill(T::ZERO);
        let (means, spreads) = slopes.split_at_mut(d * points);
        // Where no spread is an output, every part gets an empty slice of it.
        let network = matches!(observable, Observable::Gaussian(Spread::Network));
        let together = OBSERVED_COLUMNS * points;
        let tasks = means[..d * points]
            .par_chunks_mut(together)
            .zip(sums.par_chunks_mut(2 * points))
            .zip(variances.par_chunks_mut(OBSERVED_COLUMNS))
            .enumerate();
        let column = |j: usize, c: usize, slope: &mut [T], spread: &mut [T], sums: &mut [T], variance: &mut T| {
            let (density, entropy) = sums.split_at_mut(points);
            let place = j * points + c * n..j * points + (c + 1) * n;
            let (x, out, w) = (&x[j * n..(j + 1) * n], &outputs[place], &scaled[c * n..(c + 1) * n]);
            let (density, entropy) = (&mut density[c * n..(c + 1) * n], &mut entropy[c * n..(c + 1) * n]);
            match observable {
                Observable::Bernoulli => kernels::bernoulli(x, out, w, slope, density, entropy),
                Observable::Poisson => kernels::poisson(x, out, w, slope, density, entropy),
                Observable::Gaussian(Spread::Network) => {
                    let v = &outputs[(d + j) * points + c * n..][..n];
                    kernels::gaussian_network(x, out, v, w, slope, spread, density, entropy);
                }
                Observable::Gaussian(kind) => {
                    let v = match kind {
                        Spread::Fixed(v) => T::of(*v),
                        Spread::Scalar(place) => at[*place],
                        Spread::Column(place) => at[*place + j],
                        Spread::Network => T::ZERO,
                    };
                    *variance += kernels::gaussian(x, out, w, v, slope, density);
                    let h = T::of(0.5 * (v.double() + LN_TWO_PI + 1.0));
                    entropy.iter_mut().for_each(|e| *e += h);
                }
            }
        };
        let task = |p: usize, means: &mut [T], spreads: &mut [T], sums: &mut [T], variances: &mut [T]| {
            for (k, slope) in means.chunks_exact_mut(points).enumerate() {
                variances[k] = T::ZERO;
                for (c, slope) in slope.chunks_exact_mut(n).enumerate() {
                    let spread: &mut [T] =
                        if network { &mut spreads[k * points + c * n..][..n] } else { &mut [] };
                    column(p * OBSERVED_COLUMNS + k, c, slope, spread, sums, &mut variances[k]);
                }
            }
        };
        if network {
            each(tasks.zip(spreads[..d * points].par_chunks_mut(together)), |((p, ((m, s), v)), w)| task(p, m, w, s, v));
        } else {
            each(tasks, |(p, ((m, s), v))| task(p, m, &mut [], s, v));
        }
        density[..n].fill(T::ZERO);
        entropy[..n].fill(T::ZERO);
        for part in sums.chunks_exact(2 * points) {
            let (part_density, part_entropy) = part.split_at(points);
            for (c, share) in shares.iter().enumerate() {
                let share = T::of(*share);
                for i in 0..n {
                    density[i] += share * part_density[c * n + i];
                    entropy[i] += share * part_entropy[c * n + i];
                }
            }
        }
        match observable {
            Observable::Gaussian(Spread::Scalar(place)) => gradient[*place] = kernels::sum(variances),
            Observable::Gaussian(Spread::Column(place)) => gradient[*place..*place + d].copy_from_slice(variances),
            _ => {}
        }
    }

    fn add_gram(
        &self,
        layer: &Dense,
        x: &Vec<T>,
        dy: &Vec<T>,
        rows: usize,
        gram: &mut Vec<T>,
        scratch: &mut Vec<T>,
    ) {
        let (inputs, slopes) = scratch.split_at_mut(rows * rows);
        let x = Strided::by_columns(x, rows, layer.inputs);
        let dy = Strided::by_columns(dy, rows, layer.outputs);
        rayon::join(
            || T::product(inputs, x, x.transposed(), false),
            || T::product(slopes, dy, dy.transposed(), false),
        );
        for ((k, a), d) in gram.iter_mut().zip(&*inputs).zip(&*slopes) {
            *k += (*a + T::ONE) * *d;
        }
    }

    fn scale_rows(&self, values: &mut Vec<T>, columns: usize, factors: &[f64]) {
        for column in values.chunks_exact_mut(factors.len()).take(columns) {
            column.iter_mut().zip(factors).for_each(|(v, f)| *v *= T::of(*f));
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

/// `t` of latent `l`.
fn log_prior<T: Real>(shape: &Latents, at: &[T], l: usize) -> f64 {
    match shape.prior {
        Spread::Column(place) => at[place + l].double(),
        Spread::Scalar(place) => at[place].double(),
        Spread::Fixed(t) => t,
        Spread::Network => 0.0,
    }
}

/// `s` of latent `l`, where it is a parameter.
fn spread_of<T: Real>(shape: &Latents, at: &[T], l: usize) -> T {
    match shape.spread {
        Spread::Column(place) => at[place + l],
        Spread::Scalar(place) => at[place],
        Spread::Fixed(s) => T::of(s),
        Spread::Network => T::ZERO,
    }
}
