//! Slopes of the bound summed over rows.
//!
//! ```text
//! dF_u = Σ_n w_n { (m_u − ½ − 2λ_u ā_u) m̃ − 2λ_u Cov w_u }
//! ```

use super::climb::Field;
use super::layers::Layers;
use super::sums::Sums;
use crate::linalg::product::add_transposed;
use crate::linalg::special::logistic;

impl Sums {
    /// `Σ_n w_n dF_n` of a layer's units.
    pub(super) fn layer_slope(&self, layers: &Layers, field: &Field, weights: &[f64], l: usize, out: &mut [f64]) {
        let (rows, n, k) = (field.rows, layers.sizes[l], layers.sizes[l + 1]);
        let above = weighted(&field.means[l + 1], weights, k);
        let residual: Vec<f64> = field.slopes(l).take(n * rows).collect();
        add_transposed(out, &above, rows, &residual, rows, rows, k + 1, n);
        let clusters = layers.clusters(l + 1);
        let columns = field.spread[l + 1].chunks_exact(rows);
        let spread: Vec<f64> = columns.flat_map(|c| c.iter().zip(weights).map(|(c, w)| 2.0 * w * c)).collect();
        let mut scale = vec![0.0; clusters.len() * n];
        add_transposed(&mut scale, &spread, rows, &field.lambda[l], rows, rows, clusters.len(), n);
        let units = out.chunks_exact_mut(k + 1).zip(layers.weights[l].chunks_exact(k));
        for ((out, w), scale) in units.zip(scale.chunks_exact(clusters.len())) {
            for ((i, j), s) in clusters.pairs().zip(scale) {
                out[i] -= s * w[j];
                if i != j {
                    out[j] -= s * w[i];
                }
            }
        }
    }

    /// `Σ_n w_n dF_n` of all units.
    pub fn add_slope(&self, layers: &Layers, field: &Field, weights: &[f64], out: &mut [f64]) {
        for l in 0..layers.top() {
            self.layer_slope(layers, field, weights, l, &mut out[self.layout.layer(l)]);
        }
        let top = layers.top();
        let own = &mut out[self.layout.layer(top)];
        for ((o, column), b) in own.iter_mut().zip(field.means[top].chunks_exact(field.rows)).zip(&layers.biases[top]) {
            let p = logistic(*b);
            *o += column.iter().zip(weights).map(|(m, w)| w * (m - p)).sum::<f64>();
        }
    }
}

/// `w m̃`: means times weights, then the weights themselves.
pub(super) fn weighted(means: &[f64], weights: &[f64], units: usize) -> Vec<f64> {
    let rows = weights.len();
    let columns = means[..units * rows].chunks_exact(rows);
    let mut out: Vec<f64> = columns.flat_map(|c| c.iter().zip(weights).map(|(m, w)| m * w)).collect();
    out.extend_from_slice(weights);
    out
}
