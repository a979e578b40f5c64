//! The information matrices of a network: complete, observed, and the empirical Fisher matrix of the evidence.
//!
//! ```text
//! complete = Σ_c N(c)/N F(c)      observed = Σ −∂² ln θ_e N_e/N − P Cov_q(t) Pᵀ      visible = P mean(t̄ t̄ᵀ) Pᵀ
//! ```
//!
//! `t` counts the entries that a row is at, `P = ∂ ln θ/∂ξ` leads from entries to parameters. Blocks of the complete
//! information are weighted by the expected counts of parent configurations, so that its unit step is EM.
//!
//! # Source
//! Louis (1982) for the observed information.

use super::BayesNet;
use super::layout::Block;
use crate::Error;
use crate::geometry::{BlockGram, Point};
use crate::linalg::Matrix;
use crate::linalg::product::times;
use crate::model::{Information, InformationBlock, Statistics};

/// Diagonal entries below this belong to parameters on the boundary: a probability below 1e-13 moves no sum by more than
/// rounding.
const BOUNDARY_INFORMATION: f64 = 1e-13;

/// `Σ_c N(c)/N F(c)`, block by block; a table row by row.
pub(super) fn joint_metric(net: &BayesNet, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
    let theta = net.theta(at);
    let mut blocks = Vec::new();
    for block in net.layout.blocks.iter().filter(|b| !b.frozen) {
        let first = block.coordinates().start;
        match &block.local {
            None => {
                for row in 0..block.rows {
                    let index: Vec<usize> = (first + row * block.states..first + (row + 1) * block.states).collect();
                    blocks.push((index, table_row(net, block, row, &theta, s)));
                }
            }
            Some(_) => blocks.push((block.coordinates().collect(), local_fisher(net, block, at, &theta, s))),
        }
    }
    for (_, matrix) in &mut blocks {
        drop_boundary(matrix);
    }
    BlockGram::new(net.layout.free, blocks).ok_or_else(|| Error::Parameter {
        name: "Fisher matrix".into(),
        problem: "an entry is not finite".into(),
        hint: "start elsewhere".into(),
    })
}

fn drop_boundary(matrix: &mut Matrix) {
    let n = matrix.nrows();
    for i in (0..n).filter(|&i| matrix[(i, i)] < BOUNDARY_INFORMATION).collect::<Vec<_>>() {
        for j in 0..n {
            matrix[(i, j)] = 0.0;
            matrix[(j, i)] = 0.0;
        }
    }
}

/// Expected count of a parent configuration with the prior's, per row of data.
fn row_weight(net: &BayesNet, block: &Block, row: usize, s: &Statistics) -> f64 {
    let first = block.first_entry + row * block.states;
    let seen: f64 = s.sums[first..first + block.states].iter().sum();
    (seen + net.prior * block.states as f64) / s.weight
}

/// `N(c)/N (diag θ − θθᵀ)`.
fn table_row(net: &BayesNet, block: &Block, row: usize, theta: &[f64], s: &Statistics) -> Matrix {
    let first = block.first_entry + row * block.states;
    let weight = row_weight(net, block, row, s);
    let p = &theta[first..first + block.states];
    Matrix::from_fn(block.states, block.states, |i, j| weight * p[i] * (f64::from(u8::from(i == j)) - p[j]))
}

/// `Σ_c N(c)/N Σ_j P(j|c) s sᵀ`.
fn local_fisher(net: &BayesNet, block: &Block, at: &Point, theta: &[f64], s: &Statistics) -> Matrix {
    let Some(local) = &block.local else { return Matrix::zeros(0, 0) };
    let xi = &at.0[block.range()];
    let mut out = Matrix::zeros(block.parameters, block.parameters);
    let mut score: Vec<(usize, f64)> = Vec::new();
    for row in 0..block.rows {
        let weight = row_weight(net, block, row, s);
        for j in 0..block.states {
            score.clear();
            local.score(xi, row, j, &mut |i, v| score.push((i, v)));
            let p = weight * theta[block.first_entry + row * block.states + j];
            for &(a, x) in &score {
                for &(b, y) in &score {
                    out[(a, b)] += p * x * y;
                }
            }
        }
    }
    out
}

/// `−∂² Σ (N_e + α) ln θ_e` per row of data.
fn complete(net: &BayesNet, block: &Block, at: &Point, theta: &[f64], s: &Statistics) -> Matrix {
    let mut out = Matrix::zeros(block.parameters, block.parameters);
    match &block.local {
        None => {
            for row in 0..block.rows {
                let own = table_row(net, block, row, theta, s);
                for i in 0..block.states {
                    for j in 0..block.states {
                        out[(row * block.states + i, row * block.states + j)] = own[(i, j)];
                    }
                }
            }
        }
        Some(local) => {
            let counts: Vec<f64> = s.sums[block.entries()].iter().map(|n| (n + net.prior) / s.weight).collect();
            local.curvature(&counts, &at.0[block.range()], &mut |i, j, v| {
                out[(i, j)] += v;
                if i != j {
                    out[(j, i)] += v;
                }
            });
        }
    }
    out
}

