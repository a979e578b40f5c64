//! One pattern of seen cells at a point, and rows absorbed through it.
//!
//! ```text
//! M = I + W_oᵀ Ψ_o⁻¹ W_o,   E[z|x_o] = M⁻¹ W_oᵀ Ψ_o⁻¹ (x_o − μ_o),   Cov[z|x_o] = M⁻¹
//! −2 ln p(x_o) = O ln 2π + Σ ln ψ_d + ln det M + Σ (x_d − μ_d − W_d E[z])²/ψ_d + |E[z]|²
//! ```
//!
//! The last two terms are sums of squares: with a noise near zero nothing cancels.

use super::FactorModel;
use super::groups::{Group, groups};
use super::layout::{LN_2_PI, LN_2_PI_E};
use super::moments::Moments;
use crate::Error;
use crate::geometry::{Point, Tangent};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};
use crate::model::{Absorb, LatentModel, Residuals, Statistics, Want};
use crate::rows::Chunk;

/// What every row with the same seen cells shares.
pub(super) struct Pattern {
    /// The seen columns.
    pub seen: Vec<usize>,
    /// Their means.
    pub mean: Vec<f64>,
    /// Their noise variances.
    pub noise: Vec<f64>,
    /// Their loadings, `O × H`.
    pub loadings: Matrix,
    /// `Ψ⁻¹ W M⁻¹`, `O × H`: deviations times it are posterior means.
    pub gain: Matrix,
    /// `M⁻¹`: the posterior covariance.
    pub covariance: Matrix,
    /// `ln p` of a row at the mean.
    pub log_top: f64,
    /// `H[q]`.
    pub entropy: f64,
}

impl Pattern {
    pub(super) fn new(model: &FactorModel, at: &Point, seen: Vec<usize>) -> Result<Self, Error> {
        let (o, h) = (seen.len(), model.latent);
        let mean: Vec<f64> = seen.iter().map(|&d| at.0[d]).collect();
        let noise: Vec<f64> = seen.iter().map(|&d| model.variance(at, d)).collect();
        let loadings = Matrix::from_fn(o, h, |i, j| at.0[model.loading(seen[i], j)]);
        let scaled = Matrix::from_fn(o, h, |i, j| loadings[(i, j)] / noise[i]);
        let mut precision = times(loadings.transpose(), scaled.as_ref());
        (0..h).for_each(|i| precision[(i, i)] += 1.0);
        let bad = || Error::Parameter {
            name: "loadings".into(),
            problem: "they and the noise give no finite covariance".into(),
            hint: "give finite loadings and noise variances above 0".into(),
        };
        // Scaled to unit diagonal: a noise near zero makes some factors much better known than others.
        let size: Vec<f64> = (0..h).map(|i| precision[(i, i)].sqrt()).collect();
        let unit = Matrix::from_fn(h, h, |i, j| precision[(i, j)] / (size[i] * size[j]));
        let factor = symmetric::cholesky(&unit, f64::MIN_POSITIVE).ok_or_else(bad)?;
        let inverse = symmetric::inverse_transposed(&factor, h);
        let root = Matrix::from_fn(h, h, |i, j| inverse[(i, j)] / size[i]);
        let covariance = times(root.as_ref(), root.transpose());
        let log_det: f64 = (0..h).map(|i| 2.0 * (factor[i * h + i] * size[i]).ln()).sum();
        let gain = times(scaled.as_ref(), covariance.as_ref());
        let logs: f64 = seen.iter().map(|&d| at.0[model.noise_of(d)] + 2.0 * model.chart.scales[d].ln()).sum();
        let log_top = -0.5 * (o as f64 * LN_2_PI + logs + log_det);
        if !log_top.is_finite() {
            return Err(bad());
        }
        let entropy = 0.5 * (h as f64 * LN_2_PI_E - log_det);
        Ok(Pattern { seen, mean, noise, loadings, gain, covariance, log_top, entropy })
    }

    /// Posterior means (`rows × H`) and squared lengths of rows given by their deviations from the mean (`rows × O`).
    pub(super) fn project(&self, deviations: &Matrix) -> (Matrix, Vec<f64>) {
        let z = times(deviations.as_ref(), self.gain.as_ref());
        let fitted = times(z.as_ref(), self.loadings.transpose());
        let mut squares = vec![0.0; deviations.nrows()];
        for (i, noise) in self.noise.iter().enumerate() {
            let scale = 1.0 / noise;
            let left = deviations.col_as_slice(i).iter().zip(fitted.col_as_slice(i)).map(|(x, f)| x - f);
            squares.iter_mut().zip(left).for_each(|(q, x)| *q += x * x * scale);
        }
        for j in 0..z.ncols() {
            squares.iter_mut().zip(z.col_as_slice(j)).for_each(|(q, z)| *q += z * z);
        }
        (z, squares)
    }
}

