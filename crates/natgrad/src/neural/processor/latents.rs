//! Beliefs about the latents: draws, entropies and sums on the way there, slopes on the way back.

use crate::linalg::real::Real;
use crate::neural::kernels::{self, LN_TWO_PI};
use crate::neural::{Batch, Latents, Observed, Spread};

/// As [`Backend::latents`](crate::neural::Backend::latents).
pub(super) fn draw<T: Real>(
    batch: Batch,
    shape: &Latents,
    at: &[T],
    heads: &[T],
    noise: &[T],
    weights: &[T],
    z: &mut [T],
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

/// As [`Backend::latent_slopes`](crate::neural::Backend::latent_slopes).
pub(super) fn slopes<T: Real>(
    batch: Batch,
    shape: &Latents,
    at: &[T],
    heads: &[T],
    noise: &[T],
    weights: &[T],
    dz: &[T],
    dheads: &mut [T],
    gradient: &mut [T],
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
