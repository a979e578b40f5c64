//! The natural gradient of a minibatch with Kronecker factors; the decoder's last layer is exact, output by output.

use super::Pass;
use super::imagined::Imagined;
use crate::linalg::real::Real;
use crate::linalg::special::logistic;
use crate::model::vae::Vae;
use crate::neural::{Backend, Blocks, Factors, Known, Observable, Spread};

/// Factors of all layers of an autoencoder.
pub struct Kronecker<T: Real, B: Backend<T>> {
    encoder: Vec<Factors<T, B>>,
    /// All layers, or all but the last one.
    decoder: Vec<Factors<T, B>>,
    last: Option<Blocks>,
    imagined: Imagined<T, B>,
    host: Vec<T>,
}

/// Fisher information of the decoder's outputs under the model.
pub(super) struct Information {
    /// Mean over the rows, for each output.
    diagonal: Vec<f64>,
    /// Points × outputs; empty where it is the same for all rows.
    points: Vec<f64>,
}

impl Information {
    /// The information of an output at each point.
    pub fn column(&self, output: usize, points: usize) -> impl Fn(usize) -> f64 {
        let own = self.points.get(output * points..(output + 1) * points);
        move |point| own.map_or(self.diagonal[output], |own| own[point])
    }

    /// The points' shares of all outputs' information, of sum 1.
    fn shares(&self, shares: &[f64]) -> Vec<f64> {
        let total: f64 = self.diagonal.iter().sum();
        if self.points.is_empty() || total.is_nan() || total <= 0.0 {
            return shares.to_vec();
        }
        let mut of = vec![0.0; shares.len()];
        for column in self.points.chunks_exact(shares.len()) {
            of.iter_mut().zip(column).for_each(|(of, k)| *of += k);
        }
        of.iter().zip(shares).map(|(k, w)| k * w / total).collect()
    }
}

impl<T: Real, B: Backend<T>> Kronecker<T, B> {
    /// Room for the factors, for minibatches of up to so many rows with so many draws each.
    pub fn new(vae: &Vae, backend: &B, rows: usize, copies: usize) -> Self {
        // Columns are independent given the latents, and so are a mean and a log-variance in the metric: the last layer's
        // slopes have a diagonal factor. Where columns are measured, each has a unit of its own.
        let layers = &vae.decoder.layers;
        let gaussian = matches!(vae.observable, Observable::Gaussian(_));
        let measured = !matches!(vae.observable, Observable::Bernoulli);
        // With variances that no row changes the Kronecker product is exact already.
        let last = match vae.observable {
            Observable::Gaussian(kind) if kind != Spread::Network => None,
            _ => Blocks::new(*vae.decoder.last(), gaussian),
        };
        let factors = layers.len() - usize::from(last.is_some());
        Kronecker {
            encoder: (0..vae.encoder.layers.len())
                .map(|l| {
                    let factors = Factors::new(backend, vae.encoder.layers[l], false, rows);
                    factors.with_units(measured && l == 0, false)
                })
                .collect(),
            decoder: (0..factors)
                .map(|l| {
                    let last = l + 1 == layers.len();
                    Factors::new(backend, layers[l], last, rows * copies).with_units(false, gaussian && last)
                })
                .collect(),
            last,
            imagined: Imagined::new(vae, backend, rows, copies),
            host: Vec::new(),
        }
    }

    fn running(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let factors = self.encoder.iter_mut().chain(&mut self.decoder).flat_map(Factors::state);
        factors.chain(self.last.as_mut().map(Blocks::state))
    }

    /// All running factors in one vector.
    pub fn state(&mut self) -> Vec<f64> {
        self.running().flat_map(|v| v.clone()).collect()
    }

    /// Takes running factors back; others than [`Kronecker::state`] gave are left out.
    pub fn restore(&mut self, state: &[f64]) {
        let mut rest = state.iter();
        for values in self.running() {
            values.iter_mut().zip(rest.by_ref()).for_each(|(v, s)| *v = *s);
        }
    }

    /// Inverts all factors. `None` where they are not finite.
    pub fn invert(&mut self, backend: &B, damping: f64) -> Option<()> {
        self.encoder.iter_mut().chain(&mut self.decoder).try_for_each(|f| f.invert(backend, damping))?;
        self.last.as_mut().map_or(Some(()), |last| last.invert(damping))
    }
}

