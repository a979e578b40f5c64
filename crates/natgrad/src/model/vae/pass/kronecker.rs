//! The natural gradient of a minibatch with Kronecker factors: the last layer's are exact under the model.

use super::Pass;
use crate::linalg::real::Real;
use crate::model::vae::Vae;
use crate::neural::{Backend, Factors, Observable, Spread};

/// Factors of all layers of an autoencoder.
pub struct Kronecker<T: Real, B: Backend<T>> {
    encoder: Vec<Factors<T, B>>,
    decoder: Vec<Factors<T, B>>,
}

impl<T: Real, B: Backend<T>> Kronecker<T, B> {
    /// Room for the factors, for minibatches of up to so many rows with so many draws each.
    pub fn new(vae: &Vae, backend: &B, rows: usize, copies: usize) -> Self {
        // Columns are independent given the latents, so the last layer's slopes have a diagonal factor.
        let apart = |l: usize, layers: usize| {
            l + 1 == layers && !matches!(vae.observable, Observable::Gaussian(Spread::Network))
        };
        let layers = &vae.decoder.layers;
        Kronecker {
            encoder: vae.encoder.layers.iter().map(|l| Factors::new(backend, *l, false, rows)).collect(),
            decoder: (0..layers.len())
                .map(|l| Factors::new(backend, layers[l], apart(l, layers.len()), rows * copies))
                .collect(),
        }
    }

    /// All running factors in one vector.
    pub fn state(&mut self) -> Vec<f64> {
        self.encoder.iter_mut().chain(&mut self.decoder).flat_map(|f| f.state().map(|v| v.clone())).flatten().collect()
    }

    /// Takes running factors back; others than [`Kronecker::state`] gave are left out.
    pub fn restore(&mut self, state: &[f64]) {
        let mut rest = state.iter();
        for f in self.encoder.iter_mut().chain(&mut self.decoder) {
            for values in f.state() {
                values.iter_mut().zip(rest.by_ref()).for_each(|(v, s)| *v = *s);
            }
        }
    }

    /// Inverts all factors. `None` where they are not finite.
    pub fn invert(&mut self, backend: &B, damping: f64) -> Option<()> {
        self.encoder.iter_mut().chain(&mut self.decoder).try_for_each(|f| f.invert(backend, damping))
    }
}

impl<T: Real, B: Backend<T>> Pass<'_, T, B> {
    /// Moves the factors towards those of the loaded minibatch, after [`Pass::backward`].
    pub fn absorb(&mut self, at: &B::Buffer, share: f64, into: &mut Kronecker<T, B>) {
        let (backend, batch) = (self.backend, self.batch);
        let mut log_variances = Vec::new();
        match self.vae.observable {
            Observable::Gaussian(Spread::Fixed(v)) => log_variances = vec![T::of(v)],
            Observable::Gaussian(Spread::Scalar(place)) => {
                log_variances = vec![T::ZERO];
                backend.read(at, place, &mut log_variances);
            }
            Observable::Gaussian(Spread::Column(place)) => {
                log_variances = vec![T::ZERO; batch.columns];
                backend.read(at, place, &mut log_variances);
            }
            _ => {}
        }
        let many = log_variances.len().max(1);
        let precision = |column: usize| (-log_variances[column % many].double()).exp();
        let known: Option<&dyn Fn(usize) -> f64> = if log_variances.is_empty() { None } else { Some(&precision) };
        let last = into.decoder.len() - 1;
        for (l, f) in into.decoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.z } else { &self.decoder[l - 1] };
            let exact = if l == last { known } else { None };
            f.absorb(backend, x, &self.decoder_slopes[l], batch.points(), share, exact);
        }
        for (l, f) in into.encoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.x } else { &self.encoder[l - 1] };
            f.absorb(backend, x, &self.encoder_slopes[l], batch.rows, share, None);
        }
    }

    /// The natural gradient of all weights and biases, after [`Pass::backward`] (whose slopes of layers it uses up).
    ///
    /// # Shapes
    /// `gradient` has room for [`Vae::widest`] numbers behind the parameters.
    pub fn kronecker(&mut self, factors: &mut Kronecker<T, B>, gradient: &mut B::Buffer) {
        let (backend, batch, spare) = (self.backend, self.batch, self.vae.parameters());
        for (l, f) in factors.decoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.z } else { &self.decoder[l - 1] };
            f.natural(backend, x, &mut self.decoder_slopes[l], batch.points(), spare, gradient);
        }
        for (l, f) in factors.encoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.x } else { &self.encoder[l - 1] };
            f.natural(backend, x, &mut self.encoder_slopes[l], batch.rows, spare, gradient);
        }
    }
}
