//! Loops over samples: draws, log-probabilities, residuals and their products with inputs.

use super::Forward;
use super::pool::Pool;
use crate::linalg::product::add_transposed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Each number so many times.
pub(super) fn repeat(values: &[f64], times: usize, pool: &mut Pool) -> Vec<f64> {
    let mut out = pool.zeros(values.len() * times);
    out.chunks_exact_mut(times).zip(values).for_each(|(o, x)| o.fill(*x));
    out
}

/// States of units, so many for each probability.
pub(super) fn draw(probability: &[f64], times: usize, rng: &mut ChaCha8Rng, pool: &mut Pool) -> Vec<f64> {
    let mut out = pool.empty(probability.len() * times);
    for p in probability {
        out.extend((0..times).map(|_| f64::from(u8::from(rng.random::<f64>() < *p))));
    }
    out
}

/// Adds `Σ_u z a − ln(1 + eᵃ)` of each sample, of which there are `times` for each row of `of`.
pub(super) fn add_log(of: &Forward, states: &[f64], times: usize, out: &mut [f64]) {
    let rows = out.len() / times;
    let columns = states.chunks_exact(out.len()).zip(of.logits.chunks_exact(rows)).zip(of.softplus.chunks_exact(rows));
    for ((z, a), s) in columns {
        if times == 1 {
            out.iter_mut().zip(z).zip(a.iter().zip(s)).for_each(|((o, z), (a, s))| *o += z * a - s);
            continue;
        }
        let own = out.chunks_exact_mut(times).zip(z.chunks_exact(times));
        for ((out, z), (a, s)) in own.zip(a.iter().zip(s)) {
            out.iter_mut().zip(z).for_each(|(o, z)| *o += z * a - s);
        }
    }
}

/// `Σ_n r_nu z̃_n`, with residuals `r` rows × units.
pub(super) fn add_products(residual: &[f64], inputs: &[f64], rows: usize, out: &mut [f64], pool: &mut Pool) {
    let (units, parents) = (residual.len() / rows, inputs.len() / rows);
    let mut extended = pool.empty(inputs.len() + rows);
    extended.extend_from_slice(inputs);
    extended.resize(inputs.len() + rows, 1.0);
    add_transposed(out, &extended, rows, residual, rows, rows, parents + 1, units);
    pool.give(extended);
}

/// `w_n (z_u − σ_u)` of samples, of which there are `times` for each row of `of`, summed over each row's samples.
pub(super) fn residuals(of: &Forward, states: &[f64], weights: &[f64], times: usize, pool: &mut Pool) -> Vec<f64> {
    let rows = weights.len() / times;
    let mut out = pool.empty(of.probability.len());
    for (z, p) in states.chunks_exact(weights.len()).zip(of.probability.chunks_exact(rows)) {
        if times == 1 {
            out.extend(z.iter().zip(weights).zip(p).map(|((z, w), p)| w * (z - p)));
            continue;
        }
        let rows = z.chunks_exact(times).zip(weights.chunks_exact(times)).zip(p);
        out.extend(rows.map(|((z, w), p)| z.iter().zip(w).map(|(z, w)| w * (z - p)).sum::<f64>()));
    }
    out
}

/// The first of each row's samples.
pub(super) fn first_of_each(values: &[f64], samples: usize) -> Vec<f64> {
    values.iter().step_by(samples).copied().collect()
}

/// A generator of its own for every block of rows.
pub(super) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
