//! Singular values by rotations of rows (one-sided Jacobi), for a block of small matrices at once.
//!
//! ```text
//! Uᵀ A = W with orthogonal rows w_i:   A⁺ b = Σ_i (Uᵀb)_i w_i / |w_i|²   over the rows that are not zero
//! ```

use super::lanes::{Lanes, WIDTH, ZERO};

/// Rows count as orthogonal below this square of a cosine: rounding.
const ORTHOGONAL: f64 = 1e-31;

/// Most sweeps; five or six are needed.
const SWEEPS: usize = 24;

/// Rotates the rows of `a: m × d` until they are orthogonal, and `b` with them; answers `|w_i|²`.
#[inline(always)]
pub fn orthogonal_rows(a: &mut [Lanes], b: &mut [Lanes], d: usize, squares: &mut [Lanes]) {
    let m = b.len();
    for _ in 0..SWEEPS {
        let mut moved = false;
        for p in 0..m {
            for q in p + 1..m {
                moved |= rotate(a, b, d, p, q);
            }
        }
        if !moved {
            break;
        }
    }
    for (i, s) in squares.iter_mut().enumerate() {
        let mut sum = ZERO;
        for j in 0..d {
            let x = a[i * d + j];
            sum.add_product(&x, &x);
        }
        *s = sum;
    }
}

/// Makes two rows orthogonal; answers whether any point needed it.
#[inline(always)]
fn rotate(a: &mut [Lanes], b: &mut [Lanes], d: usize, p: usize, q: usize) -> bool {
    let (mut alpha, mut beta, mut gamma) = (ZERO, ZERO, ZERO);
    for j in 0..d {
        let (x, y) = (a[p * d + j], a[q * d + j]);
        alpha.add_product(&x, &x);
        beta.add_product(&y, &y);
        gamma.add_product(&x, &y);
    }
    let mut any = 0u64;
    let (mut cosine, mut sine) = (ZERO, ZERO);
    for l in 0..WIDTH {
        let (g, x, y) = (gamma.0[l], alpha.0[l], beta.0[l]);
        // A row of rounding beside a proper one is a zero row.
        let least = if x < y { x } else { y };
        let most = if x < y { y } else { x };
        let needed = (g * g > ORTHOGONAL * x * y) & (least > 1e-32 * most);
        let g = if needed { g } else { 1.0 };
        let zeta = (y - x) / (2.0 * g);
        let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
        let t = if needed { t } else { 0.0 };
        let c = 1.0 / (1.0 + t * t).sqrt();
        cosine.0[l] = c;
        sine.0[l] = c * t;
        any |= u64::from(needed);
    }
    if any == 0 {
        return false;
    }
    let turn = |x: &mut Lanes, y: &mut Lanes| {
        for l in 0..WIDTH {
            let (u, v) = (x.0[l], y.0[l]);
            x.0[l] = cosine.0[l] * u - sine.0[l] * v;
            y.0[l] = sine.0[l] * u + cosine.0[l] * v;
        }
    };
    let (upper, lower) = a.split_at_mut(q * d);
    for j in 0..d {
        turn(&mut upper[p * d + j], &mut lower[j]);
    }
    let (upper, lower) = b.split_at_mut(q);
    turn(&mut upper[p], &mut lower[0]);
    true
}
