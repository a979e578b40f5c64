//! Columns of observables: densities, entropies and slopes.

use super::LN_TWO_PI;
use crate::linalg::real::Real;
use crate::linalg::simd::{Level, level};

kernel! {
    /// One column of a Gaussian observable with one log-variance for all rows: adds `ln N(x; μ, v)` to `density` and answers
    /// `Σ w ½((x−μ)²/v − 1)`; `slope ← w (x−μ)/v`. Entropies do not depend on the row.
    gaussian = gaussian_body(x: &[T], mean: &[T], w: &[T], log_variance: T, slope: &mut [T], density: &mut [T]) -> T
}

#[inline(always)]
fn gaussian_body<T: Real, const F: bool>(
    x: &[T],
    mean: &[T],
    w: &[T],
    log_variance: T,
    slope: &mut [T],
    density: &mut [T],
) -> T {
    let n = slope.len();
    let (x, mean, w, density) = (&x[..n], &mean[..n], &w[..n], &mut density[..n]);
    let precision = (-log_variance).exp_of::<F>();
    let constant = -T::HALF * (log_variance + T::of(LN_TWO_PI));
    let mut parts = [T::ZERO; 8];
    for i in 0..n {
        let r = x[i] - mean[i];
        let scaled = r * precision;
        let square = r * scaled;
        slope[i] = w[i] * scaled;
        density[i] += (-T::HALF).fused::<F>(square, constant);
        parts[i % 8] += w[i] * T::HALF * (square - T::ONE);
    }
    ((parts[0] + parts[4]) + (parts[1] + parts[5])) + ((parts[2] + parts[6]) + (parts[3] + parts[7]))
}

kernel! {
    /// One column of a Gaussian observable whose log-variance is an output too: slopes of both, density and entropy.
    gaussian_network = gaussian_network_body(
        x: &[T], mean: &[T], log_variance: &[T], w: &[T], slope: &mut [T], spread: &mut [T], density: &mut [T], entropy: &mut [T],
    )
}

#[inline(always)]
fn gaussian_network_body<T: Real, const F: bool>(
    x: &[T],
    mean: &[T],
    log_variance: &[T],
    w: &[T],
    slope: &mut [T],
    spread: &mut [T],
    density: &mut [T],
    entropy: &mut [T],
) {
    let n = slope.len();
    let (x, mean, log_variance, w) = (&x[..n], &mean[..n], &log_variance[..n], &w[..n]);
    let (spread, density, entropy) = (&mut spread[..n], &mut density[..n], &mut entropy[..n]);
    let constant = T::of(LN_TWO_PI);
    for i in 0..n {
        let r = x[i] - mean[i];
        let scaled = r * (-log_variance[i]).exp_of::<F>();
        let square = r * scaled;
        slope[i] = w[i] * scaled;
        spread[i] = w[i] * T::HALF * (square - T::ONE);
        density[i] += -T::HALF * (square + log_variance[i] + constant);
        entropy[i] += T::HALF * (T::ONE + log_variance[i] + constant);
    }
}

kernel! {
    /// One column of a Bernoulli observable with logits `l`: density `x l − ln(1+eˡ)`, entropy `ln(1+eˡ) − l σ(l)`.
    bernoulli = bernoulli_body(x: &[T], logit: &[T], w: &[T], slope: &mut [T], density: &mut [T], entropy: &mut [T])
}

#[inline(always)]
fn bernoulli_body<T: Real, const F: bool>(
    x: &[T],
    logit: &[T],
    w: &[T],
    slope: &mut [T],
    density: &mut [T],
    entropy: &mut [T],
) {
    let n = slope.len();
    let (x, logit, w) = (&x[..n], &logit[..n], &w[..n]);
    let (density, entropy) = (&mut density[..n], &mut entropy[..n]);
    for i in 0..n {
        let l = logit[i];
        let e = (-l.size()).exp_of::<F>();
        let top = T::ONE / (T::ONE + e);
        let p = if l < T::ZERO { e * top } else { top };
        let softplus = l.at_least(T::ZERO) + e.log_one_plus::<F>();
        slope[i] = w[i] * (x[i] - p);
        density[i] += x[i].fused::<F>(l, -softplus);
        entropy[i] += (-l).fused::<F>(p, softplus);
    }
}

kernel! {
    /// One column of a Poisson observable with log-rates `l`: density relative to `1/x!` is `x l − eˡ`, pseudo-entropy
    /// `eˡ − l eˡ`.
    poisson = poisson_body(x: &[T], log_rate: &[T], w: &[T], slope: &mut [T], density: &mut [T], entropy: &mut [T])
}

#[inline(always)]
fn poisson_body<T: Real, const F: bool>(
    x: &[T],
    log_rate: &[T],
    w: &[T],
    slope: &mut [T],
    density: &mut [T],
    entropy: &mut [T],
) {
    let n = slope.len();
    let (x, log_rate, w) = (&x[..n], &log_rate[..n], &w[..n]);
    let (density, entropy) = (&mut density[..n], &mut entropy[..n]);
    for i in 0..n {
        let l = log_rate[i];
        let rate = l.exp_of::<F>();
        slope[i] = w[i] * (x[i] - rate);
        density[i] += x[i].fused::<F>(l, -rate);
        entropy[i] += (-l).fused::<F>(rate, rate);
    }
}
