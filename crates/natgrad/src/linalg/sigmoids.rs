//! Kernels over long slices of log-odds: probability, log-partition, slope and entropy of a unit in one pass.
//!
//! ```text
//! σ(a) = 1/(1 + e⁻ᵃ)      softplus(a) = ln(1 + eᵃ)      σ′(a) = σ(a) σ(−a)      H(a) = softplus(a) − a σ(a)
//! ```

use super::simd::{Level, exp_nonpositive, level};

/// Beyond this, `e^(−|a|)` is no share at all (below 1e-260): kept, it would turn into denormal numbers.
const NEGLIGIBLE: f64 = -600.0;

/// `1/(2k+1)`.
const C: [f64; 18] = {
    let mut c = [1.0; 18];
    let mut k = 0;
    while k < 18 {
        c[k] = 1.0 / (2 * k + 1) as f64;
        k += 1;
    }
    c
};

/// `ln(1 + e)` for `0 ≤ e ≤ 1`, as `2 artanh(e/(2+e))`: nothing cancels, however small `e` is.
#[inline(always)]
fn ln_1p_unit<const FUSED: bool>(e: f64) -> f64 {
    let t = e / (2.0 + e);
    let s = t * t;
    // Σ s^k/(2k+1), Horner's scheme; s ≤ 1/9, so that the first term left out is below 2e-18 of the sum.
    let mut p: f64 = C[17];
    for c in C[..17].iter().rev() {
        p = if FUSED { p.mul_add(s, *c) } else { p * s + *c };
    }
    2.0 * t * p
}

#[inline(always)]
fn body<const FUSED: bool, const SLOPE: bool>(
    a: &[f64],
    probability: &mut [f64],
    softplus: &mut [f64],
    third: &mut [f64],
) {
    let n = a.len();
    let (probability, softplus, third) = (&mut probability[..n], &mut softplus[..n], &mut third[..n]);
    for i in 0..n {
        let x = -a[i].abs();
        let e = exp_nonpositive::<FUSED>(if x < NEGLIGIBLE { NEGLIGIBLE } else { x });
        let e = if x < NEGLIGIBLE { 0.0 } else { e };
        let log = ln_1p_unit::<FUSED>(e);
        let larger = 1.0 / (1.0 + e);
        let smaller = e * larger;
        probability[i] = if a[i] >= 0.0 { larger } else { smaller };
        softplus[i] = log + if a[i] > 0.0 { a[i] } else { 0.0 };
        third[i] = if SLOPE { larger * smaller } else { log - x * smaller };
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn avx512<const SLOPE: bool>(a: &[f64], p: &mut [f64], s: &mut [f64], t: &mut [f64]) {
    body::<true, SLOPE>(a, p, s, t);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const SLOPE: bool>(a: &[f64], p: &mut [f64], s: &mut [f64], t: &mut [f64]) {
    body::<true, SLOPE>(a, p, s, t);
}

fn dispatch<const SLOPE: bool>(a: &[f64], p: &mut [f64], s: &mut [f64], t: &mut [f64]) {
    assert!(p.len() >= a.len() && s.len() >= a.len() && t.len() >= a.len());
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { avx512::<SLOPE>(a, p, s, t) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { avx2::<SLOPE>(a, p, s, t) },
        _ => body::<false, SLOPE>(a, p, s, t),
    }
}

/// `σ(a)`, `ln(1 + eᵃ)` and the binary entropy `H(a)` of each log-odds.
///
/// # Shapes
/// All slices at least as long as `a`.
///
/// # Units
/// Nats.
pub fn entropies(a: &[f64], probability: &mut [f64], softplus: &mut [f64], entropy: &mut [f64]) {
    dispatch::<false>(a, probability, softplus, entropy);
}

/// `σ(a)`, `ln(1 + eᵃ)` and `σ′(a)` of each log-odds.
///
/// # Shapes
/// All slices at least as long as `a`.
pub fn slopes(a: &[f64], probability: &mut [f64], softplus: &mut [f64], slope: &mut [f64]) {
    dispatch::<true>(a, probability, softplus, slope);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::special;

    #[test]
    fn the_kernel_agrees_with_the_scalar_formulas() {
        let a: Vec<f64> = (-4000..4000).map(|i| f64::from(i) * 0.013 + 1e-9).chain([0.0, 800.0, -800.0]).collect();
        let zero = vec![0.0; a.len()];
        let (mut p, mut s, mut h) = (zero.clone(), zero.clone(), zero);
        let mut d = h.clone();
        slopes(&a, &mut p, &mut s, &mut d);
        entropies(&a, &mut p, &mut s, &mut h);
        for (i, &a) in a.iter().enumerate() {
            // A few units in the last place.
            assert!((p[i] - special::logistic(a)).abs() <= 1e-15 * p[i], "σ({a})");
            assert!((s[i] - special::softplus(a)).abs() <= 1e-15 * s[i].max(1e-250), "softplus({a})");
            let entropy = special::softplus(a) - a * special::logistic(a);
            assert!((h[i] - entropy).abs() <= 1e-15 * (1.0 + a.abs()), "H({a})");
            let slope = special::logistic(a) * special::logistic(-a);
            assert!((d[i] - slope).abs() <= 1e-15 * slope, "σ′({a})");
            assert!(h[i] >= 0.0);
        }
    }
}
