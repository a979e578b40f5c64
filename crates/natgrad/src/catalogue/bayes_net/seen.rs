//! How much of the information about each table the data can see.
//!
//! ```text
//! alone:        tr(G_b⁺ I_bb) / r_b                 the other tables known
//! with others:  r_b / tr(G_b (I⁺)_bb)               the other tables learnt as well
//! ```
//!
//! `G` is the complete information, `I` the observed one (Louis), `b` a node's free coordinates, `r_b` their rank.

use crate::diagnose::{Assessment, FLAT};
use crate::geometry::{BlockGram, Metric, Spectrum};
use crate::linalg::Matrix;
use crate::linalg::product::times;
use crate::model::bayes_net::BayesNet;
use crate::objective::Look;
use serde::Serialize;

/// The visible share of a node's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenNode {
    /// Number of its parameters that the complete data would show.
    pub rank: usize,
    /// Eigenvalues of its own observed information relative to the complete one, ascending.
    pub eigenvalues: Vec<f64>,
    /// Their mean: the visible share where all other tables were known.
    pub alone: Option<f64>,
    /// The visible share where the others are learnt as well; 0 where some direction of it is not visible at all, `None`
    /// where the observed information is indefinite.
    pub with_others: Option<f64>,
}

/// The shares of every node, where the information matrices are there; nodes that are frozen have none.
///
/// Entries that fewer than one row in a million is at by expectation are left out: on the boundary of its simplex a row has
/// no such direction, and next to it what is seen of it is an accident of where the climb ended.
pub fn seen_by_node(
    net: &BayesNet,
    metric: &BlockGram,
    look: &Look,
    assessment: &Assessment,
) -> Option<Vec<Option<SeenNode>>> {
    let reading = assessment.reading.as_ref()?;
    let metric = &on_faces(net, metric, look)?;
    let n = net.network().len();
    let mut blocks: Vec<Option<(usize, usize)>> = vec![None; assessment.gradient.0.len()];
    for (b, block) in reading.information.blocks.iter().enumerate() {
        block.index.iter().enumerate().for_each(|(row, &i)| blocks[i] = Some((b, row)));
    }
    let mut dense: Vec<Option<Matrix>> = vec![None; reading.information.blocks.len()];
    let spectra: Vec<&Spectrum> = reading.observed.parts().map(|(_, s)| s).collect();
    let mut inverse = |b: usize| -> Matrix {
        dense[b]
            .get_or_insert_with(|| {
                let s = spectra[b];
                let (rows, columns) = (s.vectors.nrows(), s.vectors.ncols());
                let value = |j: usize| s.eigenvalues[j].max(FLAT);
                let scaled = Matrix::from_fn(rows, columns, |i, j| s.vectors[(i, j)] / value(j));
                times(scaled.as_ref(), s.vectors.transpose())
            })
            .clone()
    };
    let mut out = Vec::with_capacity(n);
    for node in 0..n {
        let all = net.coordinates(node);
        if all.is_empty() {
            out.push(None);
            continue;
        }
        let blocks_of_node = || metric.blocks().filter(|(index, _)| index.first().is_some_and(|i| all.contains(i)));
        let mut own: Vec<usize> = blocks_of_node().flat_map(|(index, _)| index.iter().copied()).collect();
        own.sort_unstable();
        let roots = metric.roots(&[&own]);
        let root = &roots[0];
        // Coordinates of one node may lie in several blocks: one for each row of a table that is always seen whole.
        let entry = |of: &dyn Fn(usize, usize, usize) -> f64| {
            Matrix::from_fn(own.len(), own.len(), |i, j| match (blocks[own[i]], blocks[own[j]]) {
                (Some((a, x)), Some((b, y))) if a == b => of(a, x, y),
                _ => 0.0,
            })
        };
        let observed = entry(&|b, x, y| reading.information.blocks[b].observed[(x, y)]);
        let Some(spectrum) = Spectrum::new(&observed, root) else {
            out.push(None);
            continue;
        };
        let rank = spectrum.eigenvalues.len();
        let alone = (rank > 0).then(|| spectrum.eigenvalues.iter().sum::<f64>() / rank as f64);
        let with_others = (rank > 0 && reading.inertia.negative == 0).then(|| {
            let used: Vec<usize> = own.iter().filter_map(|&i| blocks[i].map(|b| b.0)).collect();
            let mut wanted = used;
            wanted.dedup();
            let all: std::collections::BTreeMap<usize, Matrix> = wanted.into_iter().map(|b| (b, inverse(b))).collect();
            let covariance = entry(&|b, x, y| all.get(&b).map_or(0.0, |m| m[(x, y)]));
            // G = (W Wᵀ)⁺ on the tangent space: tr(G C) over the blocks of the metric.
            let mut trace = 0.0;
            let place = |i: usize| own.binary_search(&i).unwrap_or(0);
            for (index, gram) in blocks_of_node() {
                for (i, &a) in index.iter().enumerate() {
                    for (j, &b) in index.iter().enumerate() {
                        trace += gram.matrix()[(i, j)] * covariance[(place(a), place(b))];
                    }
                }
            }
            if trace > 0.0 { (rank as f64 / trace).min(1.0) } else { 0.0 }
        });
        out.push(Some(SeenNode { rank, eigenvalues: spectrum.eigenvalues, alone, with_others }));
    }
    Some(out)
}

/// Expected share of the rows below which an entry counts as impossible.
const SHOWN: f64 = 1e-6;

/// The complete information with every table row on the face of the entries that some row is at.
fn on_faces(net: &BayesNet, metric: &BlockGram, look: &Look) -> Option<BlockGram> {
    let mut blocks: Vec<(Vec<usize>, Matrix)> = Vec::new();
    let mut done = vec![false; net.network().len()];
    for node in 0..net.network().len() {
        let first = net.coordinates(node).start;
        if net.is_frozen(node) || std::mem::replace(&mut done[node], true) {
            continue;
        }
        // Tied nodes share their coordinates.
        (0..done.len())
            .filter(|&i| !net.is_frozen(i) && net.coordinates(i).start == first)
            .for_each(|i| done[i] = true);
        if net.network().nodes()[node].local.kind() != "table" {
            let own = net.coordinates(node);
            let given = metric.blocks().filter(|(index, _)| index.first().is_some_and(|i| own.contains(i)));
            blocks.extend(given.map(|(index, gram)| (index.to_vec(), gram.matrix().clone())));
            continue;
        }
        let k = net.network().states(node);
        let (table, counts) = (net.table(node, &look.point), net.counts(node, &look.statistics));
        for (row, (p, n)) in table.chunks(k).zip(counts.chunks(k)).enumerate() {
            let weight = n.iter().map(|n| n + net.prior()).sum::<f64>() / look.statistics.weight;
            let kept: Vec<usize> = (0..k).filter(|&j| weight * p[j] > SHOWN).collect();
            if kept.len() > 1 {
                let total: f64 = kept.iter().map(|&j| p[j]).sum();
                let share = |j: usize| p[kept[j]] / total;
                let fisher = Matrix::from_fn(kept.len(), kept.len(), |i, j| {
                    weight * share(i) * (f64::from(u8::from(i == j)) - share(j))
                });
                blocks.push((kept.iter().map(|j| first + row * k + j).collect(), fisher));
            }
        }
    }
    BlockGram::new(metric.dim(), blocks)
}