/// Rows that are taken at once: a few hundred columns of them stay in the second-level cache.
const TALL: usize = 128;

impl Pattern {
    /// `(x−μ)ᵀ C⁻¹ (x−μ) = |u|² − tᵀ M⁻¹ t` of each row, with `u = Ψ^-½ (x−μ)` and `t = (Ψ^-½ W)ᵀ u`: one product, but a
    /// difference, so that it is for what needs few digits (squares of residuals).
    fn lengths(
        &self,
        model: &FactorModel,
        at: &Point,
        group: &Group,
        chunk: &Chunk<'_>,
        memory: &mut Vec<f64>,
    ) -> Vec<f64> {
        let chart = &model.chart;
        let whitening = |d: usize| {
            (chart.centers[d] + chart.scales[d] * at.0[d], 1.0 / (chart.scales[d] * model.variance(at, d).sqrt()))
        };
        let whitened =
            Matrix::from_fn(self.seen.len(), model.latent, |i, j| self.loadings[(i, j)] / self.noise[i].sqrt());
        let mut lengths = vec![0.0; group.rows.len()];
        for (part, lengths) in lengths.chunks_mut(TALL).enumerate() {
            let some = part * TALL..part * TALL + lengths.len();
            let u = group.moved_in(some, chunk, whitening, memory);
            let t = times(u, whitened.as_ref());
            let along = times(t.as_ref(), self.covariance.as_ref());
            for i in 0..u.ncols() {
                lengths.iter_mut().zip(u.col(i).iter()).for_each(|(q, u)| *q += u * u);
            }
            for j in 0..t.ncols() {
                let taken = t.col_as_slice(j).iter().zip(along.col_as_slice(j));
                lengths.iter_mut().zip(taken).for_each(|(q, (a, b))| *q -= a * b);
            }
        }
        lengths
    }
}

/// The model at a point.
pub(super) struct Prepared<'a> {
    model: &'a FactorModel,
    at: &'a Point,
    /// Rows without gaps.
    whole: Pattern,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(model: &'a FactorModel, at: &'a Point) -> Result<Self, Error> {
        let whole = Pattern::new(model, at, (0..model.width()).collect())?;
        Ok(Prepared { model, at, whole })
    }

    /// Calls `each` with every group of rows and its pattern.
    fn each_pattern(&self, chunk: &Chunk<'_>, all: bool, mut each: impl FnMut(&Group, &Pattern)) {
        for group in groups(self.model, chunk, all) {
            if group.rows.is_empty() {
                continue;
            }
            if group.seen.len() == self.model.width() {
                each(&group, &self.whole);
            } else if let Ok(pattern) = Pattern::new(self.model, self.at, group.seen.clone()) {
                // What the whole has, its parts have.
                each(&group, &pattern);
            }
        }
    }

    /// As [`each_pattern`](Self::each_pattern), with the cells of the rows.
    fn each_group(&self, chunk: &Chunk<'_>, all: bool, mut each: impl FnMut(&Group, &Pattern, Matrix)) {
        self.each_pattern(chunk, all, |group, pattern| each(group, pattern, group.cells(self.model, chunk)));
    }
}

/// `y − μ`.
pub(super) fn deviations(cells: &Matrix, mean: &[f64]) -> Matrix {
    let mut off = cells.clone();
    mean.iter().enumerate().for_each(|(i, m)| off.col_as_slice_mut(i).iter_mut().for_each(|x| *x -= m));
    off
}

/// Adds `Σ w z̃ z̃ᵀ`, `Σ w y z̃` and `Σ w y²` of rows.
pub(super) fn add_rows(
    model: &FactorModel,
    pattern: &Pattern,
    cells: &Matrix,
    z: &Matrix,
    weights: &[f64],
    into: &mut Statistics,
) {
    let k = model.latent + 1;
    let weight: f64 = weights.iter().sum();
    let own = |n: usize, j: usize| if j == 0 { 1.0 } else { z[(n, j - 1)] };
    let scaled = Matrix::from_fn(cells.nrows(), k, |n, j| weights[n] * own(n, j));
    let plain = Matrix::from_fn(cells.nrows(), k, own);
    let mut square = times(plain.transpose(), scaled.as_ref());
    for j in 1..k {
        for i in 1..k {
            square[(i, j)] += weight * pattern.covariance[(i - 1, j - 1)];
        }
    }
    add_factor_moments(model, &pattern.seen, &square, into);
    let cross = times(scaled.transpose(), cells.as_ref());
    for (i, &d) in pattern.seen.iter().enumerate() {
        let first = model.crosses_at() + d * k;
        into.sums[first..first + k].iter_mut().enumerate().for_each(|(j, s)| *s += cross[(j, i)]);
        into.sums[model.squares_at() + d] +=
            weights.iter().zip(cells.col_as_slice(i)).map(|(w, x)| w * x * x).sum::<f64>();
    }
}

