//! The three information matrices of a mixture: complete, observed, and the empirical Fisher matrix of the evidence.
//!
//! ```text
//! complete  = diag(π) − ππᵀ  and  (N_kb/N) F_kb                                  (E_q[−∂² ln p(x,z)])
//! observed  = complete − mean Σ_k r_nk s_nk s_nkᵀ + mean s̄_n s̄_nᵀ                (Louis)
//! visible   = mean s̄_n s̄_nᵀ,    s_nk = (e_k − π, T − μ_k),    s̄_n = Σ_k r_nk s_nk
//! ```
//!
//! Off stationary points a Hessian depends on coordinates. `observed` is the one in the natural coordinates of the complete
//! data, `(ln π_k − Σ_b A(η_kb), η_kb)`, expressed in the model's own.
//!
//! # Source
//! Louis (1982) for the observed information.

use super::{Information, Mixture, Statistics};
use crate::Error;
use crate::geometry::{BlockGram, Point};
use crate::linalg::{Matrix, product};
use std::collections::BTreeMap;

/// Diagonal entries below this (in natural coordinates) belong to parameters on the boundary: a probability below
/// 1e-13 moves no sum by more than rounding.
const BOUNDARY_INFORMATION: f64 = 1e-13;

/// Fisher matrix of the complete data at a point: the model's own weights `π_k`, times the observed share of a block.
pub(super) fn joint_metric(model: &Mixture, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
    let pi = model.weights(at);
    let mut blocks = vec![((0..model.components()).collect::<Vec<_>>(), prior_fisher(&pi))];
    for (b, block) in model.blocks.iter().enumerate() {
        let seen: f64 =
            (0..model.components()).map(|k| model.layout.completed(&s.sums, k, b).0).sum::<f64>() / s.weight;
        for (k, weight) in pi.iter().enumerate() {
            let fisher = block.family.fisher(&model.natural(at, k, b));
            let n = fisher.nrows();
            let scaled = Matrix::from_fn(n, n, |i, j| fisher[(i, j)] * weight * seen);
            blocks.push((model.layout.coordinates(k, b).collect(), scaled));
        }
    }
    let folded = fold_blocks(model, blocks);
    BlockGram::new(model.ties.free(), folded).ok_or_else(|| Error::Parameter {
        name: "Fisher matrix".into(),
        problem: "an entry is not finite".into(),
        hint: "rescale the columns, or start elsewhere".into(),
    })
}

fn prior_fisher(pi: &[f64]) -> Matrix {
    Matrix::from_fn(pi.len(), pi.len(), |i, j| if i == j { pi[i] * (1.0 - pi[i]) } else { -pi[i] * pi[j] })
}

/// Moves blocks from natural to free coordinates; blocks that share a free coordinate become one.
fn fold_blocks(model: &Mixture, blocks: Vec<(Vec<usize>, Matrix)>) -> Vec<(Vec<usize>, Matrix)> {
    let free = model.ties.free();
    // Union of blocks over shared free coordinates.
    let mut owner: Vec<Option<usize>> = vec![None; free];
    let mut group: Vec<usize> = (0..blocks.len()).collect();
    fn find(group: &mut [usize], mut i: usize) -> usize {
        while group[i] != i {
            group[i] = group[group[i]];
            i = group[i];
        }
        i
    }
    for (g, (index, _)) in blocks.iter().enumerate() {
        for f in index.iter().filter_map(|&i| model.ties.of(i)) {
            match owner[f] {
                Some(o) => {
                    let (a, b) = (find(&mut group, o), find(&mut group, g));
                    group[a.max(b)] = a.min(b);
                }
                None => owner[f] = Some(g),
            }
        }
    }
    let mut merged: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for g in 0..blocks.len() {
        merged.entry(find(&mut group, g)).or_default().push(g);
    }
    let mut out = Vec::new();
    for members in merged.values() {
        let mut coordinates: Vec<usize> =
            members.iter().flat_map(|&g| blocks[g].0.iter().filter_map(|&i| model.ties.of(i))).collect();
        coordinates.sort_unstable();
        coordinates.dedup();
        let place: BTreeMap<usize, usize> = coordinates.iter().enumerate().map(|(p, &f)| (f, p)).collect();
        let mut matrix = Matrix::zeros(coordinates.len(), coordinates.len());
        for &g in members {
            let (index, block) = &blocks[g];
            for (i, &ci) in index.iter().enumerate() {
                let Some(fi) = model.ties.of(ci) else { continue };
                for (j, &cj) in index.iter().enumerate() {
                    if let Some(fj) = model.ties.of(cj) {
                        matrix[(place[&fi], place[&fj])] += block[(i, j)];
                    }
                }
            }
        }
        for i in 0..coordinates.len() {
            if matrix[(i, i)] < BOUNDARY_INFORMATION {
                for j in 0..coordinates.len() {
                    matrix[(i, j)] = 0.0;
                    matrix[(j, i)] = 0.0;
                }
            }
        }
        out.push((coordinates, matrix));
    }
    out
}

