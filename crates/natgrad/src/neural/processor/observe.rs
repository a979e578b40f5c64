//! Densities and entropies of a minibatch, and the slopes of the decoder's outputs: columns shared out among threads.

use super::each;
use crate::linalg::real::Real;
use crate::neural::kernels::{self, LN_TWO_PI};
use crate::neural::{Batch, Observable, Observed, Spread};
use rayon::prelude::*;

/// Columns of an observable in a part.
const OBSERVED_COLUMNS: usize = 49;

/// Working memory that [`observe`] needs.
pub(super) fn scratch(batch: Batch) -> usize {
    2 * batch.points() * batch.columns.div_ceil(OBSERVED_COLUMNS) + batch.columns + batch.points()
}

/// As [`Backend::observe`](crate::neural::Backend::observe).
pub(super) fn observe<T: Real>(
    batch: Batch,
    observable: &Observable,
    at: &[T],
    x: &[T],
    outputs: &[T],
    weights: &[T],
    shares: &[f64],
    slopes: &mut [T],
    gradient: &mut [T],
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
                let spread: &mut [T] = if network { &mut spreads[k * points + c * n..][..n] } else { &mut [] };
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
