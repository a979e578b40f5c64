//! One minibatch through the networks and back: densities, entropies, slopes.

mod imagined;
mod kronecker;
mod natural;
mod sweep;

pub use kronecker::Kronecker;
pub use sweep::Sweep;

use super::{Expectation, Inputs, Sums, Vae};
use crate::linalg::real::Real;
use crate::neural::{Backend, Batch, Observed};

/// Buffers for minibatches of up to so many rows, made once.
pub struct Pass<'a, T: Real, B: Backend<T>> {
    vae: &'a Vae,
    backend: &'a B,
    expectation: Expectation,
    shares: Vec<f64>,
    capacity: usize,
    batch: Batch,
    x: B::Buffer,
    /// What the encoder reads, where that is not `x`.
    seen: Option<B::Buffer>,
    weights: B::Buffer,
    noise: B::Buffer,
    z: B::Buffer,
    dz: B::Buffer,
    encoder: Vec<B::Buffer>,
    encoder_slopes: Vec<B::Buffer>,
    decoder: Vec<B::Buffer>,
    decoder_slopes: Vec<B::Buffer>,
    found: Observed<B::Buffer>,
    host_noise: Vec<T>,
    host: Vec<T>,
    row_weights: Vec<f64>,
    bases: Vec<f64>,
    prior_entropy: f64,
}

impl<'a, T: Real, B: Backend<T>> Pass<'a, T, B> {
    /// Buffers for up to `rows` rows at once.
    pub fn new(vae: &'a Vae, backend: &'a B, expectation: Expectation, rows: usize) -> Self {
        let (columns, h, copies) = (vae.architecture.columns, vae.shape.dimension, expectation.copies());
        let batch = Batch { rows, copies, columns };
        let points = batch.points();
        let zeros = |n: usize| backend.zeros(n);
        let found = Observed {
            density: zeros(rows),
            entropy: zeros(rows),
            recognition: zeros(rows),
            prior: zeros(rows),
            latents: zeros(4 * h),
            scratch: zeros(backend.observe_scratch(batch).max(rows)),
        };
        Pass {
            vae,
            backend,
            shares: expectation.shares(),
            expectation,
            capacity: rows,
            batch,
            x: zeros(rows * columns),
            seen: (vae.architecture.inputs == Inputs::Logarithms).then(|| zeros(rows * columns)),
            weights: zeros(rows),
            noise: zeros(points * h),
            z: zeros(points * h),
            dz: zeros(points * h),
            encoder: vae.encoder.buffers(backend, rows),
            encoder_slopes: vae.encoder.buffers(backend, rows),
            decoder: vae.decoder.buffers(backend, points),
            decoder_slopes: vae.decoder.buffers(backend, points),
            found,
            host_noise: vec![T::ZERO; points * h],
            host: vec![T::ZERO; (rows * columns.max(4)).max(4 * h)],
            row_weights: Vec::with_capacity(rows),
            bases: Vec::with_capacity(rows),
            prior_entropy: 0.0,
        }
    }

    /// Rows that fit.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Takes rows from a row-major store, in the model's units: `rows[i]` is the place of row `i`.
    ///
    /// `numbers` are the rows' numbers in the data set, from which their draws come.
    pub fn load(&mut self, store: &[T], rows: &[usize], numbers: &[u64], weights: &[f64], bases: &[f64]) {
        self.batch.rows = rows.len();
        self.backend.write_rows(&mut self.x, store, self.batch.columns, rows);
        self.see();
        self.take_weights(weights, bases);
        debug_assert_eq!(rows.len(), numbers.len());
    }

    /// Makes what the encoder reads of the loaded rows.
    fn see(&mut self) {
        if let Some(seen) = &mut self.seen {
            self.backend.log_one_plus(&self.x, self.batch.rows * self.batch.columns, seen);
        }
    }

