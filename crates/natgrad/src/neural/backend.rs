//! What a device has to offer: a few operations on buffers that stay there.

use super::Adam;
use super::stack::{Activation, Dense};
use crate::linalg::real::Real;

/// A minibatch of `rows` rows, each with `copies` draws (or nodes) of the latents.
///
/// Rows of matrices behind the latents are `copy · rows + row`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Rows of data.
    pub rows: usize,
    /// Draws per row.
    pub copies: usize,
    /// Columns of data.
    pub columns: usize,
}

impl Batch {
    /// Rows of the matrices behind the latents.
    pub fn points(&self) -> usize {
        self.rows * self.copies
    }
}

/// Where a log-variance (or log standard deviation) comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// A number that is not learnt.
    Fixed(f64),
    /// One parameter for all, at this place.
    Scalar(usize),
    /// A parameter per column, from this place on.
    Column(usize),
    /// The second half of a network's outputs.
    Network,
}

/// A Gaussian observable's log-variances.
pub type Gaussian = Spread;

/// How a column is distributed, given a decoder's output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Observable {
    /// Normal; the output is the mean.
    Gaussian(Gaussian),
    /// Zero or one; the output is the logit.
    Bernoulli,
    /// A count; the output is the logarithm of the rate.
    Poisson,
}

/// Latents with normal recognition `N(m, diag e^{2s})` and prior `N(0, diag eᵗ)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latents {
    /// Number of latents.
    pub dimension: usize,
    /// Where `s` comes from: [`Spread::Network`] or [`Spread::Column`].
    pub spread: Spread,
    /// Where `t` comes from: [`Spread::Fixed`] or [`Spread::Column`].
    pub prior: Spread,
}

/// Buffers that a sweep over a minibatch leaves its numbers in.
#[derive(Debug)]
pub struct Observed<Buffer> {
    /// Per row: `E_q ln p(x|z)` without the base measure.
    pub density: Buffer,
    /// Per row: `E_q H̃[p(x|z)]`.
    pub entropy: Buffer,
    /// Per row: `H[q]`.
    pub recognition: Buffer,
    /// Per row: `E_q ln p(z)`.
    pub prior: Buffer,
    /// Per latent, one after the other: weighted sums over rows of `m`, `m²`, `e^{2s}` and `s`.
    pub latents: Buffer,
    /// Working memory.
    pub scratch: Buffer,
}

/// A device that networks run on. Only scalars, parameters and minibatches cross to it and back.
///
/// Matrices are column-major, one row per row of the minibatch. Every sum is formed in an order that depends on shapes alone.
pub trait Backend<T: Real>: Sync {
    /// Numbers on the device.
    type Buffer: Send + Sync;

    /// So many zeros.
    fn zeros(&self, length: usize) -> Self::Buffer;

    /// Copies numbers to the device, from place `at` on.
    fn write(&self, to: &mut Self::Buffer, at: usize, from: &[T]);

    /// Copies the rows at `places` of a row-major store to the device, as the columns of a column-major matrix.
    fn write_rows(&self, to: &mut Self::Buffer, store: &[T], columns: usize, places: &[usize]);

    /// `to ← ln(1 + from)`, the first `many` numbers.
    fn log_one_plus(&self, from: &Self::Buffer, many: usize, to: &mut Self::Buffer);

    /// Copies numbers back, from place `at` on.
    fn read(&self, from: &Self::Buffer, at: usize, to: &mut [T]);

    /// `Y ← φ(X Wᵀ + 1 bᵀ)`.
    fn forward(&self, layer: &Dense, at: &Self::Buffer, x: &Self::Buffer, rows: usize, y: &mut Self::Buffer);

    /// `dX ← dY W`, and `∘ φ′` of the layer below, given its outputs.
    fn backward(
        &self,
        layer: &Dense,
        at: &Self::Buffer,
        dy: &Self::Buffer,
        rows: usize,
        below: Option<(&Self::Buffer, Activation)>,
        dx: &mut Self::Buffer,
    );

    /// `dW ← dYᵀ X`, `db ← dYᵀ 1`.
    fn gradient(&self, layer: &Dense, x: &Self::Buffer, dy: &Self::Buffer, rows: usize, gradient: &mut Self::Buffer);

    /// Working memory that [`Backend::observe`] needs.
    fn observe_scratch(&self, batch: Batch) -> usize;

    /// `z ← m + eˢ ∘ noise`; entropies, prior densities and sums of the latents go to `found`.
    ///
    /// # Shapes
    /// `heads`: rows × (m, and s where a network gives it); `noise`, `z`: points × latents; `weights`: rows.
    fn latents(
        &self,
        batch: Batch,
        shape: &Latents,
        at: &Self::Buffer,
        heads: &Self::Buffer,
        noise: &Self::Buffer,
        weights: &Self::Buffer,
        z: &mut Self::Buffer,
        found: &mut Observed<Self::Buffer>,
    );

    /// Slopes of the heads, from those of `z`; of the log standard deviations and the prior where they are parameters.
    fn latent_slopes(
        &self,
        batch: Batch,
        shape: &Latents,
        at: &Self::Buffer,
        heads: &Self::Buffer,
        noise: &Self::Buffer,
        weights: &Self::Buffer,
        dz: &Self::Buffer,
        dheads: &mut Self::Buffer,
        gradient: &mut Self::Buffer,
    );

    /// Densities and entropies of the rows, and slopes of the decoder's outputs and of variances that are parameters.
    ///
    /// # Shapes
    /// `x`: rows × columns; `outputs`, `slopes`: points × outputs; `weights`: rows; `shares`: one number per copy, on the host.
    fn observe(
        &self,
        batch: Batch,
        observable: &Observable,
        at: &Self::Buffer,
        x: &Self::Buffer,
        outputs: &Self::Buffer,
        weights: &Self::Buffer,
        shares: &[f64],
        slopes: &mut Self::Buffer,
        gradient: &mut Self::Buffer,
        found: &mut Observed<Self::Buffer>,
    );

    /// `K += (X Xᵀ + 1) ∘ (dY dYᵀ)`: a layer's share of the Gram matrix of per-row slopes.
    ///
    /// # Shapes
    /// `gram`: rows × rows.
    fn add_gram(
        &self,
        layer: &Dense,
        x: &Self::Buffer,
        dy: &Self::Buffer,
        rows: usize,
        gram: &mut Self::Buffer,
        scratch: &mut Self::Buffer,
    );

    /// Scales row `i` of the first `columns` columns by `factors[i]`.
    fn scale_rows(&self, values: &mut Self::Buffer, columns: usize, factors: &[f64]);

    /// Scales column `j` by `factors[j]`.
    fn scale_columns(&self, values: &mut Self::Buffer, rows: usize, factors: &[f64]);

    /// `mean ← share · mean + (1 − share) · scale · gradient`, `at ← at + rate · mean`, for the first `many` parameters.
    fn momentum(
        &self,
        share: f64,
        scale: f64,
        rate: f64,
        many: usize,
        at: &mut Self::Buffer,
        gradient: &Self::Buffer,
        mean: &mut Self::Buffer,
    );

    /// `gradient[..decayed] −= decay · at[..decayed]`: the slope of `−(decay/2) Σ θ²`.
    fn decay(&self, at: &Self::Buffer, decay: f64, decayed: usize, gradient: &mut Self::Buffer);

    /// Step `count` (from 1) of Adam, upwards.
    fn adam(
        &self,
        settings: &Adam,
        rate: f64,
        count: u64,
        at: &mut Self::Buffer,
        gradient: &Self::Buffer,
        first: &mut Self::Buffer,
        second: &mut Self::Buffer,
    );
}
