//! Samples of a block of rows from the encoder, and of the net itself, with their slopes.

use super::super::SigmoidBeliefNet;
use super::metric::Moments;
use super::pool::{Pool, Pools};
use super::samples::{add_log, add_products, draw, first_of_each, repeat, residuals};
use super::sums::Sums;
use super::{Encoder, Forward, Phases, forward};
use crate::linalg::special::log_sum_exp;
use rand_chacha::ChaCha8Rng;

/// Both nets at their parameters.
pub(super) struct Pair<'a> {
    pub net: &'a SigmoidBeliefNet,
    pub encoder: &'a Encoder,
    pub theta: &'a [f64],
    pub phi: &'a [f64],
    pub pools: &'a Pools,
}

/// What sums are wanted beside bounds and entropies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// None.
    Bounds,
    /// Slopes in these phases.
    Slopes(Phases),
    /// Slopes, and the moments that metrics are made of.
    Moments(Phases),
}

impl Want {
    fn phases(self) -> Option<Phases> {
        match self {
            Want::Bounds => None,
            Want::Slopes(phases) | Want::Moments(phases) => Some(phases),
        }
    }
}

/// Samples of a block of rows; those of a row lie together.
pub(super) struct Drawn {
    pub samples: usize,
    /// Of each layer, the visible one first: rows·samples × units, column-major.
    pub states: Vec<Vec<f64>>,
    /// Of each hidden layer, layer 1 first: what the encoder says. Layer 1 is for rows, not for samples.
    pub encoded: Vec<Forward>,
    /// Of each layer, the visible one first: what the net says.
    pub decoded: Vec<Forward>,
    /// `ln p(x, z) − ln q(z | x)`.
    pub ratio: Vec<f64>,
    log_p: Vec<f64>,
}

impl Drawn {
    /// Gives its memory back.
    pub fn recycle(self, pool: &mut Pool) {
        self.encoded.into_iter().chain(self.decoded).for_each(|of| of.recycle(pool));
        self.states.into_iter().chain([self.ratio, self.log_p]).for_each(|v| pool.give(v));
    }
}

