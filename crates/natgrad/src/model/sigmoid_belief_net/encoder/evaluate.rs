//! What a net with an encoder says about rows: bounds, entropies, beliefs, expected cells.

use super::super::SigmoidBeliefNet;
use super::draws::{Drawn, Pair, Want};
use super::pool::{Pool, Pools};
use super::samples::generator;
use super::sums::Sums;
use super::window::{check, check_width};
use super::{Encoder, TrainSettings};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::special::log_sum_exp;
use crate::model::Entropies;
use crate::rows::{Chunk, Merge, RowSource};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Samples that are held at once, unless one row has more.
const SAMPLES: usize = 640;

/// Rows that are drawn for together, with a stream of random numbers of their own.
pub(super) fn block(samples: usize) -> usize {
    (SAMPLES / samples).clamp(1, 64)
}

/// Units whose beliefs differ from what the layer above says by less than this many nats per row tell nothing.
const COLLAPSED: f64 = 0.01;

/// Bounds and entropies of some rows, nats per row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Rows.
    pub rows: u64,
    /// Their weight.
    pub weight: f64,
    /// Samples per row: `K`.
    pub samples: usize,
    /// The ELBO of one sample, `L_1`.
    pub elbo: f64,
    /// `L_K`.
    pub importance: f64,
    /// Standard error of `L_K` as a mean over rows.
    pub importance_error: f64,
    /// The entropies whose sum `L_K` comes to where it is stationary.
    pub entropies: Entropies,
    /// `L_K − entropy sum`.
    pub residual: f64,
    /// Standard error of the residual, with that of the sweep that the last step rested on.
    pub residual_error: f64,
    /// Of each hidden unit, layer 1 first: `E ln q_u/p_u`; their sum is `KL(q ‖ p(z))`.
    pub divergences: Vec<f64>,
    /// Hidden units (from 0, layer 1 first) whose divergence is below `threshold`.
    pub collapsed: Vec<usize>,
    /// In nats per row.
    pub threshold: f64,
}

impl Evaluation {
    pub(super) fn of(sums: &Sums, samples: usize, error_before: f64) -> Self {
        let divergences: Vec<f64> = sums.divergence.iter().map(|d| d / sums.weight).collect();
        Evaluation {
            rows: sums.rows,
            weight: sums.weight,
            samples,
            elbo: sums.one / sums.weight,
            importance: sums.bound / sums.weight,
            importance_error: sums.bound_error(),
            entropies: sums.entropies(),
            residual: sums.residual(),
            residual_error: sums.residual_error().hypot(error_before),
            collapsed: (0..divergences.len()).filter(|u| divergences[*u] < COLLAPSED).collect(),
            divergences,
            threshold: COLLAPSED,
        }
    }
}

/// What is read off the samples of a block.
type Read<'a, T> = &'a (dyn Fn(&Drawn, &[f64], &mut rand_chacha::ChaCha8Rng, &mut Pool) -> T + Sync);

impl Pair<'_> {
    /// Reads `T` off the samples of each block of a chunk's rows; answers come in order, whatever the number of threads.
    fn each_block<T: Send>(&self, chunk: &Chunk<'_>, samples: usize, seed: (u64, u64), read: Read<'_, T>) -> Vec<T> {
        let size = block(samples);
        (0..chunk.rows.div_ceil(size))
            .into_par_iter()
            .map(|i| {
                let (first, rows) = (i * size, size.min(chunk.rows - i * size));
                let columns = self.net.layout().sizes[0];
                let cells: Vec<f64> =
                    (0..columns).flat_map(|d| &chunk.column(d)[first..first + rows]).copied().collect();
                let weights: Vec<f64> = (first..first + rows).map(|n| chunk.weight(n)).collect();
                // A stream for each block of each sweep: row numbers stay below 2⁴⁰.
                let mut rng = generator(seed.0, (1 << 63) | (seed.1 << 40) | (chunk.first_row + first as u64));
                self.pools.with(|pool| {
                    let drawn = self.draw(&cells, rows, samples, &mut rng, pool);
                    let out = read(&drawn, &weights, &mut rng, pool);
                    drawn.recycle(pool);
                    out
                })
            })
            .collect()
    }

    /// One sweep over all rows without slopes.
    pub(super) fn sweep(&self, source: &dyn RowSource, samples: usize, seed: (u64, u64)) -> Result<Sums, Error> {
        check_width(self.net, source)?;
        let mut total: Option<Sums> = None;
        for stretch in source.stretches() {
            source.sweep(stretch, &mut |_, chunk| {
                check(source.columns(), &chunk)?;
                let read = |drawn: &Drawn, weights: &[f64], rng: &mut _, pool: &mut Pool| {
                    self.sums(drawn, weights, Want::Bounds, rng, pool)
                };
                for part in self.each_block(&chunk, samples, seed, &read) {
                    match &mut total {
                        Some(total) => total.merge(&part),
                        None => total = Some(part),
                    }
                }
                Ok(())
            })?;
        }
        total.filter(|s| s.weight > 0.0).ok_or_else(|| Error::Data {
            problem: "the data have no rows of positive weight".into(),
            hint: "check the file and its weights".into(),
        })
    }
}

