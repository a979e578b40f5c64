//! Standard errors of means, noise variances and canonical loadings.
//!
//! ```text
//! canonical: K_hk = w_h·Ψ⁻¹ w_k = 0 for h ≠ k;   dW_can = dW + W Ω,  Ω_hk = −dK_hk/(λ_h − λ_k),  λ = diag(Wᵀ Ψ⁻¹ W)
//! ```
//!
//! Loadings alone are not identified, for the factors can be turned; the canonical ones are where their `λ` differ. The
//! covariance of estimates is a pseudo-inverse, and what is identified does not depend on which one is taken. A loading is at most
//! its column's standard deviation: an error above that says that the rows do not tell it.

use super::FactorAnalysis;
use super::parameters::Numbers;
use crate::diagnose::CovarianceBlock;
use crate::geometry::Point;
use crate::linalg::Matrix;
use serde_json::Value;

/// Relative difference of two factors' signal to noise below which they are not told apart.
const DISTINCT: f64 = 1e-6;

/// Share of an unidentified direction (in units of the complete information) above which a number has no error.
const UNSEEN: f64 = 1e-8;

/// Standard errors in the shape of the parameters, `null` where there is none.
#[derive(Debug, Clone)]
pub struct FactorErrors {
    /// The errors.
    pub values: Value,
    /// The same times 1.96.
    pub half_width_95: Value,
    /// How many numbers have none.
    pub without: usize,
}

/// 0.975 quantile of the standard normal.
const Z_95: f64 = 1.959_963_984_540_054;

/// A linear function of the free coordinates: a few entries.
type Sparse = Vec<(usize, f64)>;

fn product(m: &Matrix, v: &Sparse, i: usize) -> f64 {
    v.iter().map(|&(j, x)| m[(i, j)] * x).sum()
}

fn square(m: &Matrix, v: &Sparse) -> f64 {
    v.iter().map(|&(i, x)| x * product(m, v, i)).sum()
}

impl FactorAnalysis {
    /// Standard errors at a canonical point from the covariance of its coordinates and the diagonal of the complete
    /// information.
    pub fn standard_errors(&self, at: &Point, covariance: &CovarianceBlock, complete: &[f64]) -> FactorErrors {
        let model = &self.model;
        let (width, latent, chart) = (model.width(), model.latent(), model.chart());
        let first_noise = width * (1 + latent);
        let loading = |d: usize, h: usize| width + d * latent + h;
        let noise_of = |d: usize| if at.0.len() == first_noise + 1 { first_noise } else { first_noise + d };
        let variance = |d: usize| at.0[noise_of(d)].exp();
        let signal = model.signal(at);
        let top = signal.iter().fold(0.0, |m: f64, s| m.max(*s));
        let floored = model.without_noise(at);
        let error = |v: &Sparse, scale: f64| -> Option<f64> {
            let size: f64 = v.iter().map(|&(i, x)| x * x / complete[i].max(f64::MIN_POSITIVE)).sum();
            let unseen = (0..covariance.unidentified.ncols())
                .map(|j| v.iter().map(|&(i, x)| x * covariance.unidentified[(i, j)]).sum::<f64>().powi(2))
                .sum::<f64>();
            let square = square(&covariance.model, v);
            (unseen <= UNSEEN * size && square > 0.0 && square.is_finite()).then(|| scale * square.sqrt())
        };
        // Differentials of the K_hk.
        let bend = |h: usize, k: usize| -> Sparse {
            let mut out = Vec::with_capacity(3 * width);
            for d in 0..width {
                let (a, b, psi) = (at.0[loading(d, h)], at.0[loading(d, k)], variance(d));
                out.extend([(loading(d, h), b / psi), (loading(d, k), a / psi), (noise_of(d), -a * b / psi)]);
            }
            out
        };
        let canonical = |h: usize| -> Option<Vec<(usize, f64, Sparse)>> {
            (0..latent)
                .filter(|&k| k != h)
                .map(|k| {
                    let gap = signal[k] - signal[h];
                    (gap.abs() > DISTINCT * top).then(|| (k, gap, bend(k, h)))
                })
                .collect()
        };
        let turns: Vec<_> = (0..latent).map(canonical).collect();
        let of_loading = |d: usize, h: usize| -> Option<f64> {
            let mut v: Sparse = vec![(loading(d, h), 1.0)];
            for (k, gap, bent) in turns[h].as_ref()? {
                let factor = -at.0[loading(d, *k)] / gap;
                v.extend(bent.iter().map(|&(i, x)| (i, factor * x)));
            }
            let own: f64 = (0..latent).map(|h| at.0[loading(d, h)].powi(2)).sum();
            let spread = (own + variance(d)).sqrt();
            error(&gathered(v), 1.0).filter(|e| *e <= spread).map(|e| e * chart.scales[d])
        };
        let of_noise = |i: usize| -> Option<f64> {
            let own = if at.0.len() == first_noise + 1 { !floored.is_empty() } else { floored.contains(&i) };
            if own {
                return None;
            }
            error(&vec![(first_noise + i, 1.0)], chart.scales[i].powi(2) * at.0[first_noise + i].exp())
        };
        let numbers = Numbers {
            mean: (0..width).map(|d| error(&vec![(d, 1.0)], chart.scales[d])).collect(),
            loadings: (0..width).map(|d| (0..latent).map(|h| of_loading(d, h)).collect()).collect(),
            noise: (0..at.0.len() - first_noise).map(of_noise).collect(),
        };
        let all = || numbers.mean.iter().chain(numbers.loadings.iter().flatten()).chain(&numbers.noise);
        let wide = |x: &Option<f64>| x.map(|x| Z_95 * x);
        let half = Numbers {
            mean: numbers.mean.iter().map(wide).collect(),
            loadings: numbers.loadings.iter().map(|r| r.iter().map(wide).collect()).collect(),
            noise: numbers.noise.iter().map(wide).collect(),
        };
        FactorErrors {
            without: all().filter(|x| x.is_none()).count(),
            values: numbers.json(model.noise()),
            half_width_95: half.json(model.noise()),
        }
    }
}

/// Entries of one coordinate added up.
fn gathered(mut v: Sparse) -> Sparse {
    v.sort_by_key(|e| e.0);
    let mut out: Sparse = Vec::with_capacity(v.len());
    for (i, x) in v {
        match out.last_mut() {
            Some(last) if last.0 == i => last.1 += x,
            _ => out.push((i, x)),
        }
    }
    out
}
