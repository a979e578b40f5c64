//! The beliefs of one row with covariances between strengths: Newton's method on means and precisions.
//!
//! ```text
//! max_{m,S}  a·m − ½ mᵀ G m − ½ tr G S − Σ_h E|z_h|/b_h + ½ ln det S        a = Wᵀx/σ²,  G = WᵀW/σ²
//! at the maximum   S⁻¹ = A = G + diag c,   c_h = 2/b_h ∂E|z_h|/∂s_h² = 1/b_h ∂²E|z_h|/∂m_h²,   s_h² = S_hh
//! ```
//!
//! The bound is concave in `m` and a root of `S` together: there is one maximum. Any `c > 0` gives beliefs, and of those with
//! the same `s²` the best; so `m` and `c` are all that has to be found. `∂s²/∂c = −P`, `P = S∘S`. With `w` the change of `s²`,
//! and `A` for the curvature along `m` (they agree at the maximum, so that Newton's method squares what is left), a step solves
//!
//! ```text
//! (½ P⁻¹ + D − K S K) w = ½ (c − c(m, s)) + K S r,    δm = S (r + K w),    δc = −P⁻¹ w,     r the slope along m
//! ```
//!
//! with diagonal `D`, `K`, by conjugate gradients after `2P`, whose first direction is the fixed point's `c ← c(m, s)`.

use super::laplace::absolute_mean;
use super::row::{NEAR, SETTLED, STEPS, Shared, factorise, multiply};
use crate::linalg::sums::dot;

/// Conjugate gradients stop at this share of the squared residual: the next step of Newton's method mends the rest.
const SHARE: f64 = 1e-6;

/// A step keeps at least this share of a precision.
const KEPT: f64 = 1e-3;

/// Means and precisions with what they give.
struct State {
    mean: Vec<f64>,
    /// `c`.
    precision: Vec<f64>,
    /// `S`, both halves.
    covariance: Vec<f64>,
    deviation: Vec<f64>,
    log_det: f64,
    value: f64,
}

impl State {
    fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        let covariance = vec![0.0; n * n];
        State { mean: zeros(), precision: zeros(), covariance, deviation: zeros(), log_det: 0.0, value: 0.0 }
    }

    /// The beliefs of these means and precisions, and what is maximised, without terms that no belief changes.
    fn look(&mut self, shared: &Shared, a: &[f64], factor: &mut [f64], product: &mut [f64]) {
        let n = a.len();
        factor.copy_from_slice(&shared.gram);
        (0..n).for_each(|h| factor[h * n + h] += self.precision[h]);
        factorise(factor, n);
        self.log_det = -2.0 * (0..n).map(|h| factor[h * n + h].ln()).sum::<f64>();
        invert(factor, &mut self.covariance, n);
        multiply(&shared.gram, &self.mean, product);
        // tr G S = H − Σ c s².
        let mut sum = 0.5 * (self.log_det - n as f64);
        for h in 0..n {
            let square = self.covariance[h * n + h];
            self.deviation[h] = square.sqrt();
            sum += self.mean[h] * (a[h] - 0.5 * product[h]) + 0.5 * self.precision[h] * square
                - absolute_mean(self.mean[h], self.deviation[h]).value * shared.rates[h];
        }
        self.value = sum;
    }
}

/// One row's beliefs and working memory.
pub(super) struct Joint {
    now: State,
    next: State,
    factor: Vec<f64>,
    product: Vec<f64>,
    /// `S∘S`.
    squares: Vec<f64>,
    step: Vec<f64>,
    /// `−δc`.
    fall: Vec<f64>,
    work: [Vec<f64>; 9],
}