/// Visible and observed information per row, where the statistics carry second moments of scores.
pub(super) fn information(model: &Mixture, at: &Point, s: &Statistics) -> Option<Information> {
    let curvature = s.curvature.as_ref()?;
    let (components, layout, ties) = (model.components(), &model.layout, &model.ties);
    let (free, m) = (ties.free(), layout.component_dim());
    let pi = model.weights(at);
    let counts = model.counts(s);
    let mut visible = curvature.scores.clone();
    product::mirror_lower(&mut visible, free);
    let mut observed = visible.clone();
    let mut add = |i: usize, j: usize, value: f64| {
        if let (Some(a), Some(b)) = (ties.of(i), ties.of(j)) {
            observed[b * free + a] += value;
        }
    };
    // Prior block: complete information minus Σ_k N_k (e_k − π)(e_k − π)ᵀ.
    for i in 0..components {
        for j in 0..components {
            let diagonal = if i == j { 1.0 } else { 0.0 };
            let complete = s.weight * pi[i] * (diagonal - pi[j]);
            let second = diagonal * counts[i] - counts[i] * pi[j] - pi[i] * counts[j] + s.weight * pi[i] * pi[j];
            add(i, j, complete - second);
        }
    }
    for k in 0..components {
        let first = components + k * m;
        // The second derivative is taken along straight lines of the complete data's natural coordinates, in which the
        // log-weight of component k is ln π_k − A(η_k). That bends η by the slope in the weights; at a maximum, not at all.
        let drift = if model.frozen().weights { 0.0 } else { counts[k] - s.weight * pi[k] };
        for (b, block) in model.blocks.iter().enumerate() {
            let eta = model.natural(at, k, b);
            let (count, sums) = layout.completed(&s.sums, k, b);
            let (fisher, mean) = (block.family.fisher(&eta), block.family.expectation(&eta));
            let complete = count - drift;
            for (i, ci) in layout.coordinates(k, b).enumerate() {
                for (j, cj) in layout.coordinates(k, b).enumerate() {
                    add(ci, cj, complete * fisher[(i, j)]);
                }
                // Between prior and component: −Σ_n r_nk (e_k − π)(T − μ_k)ᵀ.
                let centred = sums[i] - count * mean.0[i];
                for (a, p) in pi.iter().enumerate() {
                    let value = -(f64::from(u8::from(a == k)) - p) * centred;
                    add(a, ci, value);
                    add(ci, a, value);
                }
            }
        }
        let own = &curvature.complete[k * m * m..(k + 1) * m * m];
        for i in 0..m {
            for j in 0..m {
                let value = if i >= j { own[j * m + i] } else { own[i * m + j] };
                add(first + i, first + j, -value);
            }
        }
    }
    let matrix = |v: &[f64]| Matrix::from_fn(free, free, |i, j| v[j * free + i] / s.weight);
    Some(Information::whole(matrix(&visible), matrix(&observed)))
}
