//! The beliefs of one row: a concave maximisation, by Newton's method.
//!
//! ```text
//! max_{m,s}  a·m − ½ mᵀ G m/σ² + Σ_h { −½ G_hh s_h²/σ² − E|z_h|/b_h + ln s_h },   a = Wᵀx/σ²,  G = Wᵀ W
//! ```
//!
//! `|z|` is convex and `z = m + s ε` linear in `(m, s)`, so that the bound is concave in all of them together: there is one
//! maximum, and it is a function of the parameters alone.

use super::laplace::absolute_mean;

/// Newton steps before giving up on the last digits.
pub(super) const STEPS: usize = 200;

/// A squared Newton decrement below this leaves less than rounding.
pub(super) const SETTLED: f64 = 1e-22;

/// Below this the step is taken without a look: Newton's method has begun to square what is left.
pub(super) const NEAR: f64 = 1e-10;

/// What all rows share at one point.
pub(super) struct Shared {
    /// `WᵀW/σ²`, `H × H`.
    pub gram: Vec<f64>,
    /// `1/b`.
    pub rates: Vec<f64>,
}

/// One row's beliefs and working memory.
pub(super) struct Row {
    /// Posterior means.
    pub mean: Vec<f64>,
    /// Posterior standard deviations.
    pub deviation: Vec<f64>,
    /// `E|z|`.
    pub absolute: Vec<f64>,
    factor: Vec<f64>,
    step: Vec<f64>,
    step_of_deviation: Vec<f64>,
    cross: Vec<f64>,
    pivot: Vec<f64>,
    trial: (Vec<f64>, Vec<f64>),
    product: Vec<f64>,
}

impl Row {
    pub fn new(units: usize) -> Self {
        let zeros = || vec![0.0; units];
        Row {
            mean: zeros(),
            deviation: zeros(),
            absolute: zeros(),
            factor: vec![0.0; units * units],
            step: zeros(),
            step_of_deviation: zeros(),
            cross: zeros(),
            pivot: zeros(),
            trial: (zeros(), zeros()),
            product: zeros(),
        }
    }

    /// What is maximised, without terms that no belief changes.
    fn value(shared: &Shared, a: &[f64], mean: &[f64], deviation: &[f64], product: &mut [f64]) -> f64 {
        multiply(&shared.gram, mean, product);
        let mut sum = 0.0;
        for h in 0..mean.len() {
            let (m, s) = (mean[h], deviation[h]);
            sum += m * (a[h] - 0.5 * product[h])
                - 0.5 * shared.gram[h * mean.len() + h] * s * s
                - absolute_mean(m, s).value * shared.rates[h]
                + s.ln();
        }
        sum
    }

    /// Finds the maximum for `a = Wᵀx/σ²`.
    pub fn climb(&mut self, shared: &Shared, a: &[f64]) {
        let n = a.len();
        let density = (2.0 / std::f64::consts::PI).sqrt();
        for h in 0..n {
            // At mean 0 the best deviation solves G s² + 2φ(0) s/b = 1.
            let (g, r) = (shared.gram[h * n + h], density * shared.rates[h]);
            self.mean[h] = 0.0;
            self.deviation[h] = 2.0 / (r + (r * r + 4.0 * g).sqrt());
        }
        let mut value = Self::value(shared, a, &self.mean, &self.deviation, &mut self.product);
        for _ in 0..STEPS {
            let square = self.direction(shared, a);
            if square.is_nan() || square < SETTLED {
                break;
            }
            // Deviations stay positive.
            let pairs = self.step_of_deviation.iter().zip(&self.deviation);
            let most = pairs.fold(1.0, |t: f64, (d, s)| if *d < 0.0 { t.min(-0.9 * s / d) } else { t });
            let mut length = most;
            loop {
                for h in 0..n {
                    self.trial.0[h] = self.mean[h] + length * self.step[h];
                    self.trial.1[h] = self.deviation[h] + length * self.step_of_deviation[h];
                }
                let next = Self::value(shared, a, &self.trial.0, &self.trial.1, &mut self.product);
                if next >= value + 1e-4 * length * square || (square < NEAR && length == 1.0) {
                    value = next;
                    break;
                }
                length *= 0.5;
                if length < 1e-12 {
                    break;
                }
            }
            if length < 1e-12 {
                break;
            }
            std::mem::swap(&mut self.mean, &mut self.trial.0);
            std::mem::swap(&mut self.deviation, &mut self.trial.1);
        }
        for h in 0..n {
            self.absolute[h] = absolute_mean(self.mean[h], self.deviation[h]).value;
        }
    }