/// Both matrices, where the statistics carry second moments.
pub(super) fn information(net: &BayesNet, at: &Point, s: &Statistics) -> Option<Information> {
    let curvature = s.curvature.as_ref()?;
    let theta = net.theta(at);
    let mut blocks = Vec::new();
    let mut grouped = vec![false; net.layout.blocks.len()];
    for group in &net.groups.groups {
        let n = group.entries;
        let square = |v: &[f64]| Matrix::from_fn(n, n, |i, j| v[group.at + i.min(j) * n + i.max(j)] / s.weight);
        let members = || group.blocks.iter().map(|&b| &net.layout.blocks[b]);
        let index: Vec<usize> = members().flat_map(Block::coordinates).collect();
        let push = pushes(net, &group.blocks, at, &theta);
        let pushed = |m: Matrix| push.both_sides(&m);
        let visible = pushed(square(&curvature.scores));
        let mut observed = pushed(square(&curvature.complete));
        let (rows, columns) = (observed.nrows(), observed.ncols());
        (0..columns).for_each(|j| (0..rows).for_each(|i| observed[(i, j)] *= -1.0));
        let mut first = 0;
        for block in members() {
            let own = complete(net, block, at, &theta, s);
            for i in 0..block.parameters {
                for j in 0..block.parameters {
                    observed[(first + i, first + j)] += own[(i, j)];
                }
            }
            first += block.parameters;
        }
        group.blocks.iter().for_each(|&b| grouped[b] = true);
        blocks.push(InformationBlock { index, visible, observed });
    }
    for (b, block) in net.layout.blocks.iter().enumerate().filter(|(b, block)| !grouped[*b] && !block.frozen) {
        if block.local.is_some() {
            let push = pushes(net, &[b], at, &theta);
            let seen = &s.sums[block.entries()];
            let counts = Matrix::from_fn(seen.len(), seen.len(), |i, j| if i == j { seen[i] / s.weight } else { 0.0 });
            let visible = push.both_sides(&counts);
            blocks.push(InformationBlock {
                index: block.coordinates().collect(),
                visible,
                observed: complete(net, block, at, &theta, s),
            });
            continue;
        }
        for row in 0..block.rows {
            let k = block.states;
            let (entry, first) = (block.first_entry + row * k, block.coordinates().start + row * k);
            let (n, p) = (&s.sums[entry..entry + k], &theta[entry..entry + k]);
            let total: f64 = n.iter().sum();
            // Σ_j N_j (e_j − θ)(e_j − θ)ᵀ.
            let visible = Matrix::from_fn(k, k, |i, j| {
                let diagonal = if i == j { n[i] } else { 0.0 };
                (diagonal - n[i] * p[j] - p[i] * n[j] + total * p[i] * p[j]) / s.weight
            });
            let observed = table_row(net, block, row, &theta, s);
            blocks.push(InformationBlock { index: (first..first + k).collect(), visible, observed });
        }
    }
    Some(Information { blocks })
}

/// `P` of some blocks, from their entries to their parameters.
enum Push {
    /// Tables only: `t ↦ t − θ · (sum of the row)`, with rows as (first, states).
    Rows(Vec<f64>, Vec<(usize, usize)>),
    /// Any local models, dense.
    Dense(Matrix),
}

impl Push {
    /// `P M Pᵀ`.
    fn both_sides(&self, m: &Matrix) -> Matrix {
        match self {
            Push::Dense(p) => times(times(p.as_ref(), m.as_ref()).as_ref(), p.transpose()),
            Push::Rows(theta, rows) => {
                let once = |m: &Matrix| {
                    let n = m.nrows();
                    let mut out = m.clone();
                    for column in 0..n {
                        for &(first, states) in rows {
                            let total: f64 = (first..first + states).map(|i| m[(i, column)]).sum();
                            (first..first + states).for_each(|i| out[(i, column)] -= theta[i] * total);
                        }
                    }
                    out
                };
                let half = once(m);
                let turned = Matrix::from_fn(half.ncols(), half.nrows(), |i, j| half[(j, i)]);
                once(&turned)
            }
        }
    }
}

fn pushes(net: &BayesNet, blocks: &[usize], at: &Point, theta: &[f64]) -> Push {
    let blocks: Vec<&Block> = blocks.iter().map(|&b| &net.layout.blocks[b]).collect();
    if blocks.iter().all(|b| b.local.is_none()) {
        let (mut own, mut rows) = (Vec::new(), Vec::new());
        for block in blocks {
            for row in 0..block.rows {
                rows.push((own.len() + row * block.states, block.states));
            }
            own.extend_from_slice(&theta[block.entries()]);
        }
        return Push::Rows(own, rows);
    }
    let entries = blocks.iter().map(|b| b.rows * b.states).sum();
    let parameters = blocks.iter().map(|b| b.parameters).sum();
    let mut p = Matrix::zeros(parameters, entries);
    let (mut entry, mut first) = (0, 0);
    for block in blocks {
        for row in 0..block.rows {
            for j in 0..block.states {
                net.score(block, at, theta, row, j, &mut |i, v| p[(first + i, entry)] += v);
                entry += 1;
            }
        }
        first += block.parameters;
    }
    Push::Dense(p)
}
