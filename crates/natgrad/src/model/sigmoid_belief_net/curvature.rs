//! Information matrices of small nets: second moments of scores, and Louis' identity.
//!
//! ```text
//! t = (x_u − σ_u) z̃ for every unit      I_obs = (1/N) Σ_n w_n { E_q[Σ_u σ′ z̃ z̃ᵀ] − Cov_q(t) }
//! ```
//!
//! Given layer 1, the visible units' scores depend on the row through its residuals alone and those of the hidden ones not at
//! all: first and second moments of the residuals in every state are sufficient.

use super::SigmoidBeliefNet;
use super::exact::Prepared;
use super::unit::Workspace;
use super::upper::Upper;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::linalg::product::{add_gram, mirror_lower};
use crate::model::{Absorb, Curvature, Information, Statistics, Want};
use crate::rows::Chunk;

/// Most numbers that the moments of residuals take.
const MOST_MOMENTS: usize = 1 << 22;
/// Most products that the second moments of scores take once all rows are in.
const MOST_PRODUCTS: f64 = 2e9;
/// Most joint states of all hidden units.
const MOST_HIDDEN: usize = 12;

/// Whether the information matrices are formed at all.
pub(super) fn is_affordable(net: &SigmoidBeliefNet) -> bool {
    let hidden: usize = net.layout.sizes[1..].iter().sum();
    if hidden > MOST_HIDDEN {
        return false;
    }
    let (d, states, free) = (net.layout.sizes[0], 1usize << net.layout.sizes[1], net.layout.len() as f64);
    let upper = (net.layout.len() - net.layout.layer(0).end) as f64;
    states * d * (d + 1) <= MOST_MOMENTS
        && states as f64 * free * free <= MOST_PRODUCTS
        && (1usize << hidden) as f64 * upper * upper <= MOST_PRODUCTS
}

/// Zeros: squares of scores; first and second moments of residuals, state after state.
pub(super) fn empty(net: &SigmoidBeliefNet) -> Curvature {
    if !is_affordable(net) {
        return Curvature { scores: Vec::new(), complete: Vec::new() };
    }
    let (d, states, free) = (net.layout.sizes[0], 1usize << net.layout.sizes[1], net.layout.len());
    Curvature { scores: vec![0.0; free * free], complete: vec![0.0; states * d * (d + 1)] }
}

/// Probability of every visible unit in every state of layer 1, `states × units`.
fn probabilities(net: &SigmoidBeliefNet, at: &Point) -> Vec<f64> {
    let states = 1usize << net.layout.sizes[1];
    let mut ws = Workspace::new(states);
    (0..net.layout.sizes[0]).flat_map(|d| ws.probabilities(&at.0[net.layout.unit(0, d)]).1.to_vec()).collect()
}

/// Adds a chunk's moments.
pub(super) fn absorb(
    net: &SigmoidBeliefNet,
    at: &Point,
    prepared: &Prepared<'_>,
    chunk: &Chunk<'_>,
    into: &mut Statistics,
) {
    let Some(curvature) = into.curvature.as_mut().filter(|c| !c.scores.is_empty()) else { return };
    let (d, n, rows) = (net.layout.sizes[0], net.layout.block(0), chunk.rows);
    let (states, free, visible) = (1usize << (n - 1), net.layout.len(), net.layout.layer(0).end);
    let mut q = vec![0.0; rows * states];
    prepared.posterior(chunk, &mut vec![0.0; rows], &mut q, &mut prepared.scratch(Want::Statistics));
    let sigma = probabilities(net, at);
    let upper = Upper::new(net, at, &prepared.tables.chain);
    let mut scores = vec![0.0; rows * free];
    let (first, second) = curvature.complete.split_at_mut(states * d);
    let mut scaled = vec![0.0; rows * d];
    for s in 0..states {
        let q = &q[s * rows..(s + 1) * rows];
        for unit in 0..d {
            let p = sigma[unit * states + s];
            let mut sum = 0.0;
            for i in 0..rows {
                let x = chunk.values[unit * rows + i];
                let r = if x.is_nan() { 0.0 } else { x - p };
                let w = chunk.weight(i);
                scaled[unit * rows + i] = (w * q[i]).sqrt() * r;
                sum += w * q[i] * r;
                scores[(unit * n + n - 1) * rows + i] += q[i] * r;
                for h in (0..n - 1).filter(|h| s >> h & 1 == 1) {
                    scores[(unit * n + h) * rows + i] += q[i] * r;
                }
            }
            first[s * d + unit] += sum;
        }
        add_gram(&mut second[s * d * d..(s + 1) * d * d], &scaled, rows, rows, d);
        for (j, mean) in upper.means(s).iter().enumerate() {
            let column = &mut scores[(visible + j) * rows..(visible + j + 1) * rows];
            column.iter_mut().zip(q).for_each(|(c, q)| *c += q * mean);
        }
    }
    for column in scores.chunks_exact_mut(rows) {
        column.iter_mut().enumerate().for_each(|(i, c)| *c *= chunk.weight(i).sqrt());
    }
    add_gram(&mut curvature.scores, &scores, rows, rows, free);
}

/// Both information matrices, where the statistics carry their sums.
pub(super) fn information(net: &SigmoidBeliefNet, at: &Point, s: &Statistics) -> Option<Information> {
    let curvature = s.curvature.as_ref().filter(|c| !c.scores.is_empty())?;
    let (d, n, free) = (net.layout.sizes[0], net.layout.block(0), net.layout.len());
    let (states, visible) = (1usize << (n - 1), net.layout.layer(0).end);
    let chain = super::chain::Chain::new(&net.layout, &at.0);
    let upper = Upper::new(net, at, &chain);
    let mass = &s.sums[d * n..d * n + states];
    let mut scores = curvature.scores.clone();
    mirror_lower(&mut scores, free);
    let (first, second) = curvature.complete.split_at(states * d);
    // E_q[t tᵀ] over all rows.
    let mut complete = vec![0.0; free * free];
    let on = |state: usize, h: usize| h == n - 1 || state >> h & 1 == 1;
    for state in 0..states {
        let mut moments = second[state * d * d..(state + 1) * d * d].to_vec();
        mirror_lower(&mut moments, d);
        let units: Vec<usize> = (0..n).filter(|&h| on(state, h)).collect();
        for a in 0..d {
            for b in 0..d {
                for &h in &units {
                    for &k in &units {
                        complete[(a * n + h) * free + b * n + k] += moments[a * d + b];
                    }
                }
            }
            for (j, mean) in upper.means(state).iter().enumerate() {
                for &h in &units {
                    let product = first[state * d + a] * mean;
                    complete[(a * n + h) * free + visible + j] += product;
                    complete[(visible + j) * free + a * n + h] += product;
                }
            }
        }
    }
    upper.add_second(mass, &mut complete, visible, free);
    let gram = net.complete_information(at, s).ok()?;
    let mut observed = Matrix::from_fn(free, free, |i, j| (scores[i * free + j] - complete[i * free + j]) / s.weight);
    for (index, block) in gram.blocks() {
        for (k, &i) in index.iter().enumerate() {
            for (l, &j) in index.iter().enumerate() {
                observed[(i, j)] += block.matrix()[(k, l)];
            }
        }
    }
    Some(Information::whole(Matrix::from_fn(free, free, |i, j| scores[i * free + j] / s.weight), observed))
}
