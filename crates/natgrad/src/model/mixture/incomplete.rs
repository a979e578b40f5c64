//! Rows in which a multivariate normal block was observed in part: exact marginals and conditional moments.
//!
//! ```text
//! x_m | x_o ~ N( μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o),  Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om )
//! ```
//!
//! Everything is in the chart of the block (centred and scaled columns). One pattern of observed cells is factored once
//! per sweep and component.

use super::Block;
use crate::family::Natural;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// More patterns than this are factored again where they occur, so that memory stays bounded.
const CACHED_PATTERNS: usize = 4096;

/// One component's marginal and conditional law for one pattern.
#[derive(Debug)]
pub(super) struct Conditional {
    /// Lower Cholesky factor of `Σ_oo`, row-major.
    factor: Vec<f64>,
    /// `Σ_mo Σ_oo⁻¹`, row-major.
    regression: Vec<f64>,
    /// Conditional covariance of the missing cells, row-major.
    covariance: Vec<f64>,
    /// `−½ n_o ln 2π − ½ ln det Σ_oo − Σ_o ln scale`.
    log_constant: f64,
    /// Entropy of the observed cells.
    pub entropy: f64,
}

/// A pattern: which cells are there, and every component's conditional law.
#[derive(Debug)]
pub(super) struct Pattern {
    pub observed: Vec<usize>,
    pub hidden: Vec<usize>,
    pub components: Vec<Conditional>,
}

/// A multivariate normal block at a point: per component mean and covariance in the chart.
#[derive(Debug)]
pub(super) struct JointBlock {
    width: usize,
    log_scales: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<f64>>,
    patterns: Mutex<HashMap<Vec<u64>, Arc<Pattern>>>,
}

impl JointBlock {
    pub fn new(block: &Block, natural: &[Natural]) -> Self {
        let width = block.family.width();
        let (mut means, mut covariances) = (Vec::new(), Vec::new());
        for eta in natural {
            let moments = block.family.expectation(eta).0;
            let mean = moments[..width].to_vec();
            let mut covariance = vec![0.0; width * width];
            let mut at = width;
            for i in 0..width {
                for j in i..width {
                    let c = moments[at] - mean[i] * mean[j];
                    covariance[i * width + j] = c;
                    covariance[j * width + i] = c;
                    at += 1;
                }
            }
            means.push(mean);
            covariances.push(covariance);
        }
        let log_scales = block.scales.iter().map(|s| s.ln()).collect();
        JointBlock { width, log_scales, means, covariances, patterns: Mutex::new(HashMap::new()) }
    }

    /// The pattern of a row given in chart units (`NaN` where missing).
    pub fn pattern(&self, z: &[f64]) -> Arc<Pattern> {
        let mut key = vec![0u64; self.width.div_ceil(64)];
        for (i, v) in z.iter().enumerate() {
            if !v.is_nan() {
                key[i / 64] |= 1 << (i % 64);
            }
        }
        let known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(p) = known {
            return p;
        }
        let pattern = Arc::new(self.factor(z));
        let mut cache = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() < CACHED_PATTERNS {
            cache.insert(key, pattern.clone());
        }
        pattern
    }

    fn factor(&self, z: &[f64]) -> Pattern {
        let observed: Vec<usize> = (0..self.width).filter(|&i| !z[i].is_nan()).collect();
        let hidden: Vec<usize> = (0..self.width).filter(|&i| z[i].is_nan()).collect();
        let components = self.covariances.iter().map(|c| self.condition(c, &observed, &hidden)).collect();
        Pattern { observed, hidden, components }
    }

