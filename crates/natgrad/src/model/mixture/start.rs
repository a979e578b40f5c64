//! Starting points: k-means++ on a sample of rows, then one M-step from softened memberships.
//!
//! # Source
//! Arthur and Vassilvitskii (2007) for the seeding.

use super::{Block, Mixture, Statistics};
use crate::Error;
use crate::family::{Estimate, Expectation};
use crate::geometry::Point;
use crate::model::{LatentModel, Want};
use crate::rows::{ColumnKind, Profile, RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Lloyd iterations after the seeding; the fit itself does the rest.
const LLOYD: usize = 10;

/// Distances that the seeding may compute in all, in multiply-adds: about a second.
const WORK: f64 = 1e9;

/// Rows that a start looks at: enough to see every component, few enough to be quick.
pub fn start_rows(components: usize, columns: usize) -> usize {
    let affordable = WORK / (columns.max(1) * components * (LLOYD + 1)) as f64;
    (affordable as usize).min(20_000).max(50 * components)
}

/// A starting point from a sample of the data.
///
/// Columns are centred and scaled to unit variance, levels become indicators; missing cells lie at the mean. Clusters
/// are softened (a share of every row is spread over all components) until every component can be estimated.
///
/// # Errors
/// [`Error::Collapsed`] if even equal memberships give no estimate (a constant column without a floor).
pub fn start(model: &Mixture, sample: &Table, profile: &Profile, seed: u64) -> Result<Point, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rows = embed(model, sample, profile);
    let weights: Vec<f64> = (0..rows.len()).map(|n| sample.weight(n)).collect();
    let labels = cluster(&rows, &weights, model.components(), &mut rng);
    let hard = hard_statistics(model, sample, &labels);
    let mut outcome = Err(Error::Setting { problem: "no start".into(), hint: "report this".into() });
    for share in [0.9, 0.5, 0.1, 0.0] {
        outcome = from_memberships(model, &hard, share);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Rows as points of a Euclidean space, one coordinate per number and per level.
fn embed(model: &Mixture, sample: &Table, profile: &Profile) -> Vec<Vec<f64>> {
    let used: Vec<usize> = model.blocks.iter().flat_map(|b| b.columns.iter().copied()).collect();
    (0..sample.rows() as usize)
        .map(|n| {
            let mut row = Vec::with_capacity(used.len());
            for &d in &used {
                let x = sample.cell(n, d);
                match &sample.columns()[d].kind {
                    ColumnKind::Number => {
                        let p = &profile.columns[d];
                        let sd = p.variance().sqrt();
                        row.push(if x.is_nan() || sd <= 0.0 { 0.0 } else { (x - p.mean) / sd });
                    }
                    ColumnKind::Levels(levels) => {
                        row.extend((0..levels.len()).map(|l| if x == l as f64 { 1.0 } else { 0.0 }));
                    }
                }
            }
            row
        })
        .collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// k-means++ and a few Lloyd iterations; answers a label per row.
fn cluster(rows: &[Vec<f64>], weights: &[f64], k: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let pick = |mass: &[f64], rng: &mut ChaCha8Rng| {
        let total: f64 = mass.iter().sum();
        let mut left = rng.random::<f64>() * total;
        for (n, m) in mass.iter().enumerate() {
            left -= m;
            if left < 0.0 && *m > 0.0 {
                return n;
            }
        }
        mass.iter().rposition(|m| *m > 0.0).unwrap_or(0)
    };
    let mut centers = vec![rows[pick(weights, rng)].clone()];
    let mut nearest: Vec<f64> = rows.par_iter().map(|r| distance(r, &centers[0])).collect();
    while centers.len() < k {
        let mass: Vec<f64> = nearest.iter().zip(weights).map(|(d, w)| d * w).collect();
        let center = if mass.iter().sum::<f64>() > 0.0 { pick(&mass, rng) } else { pick(weights, rng) };
        centers.push(rows[center].clone());
        nearest.par_iter_mut().zip(rows).for_each(|(d, r)| *d = d.min(distance(r, &rows[center])));
    }
    let mut labels = vec![0; rows.len()];
    for _ in 0..LLOYD {
        let next: Vec<usize> = rows
            .par_iter()
            .map(|r| {
                let closer = centers.iter().map(|c| distance(r, c)).enumerate();
                closer.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))).map_or(0, |(c, _)| c)
            })
            .collect();
        let moved = next != labels;
        labels = next;
        let mut sums = vec![vec![0.0; rows[0].len()]; k];
        let mut counts = vec![0.0; k];
        for (n, r) in rows.iter().enumerate() {
            counts[labels[n]] += weights[n];
            sums[labels[n]].iter_mut().zip(r).for_each(|(s, x)| *s += weights[n] * x);
        }
        for c in 0..k {
            if counts[c] > 0.0 {
                centers[c] = sums[c].iter().map(|s| s / counts[c]).collect();
            }
        }
        if !moved {
            break;
        }
    }
    labels
}

