//! Random parameters from a seed, by the names of a family's usual parameters.

use natgrad::family::{ExponentialFamily, Natural};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator with a seed of its own.
pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A number between two bounds.
pub fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Usual parameters away from every boundary, in the order of `source_names`.
///
/// # Panics
/// For a parameter whose name is not known here: add it.
pub fn source(family: &dyn ExponentialFamily, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let centers = family.centers().to_vec();
    let mut out = Vec::new();
    for (name, length) in family.source_names() {
        match name {
            "probability" => out.push(between(rng, 0.1, 0.9)),
            "probabilities" => {
                let p: Vec<f64> = (0..length).map(|_| between(rng, 0.1, 1.0)).collect();
                let total: f64 = p.iter().sum();
                out.extend(p.iter().map(|p| p / total));
            }
            "rate" | "shape" => out.push(between(rng, -0.5, 1.5).exp()),
            "mean" => out.extend((0..length).map(|i| centers[i] + between(rng, -1.5, 1.5))),
            "log_mean" => out.push(between(rng, -1.0, 1.0)),
            "variance" => out.push(between(rng, 0.5, 3.0)),
            "log_variance" => out.push(between(rng, 0.1, 0.8)),
            "covariance" => {
                let d = (length as f64).sqrt() as usize;
                let a: Vec<f64> = (0..length).map(|_| between(rng, -1.0, 1.0)).collect();
                for i in 0..d {
                    for j in 0..d {
                        let dot: f64 = (0..d).map(|l| a[i * d + l] * a[j * d + l]).sum();
                        out.push(dot + if i == j { 0.5 } else { 0.0 });
                    }
                }
            }
            other => panic!("{}: no random values for the parameter \"{other}\"", family.name()),
        }
    }
    out
}

/// Natural parameters away from every boundary.
pub fn natural(family: &dyn ExponentialFamily, rng: &mut ChaCha8Rng) -> Natural {
    let source = source(family, rng);
    family.from_source(&source).unwrap_or_else(|e| panic!("{} {source:?}: {e}", family.name()))
}

/// Usual parameters at and near the boundaries: probabilities of 0 and 1, tiny and huge rates and variances.
pub fn extremes(family: &dyn ExponentialFamily) -> Vec<Vec<f64>> {
    let mut rng = rng(7);
    let plain = source(family, &mut rng);
    let mut out = Vec::new();
    let mut at = 0;
    for (name, length) in family.source_names() {
        let mut put = |values: &[f64]| {
            for v in values {
                let mut s = plain.clone();
                s[at] = *v;
                out.push(s);
            }
        };
        match name {
            // A heavy tail has no finite sum in reasonable time; the boundary at 0 is outside the domain there.
            "probability" if family.name() == "negative-binomial" => put(&[1e-3, 1.0 - 1e-12, 1.0]),
            "probability" if family.name() == "geometric" => put(&[1e-12, 1.0 - 1e-12, 1.0]),
            "probability" => put(&[0.0, 1e-300, 1e-12, 1.0 - 1e-12, 1.0]),
            "probabilities" => {
                for l in 0..length {
                    let mut s = vec![0.0; length];
                    s[l] = 1.0;
                    out.push(s.clone());
                    s[l] = 1.0 - 1e-12;
                    s[(l + 1) % length] = 1e-12;
                    out.push(s);
                }
            }
            "rate" if family.name() == "poisson" => put(&[0.0, 1e-300, 1e-12, 1e6]),
            "rate" => put(&[1e-12, 1e12]),
            "shape" => put(&[1e-3, 1e6]),
            "mean" => put(&[-1e6, 1e6]),
            "log_mean" => put(&[-30.0, 30.0]),
            "variance" | "log_variance" => put(&[1e-10, 1e10]),
            "covariance" => {
                for factor in [1e-10, 1e10] {
                    let mut s = plain.clone();
                    s[at..at + length].iter_mut().for_each(|c| *c *= factor);
                    out.push(s);
                }
            }
            other => panic!("{}: no extremes for the parameter \"{other}\"", family.name()),
        }
        at += length;
    }
    out
}
