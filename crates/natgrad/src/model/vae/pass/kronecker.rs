//! The natural gradient of a minibatch with Kronecker factors: the last layer's are exact under the model.

use super::Pass;
use crate::linalg::real::Real;
use crate::linalg::special::logistic;
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
        // Columns are independent given the latents, and so are a mean and a log-variance in the metric: the last layer's
        // slopes have a diagonal factor. Where columns are measured, each has a unit of its own.
        let layers = &vae.decoder.layers;
        let gaussian = matches!(vae.observable, Observable::Gaussian(_));
        let measured = !matches!(vae.observable, Observable::Bernoulli);
        Kronecker {
            encoder: (0..vae.encoder.layers.len())
                .map(|l| {
                    let factors = Factors::new(backend, vae.encoder.layers[l], false, rows);
                    factors.with_units(measured && l == 0, false)
                })
                .collect(),
            decoder: (0..layers.len())
                .map(|l| {
                    let last = l + 1 == layers.len();
                    Factors::new(backend, layers[l], last, rows * copies).with_units(false, gaussian && last)
                })
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
        let metric = self.output_metric(at);
        let last = into.decoder.len() - 1;
        for (l, f) in into.decoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.z } else { &self.decoder[l - 1] };
            let exact = if l == last { Some(metric.as_slice()) } else { None };
            f.absorb(backend, x, &self.decoder_slopes[l], batch.points(), share, exact);
        }
        for (l, f) in into.encoder.iter_mut().enumerate() {
            let x = if l == 0 { &self.x } else { &self.encoder[l - 1] };
            f.absorb(backend, x, &self.encoder_slopes[l], batch.rows, share, None);
        }
    }

    /// The Fisher information of each of the decoder's outputs under the model, mean over the loaded minibatch.
    ///
    /// ```text
    /// mean: e⁻ᵛ     log-variance: 1/2     logit: p (1 − p)     log-rate: λ
    /// ```
    fn output_metric(&mut self, at: &B::Buffer) -> Vec<f64> {
        let (backend, batch, columns) = (self.backend, self.batch, self.batch.columns);
        let parameters = |place: usize, many: usize| {
            let mut values = vec![T::ZERO; many];
            backend.read(at, place, &mut values);
            (0..columns).map(|d| (-values[d % many].double()).exp()).collect()
        };
        let points = batch.points();
        let mut outputs = Vec::new();
        match self.vae.observable {
            Observable::Gaussian(Spread::Fixed(v)) => return vec![(-v).exp(); columns],
            Observable::Gaussian(Spread::Scalar(place)) => return parameters(place, 1),
            Observable::Gaussian(Spread::Column(place)) => return parameters(place, columns),
            _ => self.outputs(&mut outputs),
        }
        let mean = |column: usize, of: &dyn Fn(f64) -> f64| {
            outputs[column * points..(column + 1) * points].iter().map(|o| of(*o)).sum::<f64>() / points as f64
        };
        match self.vae.observable {
            Observable::Poisson => (0..columns).map(|d| mean(d, &f64::exp)).collect(),
            Observable::Bernoulli => {
                let spread = |o: f64| logistic(o) * logistic(-o);
                (0..columns).map(|d| mean(d, &spread)).collect()
            }
            Observable::Gaussian(_) => {
                let precisions = (0..columns).map(|d| mean(columns + d, &|v| (-v).exp()));
                precisions.chain(std::iter::repeat_n(0.5, columns)).collect()
            }
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
