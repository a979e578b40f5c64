//! The M-step: maximum likelihood of every block for given expected statistics, ties, floors and empty components
//! included.
//!
//! ```text
//! π_k = N_k / N,    ∇A(η_kb) = Σ_n r_nk T(x_nb) / N_kb
//! ```

use super::{Maximised, Mixture, Statistics, Tie, ZERO_LOG_WEIGHT};
use crate::Error;
use crate::family::{Estimate, Expectation, Natural};
use crate::geometry::Point;
use crate::linalg::{Matrix, symmetric};
use crate::model::Note;

/// Maximises the expected joint log-density.
pub(super) fn maximise(model: &Mixture, at: &Point, s: &Statistics) -> Result<Maximised, Error> {
    let (components, layout) = (model.components(), &model.layout);
    let mut point = at.clone();
    let mut notes = Vec::new();
    let counts = model.counts(s);
    let total: f64 = counts.iter().sum();
    for k in 0..components {
        if !model.frozen().weights && total > 0.0 {
            point.0[k] = (counts[k].max(0.0) / total).ln().max(ZERO_LOG_WEIGHT);
        }
        if counts[k] <= 0.0 || (counts[k] / total).ln() <= ZERO_LOG_WEIGHT {
            notes.push(Note::Empty(k));
        }
    }
    let moments = moments(model, at, s);
    for k in 0..components {
        for (b, block) in model.blocks.iter().enumerate() {
            // Not one row says anything about this block of this component: keep it.
            let Some(mean) = &moments[k][b] else { continue };
            let range = layout.coordinates(k, b);
            let eta = match block.family.estimate(mean) {
                Estimate::Interior(eta) => eta,
                Estimate::Boundary(eta) => {
                    notes.push(Note::Boundary(k, model.block_name(b)));
                    eta
                }
                Estimate::Collapsed(_) if model.floor() > 0.0 && is_normal(model, b) => {
                    floored_from_moments(model, b, mean)
                }
                Estimate::Collapsed(what) => {
                    return Err(Error::Collapsed {
                        component: Some(k),
                        what: format!("{} ({what})", model.block_name(b)),
                        hint: "use fewer components, or --covariance-floor".into(),
                    });
                }
            };
            point.0[range].copy_from_slice(&eta.0);
        }
    }
    for k in lift_to_floor(model, &mut point) {
        notes.push(Note::Floored(k));
    }
    notes.sort();
    notes.dedup();
    Ok(Maximised { point, notes })
}

impl Mixture {
    /// The columns of a block, as a user knows them.
    pub(super) fn block_name(&self, b: usize) -> String {
        let names: Vec<&str> = self.blocks[b].columns.iter().map(|&d| self.column_names[d].as_str()).collect();
        if names.len() > 4 { format!("{}, … {}", names[0], names[names.len() - 1]) } else { names.join(", ") }
    }
}

fn is_normal(model: &Mixture, b: usize) -> bool {
    matches!(model.blocks[b].family.name(), "normal" | "multivariate-normal")
}