impl Joint {
    pub fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Joint {
            now: State::new(n),
            next: State::new(n),
            factor: vec![0.0; n * n],
            product: zeros(),
            squares: vec![0.0; n * n],
            step: zeros(),
            fall: zeros(),
            work: std::array::from_fn(|_| zeros()),
        }
    }

    /// Posterior means.
    pub fn mean(&self) -> &[f64] {
        &self.now.mean
    }

    /// Posterior covariances.
    pub fn covariance(&self) -> &[f64] {
        &self.now.covariance
    }

    /// `ln det S`.
    pub fn log_det(&self) -> f64 {
        self.now.log_det
    }

    /// Finds the maximum for `a = Wᵀx/σ²`.
    pub fn climb(&mut self, shared: &Shared, a: &[f64]) {
        let n = a.len();
        let density = (2.0 / std::f64::consts::PI).sqrt();
        for h in 0..n {
            // Where independent strengths of mean 0 have it: G s² + 2φ(0) s/b = 1.
            let (g, r) = (shared.gram[h * n + h], density * shared.rates[h]);
            self.now.mean[h] = 0.0;
            self.now.precision[h] = r * 0.5 * (r + (r * r + 4.0 * g).sqrt());
        }
        self.now.look(shared, a, &mut self.factor, &mut self.product);
        let mut last = f64::INFINITY;
        for _ in 0..STEPS {
            let slope = self.direction(shared, a);
            // Near the maximum a step that does not shorten the next is rounding.
            if slope.is_nan() || slope < SETTLED || (slope < NEAR && slope > 0.25 * last) {
                break;
            }
            last = slope;
            let mut length = 1.0;
            while length > 1e-12 {
                for h in 0..n {
                    let (m, c) = (self.now.mean[h], self.now.precision[h]);
                    self.next.mean[h] = m + length * self.step[h];
                    self.next.precision[h] = (c - length * self.fall[h]).max(KEPT * c);
                }
                self.next.look(shared, a, &mut self.factor, &mut self.product);
                if self.next.value >= self.now.value + 1e-4 * length * slope || (slope < NEAR && length == 1.0) {
                    break;
                }
                length *= 0.5;
            }
            if length <= 1e-12 {
                break;
            }
            std::mem::swap(&mut self.now, &mut self.next);
        }
    }

    /// Newton's direction into `step` and `fall`; the slope of the bound along it.
    fn direction(&mut self, shared: &Shared, a: &[f64]) -> f64 {
        let n = a.len();
        let [slope, excess, bend, cross, w, residual, conditioned, p, fall] = &mut self.work;
        let s = &self.now.covariance;
        self.squares.iter_mut().zip(s).for_each(|(p, s)| *p = s * s);
        multiply(&shared.gram, &self.now.mean, &mut self.product);
        for h in 0..n {
            let (m, d, rate) = (self.now.mean[h], self.now.deviation[h], shared.rates[h]);
            let e = absolute_mean(m, d);
            let (u, best) = (m / d, e.by_deviation * rate / d);
            slope[h] = a[h] - self.product[h] - e.by_mean * rate;
            excess[h] = self.now.precision[h] - best;
            bend[h] = (u * u * best - self.now.precision[h]) / (4.0 * d * d);
            cross[h] = u * best / (2.0 * d);
        }
        multiply(s, slope, &mut self.product);
        (0..n).for_each(|h| residual[h] = 0.5 * excess[h] + cross[h] * self.product[h]);
        multiply(&self.squares, residual, conditioned);
        w.fill(0.0);
        self.fall.fill(0.0);
        // `p` is `P · fall`: directions with and without `P`.
        p.fill(0.0);
        fall.fill(0.0);
        let first = dot(residual, conditioned);
        let (mut size, mut before) = (first, f64::INFINITY);
        for _ in 0..n {
            let kept = if before.is_finite() { size / before } else { 0.0 };
            for h in 0..n {
                p[h] = 2.0 * conditioned[h] + kept * p[h];
                fall[h] = 2.0 * residual[h] + kept * fall[h];
            }
            // The matrix times `p`, through `S K p`.
            (0..n).for_each(|h| conditioned[h] = cross[h] * p[h]);
            multiply(s, conditioned, &mut self.product);
            (0..n).for_each(|h| conditioned[h] = 0.5 * fall[h] + bend[h] * p[h] - cross[h] * self.product[h]);
            let curvature = dot(p, conditioned);
            // Far from the maximum the matrix may bend the other way: what has been found so far will do.
            let along = if curvature > 0.0 { 2.0 * size / curvature } else { f64::from(!before.is_finite()) };
            for h in 0..n {
                w[h] += along * p[h];
                self.fall[h] += along * fall[h];
                residual[h] -= along * conditioned[h];
            }
            multiply(&self.squares, residual, conditioned);
            before = size;
            size = dot(residual, conditioned);
            if curvature.is_nan() || curvature <= 0.0 || size <= SHARE * first {
                break;
            }
        }
        (0..n).for_each(|h| p[h] = slope[h] + cross[h] * w[h]);
        multiply(s, p, &mut self.step);
        let along = dot(slope, &self.step) + 0.5 * dot(excess, w);
        if along > 0.0 {
            return along;
        }
        // Each by itself goes up.
        multiply(s, slope, &mut self.step);
        self.fall.copy_from_slice(excess);
        multiply(&self.squares, excess, w);
        dot(slope, &self.step) + 0.5 * dot(excess, w)
    }
}

/// `(L Lᵀ)⁻¹` of a lower factor, which is overwritten by its own inverse.
fn invert(l: &mut [f64], out: &mut [f64], n: usize) {
    out.fill(0.0);
    for i in 0..n {
        let (head, tail) = l.split_at_mut(i * n);
        let row = &mut tail[..n];
        let pivot = 1.0 / row[i];
        for k in 0..i {
            let factor = row[k];
            // Row k of the inverse, times −L_ik; its last number comes in place of L_ik itself.
            let done = &head[k * n..k * n + k + 1];
            row[..k].iter_mut().zip(done).for_each(|(r, d)| *r -= factor * d);
            row[k] = -factor * done[k];
        }
        row[..i].iter_mut().for_each(|r| *r *= pivot);
        row[i] = pivot;
        for j in 0..=i {
            let factor = row[j];
            out[j * n..j * n + j + 1].iter_mut().zip(&row[..=j]).for_each(|(o, r)| *o += factor * r);
        }
    }
    for i in 0..n {
        for j in 0..i {
            out[j * n + i] = out[i * n + j];
        }
    }
}