    /// Newton's direction, deviations eliminated first; its squared length in the curvature.
    fn direction(&mut self, shared: &Shared, a: &[f64]) -> f64 {
        let n = a.len();
        multiply(&shared.gram, &self.mean, &mut self.product);
        self.factor.copy_from_slice(&shared.gram);
        for h in 0..n {
            let (m, s, rate) = (self.mean[h], self.deviation[h], shared.rates[h]);
            let e = absolute_mean(m, s);
            let u = m / s;
            let bend = e.by_deviation * rate / s;
            self.step[h] = a[h] - self.product[h] - e.by_mean * rate;
            let g = shared.gram[h * n + h];
            self.step_of_deviation[h] = 1.0 / s - g * s - e.by_deviation * rate;
            self.pivot[h] = g + bend * u * u + 1.0 / (s * s);
            self.cross[h] = -bend * u;
            self.factor[h * n + h] += bend - self.cross[h] * self.cross[h] / self.pivot[h];
        }
        let gradient: Vec<f64> = self.step.clone();
        let gradient_of_deviation: Vec<f64> = self.step_of_deviation.clone();
        for h in 0..n {
            self.step[h] -= self.cross[h] / self.pivot[h] * self.step_of_deviation[h];
        }
        factorise(&mut self.factor, n);
        solve(&self.factor, &mut self.step);
        let mut square = 0.0;
        for h in 0..n {
            self.step_of_deviation[h] = (self.step_of_deviation[h] - self.cross[h] * self.step[h]) / self.pivot[h];
            square += gradient[h] * self.step[h] + gradient_of_deviation[h] * self.step_of_deviation[h];
        }
        square
    }
}

/// `out = A x` of a symmetric matrix.
pub(super) fn multiply(a: &[f64], x: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (row, x) in a.chunks_exact(x.len().max(1)).zip(x).filter(|(_, x)| **x != 0.0) {
        out.iter_mut().zip(row).for_each(|(o, a)| *o += a * x);
    }
}

/// Cholesky's factor in the lower triangle, row by row. A pivot that rounding made negative is lifted: the matrix is positive
/// semi-definite, and such a direction has no slope either.
pub(super) fn factorise(a: &mut [f64], n: usize) {
    for i in 0..n {
        let (head, tail) = a.split_at_mut(i * n);
        let row = &mut tail[..n];
        let diagonal = row[i];
        for j in 0..i {
            let other = &head[j * n..j * n + j + 1];
            let sum: f64 = row[j] - row[..j].iter().zip(other).map(|(x, y)| x * y).sum::<f64>();
            row[j] = sum / other[j];
        }
        let sum = row[i] - row[..i].iter().map(|x| x * x).sum::<f64>();
        row[i] = sum.max(1e-14 * diagonal.abs()).max(f64::MIN_POSITIVE).sqrt();
    }
}

/// Solves `L Lᵀ x = b` in place.
fn solve(l: &[f64], x: &mut [f64]) {
    let n = x.len();
    for i in 0..n {
        let sum: f64 = l[i * n..i * n + i].iter().zip(x.iter()).map(|(l, x)| l * x).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        x[i] /= l[i * n + i];
        let value = x[i];
        for (x, l) in x[..i].iter_mut().zip(&l[i * n..i * n + i]) {
            *x -= l * value;
        }
    }
}