    fn condition(&self, c: &[f64], observed: &[usize], hidden: &[usize]) -> Conditional {
        let (w, o, h) = (self.width, observed.len(), hidden.len());
        let mut factor = vec![0.0; o * o];
        for i in 0..o {
            for j in 0..=i {
                let mut sum = c[observed[i] * w + observed[j]];
                for l in 0..j {
                    sum -= factor[i * o + l] * factor[j * o + l];
                }
                // A principal block of a positive definite matrix: its pivots are positive up to rounding.
                factor[i * o + j] = if i == j { sum.max(f64::MIN_POSITIVE).sqrt() } else { sum / factor[j * o + j] };
            }
        }
        let log_det: f64 = (0..o).map(|i| 2.0 * factor[i * o + i].ln()).sum();
        let mut regression = vec![0.0; h * o];
        let mut covariance = vec![0.0; h * h];
        let mut half = vec![0.0; h * o];
        for m in 0..h {
            // half = L⁻¹ Σ_om, then regression = half L⁻¹ from the other side.
            for i in 0..o {
                let mut sum = c[hidden[m] * w + observed[i]];
                for l in 0..i {
                    sum -= factor[i * o + l] * half[m * o + l];
                }
                half[m * o + i] = sum / factor[i * o + i];
            }
            for i in (0..o).rev() {
                let mut sum = half[m * o + i];
                for l in i + 1..o {
                    sum -= factor[l * o + i] * regression[m * o + l];
                }
                regression[m * o + i] = sum / factor[i * o + i];
            }
        }
        for a in 0..h {
            for b in 0..h {
                let explained: f64 = (0..o).map(|i| half[a * o + i] * half[b * o + i]).sum();
                covariance[a * h + b] = c[hidden[a] * w + hidden[b]] - explained;
            }
        }
        let scale: f64 = observed.iter().map(|&i| self.log_scales[i]).sum();
        let log_tau = (2.0 * std::f64::consts::PI).ln();
        Conditional {
            factor,
            regression,
            covariance,
            log_constant: -0.5 * (o as f64 * log_tau + log_det) - scale,
            entropy: 0.5 * (o as f64 * (1.0 + log_tau) + log_det) + scale,
        }
    }

    /// `ln p(x_o | k)` in original units.
    pub fn log_density(&self, pattern: &Pattern, k: usize, z: &[f64]) -> f64 {
        let c = &pattern.components[k];
        let o = pattern.observed.len();
        let mut y = vec![0.0; o];
        let mut square = 0.0;
        for i in 0..o {
            let mut sum = z[pattern.observed[i]] - self.means[k][pattern.observed[i]];
            for l in 0..i {
                sum -= c.factor[i * o + l] * y[l];
            }
            y[i] = sum / c.factor[i * o + i];
            square += y[i] * y[i];
        }
        c.log_constant - 0.5 * square
    }

    /// Conditional mean of the whole block, and its conditional covariance (zero where observed), `width × width`.
    pub fn moments(&self, pattern: &Pattern, k: usize, z: &[f64], mean: &mut [f64], covariance: &mut [f64]) {
        let c = &pattern.components[k];
        let (o, h, w) = (pattern.observed.len(), pattern.hidden.len(), self.width);
        for &i in &pattern.observed {
            mean[i] = z[i];
        }
        covariance.fill(0.0);
        for (a, &m) in pattern.hidden.iter().enumerate() {
            let mut value = self.means[k][m];
            for i in 0..o {
                let at = pattern.observed[i];
                value += c.regression[a * o + i] * (z[at] - self.means[k][at]);
            }
            mean[m] = value;
            for (b, &other) in pattern.hidden.iter().enumerate() {
                covariance[m * w + other] = c.covariance[a * h + b];
            }
        }
    }

    /// `E[T(x) | x_o, k]` with `T = (z_i, z_i z_j for i ≤ j)`.
    pub fn expected(&self, mean: &[f64], covariance: &[f64], t: &mut [f64]) {
        let w = self.width;
        t[..w].copy_from_slice(mean);
        let mut at = w;
        for i in 0..w {
            for j in i..w {
                t[at] = mean[i] * mean[j] + covariance[i * w + j];
                at += 1;
            }
        }
    }

    /// Adds `scale · Cov[T | x_o, k]` to the lower triangle of a column-major matrix with leading dimension `ld`, at
    /// offset `first` on both axes (Gaussian third and fourth moments).
    pub fn add_covariance(&self, m: &[f64], c: &[f64], scale: f64, out: &mut [f64], ld: usize, first: usize) {
        let w = self.width;
        let pairs: Vec<(usize, usize)> = (0..w).flat_map(|i| (i..w).map(move |j| (i, j))).collect();
        let at = |i: usize, j: usize| c[i * w + j];
        let mut put = |r: usize, s: usize, v: f64| {
            let (hi, lo) = (r.max(s) + first, r.min(s) + first);
            out[lo * ld + hi] += scale * v;
        };
        for i in 0..w {
            for j in 0..=i {
                put(i, j, at(i, j));
            }
            for (q, &(a, b)) in pairs.iter().enumerate() {
                put(w + q, i, m[a] * at(i, b) + m[b] * at(i, a));
            }
        }
        for (p, &(a, b)) in pairs.iter().enumerate() {
            for (q, &(e, f)) in pairs.iter().enumerate().take(p + 1) {
                let fourth = at(a, e) * at(b, f) + at(a, f) * at(b, e);
                let mixed =
                    m[a] * m[e] * at(b, f) + m[a] * m[f] * at(b, e) + m[b] * m[e] * at(a, f) + m[b] * m[f] * at(a, e);
                put(w + p, w + q, fourth + mixed);
            }
        }
    }
}
