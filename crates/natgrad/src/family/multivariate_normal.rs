//! The multivariate normal family with full covariance, in a chart that is centred and scaled for the data.
//!
//! ```text
//! z_i = (x_i − center_i)/scale_i,   T(x) = (z_i;  z_i z_j for i ≤ j),   P = precision of z
//! η = (P m;  −½ P_ii,  −P_ij for i < j),   A(η) = ½ mᵀPm − ½ ln det P + ½ D ln 2π + Σ ln scale,   h = 1
//! ```

use super::{Estimate, Expectation, ExponentialFamily, Natural};
use crate::linalg::{Matrix, symmetric};
use rand::Rng;
use rand_distr::Distribution;

/// A covariance whose smallest eigenvalue, relative to the mean squares, is below this has collapsed onto a plane: its
/// inverse, which the natural parameters are, would keep fewer than six digits, and no ELBO could be trusted.
const PLANE: f64 = 1e-10;

/// Vectors with mean and covariance.
#[derive(Debug, Clone)]
pub struct MultivariateNormal {
    /// Where the chart is centred.
    pub centers: Vec<f64>,
    /// Units of the chart.
    pub scales: Vec<f64>,
}

/// Mean and covariance in the chart, with the precision's Cholesky factor.
struct Moments {
    mean: Vec<f64>,
    covariance: Vec<f64>,
    log_det_covariance: f64,
}

/// Cholesky factor (row-major, lower) of a row-major matrix; the failing pivot otherwise.
fn factor(a: &[f64], d: usize) -> Result<Vec<f64>, f64> {
    let mut l = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let sum = a[i * d + j] - (0..j).map(|k| l[i * d + k] * l[j * d + k]).sum::<f64>();
            if i == j {
                if sum.is_nan() || sum <= 0.0 {
                    return Err(sum);
                }
                l[i * d + i] = sum.sqrt();
            } else {
                l[i * d + j] = sum / l[j * d + j];
            }
        }
    }
    Ok(l)
}

/// Inverse of `L Lᵀ`.
fn inverse(l: &[f64], d: usize) -> Vec<f64> {
    // Columns of L⁻¹, then L⁻ᵀ L⁻¹.
    let mut half = vec![0.0; d * d];
    for c in 0..d {
        for i in c..d {
            let unit = f64::from(u8::from(i == c));
            let sum = unit - (c..i).map(|k| l[i * d + k] * half[k * d + c]).sum::<f64>();
            half[i * d + c] = sum / l[i * d + i];
        }
    }
    let mut out = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let sum: f64 = (i..d).map(|k| half[k * d + i] * half[k * d + j]).sum();
            out[i * d + j] = sum;
            out[j * d + i] = sum;
        }
    }
    out
}

impl MultivariateNormal {
    /// The family in the plain chart (centre 0, unit 1).
    pub fn plain(width: usize) -> Self {
        MultivariateNormal { centers: vec![0.0; width], scales: vec![1.0; width] }
    }

    fn d(&self) -> usize {
        self.centers.len()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let d = self.d();
        (0..d).flat_map(move |i| (i..d).map(move |j| (i, j)))
    }

    fn precision(&self, at: &Natural) -> Vec<f64> {
        let d = self.d();
        let mut p = vec![0.0; d * d];
        for ((i, j), eta) in self.pairs().zip(&at.0[d..]) {
            if i == j {
                p[i * d + i] = -2.0 * eta;
            } else {
                p[i * d + j] = -eta;
                p[j * d + i] = -eta;
            }
        }
        p
    }

    fn moments(&self, at: &Natural) -> Option<Moments> {
        let d = self.d();
        let l = factor(&self.precision(at), d).ok()?;
        let covariance = inverse(&l, d);
        let mean = (0..d).map(|i| (0..d).map(|j| covariance[i * d + j] * at.0[j]).sum()).collect();
        let log_det_covariance = -2.0 * (0..d).map(|i| l[i * d + i].ln()).sum::<f64>();
        Some(Moments { mean, covariance, log_det_covariance })
    }

    /// Natural parameters from mean and covariance in the chart.
    fn from_moments(&self, mean: &[f64], covariance: &[f64]) -> Result<Natural, f64> {
        let d = self.d();
        let precision = inverse(&factor(covariance, d)?, d);
        let mut eta: Vec<f64> = (0..d).map(|i| (0..d).map(|j| precision[i * d + j] * mean[j]).sum()).collect();
        eta.extend(self.pairs().map(|(i, j)| if i == j { -0.5 } else { -1.0 } * precision[i * d + j]));
        Ok(Natural(eta))
    }

