//! One sweep of a layer's units as products over blocks of rows.
//!
//! ```text
//! q_c(s) ∝ exp { Σ_{i∈c} o_i s_i − 2 Σ_{j<i∈c} C_ij s_i s_j },      C_ij = Σ_u λ_u w_ui w_uj
//! o_i = ā_i + Σ_u w_ui (x_u − 2λ_u ā_u) + 2 Σ_{j∈c} C_ij m_j − C_ii
//! ```
//!
//! Clusters are updated one by one, each in closed form with the others held (`u` are the units below, `x_u` is `m_u − ½`); a single
//! unit has log-odds `o_i`. What a block of units needs of the layer below is three products: the linear terms `R W`, the couplings
//! `Λ P` with all products `P` of two of the block's weights, and the change of log-odds `Δ Wᵀ`. Within the block the couplings tell a
//! cluster what those before it have changed.

use super::climb::Field;
use super::clusters::place;
use super::joint::Tables;
use super::layers::{Block, Layers};
use crate::linalg::product::multiply;
use std::ops::Range;

/// Working memory of updates.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    residual: Vec<f64>,
    own: Vec<f64>,
    couplings: Vec<f64>,
    change: Vec<f64>,
    tables: Tables,
}

impl Scratch {
    fn resize(&mut self, rows: usize, children: usize, units: usize, joint: usize) {
        let fit = |v: &mut Vec<f64>, n: usize| v.resize(n.max(v.len()), 0.0);
        fit(&mut self.residual, rows * children);
        fit(&mut self.own, rows * units);
        fit(&mut self.couplings, rows * place(units, 0));
        fit(&mut self.change, rows * units);
        self.tables.resize(rows, joint);
    }
}

impl Field {
    /// Updates the units of layer `l ≥ 1`, so many together; the largest change of a mean or covariance.
    pub(super) fn update(&mut self, layers: &Layers, l: usize, joint: usize) -> f64 {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut change: f64 = 0.0;
        for block in &layers.blocks[l - 1] {
            change = change.max(self.update_block(layers, l, block, joint, &mut scratch));
        }
        self.scratch = scratch;
        change
    }

    fn update_block(&mut self, layers: &Layers, l: usize, block: &Block, joint: usize, scratch: &mut Scratch) -> f64 {
        let (rows, children) = (self.rows, layers.sizes[l - 1]);
        let (units, pairs) = (block.units, place(block.units, 0));
        scratch.resize(rows, children, units, joint);
        let Scratch { residual, own, couplings, change, tables } = scratch;
        residual[..rows * children].iter_mut().zip(self.slopes(l - 1)).for_each(|(r, slope)| *r = slope);
        multiply(own, residual, rows, &block.columns, rows, children, units, false);
        multiply(couplings, &self.lambda[l - 1], rows, &block.pairs, rows, children, pairs, false);
        let coupling = |i: usize, j: usize| &couplings[place(i.max(j), i.min(j)) * rows..][..rows];
        let mut largest: f64 = 0.0;
        for first in (0..units).step_by(joint) {
            let end = units.min(first + joint);
            let (here, means) = (first * rows..end * rows, (block.first + first) * rows..(block.first + end) * rows);
            // The cluster itself is taken out of the log-odds below.
            change[here.clone()].iter_mut().zip(&self.means[l][means.clone()]).for_each(|(d, m)| *d = -m);
            for (i, odds) in (first..end).zip(own[here.clone()].chunks_exact_mut(rows)) {
                let h = block.first + i;
                match self.logits.get(l) {
                    Some(logits) => odds.iter_mut().zip(&logits[h * rows..]).for_each(|(o, a)| *o += a),
                    None => odds.iter_mut().for_each(|o| *o += layers.biases[l][h]),
                }
                for (j, change) in change[..end * rows].chunks_exact(rows).enumerate() {
                    let terms = change.iter().zip(coupling(i, j));
                    odds.iter_mut().zip(terms).for_each(|(o, (d, c))| *o -= 2.0 * d * c);
                }
                odds.iter_mut().zip(coupling(i, i)).for_each(|(o, c)| *o = (*o - c) * self.share);
            }
            tables.fill(&mut own[here.clone()], rows, end - first, |i| {
                &couplings[place(first + i, first) * rows..][..i * rows]
            });
            largest = largest.max(self.believe(layers, l, block.first + first..block.first + end, tables));
            change[here].iter_mut().zip(&self.means[l][means]).for_each(|(d, m)| *d += m);
        }
        multiply(&mut self.logits[l - 1], change, rows, &block.rows, rows, units, children, true);
        largest
    }

