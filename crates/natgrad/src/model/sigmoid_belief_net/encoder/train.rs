//! Learning a net and its encoder together, batch after batch.

use super::super::SigmoidBeliefNet;
use super::draws::{Pair, Want};
use super::evaluate::block;
use super::finish::finish;
use super::metric::Preconditioner;
use super::pool::Pools;
use super::progress::{Amortised, EncoderStatus, Epoch, Learnt};
use super::samples::generator;
use super::sums::Sums;
use super::window::{Shuffled, Window, check_width};
use super::{Encoder, TrainSettings};
use crate::Error;
use crate::linalg::special::logistic;
use crate::rows::{Merge, RowSource};
use rayon::prelude::*;

/// Moments are measured in one batch of so many, and in each of the first ones.
const EVERY: u64 = 4;
/// Inverses are taken anew after so many measurements, when their number doubles, and at the beginning of an epoch.
const REFRESH: u64 = 8;

/// Whoever watches learning: shown the state after each epoch, answers whether to go on.
pub type Watch<'a> = &'a mut (dyn FnMut(&Amortised) -> bool + Send);

/// Sums over some rows, in blocks whose streams and order do not depend on threads.
fn sums(pair: &Pair<'_>, window: &Window, rows: &[usize], settings: &TrainSettings, step: u64, want: Want) -> Sums {
    let parts: Vec<Sums> = rows
        .par_chunks(block(settings.samples))
        .enumerate()
        .map(|(i, rows)| {
            pair.pools.with(|pool| {
                let mut rng = generator(settings.seed, (step << 20) | i as u64);
                let (cells, weights) = window.gather(rows);
                let drawn = pair.draw(&cells, rows.len(), settings.samples, &mut rng, pool);
                let out = pair.sums(&drawn, &weights, want, &mut rng, pool);
                drawn.recycle(pool);
                out
            })
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    parts.for_each(|p| total.merge(&p));
    total
}

/// Learns both from rows of zeros and ones without missing cells, from `progress` on.
///
/// Where all epochs are done, closed forms end the learning: the prior of the top, and the scale of each layer's parameters.
///
/// # Errors
/// [`Error::Setting`] for settings out of range; [`Error::Data`] or [`Error::OutsideSupport`] for cells that are not 0 or 1;
/// [`Error::Parameter`] for a start outside the domain; what reading reports.
pub fn train(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    source: &dyn RowSource,
    settings: &TrainSettings,
    mut progress: Amortised,
    watch: Watch<'_>,
) -> Result<Learnt, Error> {
    settings.check()?;
    net.check(&progress.point)?;
    encoder.check(&progress.encoder)?;
    check_width(net, source)?;
    progress.status = None;
    let pools = Pools::default();
    let mut rows = Shuffled::new(source, settings.window);
    let batches = source.rows().div_ceil(settings.batch as u64).max(1);
    let last = (batches * settings.epochs).max(1) as f64;
    while progress.epoch < settings.epochs {
        let mut next = progress.clone();
        next.metrics.iter_mut().for_each(|m| m.refresh(settings.damping));
        let mut total: Option<Sums> = None;
        let mut rate = 0.0;
        rows.epoch(settings.batch, settings.seed, progress.epoch, &mut |window, places| {
            let pair = Pair { net, encoder, theta: &next.point.0, phi: &next.encoder.0, pools: &pools };
            let measured = next.steps < REFRESH || next.steps.is_multiple_of(EVERY);
            let want = if measured { Want::Moments(settings.phases) } else { Want::Slopes(settings.phases) };
            let mut s = sums(&pair, window, places, settings, next.steps, want);
            measure(&mut next, &s, settings.damping);
            rate = settings.rate_at(next.steps as f64 / last);
            move_along(net, encoder, &mut next, &s, rate, settings.damping);
            next.steps += 1;
            (s.slope, s.encoder_slope, s.moments) = (Vec::new(), Vec::new(), Vec::new());
            match &mut total {
                Some(total) => total.merge(&s),
                None => total = Some(s),
            }
            Ok(())
        })?;
        let Some(total) = total else { break };
        let finite = |values: &[f64]| values.iter().all(|x| x.is_finite());
        if !(total.bound.is_finite() && finite(&next.point.0) && finite(&next.encoder.0)) {
            progress.status = Some(EncoderStatus::Diverged);
            break;
        }
        next.epoch += 1;
        next.trace.push(Epoch::of(next.epoch, &total, rate));
        progress = next;
        if !watch(&progress) {
            progress.status = Some(EncoderStatus::Interrupted);
            break;
        }
    }
    finish(net, encoder, source, settings, progress)
}

/// Brings running means up to date with a batch's moments.
fn measure(next: &mut Amortised, s: &Sums, damping: f64) {
    if s.moments.is_empty() {
        return;
    }
    if next.metrics.is_empty() {
        next.metrics = s.moments.iter().map(Preconditioner::new).collect();
    }
    let again = next.steps < REFRESH || (next.steps / EVERY).is_multiple_of(REFRESH);
    next.metrics.par_iter_mut().zip(&s.moments).for_each(|(m, of)| {
        m.update(of);
        if again {
            m.refresh(damping);
        }
    });
}

/// One step of both nets.
fn move_along(net: &SigmoidBeliefNet, encoder: &Encoder, next: &mut Amortised, s: &Sums, rate: f64, damping: f64) {
    let layout = net.layout();
    let top = layout.top();
    let length = rate / s.weight;
    let go = |theta: &mut [f64], step: Vec<f64>| {
        theta.iter_mut().zip(step).for_each(|(t, s)| *t += length * s);
    };
    for l in 0..top {
        let range = layout.layer(l);
        go(&mut next.point.0[range.clone()], next.metrics[l].raise(&s.slope[range], damping));
    }
    for i in layout.layer(top) {
        let p = logistic(next.point.0[i]);
        let slope = p * (1.0 - p);
        go(&mut next.point.0[i..=i], vec![s.slope[i] / (slope + 1e-3)]);
    }
    for l in 0..top {
        let range = encoder.layout.layer(l);
        go(&mut next.encoder.0[range.clone()], next.metrics[top + l].raise(&s.encoder_slope[range], damping));
    }
}