    fn take_weights(&mut self, weights: &[f64], bases: &[f64]) {
        self.row_weights.clear();
        self.row_weights.extend_from_slice(weights);
        self.bases.clear();
        self.bases.extend_from_slice(bases);
        let total: f64 = weights.iter().sum();
        let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
        self.put_weights(|i| weights[i] * scale);
    }

    /// Scales the slopes of row `i` by `weight(i)`.
    fn put_weights(&mut self, weight: impl Fn(usize) -> f64) {
        let n = self.batch.rows;
        for (i, to) in self.host[..n].iter_mut().enumerate() {
            *to = T::of(weight(i));
        }
        self.backend.write(&mut self.weights, 0, &self.host[..n]);
    }

    /// Draws for rows with these numbers.
    pub fn draw(&mut self, numbers: &[u64], seed: u64, epoch: u64) {
        let many = self.batch.points() * self.vae.shape.dimension;
        self.expectation.fill(numbers, self.vae.shape.dimension, seed, epoch, &mut self.host_noise[..many]);
        self.backend.write(&mut self.noise, 0, &self.host_noise[..many]);
    }

    /// Densities, entropies and slopes of the decoder's outputs; `gradient` gets those of variances that are parameters.
    pub fn forward(&mut self, at: &B::Buffer, gradient: &mut B::Buffer) {
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        vae.encoder.forward(backend, at, self.seen.as_ref().unwrap_or(&self.x), batch.rows, &mut self.encoder);
        let heads = &self.encoder[self.encoder.len() - 1];
        backend.latents(batch, &vae.shape, at, heads, &self.noise, &self.weights, &mut self.z, &mut self.found);
        vae.decoder.forward(backend, at, &self.z, batch.points(), &mut self.decoder);
        let last = self.decoder.len() - 1;
        backend.observe(
            batch,
            &vae.observable,
            at,
            &self.x,
            &self.decoder[last],
            &self.weights,
            &self.shares,
            &mut self.decoder_slopes[last],
            gradient,
            &mut self.found,
        );
    }

    /// Slopes of everything, after [`Pass::forward`].
    pub fn backward(&mut self, at: &B::Buffer, gradient: &mut B::Buffer) {
        self.slopes(at, gradient);
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        let (z, decoder) = (&self.z, &self.decoder);
        vae.decoder.gradient(backend, z, batch.points(), decoder, &self.decoder_slopes, gradient);
        let seen = self.seen.as_ref().unwrap_or(&self.x);
        vae.encoder.gradient(backend, seen, batch.rows, &self.encoder, &self.encoder_slopes, gradient);
    }

    /// Slopes of all layers' affine maps; `gradient` gets those of deviations and priors that are parameters.
    fn slopes(&mut self, at: &B::Buffer, gradient: &mut B::Buffer) {
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        let points = batch.points();
        vae.decoder.slopes(backend, at, points, &self.decoder, &mut self.decoder_slopes, Some(&mut self.dz));
        let last = self.encoder.len() - 1;
        backend.latent_slopes(
            batch,
            &vae.shape,
            at,
            &self.encoder[last],
            &self.noise,
            &self.weights,
            &self.dz,
            &mut self.encoder_slopes[last],
            gradient,
        );
        vae.encoder.slopes(backend, at, batch.rows, &self.encoder, &mut self.encoder_slopes, None);
    }

