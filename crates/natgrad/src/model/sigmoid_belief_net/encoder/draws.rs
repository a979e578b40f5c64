//! Samples of a block of rows from the encoder, and of the net itself, with their slopes.

use super::super::SigmoidBeliefNet;
use super::metric::Moments;
use super::{Encoder, Forward, forward};
use crate::linalg::product::add_transposed;
use crate::linalg::special::log_sum_exp;
use crate::rows::Merge;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Sums over rows of what samples say.
pub(super) struct Sums {
    pub rows: f64,
    /// `Σ ln ω`, one sample each: the ELBO.
    pub elbo: f64,
    /// `Σ ln (1/K) Σ ω`.
    pub importance: f64,
    /// `Σ_n H[q_n]`, estimated by `−ln q` of the samples.
    pub recognition: f64,
    pub slope: Vec<f64>,
    pub encoder_slope: Vec<f64>,
    /// Of each layer of the net but the top, then of the encoder.
    pub moments: Vec<Moments>,
}

impl Merge for Sums {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.elbo += other.elbo;
        self.importance += other.importance;
        self.recognition += other.recognition;
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.slope, &other.slope);
        add(&mut self.encoder_slope, &other.encoder_slope);
        self.moments.iter_mut().zip(&other.moments).for_each(|(a, b)| a.merge(b));
    }
}

/// Both nets at their parameters.
pub(super) struct Pair<'a> {
    pub net: &'a SigmoidBeliefNet,
    pub encoder: &'a Encoder,
    pub theta: &'a [f64],
    pub phi: &'a [f64],
}

fn draw(of: &Forward, rng: &mut ChaCha8Rng) -> Vec<f64> {
    of.probability.iter().map(|p| f64::from(u8::from(rng.random::<f64>() < *p))).collect()
}

/// Adds `Σ_u z a − ln(1 + eᵃ)` of each row.
fn add_log(of: &Forward, states: &[f64], out: &mut [f64]) {
    let rows = out.len();
    let columns = states.chunks_exact(rows).zip(of.logits.chunks_exact(rows)).zip(of.softplus.chunks_exact(rows));
    for ((z, a), s) in columns {
        out.iter_mut().zip(z.iter().zip(a.iter().zip(s))).for_each(|(o, (z, (a, s)))| *o += z * a - s);
    }
}

/// `Σ_n w_n (z_u − σ_u) z̃` of a layer's units.
fn add_slope(of: &Forward, states: &[f64], inputs: &[f64], weights: &[f64], out: &mut [f64]) {
    let rows = weights.len();
    let (units, parents) = (states.len() / rows, inputs.len() / rows);
    let residual: Vec<f64> =
        states.iter().zip(&of.probability).enumerate().map(|(i, (z, p))| weights[i % rows] * (z - p)).collect();
    let mut extended = inputs.to_vec();
    extended.resize(inputs.len() + rows, 1.0);
    add_transposed(out, &extended, rows, &residual, rows, rows, parents + 1, units);
}

impl Pair<'_> {
    fn zeros(&self) -> Sums {
        let (net, encoder) = (self.net.layout(), &self.encoder.layout);
        let of = |sizes: &[usize]| -> Vec<Moments> { sizes.windows(2).map(|w| Moments::zero(w[0], w[1])).collect() };
        let mut moments = of(&net.sizes);
        moments.extend(of(&encoder.sizes));
        Sums {
            rows: 0.0,
            elbo: 0.0,
            importance: 0.0,
            recognition: 0.0,
            slope: vec![0.0; net.len()],
            encoder_slope: vec![0.0; self.encoder.len()],
            moments,
        }
    }

    /// `samples` draws for each row of `cells` (rows × columns, column-major), and where wanted as many rows of the net's own.
    pub fn sums(&self, cells: &[f64], rows: usize, samples: usize, phases: super::Phases, seed: (u64, u64)) -> Sums {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0);
        rng.set_stream(seed.1);
        let mut out = self.zeros();
        let (layout, up) = (self.net.layout(), &self.encoder.layout);
        let top = layout.top();
        let n = rows * samples;
        let visible: Vec<f64> =
            cells.chunks_exact(rows).flat_map(|c| c.iter().flat_map(|x| std::iter::repeat_n(*x, samples))).collect();
        let mut states = vec![visible];
        let mut log_q = vec![0.0; n];
        let mut encoded = Vec::new();
        for l in 1..=top {
            let own = &self.phi[up.layer(top - l)];
            let of = forward(own, layout.sizes[l - 1], &states[l - 1], n);
            states.push(draw(&of, &mut rng));
            add_log(&of, &states[l], &mut log_q);
            encoded.push(of);
        }
        let mut log_p = vec![0.0; n];
        let mut decoded = Vec::new();
        for l in 0..=top {
            let inputs: &[f64] = if l < top { &states[l + 1] } else { &[] };
            let of = forward(&self.theta[layout.layer(l)], layout.parents(l), inputs, n);
            add_log(&of, &states[l], &mut log_p);
            decoded.push(of);
        }
        let ratio: Vec<f64> = log_p.iter().zip(&log_q).map(|(p, q)| p - q).collect();
        let mut weights = vec![0.0; n];
        for (own, weights) in ratio.chunks_exact(samples).zip(weights.chunks_exact_mut(samples)) {
            let total = log_sum_exp(own);
            out.elbo += own.iter().sum::<f64>() / samples as f64;
            out.importance += total - (samples as f64).ln();
            weights.iter_mut().zip(own).for_each(|(w, r)| *w = (r - total).exp());
        }
        out.recognition -= log_q.iter().sum::<f64>() / samples as f64;
        out.rows += rows as f64;
        for l in 0..=top {
            let inputs: &[f64] = if l < top { &states[l + 1] } else { &[] };
            add_slope(&decoded[l], &states[l], inputs, &weights, &mut out.slope[layout.layer(l)]);
            if l < top {
                out.moments[l].add(inputs, &decoded[l].slope, &weights);
            }
        }
        for l in 1..=top {
            let (of, inputs) = (&encoded[l - 1], &states[l - 1]);
            out.moments[top + top - l].add(inputs, &of.slope, &weights);
            if phases.wake {
                add_slope(of, &states[l], inputs, &weights, &mut out.encoder_slope[up.layer(top - l)]);
            }
        }
        if phases.sleep {
            self.dream(rows, &mut rng, &mut out);
        }
        out
    }

    /// The sleep phase: rows of the net's own, recognised.
    fn dream(&self, rows: usize, rng: &mut ChaCha8Rng, out: &mut Sums) {
        let (layout, up) = (self.net.layout(), &self.encoder.layout);
        let top = layout.top();
        let mut states: Vec<Vec<f64>> = vec![Vec::new(); top + 1];
        for l in (0..=top).rev() {
            let inputs: &[f64] = if l < top { &states[l + 1] } else { &[] };
            states[l] = draw(&forward(&self.theta[layout.layer(l)], layout.parents(l), inputs, rows), rng);
        }
        let weights = vec![1.0; rows];
        for l in 1..=top {
            let of = forward(&self.phi[up.layer(top - l)], layout.sizes[l - 1], &states[l - 1], rows);
            add_slope(&of, &states[l], &states[l - 1], &weights, &mut out.encoder_slope[up.layer(top - l)]);
        }
    }
}
