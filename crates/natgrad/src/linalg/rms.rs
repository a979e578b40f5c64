//! Kernels of the quadratic bound on log-partitions, at root-mean-square log-odds.
//!
//! ```text
//! ln(1 + eᵃ) = a/2 + φ(a²),   φ(y) = ln 2 cosh(√y/2) concave:   E ln(1 + eᵃ) ≤ E a/2 + φ(E a²)
//! λ = φ′(y) = tanh(√y/2)/(4√y)        φ − 2λy = binary entropy of σ(√y)
//! ```
//!
//! # Source
//! Jaakkola and Jordan (2000), Bayesian parameter estimation via variational methods, for the bound.

use super::sigmoids::entropies;

/// Below this root the derivative comes from its series, whose next term is below 1e-17.
const SMALL: f64 = 5e-3;

/// From second moments `y` (overwritten by their roots): `λ`, `φ` and the entropy at the root-mean-square log-odds.
///
/// # Shapes
/// All slices at least as long as `y`.
pub fn bound(y: &mut [f64], lambda: &mut [f64], phi: &mut [f64], entropy: &mut [f64]) {
    let n = y.len();
    y.iter_mut().for_each(|y| *y = y.max(0.0).sqrt());
    entropies(y, lambda, phi, entropy);
    for ((x, l), p) in y.iter().zip(&mut lambda[..n]).zip(&mut phi[..n]) {
        let series = 0.125 - x * x / 96.0 + x * x * x * x / 960.0;
        let closed = 0.5 * (*l - 0.5) / x;
        *l = if *x < SMALL { series } else { closed };
        *p -= 0.5 * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_is_that_of_the_bound_and_the_rest_is_an_entropy() {
        let mut y: Vec<f64> = vec![0.0, 1e-12, 1e-6, 2.4e-5, 2.6e-5, 0.01, 1.0, 9.0, 400.0, 1e5];
        let before = y.clone();
        let zero = vec![0.0; y.len()];
        let (mut l, mut p, mut h) = (zero.clone(), zero.clone(), zero);
        bound(&mut y, &mut l, &mut p, &mut h);
        for (i, &y) in before.iter().enumerate() {
            let phi = |y: f64| (2.0 * (0.5 * y.sqrt()).cosh()).ln();
            if y < 1e5 {
                assert!((p[i] - phi(y)).abs() < 1e-13 * (1.0 + phi(y)), "φ({y})");
            }
            assert!((p[i] - 2.0 * l[i] * y - h[i]).abs() < 1e-13 * (1.0 + p[i]), "entropy at {y}");
            if y > 1e-3 && y < 1e5 {
                let step = 1e-4 * y;
                let slope = (phi(y + step) - phi(y - step)) / (2.0 * step);
                // Truncation of a central difference.
                assert!((l[i] - slope).abs() < 1e-7 * l[i], "λ({y}): {} and {slope}", l[i]);
            } else if y <= 1e-3 {
                assert!((l[i] - 0.125).abs() < 1e-4);
            }
        }
    }
}