/// Statistics of hard memberships: every row counts for its own label only.
fn hard_statistics(model: &Mixture, sample: &Table, labels: &[usize]) -> Statistics {
    let mut s: Statistics = model.empty(Want::Statistics);
    let widest = model.blocks.iter().map(|b| b.family.dim()).max().unwrap_or(0);
    let (mut x, mut t) = (Vec::new(), vec![0.0; widest]);
    for (n, &k) in labels.iter().enumerate() {
        let weight = sample.weight(n);
        s.weight += weight;
        s.sums[model.layout.sums_of(k)] += weight;
        for (b, block) in model.blocks.iter().enumerate() {
            x.clear();
            x.extend(block.columns.iter().map(|&d| sample.cell(n, d)));
            let holes = x.iter().filter(|v| v.is_nan()).count();
            if holes == x.len() {
                continue;
            }
            let t = &mut t[..block.family.dim()];
            if holes == 0 {
                block.family.sufficient(&x, t);
            } else {
                complete_roughly(block, &mut x, t);
            }
            let first = model.layout.complete_at(k, b);
            s.sums[first] += weight;
            t.iter().enumerate().for_each(|(i, t)| s.sums[first + 1 + i] += weight * t);
        }
    }
    s
}

/// A rough completion will do for a start: missing cells at the centre of the chart, with unit variance.
fn complete_roughly(block: &Block, x: &mut [f64], t: &mut [f64]) {
    let holes: Vec<bool> = x.iter().map(|v| v.is_nan()).collect();
    let centers = block.family.centers();
    for (i, x) in x.iter_mut().enumerate().filter(|(i, _)| holes[*i]) {
        *x = centers[i];
    }
    block.family.sufficient(x, t);
    let mut square = x.len();
    for (i, hole) in holes.iter().enumerate() {
        if *hole {
            t[square] += 1.0;
        }
        square += x.len() - i;
    }
}

/// An M-step from memberships `share · 1[label = k] + (1 − share)/K`.
fn from_memberships(model: &Mixture, hard: &Statistics, share: f64) -> Result<Point, Error> {
    let components = model.components();
    let stride = hard.sums.len() / components;
    let all: Vec<f64> = (0..stride).map(|i| (0..components).map(|k| hard.sums[k * stride + i]).sum()).collect();
    let mut soft = hard.clone();
    for k in 0..components {
        for i in 0..stride {
            soft.sums[k * stride + i] = share * hard.sums[k * stride + i] + (1.0 - share) / components as f64 * all[i];
        }
    }
    // Where a component sees nothing of a block, the M-step keeps what stands here: the whole sample's estimate.
    let mut base = Point(vec![0.0; model.layout.dim()]);
    for (b, block) in model.blocks.iter().enumerate() {
        let first = model.layout.complete_at(0, b);
        let mean = Expectation((0..block.family.dim()).map(|i| all[first + 1 + i] / all[first]).collect());
        let eta = match block.family.estimate(&mean) {
            Estimate::Interior(eta) | Estimate::Boundary(eta) => Some(eta),
            Estimate::Collapsed(what) if model.floor() <= 0.0 => {
                return Err(Error::Collapsed {
                    component: Some(0),
                    what: format!("{} ({what})", model.block_name(b)),
                    hint: "drop the constant column, or give --covariance-floor".into(),
                });
            }
            Estimate::Collapsed(_) => None,
        };
        for k in 0..components {
            base.0[k] = -(components as f64).ln();
            if let Some(eta) = &eta {
                base.0[model.layout.coordinates(k, b)].copy_from_slice(&eta.0);
            }
        }
    }
    Ok(model.maximise(&base, &soft)?.point)
}
