//! The M-step, the slope and the complete information, column by column.
//!
//! ```text
//! (μ_d, W_d) = (Σ w x_d E[z̃])ᵀ (Σ w E[z̃ z̃ᵀ])⁻¹        ψ_d = mean E[(x_d − μ_d − W_d z)²]
//! ```
//!
//! The complete information falls into a block per column, `Σ w E[z̃ z̃ᵀ]/ψ_d`, and `½` per log-noise and row.

use super::FactorModel;
use super::layout::Noise;
use crate::Error;
use crate::geometry::{BlockGram, Covector, Gram, Point};
use crate::linalg::{Matrix, symmetric};
use crate::model::{Maximised, Note, Statistics};

/// A noise at the floor whose M-step falls below this share of it pulls the likelihood up without bound: per unit of its
/// logarithm by at least a twentieth of a nat. Where the limit is finite (a Heywood case) the share is 1 to 1e-7.
const UNBOUNDED: f64 = 0.9;

/// `Σ w E[(x_d − λ·z̃)²]` for `λ = (μ_d, W_d)`.
fn expected_square(model: &FactorModel, s: &Statistics, d: usize, row: &[f64]) -> f64 {
    let (a, b, k) = (model.factor_moments(s, d), model.crosses(s, d), row.len());
    let mut total = s.sums[model.squares_at() + d];
    for i in 0..k {
        let along: f64 = (0..k).map(|j| a[j * k + i] * row[j]).sum();
        total += row[i] * (along - 2.0 * b[i]);
    }
    total
}

pub(super) fn maximise(model: &FactorModel, at: &Point, s: &Statistics) -> Result<Maximised, Error> {
    let (width, k) = (model.width(), model.latent + 1);
    let mut point = at.clone();
    let mut factor: Option<Vec<f64>> = None;
    let (mut squares, mut weights) = (vec![0.0; width], vec![0.0; width]);
    for d in 0..width {
        weights[d] = model.seen_weight(s, d);
        if weights[d] <= 0.0 {
            continue; // never seen: it stays where it is
        }
        if model.gappy || factor.is_none() {
            let a = model.factor_moments(s, d);
            factor = symmetric::cholesky(&Matrix::from_fn(k, k, |i, j| a[j * k + i] / weights[d]), 0.0);
        }
        let Some(factor) = &factor else { continue };
        let mut row: Vec<f64> = model.crosses(s, d).iter().map(|b| b / weights[d]).collect();
        symmetric::cholesky_solve(factor, &mut row);
        point.0[d] = row[0];
        let first = model.loading(d, 0);
        point.0[first..first + k - 1].copy_from_slice(&row[1..]);
        squares[d] = expected_square(model, s, d, &row);
    }
    let mut notes = Vec::new();
    let mut unbounded = Vec::new();
    let smallest = model.noise.smallest();
    let mut set = |coordinate: usize, square: f64, weight: f64, what: usize| {
        let noise = square / weight;
        let floored = noise <= smallest || noise.is_nan();
        if floored && at.0[coordinate] <= smallest.ln() + 1e-9 && noise < UNBOUNDED * smallest {
            unbounded.push(what);
        }
        if floored {
            notes.push(Note::Boundary(what, "noise".into()));
        }
        point.0[coordinate] = if floored { smallest.ln() } else { noise.ln() };
    };
    match model.noise {
        Noise::Isotropic => set(model.noise_at(), squares.iter().sum(), weights.iter().sum(), 0),
        Noise::Diagonal => {
            let seen = (0..width).filter(|&d| weights[d] > 0.0);
            seen.for_each(|d| set(model.noise_of(d), squares[d], weights[d], d));
        }
    }
    if unbounded.is_empty() {
        return Ok(Maximised { point, notes });
    }
    Err(model.collapse(&unbounded))
}

impl FactorModel {
    /// The noise of these columns goes to zero and takes the likelihood beyond all bounds.
    pub(super) fn collapse(&self, columns: &[usize]) -> Error {
        let names: Vec<String> = columns.iter().take(6).map(|&d| format!("\"{}\"", self.names[d])).collect();
        let more = if columns.len() > names.len() { ", …" } else { "" };
        let (what, hint) = match self.noise {
            Noise::Isotropic => (
                format!(
                    "the noise goes to 0: the rows lie in no more than {} dimension{} around their mean, and the likelihood has \
                     no maximum",
                    self.latent,
                    if self.latent == 1 { "" } else { "s" }
                ),
                "use fewer latent dimensions, or leave out columns that follow from the others".to_string(),
            ),
            Noise::Diagonal => (
                format!(
                    "the noise of column{} {}{more} goes to 0 together, and the likelihood has no maximum: among the rows \
                     these columns follow from one another",
                    if columns.len() == 1 { "" } else { "s" },
                    names.join(", ")
                ),
                "leave one of them out with --exclude, use fewer latent dimensions, or bring more rows".to_string(),
            ),
        };
        Error::Collapsed { component: None, what, hint }
    }
}

pub(super) fn gradient(model: &FactorModel, at: &Point, s: &Statistics) -> Covector {
    let k = model.latent + 1;
    let mut out = vec![0.0; at.0.len()];
    for d in 0..model.width() {
        let row = model.row(at, d);
        let (a, b) = (model.factor_moments(s, d), model.crosses(s, d));
        let scale = 1.0 / (s.weight * model.variance(at, d));
        for i in 0..k {
            let along: f64 = (0..k).map(|j| a[j * k + i] * row[j]).sum();
            let coordinate = if i == 0 { d } else { model.loading(d, i - 1) };
            out[coordinate] = (b[i] - along) * scale;
        }
        let square = expected_square(model, s, d, &row);
        out[model.noise_of(d)] += 0.5 * (square * scale - model.seen_weight(s, d) / s.weight);
    }
    Covector(out)
}

pub(super) fn joint_metric(model: &FactorModel, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
    let (width, k) = (model.width(), model.latent + 1);
    let bad = || Error::Parameter {
        name: "loadings".into(),
        problem: "the information about them is not finite".into(),
        hint: "give finite loadings and noise variances above 0".into(),
    };
    let mut blocks = Vec::with_capacity(2 * width);
    for d in 0..width {
        let a = model.factor_moments(s, d);
        let scale = 1.0 / (s.weight * model.variance(at, d));
        let block = Gram::new(Matrix::from_fn(k, k, |i, j| a[j * k + i] * scale)).ok_or_else(bad)?;
        blocks.push((std::iter::once(d).chain((0..model.latent).map(|h| model.loading(d, h))).collect(), block));
    }
    let mut noises = vec![0.0; model.noises()];
    (0..width).for_each(|d| noises[model.noise_of(d) - model.noise_at()] += 0.5 * model.seen_weight(s, d) / s.weight);
    for (i, n) in noises.into_iter().enumerate() {
        let block = Gram::new(Matrix::from_fn(1, 1, |_, _| n)).ok_or_else(bad)?;
        blocks.push((vec![model.noise_at() + i], block));
    }
    Ok(BlockGram::from_grams(at.0.len(), blocks))
}
