//! Slopes of the rows' bounds along a direction.
//!
//! ```text
//! s_n·v = Σ_u (m_u − ½ − 2λ ā) v·m̃ − 2λ Σ_ij Cov_ij w_i v_j
//! ```

use super::climb::Field;
use super::layers::Layers;
use crate::linalg::product::multiply;
use crate::linalg::special::logistic;

impl Field {
    /// The rows' shares of the entropy-sum residual, `θ·dF_n`.
    pub fn residuals(&self, layers: &Layers) -> Vec<f64> {
        self.scores_along(layers, layers)
    }

    /// `s_n·v` for a direction in the layers' own form.
    pub fn scores_along(&self, layers: &Layers, v: &Layers) -> Vec<f64> {
        let (rows, top) = (self.rows, layers.top());
        let mut out = vec![0.0; rows];
        for l in 0..top {
            let (n, k) = (layers.sizes[l], layers.sizes[l + 1]);
            let mut along = vec![0.0; n * rows];
            multiply(&mut along, &self.means[l + 1], rows, &v.weights[l], rows, k, n, false);
            let clusters = layers.clusters(l + 1);
            let mut cross = vec![0.0; n * rows];
            let products = clusters.products(&layers.weights[l], &v.weights[l]);
            multiply(&mut cross, &self.spread[l + 1], rows, &products, rows, clusters.len(), n, false);
            let cells = self.slopes(l).zip(&self.lambda[l]).zip(along.iter().zip(&cross));
            for (at, ((slope, lambda), (along, cross))) in cells.enumerate() {
                out[at % rows] += slope * (along + v.biases[l][at / rows]) - 2.0 * lambda * cross;
            }
        }
        for (u, column) in self.means[top].chunks_exact(rows).enumerate() {
            let p = logistic(layers.biases[top][u]);
            out.iter_mut().zip(column).for_each(|(o, m)| *o += (m - p) * v.biases[top][u]);
        }
        out
    }
}
