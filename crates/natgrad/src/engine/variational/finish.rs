//! The end of learning: quasi-Newton steps where the objective is deterministic, closed forms where it is sampled.

use super::record::{EpochRecord, VariationalOutcome, VariationalProgress, VariationalStatus};
use super::settings::VariationalSettings;
use super::train::Watch;
use crate::Error;
use crate::ascent::{Ascended, quasi_newton};
use crate::engine::Control;
use crate::model::vae::{ObservableName, Pass, Sweep, Vae};
use crate::neural::Backend;
use crate::rows::RowSource;
use std::ops::Range;

/// Number of the stream of draws behind the last epoch's: closed forms and the last sweep have draws of their own.
const BEHIND: u64 = 1 << 31;

/// First step along the tempering direction, from which its curvature is taken.
const TRIAL: f64 = 1e-2;

/// Standard errors that closed forms may lose by chance; both sweeps have the same draws, so that most of it cancels.
const ERRORS: f64 = 1.0;

struct End<'a, B> {
    vae: &'a Vae,
    backend: &'a B,
    source: &'a dyn RowSource,
    settings: &'a VariationalSettings,
}

/// Ends learning: see the module.
pub(super) fn finish<B: Backend<f64>>(
    vae: &Vae,
    backend: &B,
    source: &dyn RowSource,
    settings: &VariationalSettings,
    progress: VariationalProgress,
    status: VariationalStatus,
    watch: Watch<'_>,
) -> Result<VariationalOutcome, Error> {
    let end = End { vae, backend, source, settings };
    let ended = matches!(status, VariationalStatus::EpochLimit);
    if settings.expectation.is_deterministic() {
        end.deterministic(progress, status, ended && settings.polish > 0, watch)
    } else {
        end.sampled(progress, status, ended)
    }
}