impl<T: Real, B: Backend<T>> Pass<'_, T, B> {
    /// Moves the factors towards those of the loaded minibatch, after [`Pass::forward`]; `step` says which signs are drawn.
    pub fn absorb(&mut self, at: &B::Buffer, share: f64, step: u64, into: &mut Kronecker<T, B>) {
        let (backend, batch) = (self.backend, self.batch);
        let total: f64 = self.row_weights.iter().sum();
        let shares: Vec<f64> = (0..batch.points())
            .map(|p| self.row_weights[p % batch.rows] / total * self.shares[p / batch.rows])
            .collect();
        let information = self.information(at, &shares);
        self.imagine(at, &information, &shares, step, &mut into.imagined);
        let last = self.decoder.len() - 1;
        let input = |l: usize| if l == 0 { &self.z } else { &self.decoder[l - 1] };
        if let Some(blocks) = &mut into.last {
            let many = batch.points() * self.vae.decoder.last().inputs;
            into.host.resize(many, T::ZERO);
            backend.read(input(last), 0, &mut into.host);
            let x: Vec<f64> = into.host.iter().map(|v| v.double()).collect();
            blocks.absorb(&x, &information.points, &shares, share);
        }
        let rows = information.shares(&shares);
        let known = Known { diagonal: &information.diagonal, shares: &rows };
        for (l, f) in into.decoder.iter_mut().enumerate() {
            let known = if l == last { Some(known) } else { None };
            f.absorb(backend, input(l), &into.imagined.decoder[l], batch.points(), share, known);
        }
        let seen = self.seen.as_ref().unwrap_or(&self.x);
        for (l, f) in into.encoder.iter_mut().enumerate() {
            let x = if l == 0 { seen } else { &self.encoder[l - 1] };
            f.absorb(backend, x, &into.imagined.encoder[l], batch.rows, share, None);
        }
    }

    /// The Fisher information of the decoder's outputs under the model, for the loaded minibatch.
    ///
    /// ```text
    /// mean: e⁻ᵛ     log-variance: 1/2     logit: p (1 − p)     log-rate: λ
    /// ```
    fn information(&self, at: &B::Buffer, shares: &[f64]) -> Information {
        let (backend, columns, points) = (self.backend, self.batch.columns, self.batch.points());
        let same = |place: usize, many: usize| {
            let mut values = vec![T::ZERO; many];
            backend.read(at, place, &mut values);
            let diagonal = (0..columns).map(|d| (-values[d % many].double()).exp()).collect();
            Information { diagonal, points: Vec::new() }
        };
        let mut outputs = Vec::new();
        match self.vae.observable {
            Observable::Gaussian(Spread::Fixed(v)) => {
                return Information { diagonal: vec![(-v).exp(); columns], points: Vec::new() };
            }
            Observable::Gaussian(Spread::Scalar(place)) => return same(place, 1),
            Observable::Gaussian(Spread::Column(place)) => return same(place, columns),
            _ => self.outputs(&mut outputs),
        }
        match self.vae.observable {
            Observable::Poisson => outputs.iter_mut().for_each(|o| *o = o.exp()),
            Observable::Bernoulli => outputs.iter_mut().for_each(|o| *o = logistic(*o) * logistic(-*o)),
            Observable::Gaussian(_) => {
                let (means, spreads) = outputs.split_at_mut(columns * points);
                means.iter_mut().zip(&mut *spreads).for_each(|(m, v)| *m = (-*v).exp());
                spreads.fill(0.5);
            }
        }
        let mean = |column: &[f64]| column.iter().zip(shares).map(|(k, w)| k * w).sum();
        Information { diagonal: outputs.chunks_exact(points).map(mean).collect(), points: outputs }
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
        if let Some(blocks) = &factors.last {
            // The slopes are there already; small vectors, so the device has nothing to win.
            let layer = self.vae.decoder.last();
            let (mut weights, mut biases) = (vec![0.0; layer.inputs * layer.outputs], vec![0.0; layer.outputs]);
            for (values, place) in [(&mut weights, layer.weights), (&mut biases, layer.biases)] {
                factors.host.resize(values.len(), T::ZERO);
                backend.read(gradient, place, &mut factors.host);
                values.iter_mut().zip(&factors.host).for_each(|(v, h)| *v = h.double());
            }
            blocks.natural(&mut weights, &mut biases);
            for (values, place) in [(&weights, layer.weights), (&biases, layer.biases)] {
                factors.host.clear();
                factors.host.extend(values.iter().map(|v| T::of(*v)));
                backend.write(gradient, place, &factors.host);
            }
        }
        let seen = self.seen.as_ref().unwrap_or(&self.x);
        for (l, f) in factors.encoder.iter_mut().enumerate() {
            let x = if l == 0 { seen } else { &self.encoder[l - 1] };
            f.natural(backend, x, &mut self.encoder_slopes[l], batch.rows, spare, gradient);
        }
    }
}
