//! Gram matrices of the rows' own slopes, and the natural gradient of a minibatch.

use super::Pass;
use crate::linalg::real::Real;
use crate::neural::{Backend, add_gram, dual_natural};

impl<T: Real, B: Backend<T>> Pass<'_, T, B> {
    /// Gram matrix of the rows' own slopes of all weights and biases, each scaled by the row's share of the total weight, after
    /// [`Pass::forward`]: `rows × rows`. Several draws of a row count together.
    ///
    /// Variances, deviations and priors that are parameters are left out.
    pub fn gram(&mut self, at: &B::Buffer, gradient: &mut B::Buffer) -> Vec<f64> {
        self.slopes(at, gradient);
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        let (n, points) = (batch.rows, batch.points());
        let square = |stack, input, rows: usize, outputs: &[B::Buffer], slopes: &[B::Buffer]| {
            let mut gram = backend.zeros(rows * rows);
            let mut scratch = backend.zeros(2 * rows * rows);
            add_gram(backend, stack, input, rows, outputs, slopes, &mut gram, &mut scratch);
            let mut host = vec![T::ZERO; rows * rows];
            backend.read(&gram, 0, &mut host);
            host
        };
        let of_encoder =
            square(&vae.encoder, self.seen.as_ref().unwrap_or(&self.x), n, &self.encoder, &self.encoder_slopes);
        let of_decoder = square(&vae.decoder, &self.z, points, &self.decoder, &self.decoder_slopes);
        let mut gram: Vec<f64> = of_encoder.iter().map(|v| v.double()).collect();
        for (p, column) in of_decoder.chunks_exact(points).enumerate() {
            for (q, value) in column.iter().enumerate() {
                gram[(p % n) * n + q % n] += value.double();
            }
        }
        gram
    }

    /// The damped natural gradient of the loaded minibatch in the metric of its own empirical Fisher matrix, after
    /// [`Pass::forward`]: left in `gradient` for weights and biases; other parameters get their slopes.
    ///
    /// `ε` is `damping` times the mean squared slope of a row. Answers `g · d`; `None` where a slope is not finite.
    pub fn natural(&mut self, at: &B::Buffer, damping: f64, gradient: &mut B::Buffer) -> Option<f64> {
        let gram = self.gram(at, gradient);
        let total: f64 = self.row_weights.iter().sum();
        let weights: Vec<f64> = self.row_weights.iter().map(|w| w / total).collect();
        let dual = dual_natural(&gram, &weights, damping)?;
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        let points = batch.points();
        let every: Vec<f64> = (0..points).map(|p| dual.factors[p % batch.rows]).collect();
        for (slopes, layer) in self.decoder_slopes.iter_mut().zip(&vae.decoder.layers) {
            backend.scale_rows(slopes, layer.outputs, &every);
        }
        for (slopes, layer) in self.encoder_slopes.iter_mut().zip(&vae.encoder.layers) {
            backend.scale_rows(slopes, layer.outputs, &dual.factors);
        }
        vae.decoder.gradient(backend, &self.z, points, &self.decoder, &self.decoder_slopes, gradient);
        let seen = self.seen.as_ref().unwrap_or(&self.x);
        vae.encoder.gradient(backend, seen, batch.rows, &self.encoder, &self.encoder_slopes, gradient);
        Some(dual.square)
    }
}