impl<B: Backend<f64>> End<'_, B> {
    fn sweep(&self, at: &[f64], stream: u64, gradient: bool) -> Result<Sweep, Error> {
        let stream = (self.settings.seed, BEHIND + stream);
        Pass::<f64, B>::sweep(self.vae, self.backend, self.source, at, &self.settings.expectation, stream, gradient)
    }

    /// Where a Gaussian observable's variances are parameters.
    fn variances(&self) -> Range<usize> {
        self.vae.layout().tensor("observable.log_variances").map_or(0..0, |t| t.range())
    }

    fn penalty(&self, at: &[f64]) -> f64 {
        0.5 * self.settings.decay * at[..self.vae.networks()].iter().map(|t| t * t).sum::<f64>()
    }

    fn deterministic(
        &self,
        mut progress: VariationalProgress,
        mut status: VariationalStatus,
        polish: bool,
        watch: Watch<'_>,
    ) -> Result<VariationalOutcome, Error> {
        let least = self.settings.variance_floor.max(f64::MIN_POSITIVE).ln();
        let variances = self.variances();
        let raise = |at: &mut [f64]| at[variances.clone()].iter_mut().for_each(|v| *v = v.max(least));
        let mut objective = |at: &[f64]| {
            let mut inside = at.to_vec();
            raise(&mut inside);
            let mut s = self.sweep(&inside, 0, true)?;
            for (g, t) in s.gradient.iter_mut().zip(&inside[..self.vae.networks()]) {
                *g -= self.settings.decay * t;
            }
            for place in variances.clone() {
                if at[place] <= least && s.gradient[place] < 0.0 {
                    s.gradient[place] = 0.0;
                }
            }
            Ok((s.sums.elbo() - self.penalty(&inside), s.gradient))
        };
        let most = if polish { self.settings.polish } else { 0 };
        // Whoever watches is shown where the epochs ended: a pause goes on from there.
        let mut go_on = true;
        let mut watching = |_: &Ascended| {
            go_on &= watch(&progress) == Control::Continue;
            go_on
        };
        let start = progress.at.clone();
        let top = quasi_newton(start, self.settings.tolerance, most, &mut objective, &mut watching)?;
        let largest = top.largest_slope();
        progress.at = top.at;
        raise(&mut progress.at);
        let sums = self.sweep(&progress.at, 0, false)?.sums;
        if polish {
            if !sums.elbo().is_finite() {
                status = VariationalStatus::Diverged;
            } else if largest <= self.settings.tolerance {
                status = VariationalStatus::Converged;
            } else if !go_on {
                status = VariationalStatus::Interrupted;
            }
            self.record(&mut progress, &sums, "polish");
        }
        progress.status = Some(status);
        let held = variances.clone().filter(|p| progress.at[*p] <= least).map(|p| p - variances.start).collect();
        let known_residual = self.vae.decay_residual(&progress.at, self.settings.decay);
        Ok(VariationalOutcome {
            progress,
            sums,
            largest_slope: Some(largest),
            known_residual,
            residual_error: 0.0,
            held,
        })
    }

    fn sampled(
        &self,
        mut progress: VariationalProgress,
        status: VariationalStatus,
        close: bool,
    ) -> Result<VariationalOutcome, Error> {
        let (vae, at) = (self.vae, &mut progress.at);
        let mut held = Vec::new();
        let opened = at.clone();
        let before = if close { Some(self.sweep(at, 3, false)?.sums) } else { None };
        if close {
            if self.settings.decay == 0.0 {
                let s = self.sweep(at, 1, false)?;
                vae.balance(at, &s.sums);
            }
            let s = self.sweep(at, 2, true)?;
            held = vae.maximise_variances(at, &s.gradient, self.settings.variance_floor);
            if vae.architecture().observable != ObservableName::Gaussian {
                self.temper(at)?;
            }
        }
        let mut sums = self.sweep(at, 3, false)?.sums;
        // Closed forms climb on draws of their own; where these say nothing about others (a row that outweighs all), they are
        // taken back.
        let lost = before.filter(|b| {
            let chance = ERRORS * b.elbo_error().hypot(sums.elbo_error());
            b.elbo().is_finite() && (sums.elbo().is_nan() || sums.elbo() < b.elbo() - chance)
        });
        let taken_back = lost.is_some();
        if let Some(before) = lost {
            *at = opened;
            sums = before;
            held.clear();
        }
        let known_residual = vae.decay_residual(at, self.settings.decay);
        if close {
            self.record(&mut progress, &sums, "closed-form");
        }
        progress.status = Some(status);
        // Closed forms make the residual vanish on draws of their own: on others it is the difference of two such means. (What the rows
        // said before the closed forms does not enter: learning may have been anywhere.)
        let means = if close && !taken_back { 2.0f64 } else { 1.0 };
        let residual_error = means.sqrt() * sums.residual_error();
        Ok(VariationalOutcome { progress, sums, largest_slope: None, known_residual, residual_error, held })
    }

    /// The best scale of the decoder's last layer: two secant steps on the slope along it.
    fn temper(&self, at: &mut [f64]) -> Result<(), Error> {
        let last = self.vae.layout();
        let places: Vec<Range<usize>> = {
            let layers = self.vae.architecture().decoder.len();
            ["weights", "biases"]
                .iter()
                .filter_map(|part| last.tensor(&format!("decoder.{layers}.{part}")).map(|t| t.range()))
                .collect()
        };
        let slope = |at: &[f64]| -> Result<f64, Error> {
            let square: f64 = places.iter().flat_map(|r| &at[r.clone()]).map(|w| w * w).sum();
            Ok(self.sweep(at, 4, false)?.sums.observable_residual() - self.settings.decay * square)
        };
        let start = at.to_vec();
        let first = slope(at)?;
        let (mut before, mut scale) = ((0.0, first), TRIAL * first.signum());
        for _ in 0..2 {
            at.copy_from_slice(&start);
            self.vae.temper_last_layer(at, scale);
            let here = slope(at)?;
            let curvature = (here - before.1) / (scale - before.0);
            if curvature.is_nan() || curvature >= 0.0 {
                break;
            }
            let next = scale - here / curvature;
            before = (scale, here);
            // A secant through noise may point far away.
            scale = next.clamp(-0.2, 0.2);
        }
        at.copy_from_slice(&start);
        self.vae.temper_last_layer(at, scale);
        Ok(())
    }

    fn record(&self, progress: &mut VariationalProgress, sums: &crate::model::vae::Sums, phase: &str) {
        let prior = self.vae.prior_log_variances(&progress.at);
        let record = EpochRecord::of(progress.epoch, sums, &prior, 0.0, phase);
        progress.trace.push(record);
    }
}
