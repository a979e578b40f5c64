//! Learning a net and its encoder together, batch after batch.

use super::super::SigmoidBeliefNet;
use super::Encoder;
use super::draws::{Pair, Sums};
use super::metric::Preconditioner;
use crate::Error;
use crate::geometry::Point;
use crate::model::LatentModel;
use crate::rows::{Merge, RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Rows that are drawn for together, with a stream of random numbers of their own.
const ROWS: usize = 64;

/// What the encoder learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phases {
    /// Weighted samples for rows of the data.
    pub wake: bool,
    /// Rows of the net's own.
    pub sleep: bool,
}

/// Settings of the learning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainSettings {
    /// Samples per row.
    pub samples: usize,
    /// What the encoder learns from.
    pub phases: Phases,
    /// Length of the natural-gradient steps; it falls to zero over the second half.
    pub rate: f64,
    /// Damping of the Gram matrices, relative to their diagonals.
    pub damping: f64,
    /// Rows in a batch.
    pub batch: usize,
    /// Passes over the rows.
    pub epochs: u64,
    /// Seed.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            samples: 10,
            phases: Phases { wake: true, sleep: true },
            rate: 0.05,
            damping: 0.02,
            batch: 256,
            epochs: 20,
            seed: 0,
        }
    }
}

/// Estimates over one pass, from the batches as they were met, nats per row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// The ELBO, `L_1`.
    pub elbo: f64,
    /// `L_K`.
    pub importance: f64,
    /// `H[q]`.
    pub recognition: f64,
}

/// A net and its encoder after learning.
#[derive(Debug, Clone, PartialEq)]
pub struct Amortised {
    /// Parameters of the net.
    pub point: Point,
    /// Parameters of the encoder.
    pub encoder: Point,
    /// Pass after pass.
    pub trace: Vec<Epoch>,
}

/// Rows of a table, side by side.
fn cells(table: &Table, rows: &[usize]) -> Vec<f64> {
    (0..table.columns().len()).flat_map(|d| rows.iter().map(move |&n| table.cell(n, d))).collect()
}

/// Sums over some rows, in blocks whose streams and order do not depend on threads.
fn sums(pair: &Pair<'_>, table: &Table, rows: &[usize], settings: &TrainSettings, stream: u64) -> Option<Sums> {
    let parts: Vec<Sums> = rows
        .par_chunks(ROWS)
        .enumerate()
        .map(|(i, rows)| {
            let seed = (settings.seed, stream.wrapping_mul(1 << 20).wrapping_add(i as u64));
            pair.sums(&cells(table, rows), rows.len(), settings.samples, settings.phases, seed)
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next()?;
    parts.for_each(|p| total.merge(&p));
    Some(total)
}

/// Learns both from rows of zeros and ones without missing cells; all rows count once.
///
/// # Errors
/// [`Error::Setting`] for no samples or rows in a batch, [`Error::Data`] for missing cells, [`Error::Parameter`] for a start
/// outside the domain.
pub fn train(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    table: &Table,
    start: (&Point, &Point),
    settings: &TrainSettings,
) -> Result<Amortised, Error> {
    if settings.samples == 0 || settings.batch == 0 {
        return Err(Error::Setting {
            problem: format!("{} samples for batches of {} rows", settings.samples, settings.batch),
            hint: "give at least one of each".into(),
        });
    }
    if let Some(column) = table.columns().iter().find(|c| c.missing) {
        return Err(Error::Data {
            problem: format!("column \"{}\" has missing cells, which the encoder cannot read", column.name),
            hint: "use exact or mean-field recognition".into(),
        });
    }
    net.prepare(start.0)?;
    if start.1.0.len() != encoder.len() || start.1.0.iter().any(|x| !x.is_finite()) {
        return Err(Error::Parameter {
            name: "encoder".into(),
            problem: format!("not {} finite numbers", encoder.len()),
            hint: "start from Encoder::start".into(),
        });
    }
    let mut out = Amortised { point: start.0.clone(), encoder: start.1.clone(), trace: Vec::new() };
    let mut order: Vec<usize> = (0..table.rows() as usize).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed ^ 0x5eed);
    let batches = (order.len().div_ceil(settings.batch) as u64).max(1);
    let last = (batches * settings.epochs).max(1) as f64;
    let mut preconditioners: Vec<Preconditioner> = Vec::new();
    let mut step = 0;
    for _ in 0..settings.epochs {
        for i in (1..order.len()).rev() {
            order.swap(i, rng.random_range(0..=i));
        }
        let mut epoch = Epoch { elbo: 0.0, importance: 0.0, recognition: 0.0 };
        for rows in order.chunks(settings.batch) {
            let pair = Pair { net, encoder, theta: &out.point.0, phi: &out.encoder.0 };
            let Some(s) = sums(&pair, table, rows, settings, step) else { continue };
            if preconditioners.is_empty() {
                preconditioners = s.moments.iter().map(|m| Preconditioner::new(m, settings.damping)).collect();
            }
            preconditioners.iter_mut().zip(&s.moments).for_each(|(p, m)| p.update(m));
            epoch.elbo += s.elbo;
            epoch.importance += s.importance;
            epoch.recognition += s.recognition;
            let rate = settings.rate * (2.0 * (1.0 - step as f64 / last)).min(1.0);
            move_along(net, encoder, &mut out, &s, &preconditioners, rate);
            step += 1;
        }
        let n = table.rows().max(1) as f64;
        out.trace.push(Epoch {
            elbo: epoch.elbo / n,
            importance: epoch.importance / n,
            recognition: epoch.recognition / n,
        });
    }
    Ok(out)
}

/// One step of both nets.
fn move_along(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    out: &mut Amortised,
    s: &Sums,
    preconditioners: &[Preconditioner],
    rate: f64,
) {
    let layout = net.layout();
    let top = layout.top();
    let length = rate / s.rows;
    let go = |theta: &mut [f64], step: Vec<f64>| {
        theta.iter_mut().zip(step).for_each(|(t, s)| *t += length * s);
    };
    for l in 0..top {
        let range = layout.layer(l);
        go(&mut out.point.0[range.clone()], preconditioners[l].raise(&s.slope[range]));
    }
    for i in layout.layer(top) {
        let p = crate::linalg::special::logistic(out.point.0[i]);
        let slope = p * (1.0 - p);
        go(&mut out.point.0[i..=i], vec![s.slope[i] / (slope + 1e-3)]);
    }
    for l in 0..top {
        let range = encoder.layout.layer(l);
        go(&mut out.encoder.0[range.clone()], preconditioners[top + l].raise(&s.encoder_slope[range]));
    }
}

/// Estimates for all rows of a table at given parameters, `samples` draws each.
///
/// # Errors
/// As [`train`].
pub fn estimate(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    table: &Table,
    at: (&Point, &Point),
    settings: &TrainSettings,
) -> Result<Epoch, Error> {
    net.prepare(at.0)?;
    let pair = Pair { net, encoder, theta: &at.0.0, phi: &at.1.0 };
    let rows: Vec<usize> = (0..table.rows() as usize).collect();
    let n = rows.len().max(1) as f64;
    let s = sums(&pair, table, &rows, settings, u64::MAX >> 24);
    Ok(s.map_or(Epoch { elbo: 0.0, importance: 0.0, recognition: 0.0 }, |s| Epoch {
        elbo: s.elbo / n,
        importance: s.importance / n,
        recognition: s.recognition / n,
    }))
}
