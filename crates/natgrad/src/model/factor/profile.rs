//! Factor analysis with the loadings profiled out: Newton's method in the log-noises alone.
//!
//! ```text
//! Ψ^-½ S Ψ^-½ = Σ γ_m ω_m ω_mᵀ,   γ descending;   W(ψ) = Ψ^½ Ω_H (Γ_H − I)₊^½
//! f(ψ) = ½ (Σ ln ψ_d + Σ_{m≤H} (ln γ_m + 1) + Σ_{m>H} γ_m)         minus the log-likelihood, without its constant
//! ∂f/∂θ_i = ½ Σ_{m>H} (1 − γ_m) ω_im²                                θ = ln ψ
//! ∂²f/∂θ_i∂θ_j = ½ (Ω₂Ω₂ᵀ)_ij (Ω₂Γ₂Ω₂ᵀ)_ij + ½ Σ_{m>H, n≤H} (1−γ_m)(γ_m+γ_n)/(γ_n−γ_m) ω_im ω_in ω_jm ω_jn
//! ```
//!
//! A factor with `γ ≤ 1` is no factor: its loadings are zero and it counts with the rest.
//!
//! # Source
//! Jöreskog (1967) and Clarke (1970) for the method; the second derivative is perturbation theory of the eigenvalues.

use super::layout::SMALLEST_NOISE;
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};

/// Most Newton steps: they converge quadratically, and what is left is the engine's to finish.
const MOST_STEPS: usize = 40;

/// Slopes below this per column are as good as zero: rounding of the eigenvalues.
const FLAT: f64 = 1e-13;

/// A promised gain that ends the climb, nats per row.
const ENOUGH: f64 = 1e-14;

/// Longest step of a log-noise: by a factor of e.
const LONGEST: f64 = 1.0;

/// The function at a point, with its eigenvalues.
struct Look {
    theta: Vec<f64>,
    /// Eigenvalues, ascending; the last `kept` are factors.
    values: Vec<f64>,
    vectors: Matrix,
    kept: usize,
    value: f64,
}

impl Look {
    fn at(s: &Matrix, theta: Vec<f64>, latent: usize) -> Option<Self> {
        let n = theta.len();
        let root: Vec<f64> = theta.iter().map(|t| (-0.5 * t).exp()).collect();
        let eigen = symmetric::eigen(&Matrix::from_fn(n, n, |i, j| s[(i, j)] * root[i] * root[j]))?;
        let kept = eigen.values[n - latent..].iter().filter(|g| **g > 1.0).count();
        let rest: f64 = eigen.values[..n - kept].iter().sum();
        let factors: f64 = eigen.values[n - kept..].iter().map(|g| g.ln() + 1.0).sum();
        let value = 0.5 * (theta.iter().sum::<f64>() + rest + factors);
        value.is_finite().then_some(Look { theta, values: eigen.values, vectors: eigen.vectors, kept, value })
    }

    fn rest(&self) -> usize {
        self.theta.len() - self.kept
    }

    fn slope(&self) -> Vec<f64> {
        let part = |i: usize, m: usize| (1.0 - self.values[m]) * self.vectors[(i, m)] * self.vectors[(i, m)];
        (0..self.theta.len()).map(|i| 0.5 * (0..self.rest()).map(|m| part(i, m)).sum::<f64>()).collect()
    }

    /// `V diag(c) Vᵀ` over the rest.
    fn over_rest(&self, c: impl Fn(usize) -> f64) -> Matrix {
        let (n, r) = (self.theta.len(), self.rest());
        let plain = Matrix::from_fn(n, r, |i, m| self.vectors[(i, m)]);
        let scaled = Matrix::from_fn(n, r, |i, m| self.vectors[(i, m)] * c(m));
        times(scaled.as_ref(), plain.transpose())
    }

    /// The second derivatives, and the positive definite part of them that is left where the residuals fit.
    fn curvature(&self) -> (Matrix, Matrix) {
        let n = self.theta.len();
        let (a, b) = (self.over_rest(|_| 1.0), self.over_rest(|m| self.values[m]));
        let safe = Matrix::from_fn(n, n, |i, j| 0.5 * a[(i, j)] * a[(i, j)]);
        let mut exact = Matrix::from_fn(n, n, |i, j| 0.5 * a[(i, j)] * b[(i, j)]);
        for f in self.rest()..n {
            let gamma = self.values[f];
            let c = self.over_rest(|m| {
                let own = self.values[m];
                (1.0 - own) * (own + gamma) / (gamma - own).max(f64::MIN_POSITIVE)
            });
            for j in 0..n {
                for i in 0..n {
                    exact[(i, j)] += 0.5 * self.vectors[(i, f)] * self.vectors[(j, f)] * c[(i, j)];
                }
            }
        }
        (exact, safe)
    }

