//! One sweep of a layer's units as products over blocks of rows.
//!
//! ```text
//! logit m_h ← ā_h + Σ_c w_ch (x_c − 2λ_c ā_c) − (1 − 2m_h) Σ_c λ_c w_ch²
//! ```
//!
//! Units are updated one by one, each in closed form with the others held. What a block of units needs of the layer below is
//! three products: the linear terms `R W`, the couplings `Λ P` with all products `P` of two of the block's weights, and the
//! change of log-odds `Δ Wᵀ`. Within the block the couplings tell a unit what those before it have changed.

use super::climb::Field;
use super::layers::{Block, Layers};
use crate::linalg::product::multiply;
use crate::linalg::sigmoids::entropies;

/// Working memory of updates.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    residual: Vec<f64>,
    own: Vec<f64>,
    couplings: Vec<f64>,
    change: Vec<f64>,
    unused: [Vec<f64>; 3],
}

/// Place of `(i, j ≤ i)` among a block's couplings.
fn place(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

impl Scratch {
    fn resize(&mut self, rows: usize, children: usize, units: usize) {
        let fit = |v: &mut Vec<f64>, n: usize| v.resize(n.max(v.len()), 0.0);
        fit(&mut self.residual, rows * children);
        fit(&mut self.own, rows * units);
        fit(&mut self.couplings, rows * place(units, 0));
        fit(&mut self.change, rows * units);
        self.unused.iter_mut().for_each(|u| fit(u, rows));
    }
}

impl Field {
    /// Updates the units of layer `l ≥ 1` one by one; the largest change of a mean.
    pub(super) fn update(&mut self, layers: &Layers, l: usize) -> f64 {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut change: f64 = 0.0;
        for block in &layers.blocks[l - 1] {
            change = change.max(self.update_block(layers, l, block, &mut scratch));
        }
        self.scratch = scratch;
        change
    }

    fn update_block(&mut self, layers: &Layers, l: usize, block: &Block, scratch: &mut Scratch) -> f64 {
        let (rows, children) = (self.rows, layers.sizes[l - 1]);
        let (units, pairs) = (block.units, place(block.units, 0));
        scratch.resize(rows, children, units);
        let Scratch { residual, own, couplings, change, unused } = scratch;
        let below = self.halves[l - 1].iter().zip(&self.lambda[l - 1]).zip(&self.logits[l - 1]);
        for (r, ((x, lambda), a)) in residual[..rows * children].iter_mut().zip(below) {
            *r = x - 2.0 * lambda * a;
        }
        multiply(own, residual, rows, &block.columns, rows, children, units, false);
        multiply(couplings, &self.lambda[l - 1], rows, &block.pairs, rows, children, pairs, false);
        let mut largest: f64 = 0.0;
        for i in 0..units {
            let h = block.first + i;
            let at = h * rows..(h + 1) * rows;
            let (before, rest) = change.split_at_mut(i * rows);
            let odds = &mut own[i * rows..(i + 1) * rows];
            if l < layers.top() {
                odds.iter_mut().zip(&self.logits[l][at.clone()]).for_each(|(o, a)| *o += a);
            } else {
                odds.iter_mut().for_each(|o| *o += layers.biases[l][h]);
            }
            for (j, before) in before.chunks_exact(rows).enumerate() {
                let coupling = &couplings[place(i, j) * rows..][..rows];
                odds.iter_mut().zip(before.iter().zip(coupling)).for_each(|(o, (d, c))| *o -= 2.0 * d * c);
            }
            let means = &mut self.means[l][at.clone()];
            let curvature = &couplings[place(i, i) * rows..][..rows];
            odds.iter_mut().zip(curvature.iter().zip(means.iter())).for_each(|(o, (s, m))| *o -= s * (1.0 - 2.0 * m));
            let [next, second, third] = unused;
            entropies(odds, next, second, third);
            for ((d, m), n) in rest.iter_mut().zip(means.iter_mut()).zip(next.iter()) {
                *d = n - *m;
                *m = *n;
                largest = largest.max(d.abs());
            }
            if l < layers.top() {
                self.halves[l][at].iter_mut().zip(means.iter()).for_each(|(x, m)| *x = m - 0.5);
            }
        }
        multiply(&mut self.logits[l - 1], change, rows, &block.rows, rows, units, children, true);
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
        let layers = Layers::blocked(net.layout(), &theta);
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
                a.update(&layers, l);
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