/// Mean sufficient statistics of every block, ties and frozen covariances taken into account.
fn moments(model: &Mixture, at: &Point, s: &Statistics) -> Vec<Vec<Option<Expectation>>> {
    let (components, layout, blocks) = (model.components(), &model.layout, &model.blocks);
    let mut sums: Vec<Vec<(f64, Vec<f64>)>> =
        (0..components).map(|k| (0..blocks.len()).map(|b| layout.completed(&s.sums, k, b)).collect()).collect();
    if model.tie() == Tie::Items {
        for component in &mut sums {
            let count: f64 = component.iter().map(|(n, _)| n).sum();
            let dim = component[0].1.len();
            let pooled: Vec<f64> = (0..dim).map(|i| component.iter().map(|(_, t)| t[i]).sum()).collect();
            component.iter_mut().for_each(|c| *c = (count, pooled.clone()));
        }
    }
    let mut means: Vec<Vec<Option<Expectation>>> = sums
        .iter()
        .map(|c| {
            c.iter()
                .map(|(n, t)| (*n > f64::MIN_POSITIVE).then(|| Expectation(t.iter().map(|t| t / n).collect())))
                .collect()
        })
        .collect();
    if model.frozen().covariances {
        for (k, component) in means.iter_mut().enumerate() {
            for (b, mean) in component.iter_mut().enumerate().filter(|(b, _)| is_normal(model, *b)) {
                if let Some(mean) = mean {
                    let old = blocks[b].family.expectation(&model.natural(at, k, b));
                    set_covariance(mean, &covariance(&old, blocks[b].family.width()), blocks[b].family.width());
                }
            }
        }
        return means;
    }
    match model.tie() {
        Tie::Spherical => {
            for (k, component) in means.iter_mut().enumerate() {
                let (mut squares, mut count) = (0.0, 0.0);
                for (b, mean) in component.iter().enumerate() {
                    if let Some(mean) = mean {
                        squares += sums[k][b].0 * (mean.0[1] - mean.0[0] * mean.0[0]);
                        count += sums[k][b].0;
                    }
                }
                for (b, slot) in component.iter_mut().enumerate() {
                    // A column that this component never sees keeps its mean but shares the variance.
                    let center = match slot {
                        Some(mean) => mean.0[0],
                        None => blocks[b].family.expectation(&model.natural(at, k, b)).0[0],
                    };
                    *slot = (count > f64::MIN_POSITIVE)
                        .then(|| Expectation(vec![center, center * center + squares / count]));
                }
            }
        }
        Tie::Covariance => {
            let width = blocks[0].family.width();
            let mut pooled = vec![0.0; width * (width + 1) / 2];
            let mut count = 0.0;
            for (k, component) in means.iter().enumerate() {
                if let Some(mean) = &component[0] {
                    let n = sums[k][0].0;
                    count += n;
                    pooled.iter_mut().zip(covariance(mean, width)).for_each(|(p, c)| *p += n * c);
                }
            }
            pooled.iter_mut().for_each(|p| *p /= count);
            for (k, component) in means.iter_mut().enumerate() {
                let mut mean =
                    component[0].take().unwrap_or_else(|| blocks[0].family.expectation(&model.natural(at, k, 0)));
                set_covariance(&mut mean, &pooled, width);
                component[0] = (count > f64::MIN_POSITIVE).then_some(mean);
            }
        }
        Tie::None | Tie::Items => {}
    }
    means
}

/// Covariance (upper triangle, row by row) from moments in chart units.
fn covariance(moments: &Expectation, width: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(width * (width + 1) / 2);
    let mut at = width;
    for i in 0..width {
        for j in i..width {
            out.push(moments.0[at] - moments.0[i] * moments.0[j]);
            at += 1;
        }
    }
    out
}

fn set_covariance(moments: &mut Expectation, covariance: &[f64], width: usize) {
    let mut at = width;
    for i in 0..width {
        for j in i..width {
            moments.0[at] = covariance[at - width] + moments.0[i] * moments.0[j];
            at += 1;
        }
    }
}

/// A normal block whose covariance collapsed: its moments with every variance lifted to the floor.
fn floored_from_moments(model: &Mixture, b: usize, moments: &Expectation) -> Natural {
    let block = &model.blocks[b];
    let width = block.family.width();
    let packed = covariance(moments, width);
    let mut square = Matrix::zeros(width, width);
    let mut at = 0;
    for i in 0..width {
        for j in i..width {
            square[(j, i)] = packed[at] * block.scales[i] * block.scales[j];
            square[(i, j)] = square[(j, i)];
            at += 1;
        }
    }
    let lifted = lifted(&square, model.floor()).map_or(square, |(m, _)| m);
    let centers = block.family.centers();
    let mut source: Vec<f64> = (0..width).map(|i| centers[i] + block.scales[i] * moments.0[i]).collect();
    source.extend((0..width).flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| lifted[(i, j)]));
    block.family.from_source(&source).unwrap_or_else(|_| Natural(vec![f64::NAN; block.family.dim()]))
}