fn pair<'a>(
    net: &'a SigmoidBeliefNet,
    encoder: &'a Encoder,
    at: (&'a Point, &'a Point),
    pools: &'a Pools,
) -> Result<Pair<'a>, Error> {
    net.check(at.0)?;
    encoder.check(at.1)?;
    Ok(Pair { net, encoder, theta: &at.0.0, phi: &at.1.0, pools })
}

/// Bounds, entropies and divergences of all rows, `settings.samples` draws each.
///
/// # Errors
/// [`Error::Data`] or [`Error::OutsideSupport`] for cells that are not 0 or 1; [`Error::Setting`] for no samples;
/// [`Error::Parameter`] for parameters of another net.
pub fn evaluate(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    source: &dyn RowSource,
    at: (&Point, &Point),
    settings: &TrainSettings,
) -> Result<Evaluation, Error> {
    settings.check()?;
    let sums = pair(net, encoder, at, &Pools::default())?.sweep(source, settings.samples, (settings.seed, 0))?;
    Ok(Evaluation::of(&sums, settings.samples, 0.0))
}

/// `L_K` of each row of a chunk, with `samples` draws.
///
/// # Errors
/// As [`evaluate`].
pub fn importance_bound(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    chunk: &Chunk<'_>,
    at: (&Point, &Point),
    samples: usize,
    seed: u64,
) -> Result<Vec<f64>, Error> {
    let samples = samples.max(1);
    let read = |drawn: &Drawn, _: &[f64], _: &mut _, _: &mut Pool| -> Vec<f64> {
        drawn.ratio.chunks_exact(samples).map(|own| log_sum_exp(own) - (samples as f64).ln()).collect()
    };
    Ok(pair(net, encoder, at, &Pools::default())?.each_block(chunk, samples, (seed, 1), &read).concat())
}

/// What samples of the encoder say about the rows of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderBeliefs {
    /// `L_K` of each row, nats.
    pub bounds: Vec<f64>,
    /// Probability that each hidden unit is on, rows × units, column-major, layer 1 first; above layer 1 a mean over samples.
    pub means: Vec<f64>,
    /// Expected cells, rows × columns, column-major: means over samples, each by its weight.
    pub expected: Vec<f64>,
}

/// Beliefs about the rows of a chunk, from `samples` draws each.
///
/// # Errors
/// As [`evaluate`].
pub fn recognise(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    chunk: &Chunk<'_>,
    at: (&Point, &Point),
    samples: usize,
    seed: u64,
) -> Result<EncoderBeliefs, Error> {
    let samples = samples.max(1);
    let mean = |values: &[f64], weights: &[f64]| -> Vec<f64> {
        let rows =
            values.chunks_exact(weights.len()).flat_map(|c| c.chunks_exact(samples).zip(weights.chunks_exact(samples)));
        rows.map(|(x, w)| x.iter().zip(w).map(|(x, w)| x * w).sum()).collect()
    };
    let read = |drawn: &Drawn, _: &[f64], _: &mut _, _: &mut Pool| {
        let totals: Vec<f64> = drawn.ratio.chunks_exact(samples).map(log_sum_exp).collect();
        let shares: Vec<f64> = drawn.ratio.iter().enumerate().map(|(i, r)| (r - totals[i / samples]).exp()).collect();
        let even = vec![1.0 / samples as f64; drawn.ratio.len()];
        let mut means = drawn.encoded[0].probability.clone();
        drawn.encoded[1..].iter().for_each(|of| means.extend(mean(&of.probability, &even)));
        let bounds: Vec<f64> = totals.iter().map(|t| t - (samples as f64).ln()).collect();
        EncoderBeliefs { bounds, means, expected: mean(&drawn.decoded[0].probability, &shares) }
    };
    let parts = pair(net, encoder, at, &Pools::default())?.each_block(chunk, samples, (seed, 1), &read);
    // Blocks are rows of every column.
    let join = |of: fn(&EncoderBeliefs) -> &Vec<f64>| -> Vec<f64> {
        let units = parts.first().map_or(0, |p| of(p).len() / p.bounds.len().max(1));
        (0..units)
            .flat_map(|u| parts.iter().flat_map(move |p| &of(p)[u * p.bounds.len()..(u + 1) * p.bounds.len()]))
            .copied()
            .collect()
    };
    Ok(EncoderBeliefs { bounds: join(|p| &p.bounds), means: join(|p| &p.means), expected: join(|p| &p.expected) })
}
