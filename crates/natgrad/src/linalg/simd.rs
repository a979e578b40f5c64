//! Kernels over long slices, compiled for several instruction sets and chosen at run time.
//!
//! ```text
//! responsibilities: r_nk = exp(l_nk − ln Σ_j exp l_nj),   ln exp-sum and entropy per row
//! ```
//!
//! The same machine always takes the same kernel, so results do not depend on the number of threads.

use std::sync::OnceLock;

/// Instruction sets with a kernel of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// AVX-512 (with fused multiply-add).
    Avx512,
    /// AVX2 with fused multiply-add.
    Avx2,
    /// What every target has.
    Portable,
}

/// The widest instruction set of this machine that has a kernel.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("fma")
            {
                return Level::Avx512;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Level::Avx2;
            }
        }
        Level::Portable
    })
}

#[inline(always)]
fn fma<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// `exp(x)` for `x ≤ 0` (0 below −745), under 1 ulp: argument reduction by ln 2 in two parts, then a polynomial.
#[inline(always)]
pub(super) fn exp_nonpositive<const FUSED: bool>(x: f64) -> f64 {
    const LOG2E: f64 = std::f64::consts::LOG2_E;
    // ln 2 in two parts; the first has 32 trailing zero bits, so its product with k is exact.
    const LN2_HI: f64 = 6.931_471_803_691_238e-1;
    const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
    // Adding and subtracting 1.5·2^52 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let clipped = if x < -745.5 { -745.5 } else { x };
    let shifted = fma::<FUSED>(clipped, LOG2E, ROUND);
    let k = shifted - ROUND;
    let r = fma::<FUSED>(-k, LN2_LO, fma::<FUSED>(-k, LN2_HI, clipped));
    // Taylor coefficients 1/j!, Horner's scheme; |r| ≤ 0.3466, the next term is below 1e-17.
    const C: [f64; 14] = [
        1.0,
        1.0,
        0.5,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40320.0,
        1.0 / 362880.0,
        1.0 / 3628800.0,
        1.0 / 39916800.0,
        1.0 / 479001600.0,
        1.0 / 6227020800.0,
    ];
    let mut p = C[13];
    p = fma::<FUSED>(p, r, C[12]);
    p = fma::<FUSED>(p, r, C[11]);
    p = fma::<FUSED>(p, r, C[10]);
    p = fma::<FUSED>(p, r, C[9]);
    p = fma::<FUSED>(p, r, C[8]);
    p = fma::<FUSED>(p, r, C[7]);
    p = fma::<FUSED>(p, r, C[6]);
    p = fma::<FUSED>(p, r, C[5]);
    p = fma::<FUSED>(p, r, C[4]);
    p = fma::<FUSED>(p, r, C[3]);
    p = fma::<FUSED>(p, r, C[2]);
    p = fma::<FUSED>(p, r, C[1]);
    p = fma::<FUSED>(p, r, C[0]);
    // 2^k in two factors, so that results below 2^-1022 round gradually.
    let ki = (shifted.to_bits() as i64).wrapping_sub(ROUND.to_bits() as i64);
    let half = ki >> 1;
    let two = |e: i64| f64::from_bits(((e + 1023) as u64) << 52);
    let value = p * two(half) * two(ki - half);
    if x < -745.2 { 0.0 } else { value }
}

/// Logits this far below the row's largest get responsibility 0 (`exp(−600) < 1e-260`).
const NEGLIGIBLE: f64 = -600.0;