    fn loadings(&self, latent: usize) -> Matrix {
        let n = self.theta.len();
        Matrix::from_fn(n, latent, |i, h| {
            if h >= self.kept {
                return 0.0;
            }
            let m = n - 1 - h;
            (0.5 * self.theta[i]).exp() * self.vectors[(i, m)] * (self.values[m] - 1.0).max(0.0).sqrt()
        })
    }
}

/// Solves for a step over the free coordinates; `None` where the matrix is not positive.
fn solve(h: &Matrix, g: &[f64], free: &[usize]) -> Option<Vec<f64>> {
    let n = free.len();
    let scale: Vec<f64> = free.iter().map(|&i| h[(i, i)]).collect();
    if scale.iter().any(|s| s.is_nan() || *s <= 0.0) {
        return None;
    }
    let unit = Matrix::from_fn(n, n, |i, j| h[(free[i], free[j])] / (scale[i] * scale[j]).sqrt());
    // A direction that the data hardly see is left to steps that measure it better.
    let factor = symmetric::cholesky(&unit, 1e-8)?;
    let mut x: Vec<f64> = free.iter().zip(&scale).map(|(&i, s)| -g[i] / s.sqrt()).collect();
    symmetric::cholesky_solve(&factor, &mut x);
    let mut out = vec![0.0; g.len()];
    free.iter().zip(&x).zip(&scale).for_each(|((&i, x), s)| out[i] = x / s.sqrt());
    Some(out)
}

/// Loadings and log-noises next to the maximum for a covariance matrix in the chart.
pub(super) fn climb(s: &Matrix, latent: usize) -> (Matrix, Vec<f64>) {
    let n = s.nrows();
    let floor = SMALLEST_NOISE.ln();
    let first = beginning(s, latent);
    let nothing = || (Matrix::zeros(n, latent), first.clone());
    let Some(mut look) = Look::at(s, first.clone(), latent) else { return nothing() };
    for _ in 0..MOST_STEPS {
        let g = look.slope();
        // A noise on its floor that wants to fall further stays there.
        let free: Vec<usize> = (0..n).filter(|&i| look.theta[i] > floor || g[i] < 0.0).collect();
        if free.iter().all(|&i| g[i].abs() < FLAT) {
            break;
        }
        let (exact, safe) = look.curvature();
        let downhill = |v: &Vec<f64>| v.iter().zip(&g).map(|(v, g)| v * g).sum::<f64>() < 0.0;
        let direction = solve(&exact, &g, &free)
            .or_else(|| solve(&safe, &g, &free))
            .filter(downhill)
            .unwrap_or_else(|| g.iter().map(|g| -2.0 * g).collect());
        // What the step promises is below the rounding of the function: what is left is the engine's to polish.
        let promised: f64 = -0.5 * direction.iter().zip(&g).map(|(v, g)| v * g).sum::<f64>();
        if promised < ENOUGH {
            break;
        }
        let longest = direction.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let mut length = if longest > LONGEST { LONGEST / longest } else { 1.0 };
        let mut next = None;
        for _ in 0..30 {
            let theta = look.theta.iter().zip(&direction).map(|(t, v)| (t + length * v).max(floor)).collect();
            next = Look::at(s, theta, latent).filter(|l| l.value < look.value);
            if next.is_some() {
                break;
            }
            length *= 0.5;
        }
        let Some(next) = next else { break };
        look = next;
    }
    (look.loadings(latent), look.theta)
}

/// Log-noises to begin with: what each column's others leave of it, a little less.
fn beginning(s: &Matrix, latent: usize) -> Vec<f64> {
    let n = s.nrows();
    let share = 1.0 - 0.5 * latent as f64 / n as f64;
    let unexplained = symmetric::eigen(s).map(|eigen| {
        let top = eigen.values.last().copied().unwrap_or(1.0);
        let inverse =
            |i: usize| -> f64 { (0..n).map(|m| eigen.vectors[(i, m)].powi(2) / eigen.values[m].max(1e-6 * top)).sum() };
        (0..n).map(|i| 1.0 / inverse(i)).collect::<Vec<f64>>()
    });
    (0..n)
        .map(|i| {
            let own = unexplained.as_ref().map_or(0.5 * s[(i, i)], |u| u[i]);
            (share * own).max(1e-4 * s[(i, i)]).max(SMALLEST_NOISE).ln()
        })
        .collect()
}