/// A covariance with its eigenvalues raised to at least `floor`, and whether any was below.
fn lifted(covariance: &Matrix, floor: f64) -> Option<(Matrix, bool)> {
    let eigen = symmetric::eigen(covariance)?;
    let touched = eigen.values.iter().any(|v| *v < floor * (1.0 - 1e-12));
    let n = covariance.nrows();
    let matrix = Matrix::from_fn(n, n, |i, j| {
        (0..n).map(|l| eigen.vectors[(i, l)] * eigen.values[l].max(floor) * eigen.vectors[(j, l)]).sum()
    });
    Some((matrix, touched))
}

/// Raises covariances below the floor to it; answers the components that were touched.
///
/// Maximum likelihood under the constraint `Σ ⪰ floor · I` clips the eigenvalues of the unconstrained maximum.
pub(super) fn lift_to_floor(model: &Mixture, point: &mut Point) -> Vec<usize> {
    let mut touched = Vec::new();
    if model.floor() <= 0.0 {
        return touched;
    }
    for k in 0..model.components() {
        for (b, block) in model.blocks.iter().enumerate().filter(|(b, _)| is_normal(model, *b)) {
            let eta = model.natural(point, k, b);
            let source = block.family.to_source(&eta);
            let width = block.family.width();
            let square = Matrix::from_fn(width, width, |i, j| source[width + i * width + j]);
            if let Some((matrix, true)) = lifted(&square, model.floor()) {
                let mut next = source[..width].to_vec();
                next.extend((0..width).flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| matrix[(i, j)]));
                if let Ok(eta) = block.family.from_source(&next) {
                    point.0[model.layout.coordinates(k, b)].copy_from_slice(&eta.0);
                    touched.push(k);
                }
            }
        }
    }
    touched.dedup();
    touched
}

/// How close to the floor an eigenvalue must be to count as resting on it.
const RESTING: f64 = 1e-9;

/// Components in which some eigenvalue of a covariance rests on the floor.
pub(super) fn resting_on_floor(model: &Mixture, point: &Point) -> Vec<usize> {
    if model.floor() <= 0.0 {
        return Vec::new();
    }
    (0..model.components())
        .filter(|&k| {
            (0..model.blocks.len()).filter(|&b| is_normal(model, b)).any(|b| {
                let square = covariance_at(model, point, k, b);
                symmetric::eigen(&square).is_some_and(|e| e.values[0] <= model.floor() * (1.0 + RESTING))
            })
        })
        .collect()
}

fn covariance_at(model: &Mixture, point: &Point, k: usize, b: usize) -> Matrix {
    let source = model.blocks[b].family.to_source(&model.natural(point, k, b));
    let width = model.blocks[b].family.width();
    Matrix::from_fn(width, width, |i, j| source[width + i * width + j])
}

/// `½ Σ_k N_k/N Σ_i (1 − s²_i/floor)` over resting eigenvalues, `s²_i` the rows' own variance along the eigenvector.
pub(super) fn floor_residual(model: &Mixture, point: &Point, s: &Statistics) -> f64 {
    let floor = model.floor();
    let moments = moments(model, point, s);
    let mut total = 0.0;
    for k in resting_on_floor(model, point) {
        for b in (0..model.blocks.len()).filter(|&b| is_normal(model, b)) {
            let (Some(mean), Some(eigen)) = (&moments[k][b], symmetric::eigen(&covariance_at(model, point, k, b)))
            else {
                continue;
            };
            let block = &model.blocks[b];
            let width = block.family.width();
            let rows = covariance(mean, width);
            let at = |i: usize, j: usize| {
                let (a, c) = (i.min(j), i.max(j));
                rows[a * width - a * (a + 1) / 2 + c] * block.scales[i] * block.scales[j]
            };
            let count = model.layout.completed(&s.sums, k, b).0 / s.weight;
            for l in (0..width).filter(|&l| eigen.values[l] <= floor * (1.0 + RESTING)) {
                let variance: f64 = (0..width)
                    .flat_map(|i| (0..width).map(move |j| (i, j)))
                    .map(|(i, j)| eigen.vectors[(i, l)] * at(i, j) * eigen.vectors[(j, l)])
                    .sum();
                total += 0.5 * count * (1.0 - variance / floor);
            }
        }
    }
    total
}