    fn log_scale(&self) -> f64 {
        self.scales.iter().map(|s| s.ln()).sum()
    }
}

impl ExponentialFamily for MultivariateNormal {
    fn name(&self) -> &'static str {
        "multivariate-normal"
    }

    fn width(&self) -> usize {
        self.d()
    }

    fn dim(&self) -> usize {
        self.d() * (self.d() + 3) / 2
    }

    fn contains(&self, x: &[f64]) -> bool {
        x.iter().all(|v| v.is_finite())
    }

    fn support(&self) -> String {
        "real numbers".into()
    }

    fn sufficient(&self, x: &[f64], t: &mut [f64]) {
        let d = self.d();
        for i in 0..d {
            t[i] = (x[i] - self.centers[i]) / self.scales[i];
        }
        for (k, (i, j)) in self.pairs().enumerate() {
            t[d + k] = t[i] * t[j];
        }
    }

    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        let d = self.d();
        let (first, second) = out.split_at_mut(d * rows);
        for i in 0..d {
            let inverse = 1.0 / self.scales[i];
            for (z, x) in first[i * rows..(i + 1) * rows].iter_mut().zip(&cells[i][..rows]) {
                *z = (x - self.centers[i]) * inverse;
            }
        }
        for (column, (i, j)) in second.chunks_exact_mut(rows).zip(self.pairs()) {
            crate::linalg::simd::multiply_into(
                column,
                &first[i * rows..(i + 1) * rows],
                &first[j * rows..(j + 1) * rows],
            );
        }
    }

    fn is_interior(&self, at: &Natural) -> bool {
        at.0.iter().all(|e| e.is_finite()) && factor(&self.precision(at), self.d()).is_ok()
    }

    fn log_partition(&self, at: &Natural) -> f64 {
        let Some(m) = self.moments(at) else { return f64::INFINITY };
        let linear: f64 = m.mean.iter().zip(&at.0).map(|(m, e)| m * e).sum();
        let tau = (2.0 * std::f64::consts::PI).ln();
        0.5 * (linear + m.log_det_covariance + self.d() as f64 * tau) + self.log_scale()
    }

    fn expectation(&self, at: &Natural) -> Expectation {
        let d = self.d();
        let Some(m) = self.moments(at) else { return Expectation(vec![f64::NAN; self.dim()]) };
        let mut mu = m.mean.clone();
        mu.extend(self.pairs().map(|(i, j)| m.covariance[i * d + j] + m.mean[i] * m.mean[j]));
        Expectation(mu)
    }

    fn fisher(&self, at: &Natural) -> Matrix {
        let (d, n) = (self.d(), self.dim());
        let Some(moments) = self.moments(at) else { return Matrix::from_fn(n, n, |_, _| f64::NAN) };
        let (m, c) = (&moments.mean, |i: usize, j: usize| moments.covariance[i * d + j]);
        let pairs: Vec<(usize, usize)> = self.pairs().collect();
        // Gaussian third and fourth moments (Isserlis).
        let between = |r: usize, s: usize| -> f64 {
            match (r < d, s < d) {
                (true, true) => c(r, s),
                (true, false) => {
                    let (a, b) = pairs[s - d];
                    m[a] * c(r, b) + m[b] * c(r, a)
                }
                (false, true) => {
                    let (a, b) = pairs[r - d];
                    m[a] * c(s, b) + m[b] * c(s, a)
                }
                (false, false) => {
                    let ((a, b), (e, f)) = (pairs[r - d], pairs[s - d]);
                    c(a, e) * c(b, f)
                        + c(a, f) * c(b, e)
                        + m[a] * m[e] * c(b, f)
                        + m[a] * m[f] * c(b, e)
                        + m[b] * m[e] * c(a, f)
                        + m[b] * m[f] * c(a, e)
                }
            }
        };
        Matrix::from_fn(n, n, between)
    }

    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        let Some(m) = self.moments(at) else { return f64::NAN };
        let tau = (2.0 * std::f64::consts::PI).ln();
        0.5 * (self.d() as f64 * (1.0 + tau) + m.log_det_covariance) + self.log_scale()
    }

    fn estimate(&self, mean: &Expectation) -> Estimate {
        let d = self.d();
        let m = &mean.0[..d];
        let mut covariance = vec![0.0; d * d];
        let mut squares = vec![0.0; d];
        for ((i, j), s) in self.pairs().zip(&mean.0[d..]) {
            covariance[i * d + j] = s - m[i] * m[j];
            covariance[j * d + i] = covariance[i * d + j];
            if i == j {
                squares[i] = s.abs();
            }
        }
        // Relative to the mean squares, an eigenvalue below rounding of the sums says that the rows lie in a plane.
        let unit = Matrix::from_fn(d, d, |i, j| {
            covariance[i * d + j] / (squares[i] * squares[j]).sqrt().max(f64::MIN_POSITIVE)
        });
        let smallest = symmetric::eigen(&unit).map_or(f64::NAN, |e| e.values[0]);
        if smallest.is_nan() || smallest <= PLANE * d as f64 {
            let original = Matrix::from_fn(d, d, |i, j| covariance[i * d + j] * self.scales[i] * self.scales[j]);
            let shown = symmetric::eigen(&original).map_or(f64::NAN, |e| e.values[0]);
            return Estimate::Collapsed(format!("smallest eigenvalue of the covariance {:.1e}", shown.max(0.0)));
        }
        match self.from_moments(m, &covariance) {
            Ok(eta) => Estimate::Interior(eta),
            Err(pivot) => Estimate::Collapsed(format!("covariance not positive definite (pivot {pivot:.1e})")),
        }
    }

    fn expected_log_base_measure(&self, _at: &Natural) -> f64 {
        0.0
    }

    fn mean(&self, _at: &Natural) -> f64 {
        f64::NAN // a vector family has no scalar mean; blocks of several columns use conditional means
    }

    fn centers(&self) -> &[f64] {
        &self.centers
    }

    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]) {
        let d = self.d();
        let Some((m, l)) = self.moments(at).and_then(|m| factor(&m.covariance, d).ok().map(|l| (m, l))) else {
            x.fill(f64::NAN);
            return;
        };
        let unit: Vec<f64> = (0..d).map(|_| rand_distr::StandardNormal.sample(rng)).collect();
        for i in 0..d {
            let z = m.mean[i] + (0..=i).map(|j| l[i * d + j] * unit[j]).sum::<f64>();
            x[i] = self.centers[i] + self.scales[i] * z;
        }
    }

    fn source_names(&self) -> Vec<(&'static str, usize)> {
        vec![("mean", self.d()), ("covariance", self.d() * self.d())]
    }

    fn to_source(&self, at: &Natural) -> Vec<f64> {
        let d = self.d();
        let Some(m) = self.moments(at) else { return vec![f64::NAN; d + d * d] };
        let mut source: Vec<f64> = (0..d).map(|i| self.centers[i] + self.scales[i] * m.mean[i]).collect();
        source.extend((0..d * d).map(|k| m.covariance[k] * self.scales[k / d] * self.scales[k % d]));
        source
    }

    fn from_source(&self, source: &[f64]) -> Result<Natural, String> {
        let d = self.d();
        if let Some(bad) = source.iter().find(|v| !v.is_finite()) {
            return Err(format!("{bad} is not a number"));
        }
        let mean: Vec<f64> = (0..d).map(|i| (source[i] - self.centers[i]) / self.scales[i]).collect();
        let given = |i: usize, j: usize| source[d + i * d + j];
        for i in 0..d {
            for j in 0..i {
                let (a, b) = (given(i, j), given(j, i));
                if (a - b).abs() > 1e-9 * (given(i, i) * given(j, j)).abs().sqrt() {
                    return Err(format!("the covariance is not symmetric: {a} and {b}"));
                }
            }
        }
        let covariance: Vec<f64> = (0..d * d)
            .map(|k| 0.5 * (given(k / d, k % d) + given(k % d, k / d)) / (self.scales[k / d] * self.scales[k % d]))
            .collect();
        self.from_moments(&mean, &covariance)
            .map_err(|pivot| format!("the covariance is not positive definite (pivot {pivot:.1e})"))
    }

    fn source_jacobian(&self, at: &Natural) -> Matrix {
        // Through expectation parameters: ds = (∂s/∂μ) F dη, with dc_ij = dμ_ij − m_i dm_j − m_j dm_i.
        let (d, n) = (self.d(), self.dim());
        let fisher = self.fisher(at);
        let Some(m) = self.moments(at) else { return Matrix::from_fn(d + d * d, n, |_, _| f64::NAN) };
        let place = |i: usize, j: usize| {
            let (a, b) = (i.min(j), i.max(j));
            d + a * d - a * (a + 1) / 2 + b
        };
        Matrix::from_fn(d + d * d, n, |row, column| {
            if row < d {
                return self.scales[row] * fisher[(row, column)];
            }
            let (i, j) = ((row - d) / d, (row - d) % d);
            let change =
                fisher[(place(i, j), column)] - m.mean[i] * fisher[(j, column)] - m.mean[j] * fisher[(i, column)];
            self.scales[i] * self.scales[j] * change
        })
    }
}