/// Adds `Σ w E[z̃ z̃ᵀ]` to every group of columns that the pattern shows.
pub(super) fn add_factor_moments(model: &FactorModel, seen: &[usize], square: &Matrix, into: &mut Statistics) {
    let k = model.latent + 1;
    let mut add = |group: usize| {
        let own = &mut into.sums[group * k * k..(group + 1) * k * k];
        for j in 0..k {
            for i in 0..k {
                own[j * k + i] += square[(i, j)];
            }
        }
    };
    if model.gappy {
        seen.iter().for_each(|&d| add(d));
    } else {
        add(0);
    }
}

/// Absorbs rows of one pattern, given by their cells (`rows × O`).
///
/// A row's share of the entropy-sum residual is `½ (O − (x−μ)ᵀ C⁻¹ (x−μ))`: scaling all natural parameters is scaling `C`.
pub(super) fn absorb_cells(
    model: &FactorModel,
    pattern: &Pattern,
    cells: &Matrix,
    weights: &[f64],
    want: Want,
    into: &mut Statistics,
) {
    let (z, squares) = pattern.project(&deviations(cells, &pattern.mean));
    let weight: f64 = weights.iter().sum();
    let total: f64 = weights.iter().zip(&squares).map(|(w, q)| w * q).sum();
    into.weight += weight;
    into.log_evidence += weight * pattern.log_top - 0.5 * total;
    if want == Want::Evidence {
        return;
    }
    into.recognition_entropy += weight * pattern.entropy;
    add_rows(model, pattern, cells, &z, weights, into);
    if want == Want::Statistics {
        return;
    }
    let seen = pattern.seen.len() as f64;
    let residual = |q: &f64| 0.5 * (seen - q);
    into.residual_square += weights.iter().zip(&squares).map(|(w, q)| w * residual(q).powi(2)).sum::<f64>();
    if want == Want::Curvature {
        super::information::add(model, pattern, &Moments::of(cells.as_ref(), weights).full(), into);
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        into.rows += chunk.rows as u64;
        self.each_group(chunk, false, |group, pattern, cells| {
            let weights: Vec<f64> = group.rows.iter().map(|&n| chunk.weight(n)).collect();
            absorb_cells(self.model, pattern, &cells, &weights, want, into);
        });
    }

    fn residuals(&self) -> Option<&dyn Residuals> {
        Some(self)
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], _: &mut Vec<f64>) {
        // Scores of single rows: their outer products.
        self.each_group(chunk, false, |group, pattern, cells| {
            let off = deviations(&cells, &pattern.mean);
            let (z, _) = pattern.project(&off);
            for (i, &n) in group.rows.iter().enumerate() {
                let mut one = self.model.empty(Want::Statistics);
                one.weight = 1.0;
                let cell = Matrix::from_fn(1, cells.ncols(), |_, d| cells[(i, d)]);
                let own = Matrix::from_fn(1, z.ncols(), |_, j| z[(i, j)]);
                add_rows(self.model, pattern, &cell, &own, &[1.0], &mut one);
                let score = self.model.gradient(self.at, &one);
                let length = chunk.weight(n) * score.along(v);
                into.iter_mut().zip(&score.0).for_each(|(o, s)| *o += length * s);
            }
        });
    }

    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], _: &mut Vec<f64>) {
        self.each_group(chunk, true, |group, pattern, cells| {
            let (z, squares) = pattern.project(&deviations(&cells, &pattern.mean));
            for (i, &n) in group.rows.iter().enumerate() {
                evidence[n] = pattern.log_top - 0.5 * squares[i];
                (0..z.ncols()).for_each(|j| posterior[j * chunk.rows + n] = z[(i, j)]);
            }
        });
    }
}

impl Residuals for Prepared<'_> {
    fn square(&self, chunk: &Chunk<'_>, memory: &mut Vec<f64>) -> f64 {
        let mut total = 0.0;
        self.each_pattern(chunk, false, |group, pattern| {
            let seen = group.seen.len() as f64;
            let lengths = pattern.lengths(self.model, self.at, group, chunk, memory);
            let residual = |q: f64| 0.5 * (seen - q);
            total += group.rows.iter().zip(lengths).map(|(&n, q)| chunk.weight(n) * residual(q).powi(2)).sum::<f64>();
        });
        total
    }
}
