//! Starting points: k-means++ on a sample of rows, then one M-step from softened memberships.
//!
//! # Source
//! Arthur and Vassilvitskii (2007) for the seeding.

use super::{Mixture, Statistics};
use crate::Error;
use crate::geometry::Point;
use crate::model::{LatentModel, Want};
use crate::rows::{ColumnKind, Profile, RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Lloyd iterations after the seeding; the fit itself does the rest.
const LLOYD: usize = 10;

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
    let mut outcome = Err(Error::Setting { problem: "no start".into(), hint: "report this".into() });
    for share in [0.9, 0.5, 0.1, 0.0] {
        outcome = from_memberships(model, sample, &labels, share);
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
    let mut nearest: Vec<f64> = rows.iter().map(|r| distance(r, &centers[0])).collect();
    while centers.len() < k {
        let mass: Vec<f64> = nearest.iter().zip(weights).map(|(d, w)| d * w).collect();
        let center = if mass.iter().sum::<f64>() > 0.0 { pick(&mass, rng) } else { pick(weights, rng) };
        centers.push(rows[center].clone());
        for (d, r) in nearest.iter_mut().zip(rows) {
            *d = d.min(distance(r, &rows[center]));
        }
    }
    let mut labels = vec![0; rows.len()];
    for _ in 0..LLOYD {
        let mut moved = false;
        for (n, r) in rows.iter().enumerate() {
            let mut best = (f64::INFINITY, 0);
            for (c, center) in centers.iter().enumerate() {
                let d = distance(r, center);
                if d < best.0 {
                    best = (d, c);
                }
            }
            moved |= labels[n] != best.1;
            labels[n] = best.1;
        }
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

/// An M-step from memberships `share · 1[label = k] + (1 − share)/K`.
fn from_memberships(model: &Mixture, sample: &Table, labels: &[usize], share: f64) -> Result<Point, Error> {
    let k_total = model.components();
    let mut s: Statistics = model.empty(Want::Statistics);
    for (n, &label) in labels.iter().enumerate() {
        let weight = sample.weight(n);
        s.weight += weight;
        for k in 0..k_total {
            let r = weight * (f64::from(u8::from(label == k)) * share + (1.0 - share) / k_total as f64);
            s.sums[model.layout.sums_of(k)] += r;
            for (b, block) in model.blocks.iter().enumerate() {
                let mut x: Vec<f64> = block.columns.iter().map(|&d| sample.cell(n, d)).collect();
                let holes: Vec<usize> = (0..x.len()).filter(|&i| x[i].is_nan()).collect();
                if holes.len() == x.len() {
                    continue;
                }
                // A rough completion will do for a start: missing cells at the centre, with unit variance.
                let centers = block.family.centers();
                holes.iter().for_each(|&i| x[i] = centers[i]);
                let mut t = vec![0.0; block.family.dim()];
                block.family.sufficient(&x, &mut t);
                let mut at = x.len();
                for i in (0..x.len()).take_while(|_| !holes.is_empty()) {
                    if holes.contains(&i) {
                        t[at] += 1.0;
                    }
                    at += x.len() - i;
                }
                let first = model.layout.complete_at(k, b);
                s.sums[first] += r;
                t.iter().enumerate().for_each(|(i, t)| s.sums[first + 1 + i] += r * t);
            }
        }
    }
    // Where a component sees nothing of a block, the M-step keeps what stands here: the whole sample's estimate.
    let mut base = Point(vec![0.0; model.layout.dim()]);
    for k in 0..k_total {
        base.0[k] = -(k_total as f64).ln();
        for (b, block) in model.blocks.iter().enumerate() {
            let (mut count, mut sums) = (0.0, vec![0.0; block.family.dim()]);
            for j in 0..k_total {
                let (n, t) = model.layout.completed(&s.sums, j, b);
                count += n;
                sums.iter_mut().zip(t).for_each(|(a, t)| *a += t);
            }
            let mean = crate::family::Expectation(sums.iter().map(|t| t / count).collect());
            match block.family.estimate(&mean) {
                crate::family::Estimate::Interior(eta) | crate::family::Estimate::Boundary(eta) => {
                    base.0[model.layout.coordinates(k, b)].copy_from_slice(&eta.0);
                }
                crate::family::Estimate::Collapsed(what) if model.floor() <= 0.0 => {
                    return Err(Error::Collapsed {
                        component: k,
                        what: format!("{} ({what})", model.block_name(b)),
                        hint: "drop the constant column, or give --covariance-floor".into(),
                    });
                }
                crate::family::Estimate::Collapsed(_) => {}
            }
        }
    }
    Ok(model.maximise(&base, &s)?.point)
}