/// Turns logits into responsibilities, block by block.
///
/// ```text
/// evidence[n] = ln Σ_k exp l_nk        entropy[n] = −Σ_k r_nk ln r_nk        mean[n] = Σ_k r_nk l_nk
/// ```
///
/// # Shapes
/// `logits`: `n × k` column-major (component after component), overwritten by the responsibilities;
/// `evidence`, `entropy`: `n`; `scratch`: at least `2 n`. A row whose logits are all `−∞` gets `evidence = −∞` and
/// responsibilities 0.
///
/// # Units
/// Nats.
pub fn responsibilities(
    logits: &mut [f64],
    n: usize,
    k: usize,
    evidence: &mut [f64],
    entropy: &mut [f64],
    scratch: &mut [f64],
) {
    assert!(logits.len() >= n * k && evidence.len() >= n && entropy.len() >= n && scratch.len() >= 2 * n);
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { responsibilities_avx512(logits, n, k, evidence, entropy, scratch) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { responsibilities_avx2(logits, n, k, evidence, entropy, scratch) },
        _ => responsibilities_body::<false>(logits, n, k, evidence, entropy, scratch),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn responsibilities_avx512(l: &mut [f64], n: usize, k: usize, e: &mut [f64], h: &mut [f64], s: &mut [f64]) {
    responsibilities_body::<true>(l, n, k, e, h, s);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn responsibilities_avx2(l: &mut [f64], n: usize, k: usize, e: &mut [f64], h: &mut [f64], s: &mut [f64]) {
    responsibilities_body::<true>(l, n, k, e, h, s);
}

#[inline(always)]
fn responsibilities_body<const FUSED: bool>(
    logits: &mut [f64],
    n: usize,
    k: usize,
    evidence: &mut [f64],
    entropy: &mut [f64],
    scratch: &mut [f64],
) {
    let (top, sum) = scratch.split_at_mut(n);
    let sum = &mut sum[..n];
    let evidence = &mut evidence[..n];
    let entropy = &mut entropy[..n];
    top.fill(f64::NEG_INFINITY);
    for c in 0..k {
        let l = &logits[c * n..(c + 1) * n];
        for i in 0..n {
            top[i] = if l[i] > top[i] { l[i] } else { top[i] };
        }
    }
    for t in top.iter_mut() {
        *t = if *t == f64::NEG_INFINITY { 0.0 } else { *t };
    }
    sum.fill(0.0);
    entropy.fill(0.0);
    for c in 0..k {
        let l = &mut logits[c * n..(c + 1) * n];
        for i in 0..n {
            let x = l[i] - top[i];
            let e = exp_nonpositive::<FUSED>(if x < NEGLIGIBLE { NEGLIGIBLE } else { x });
            // Shares below 1e-260 are no share at all: kept, they would turn into denormal numbers in the matrix
            // products that follow, which are a hundred times slower. x may be −∞ there.
            let e = if x < NEGLIGIBLE { 0.0 } else { e };
            let clipped = if x < NEGLIGIBLE { 0.0 } else { x };
            entropy[i] = fma::<FUSED>(e, clipped, entropy[i]);
            sum[i] += e;
            l[i] = e;
        }
    }
    for i in 0..n {
        let log = sum[i].ln();
        evidence[i] = top[i] + log;
        let inverse = if sum[i] > 0.0 { 1.0 / sum[i] } else { 0.0 };
        // −Σ r ln r = ln Σ e − Σ e x / Σ e; never below zero but for rounding.
        let value = log - entropy[i] * inverse;
        entropy[i] = if value > 0.0 { value } else { 0.0 };
        sum[i] = inverse;
    }
    for c in 0..k {
        let l = &mut logits[c * n..(c + 1) * n];
        for i in 0..n {
            l[i] *= sum[i];
        }
    }
}

/// `out[i] = a[i] · b[i]`.
pub fn multiply_into(out: &mut [f64], a: &[f64], b: &[f64]) {
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { multiply_avx512(out, a, b) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { multiply_avx2(out, a, b) },
        _ => multiply_body(out, a, b),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn multiply_avx512(out: &mut [f64], a: &[f64], b: &[f64]) {
    multiply_body(out, a, b);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply_avx2(out: &mut [f64], a: &[f64], b: &[f64]) {
    multiply_body(out, a, b);
}

#[inline(always)]
fn multiply_body(out: &mut [f64], a: &[f64], b: &[f64]) {
    let n = out.len();
    let (a, b) = (&a[..n], &b[..n]);
    for i in 0..n {
        out[i] = a[i] * b[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_agrees_with_the_system_to_one_ulp() {
        let mut worst: f64 = 0.0;
        for i in 0..200_000 {
            let x = -(i as f64) * 700.0 / 200_000.0 - 1e-9 * i as f64;
            let (a, b) = (exp_nonpositive::<true>(x), x.exp());
            worst = worst.max(((a - b) / b).abs());
            let c = exp_nonpositive::<false>(x);
            worst = worst.max(((c - b) / b).abs());
        }
        assert!(worst < 4.5e-16, "worst relative error {worst:e}");
        assert_eq!(exp_nonpositive::<true>(0.0), 1.0);
        assert_eq!(exp_nonpositive::<true>(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp_nonpositive::<true>(-746.0), 0.0);
        assert!((exp_nonpositive::<true>(-740.0) - (-740f64).exp()).abs() <= 1e-323);
    }

    #[test]
    fn responsibilities_sum_to_one_and_match_the_formula() {
        let (n, k) = (13, 4);
        let logits: Vec<f64> = (0..n * k).map(|i| ((i * 37) % 101) as f64 * 0.3 - 20.0).collect();
        let mut r = logits.clone();
        let (mut e, mut h, mut s) = (vec![0.0; n], vec![0.0; n], vec![0.0; 2 * n]);
        responsibilities(&mut r, n, k, &mut e, &mut h, &mut s);
        for i in 0..n {
            let sum: f64 = (0..k).map(|c| logits[c * n + i].exp()).sum();
            assert!((e[i] - sum.ln()).abs() < 1e-13);
            let mut entropy = 0.0;
            for c in 0..k {
                let p = logits[c * n + i].exp() / sum;
                assert!((p - r[c * n + i]).abs() < 1e-14);
                entropy -= p * p.ln();
            }
            assert!((entropy - h[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_row_that_no_component_can_produce_has_evidence_minus_infinity() {
        let mut l = vec![f64::NEG_INFINITY; 2];
        let (mut e, mut h, mut s) = (vec![0.0], vec![0.0], vec![0.0; 2]);
        responsibilities(&mut l, 1, 2, &mut e, &mut h, &mut s);
        assert_eq!(e[0], f64::NEG_INFINITY);
        assert_eq!(l, vec![0.0, 0.0]);
        assert_eq!(h[0], 0.0);
    }
}