    /// Takes the moments and the entropy of a cluster; the largest change of a mean or covariance.
    fn believe(&mut self, layers: &Layers, l: usize, cluster: Range<usize>, tables: &Tables) -> f64 {
        let rows = self.rows;
        let mut largest: f64 = 0.0;
        let column = |i: usize| i * rows..(i + 1) * rows;
        let moment = |i: usize, j: usize| &tables.moments[column(place(i - cluster.start, j - cluster.start))];
        for i in cluster.clone() {
            for (m, new) in self.means[l][column(i)].iter_mut().zip(moment(i, i)) {
                largest = largest.max((new - *m).abs());
                *m = *new;
            }
            if let Some(halves) = self.halves.get_mut(l) {
                halves[column(i)].iter_mut().zip(moment(i, i)).for_each(|(x, m)| *x = m - 0.5);
            }
            for j in cluster.start..=i {
                let spread = &mut self.spread[l][column(layers.clusters(l).pair(i, j))];
                let means = moment(i, i).iter().zip(moment(j, j));
                for (s, (both, (m, n))) in spread.iter_mut().zip(moment(i, j).iter().zip(means)) {
                    let new = both - m * n;
                    largest = largest.max((new - *s).abs());
                    *s = new;
                }
            }
            let entropy = &mut self.beliefs[l][column(i)];
            if i == cluster.start {
                entropy.copy_from_slice(&tables.entropy[..rows]);
            } else {
                entropy.fill(0.0);
            }
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
    use crate::rows::Chunk;

    /// The same sweep, unit by unit and weight by weight.
    fn plainly(field: &mut Field, layers: &Layers, l: usize) {
        let (rows, k) = (field.rows, layers.sizes[l]);
        for h in 0..k {
            for n in 0..rows {
                let at = h * rows + n;
                let mut odds = if l < layers.top() { field.logits[l][at] } else { layers.biases[l][h] };
                let m = field.means[l][at];
                for c in 0..layers.sizes[l - 1] {
                    let (w, i) = (layers.weights[l - 1][c * k + h], c * rows + n);
                    let lambda = field.lambda[l - 1][i];
                    odds += w * (field.halves[l - 1][i] - 2.0 * lambda * field.logits[l - 1][i])
                        - w * w * lambda * (1.0 - 2.0 * m);
                }
                let next = crate::linalg::special::logistic(odds);
                field.means[l][at] = next;
                field.spread[l][at] = next * (1.0 - next);
                if l < layers.top() {
                    field.halves[l][at] = next - 0.5;
                }
                for c in 0..layers.sizes[l - 1] {
                    field.logits[l - 1][c * rows + n] += layers.weights[l - 1][c * k + h] * (next - m);
                }
            }
        }
    }

    #[test]
    fn products_give_what_loops_give() {
        // Blocks of units that are whole and that are not, and missing cells.
        let net = SigmoidBeliefNet::new(6, &[19, 3], vec![1], Recognition::MeanField).expect("a net");
        let theta: Vec<f64> = (0..net.layout().len()).map(|i| ((i * 37 % 101) as f64 - 50.0) / 40.0).collect();
        let layers = Layers::blocked(net.layout(), &theta, 1);
        let cells: Vec<f64> =
            (0..42).map(|i| if i == 8 { f64::NAN } else { f64::from(u8::from(i * 5 % 3 == 0)) }).collect();
        let chunk = Chunk { first_row: 0, rows: 7, values: &cells, weights: None };
        let mut fields = [Field::new(&layers, 7), Field::new(&layers, 7)];
        for field in &mut fields {
            field.read(&chunk, 0, 7);
            field.begin(&layers);
        }
        let [a, b] = &mut fields;
        for sweep in 0..5 {
            for l in [1, 2] {
                a.update(&layers, l, 1);
                plainly(b, &layers, l);
                for (x, y) in a.means[l].iter().zip(&b.means[l]) {
                    // Sums in another order.
                    assert!((x - y).abs() < 1e-13, "sweep {sweep}, layer {l}: {x} and {y}");
                }
                a.follow(&layers, l - 1);
                b.follow(&layers, l - 1);
            }
        }
    }
}