    /// What the rows of the minibatch add up to, after [`Pass::forward`]. `prior` are the prior's log-variances.
    pub fn collect(&mut self, prior: &[f64]) -> Sums {
        let (n, h) = (self.batch.rows, self.vae.shape.dimension);
        let total: f64 = self.row_weights.iter().sum();
        let volume = self.vae.log_density_of_units();
        let (density, rest) = self.host.split_at_mut(n);
        let (entropy, rest) = rest.split_at_mut(n);
        let (recognition, rest) = rest.split_at_mut(n);
        let cross = &mut rest[..n];
        self.backend.read(&self.found.density, 0, density);
        self.backend.read(&self.found.entropy, 0, entropy);
        self.backend.read(&self.found.recognition, 0, recognition);
        self.backend.read(&self.found.prior, 0, cross);
        self.prior_entropy = 0.5 * prior.iter().map(|t| t + 1.0 + crate::neural::LOG_TWO_PI).sum::<f64>();
        let mut sums = Sums { rows: n as u64, weight: total, prior_entropy: self.prior_entropy, ..Sums::default() };
        for i in 0..n {
            let w = self.row_weights[i];
            if w == 0.0 {
                // What is not finite would not vanish by its weight.
                continue;
            }
            let (d, e, r, c) = (
                density[i].double() + volume,
                entropy[i].double() - volume,
                recognition[i].double(),
                cross[i].double(),
            );
            let elbo = d + r + c + self.bases[i];
            let residual = d + e + c + self.prior_entropy;
            sums.density += w * d;
            sums.observable += w * e;
            sums.recognition += w * r;
            sums.prior += w * c;
            sums.base_measure += w * self.bases[i];
            sums.elbo_square += w * elbo * elbo;
            sums.residual_square += w * residual * residual;
            sums.weight_square += w * w;
        }
        let host = &mut self.host[..4 * h];
        self.backend.read(&self.found.latents, 0, host);
        sums.latents = host.iter().map(|v| v.double() * total).collect();
        sums
    }

    /// The beliefs' means and log standard deviations of the loaded rows, after [`Pass::forward`]: latent after latent.
    pub fn beliefs(&self, at: &[f64], means: &mut [f64], deviations: &mut [f64]) {
        let (n, h) = (self.batch.rows, self.vae.shape.dimension);
        let heads = &self.encoder[self.encoder.len() - 1];
        let mut host = vec![T::ZERO; n * h];
        self.backend.read(heads, 0, &mut host);
        means[..n * h].iter_mut().zip(&host).for_each(|(to, v)| *to = v.double());
        if let crate::neural::Spread::Column(place) = self.vae.shape.spread {
            for l in 0..h {
                deviations[l * n..(l + 1) * n].fill(at[place + l]);
            }
        } else {
            self.backend.read(heads, n * h, &mut host);
            deviations[..n * h].iter_mut().zip(&host).for_each(|(to, v)| *to = v.double());
        }
    }

    /// Per-row densities `E_q ln p(x|z)` of the loaded rows with the base measure, after [`Pass::forward`].
    pub fn densities(&self, to: &mut [f64]) {
        let n = self.batch.rows;
        let volume = self.vae.log_density_of_units();
        let mut host = vec![T::ZERO; n];
        self.backend.read(&self.found.density, 0, &mut host);
        for i in 0..n {
            to[i] = host[i].double() + volume + self.bases[i];
        }
    }

    /// ELBO of each loaded row, with the base measure, after [`Pass::forward`].
    pub fn elbos(&self, to: &mut [f64]) {
        let n = self.batch.rows;
        self.densities(to);
        let mut host = vec![T::ZERO; n];
        for part in [&self.found.recognition, &self.found.prior] {
            self.backend.read(part, 0, &mut host);
            to.iter_mut().zip(&host).for_each(|(to, v)| *to += v.double());
        }
    }

    /// The decoder's outputs for the loaded rows, in the model's units, after [`Pass::forward`]: column after column, copies one after the other.
    pub fn outputs(&self, to: &mut Vec<f64>) {
        let mut host = vec![T::ZERO; self.batch.points() * self.vae.decoder.last().outputs];
        self.backend.read(&self.decoder[self.decoder.len() - 1], 0, &mut host);
        to.clear();
        to.extend(host.iter().map(|v| v.double()));
    }

    /// Weights of the loaded rows.
    pub fn row_weights(&self) -> &[f64] {
        &self.row_weights
    }

    /// The draws in use: latent after latent.
    pub fn noise(&self) -> &[T] {
        &self.host_noise[..self.batch.points() * self.vae.shape.dimension]
    }
}
