//! Slopes of columns that the model imagines: the mean of their squares is the Fisher matrix of the layers.
//!
//! ```text
//! d̃_output = √κ ε      d̃_m = Σ_copies d̃_z + √precision ε′      d̃_s = Σ_copies d̃_z eˢ noise + √(2 precision) eˢ ε″
//! ```
//!
//! `κ` is the Fisher information of an output under the model, `ε` are signs at random, and the second terms are the curvature
//! of `KL(q ‖ p)`. The slopes of the rows themselves would not do: where the model is far from them, as at the beginning with
//! counts of hundreds, their squares are hundreds of times the information, and nothing would move.

use super::Pass;
use super::kronecker::Information;
use crate::linalg::real::Real;
use crate::model::vae::Vae;
use crate::neural::{Backend, Spread};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Room for imagined slopes of all layers.
pub(super) struct Imagined<T: Real, B: Backend<T>> {
    pub encoder: Vec<B::Buffer>,
    pub decoder: Vec<B::Buffer>,
    dz: B::Buffer,
    host: Vec<T>,
    signs: Signs,
}

impl<T: Real, B: Backend<T>> Imagined<T, B> {
    pub fn new(vae: &Vae, backend: &B, rows: usize, copies: usize) -> Self {
        let points = rows * copies;
        let (outputs, h) = (vae.decoder.last().outputs, vae.shape.dimension);
        Imagined {
            encoder: vae.encoder.buffers(backend, rows),
            decoder: vae.decoder.buffers(backend, points),
            dz: backend.zeros(points * h),
            host: Vec::with_capacity(points * outputs.max(h)),
            signs: Signs::new(0),
        }
    }
}

/// Signs at random, 64 from each word.
struct Signs {
    rng: ChaCha8Rng,
    word: u64,
    left: u32,
}

impl Signs {
    fn new(stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        rng.set_stream(stream);
        Signs { rng, word: 0, left: 0 }
    }

    fn of(&mut self, size: f64) -> f64 {
        if self.left == 0 {
            (self.word, self.left) = (self.rng.random(), 64);
        }
        let positive = self.word & 1 == 1;
        self.word >>= 1;
        self.left -= 1;
        if positive { size } else { -size }
    }
}

impl<T: Real, B: Backend<T>> Pass<'_, T, B> {
    /// Fills `into` for the loaded minibatch, after [`Pass::forward`]; `step` says which signs.
    pub(super) fn imagine(
        &self,
        at: &B::Buffer,
        information: &Information,
        shares: &[f64],
        step: u64,
        into: &mut Imagined<T, B>,
    ) {
        let (vae, backend, batch) = (self.vae, self.backend, self.batch);
        let points = batch.points();
        let Imagined { encoder, decoder, dz, host, signs } = into;
        *signs = Signs::new(step);
        host.clear();
        for d in 0..vae.decoder.last().outputs {
            let own = information.column(d, points);
            host.extend(shares.iter().enumerate().map(|(p, share)| T::of(share * signs.of(own(p).sqrt()))));
        }
        let last = decoder.len() - 1;
        backend.write(&mut decoder[last], 0, host);
        vae.decoder.slopes(backend, at, points, &self.decoder, decoder, Some(dz));
        self.imagine_heads(at, dz, host, signs, &mut encoder[self.encoder.len() - 1]);
        vae.encoder.slopes(backend, at, batch.rows, &self.encoder, encoder, None);
    }

    fn imagine_heads(&self, at: &B::Buffer, dz: &B::Buffer, host: &mut Vec<T>, signs: &mut Signs, to: &mut B::Buffer) {
        let (backend, shape, n, points) = (self.backend, &self.vae.shape, self.batch.rows, self.batch.points());
        let h = shape.dimension;
        let heads = self.vae.encoder.last().outputs;
        host.resize(points * h, T::ZERO);
        backend.read(dz, 0, host);
        let mut values = vec![T::ZERO; n * heads];
        backend.read(&self.encoder[self.encoder.len() - 1], 0, &mut values);
        let mut prior = vec![T::ZERO; h];
        if let Spread::Column(place) = shape.prior {
            backend.read(at, place, &mut prior);
        }
        let total: f64 = self.row_weights.iter().sum();
        // Signs of several draws of a row cancel; their information does not.
        let several = (self.batch.copies as f64).sqrt();
        for l in 0..h {
            let root = (-0.5 * prior[l].double()).exp();
            for i in 0..n {
                let weight = self.row_weights[i] / total;
                let (mut mean, mut spread) = (0.0, 0.0);
                for place in (l * points + i..(l + 1) * points).step_by(n) {
                    mean += host[place].double();
                    spread += host[place].double() * self.host_noise[place].double();
                }
                values[l * n + i] = T::of(several * mean + signs.of(weight * root));
                if heads > h {
                    let deviation = values[(h + l) * n + i].double().exp();
                    let own = signs.of(weight * root * std::f64::consts::SQRT_2);
                    values[(h + l) * n + i] = T::of(deviation * (several * spread + own));
                }
            }
        }
        backend.write(to, 0, &values);
    }
}