impl Pair<'_> {
    /// `samples` draws for each row of `cells` (rows × columns, column-major).
    pub fn draw(&self, cells: &[f64], rows: usize, samples: usize, rng: &mut ChaCha8Rng, pool: &mut Pool) -> Drawn {
        let (layout, up) = (self.net.layout(), &self.encoder.layout);
        let top = layout.top();
        let n = rows * samples;
        let mut log_q = pool.zeros(n);
        let mut states = vec![repeat(cells, samples, pool)];
        let mut encoded = Vec::new();
        for l in 1..=top {
            let own = &self.phi[up.layer(top - l)];
            let times = if l == 1 { samples } else { 1 };
            let inputs = if l == 1 { cells } else { &states[l - 1] };
            let of = forward(own, layout.sizes[l - 1], inputs, n / times, pool);
            states.push(draw(&of.probability, times, rng, pool));
            add_log(&of, &states[l], times, &mut log_q);
            encoded.push(of);
        }
        let mut log_p = pool.zeros(n);
        let mut decoded = Vec::new();
        for l in 0..=top {
            let inputs: &[f64] = if l < top { &states[l + 1] } else { &[] };
            let of = forward(&self.theta[layout.layer(l)], layout.parents(l), inputs, n, pool);
            add_log(&of, &states[l], 1, &mut log_p);
            decoded.push(of);
        }
        let mut ratio = log_q;
        ratio.iter_mut().zip(&log_p).for_each(|(r, p)| *r = p - *r);
        Drawn { samples, states, encoded, decoded, ratio, log_p }
    }

    /// What samples of rows of these weights say.
    pub fn sums(&self, drawn: &Drawn, row_weights: &[f64], want: Want, rng: &mut ChaCha8Rng, pool: &mut Pool) -> Sums {
        let (layout, up) = (self.net.layout(), &self.encoder.layout);
        let (top, samples, n) = (layout.top(), drawn.samples, drawn.ratio.len());
        let mut out = Sums { rows: row_weights.len() as u64, ..Sums::default() };
        let mut weights = pool.zeros(n);
        let mut residual = pool.zeros(n);
        for ((i, w), own) in row_weights.iter().enumerate().zip(drawn.ratio.chunks_exact(samples)) {
            let at = i * samples..(i + 1) * samples;
            let total = log_sum_exp(own);
            let bound = total - (samples as f64).ln();
            let mut joint = 0.0;
            for ((k, r), p) in weights[at.clone()].iter_mut().zip(own).zip(&drawn.log_p[at]) {
                let share = (r - total).exp();
                joint += share * p;
                *k = w * share;
            }
            out.weight += w;
            out.one += w * own.iter().sum::<f64>() / samples as f64;
            out.bound += w * bound;
            out.bound_square += w * bound * bound;
            out.recognition += w * (bound - joint);
        }
        for l in 0..=top {
            self.layer(&drawn.decoded[l], &drawn.states[l], &weights, &mut residual, &mut out);
        }
        let shares = residual.chunks_exact(samples).zip(row_weights).filter(|(_, w)| **w > 0.0);
        out.residual_square = shares.map(|(r, w)| r.iter().sum::<f64>().powi(2) / w).sum();
        out.on = drawn.states[top].chunks_exact(n).map(|z| z.iter().zip(&weights).map(|(z, w)| z * w).sum()).collect();
        let Some(phases) = want.phases() else {
            out.divergence = self.divergences(drawn, row_weights);
            [weights, residual].into_iter().for_each(|v| pool.give(v));
            return out;
        };
        out.slope = vec![0.0; layout.len()];
        out.encoder_slope = vec![0.0; self.encoder.len()];
        for l in 0..=top {
            let inputs: &[f64] = if l < top { &drawn.states[l + 1] } else { &[] };
            let own = residuals(&drawn.decoded[l], &drawn.states[l], &weights, 1, pool);
            add_products(&own, inputs, n, &mut out.slope[layout.layer(l)], pool);
            pool.give(own);
            if l < top && matches!(want, Want::Moments(_)) {
                out.moments.push(Moments::of(inputs, &drawn.decoded[l].slope, &weights));
            }
        }
        // The encoder's layers from its own bottom, the net's top, on: as its parameters lie.
        for l in (1..=top).rev() {
            let of = &drawn.encoded[l - 1];
            // Layer 1 sees the rows themselves, the same for all samples.
            let (times, cells) =
                if l == 1 { (samples, first_of_each(&drawn.states[0], samples)) } else { (1, Vec::new()) };
            let inputs = if l == 1 { &cells } else { &drawn.states[l - 1] };
            let own_weights = if l == 1 { row_weights } else { &weights };
            if phases.wake {
                let own = residuals(of, &drawn.states[l], &weights, times, pool);
                add_products(&own, inputs, n / times, &mut out.encoder_slope[up.layer(top - l)], pool);
                pool.give(own);
            }
            if matches!(want, Want::Moments(_)) {
                out.moments.push(Moments::of(inputs, &of.slope, own_weights));
            }
        }
        if phases.sleep {
            self.dream(row_weights.len(), out.weight / row_weights.len() as f64, rng, &mut out, pool);
        }
        [weights, residual].into_iter().for_each(|v| pool.give(v));
        out
    }

    /// Adds what a layer says: its entropy, slope and curvature along its parameters, and the samples' shares of the slope.
    fn layer(&self, of: &Forward, states: &[f64], weights: &[f64], residual: &mut [f64], out: &mut Sums) {
        let n = weights.len();
        let (mut entropy, mut along, mut bend) = (0.0, 0.0, 0.0);
        let columns = states.chunks_exact(n).zip(of.logits.chunks_exact(n)).zip(of.softplus.chunks_exact(n));
        let columns = columns.zip(of.probability.chunks_exact(n)).zip(of.slope.chunks_exact(n));
        for ((((z, a), s), p), d) in columns {
            for i in 0..n {
                let w = weights[i];
                entropy += w * (s[i] - a[i] * p[i]);
                let share = w * (z[i] - p[i]) * a[i];
                along += share;
                residual[i] += share;
                bend += w * d[i] * a[i] * a[i];
            }
        }
        out.entropy.push(entropy);
        out.along.push(along);
        out.bend.push(bend);
    }

    /// `Σ w E ln q_u/p_u` of each hidden unit.
    fn divergences(&self, drawn: &Drawn, row_weights: &[f64]) -> Vec<f64> {
        let n = drawn.ratio.len();
        let mut out = Vec::new();
        for l in 1..drawn.states.len() {
            let (up, down) = (&drawn.encoded[l - 1], &drawn.decoded[l]);
            let (rows, times) = if l == 1 { (n / drawn.samples, drawn.samples) } else { (n, 1) };
            for u in 0..drawn.states[l].len() / n {
                let mut sum = 0.0;
                for (i, z) in drawn.states[l][u * n..(u + 1) * n].iter().enumerate() {
                    let (above, below) = (u * n + i, u * rows + i / times);
                    let q = z * up.logits[below] - up.softplus[below];
                    let p = z * down.logits[above] - down.softplus[above];
                    sum += row_weights[i / drawn.samples] * (q - p);
                }
                out.push(sum / drawn.samples as f64);
            }
        }
        out
    }

    /// The sleep phase: rows of the net's own, recognised; each counts as much as a row of the data on average.
    fn dream(&self, rows: usize, weight: f64, rng: &mut ChaCha8Rng, out: &mut Sums, pool: &mut Pool) {
        let (layout, up) = (self.net.layout(), &self.encoder.layout);
        let top = layout.top();
        let mut states: Vec<Vec<f64>> = vec![Vec::new(); top + 1];
        for l in (0..=top).rev() {
            let inputs: &[f64] = if l < top { &states[l + 1] } else { &[] };
            let of = forward(&self.theta[layout.layer(l)], layout.parents(l), inputs, rows, pool);
            states[l] = draw(&of.probability, 1, rng, pool);
            of.recycle(pool);
        }
        let weights = vec![weight; rows];
        for l in 1..=top {
            let of = forward(&self.phi[up.layer(top - l)], layout.sizes[l - 1], &states[l - 1], rows, pool);
            let own = residuals(&of, &states[l], &weights, 1, pool);
            add_products(&own, &states[l - 1], rows, &mut out.encoder_slope[up.layer(top - l)], pool);
            pool.give(own);
            of.recycle(pool);
        }
        states.into_iter().for_each(|v| pool.give(v));
    }
}
