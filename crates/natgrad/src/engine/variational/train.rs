//! The loop: minibatch, slopes, step; a record per epoch; then the end.

use super::curvature::{Curvature, MOMENTUM, Moved};
use super::finish::finish;
use super::record::{EpochRecord, VariationalOutcome, VariationalProgress, VariationalStatus};
use super::scalars::Scalars;
use super::settings::{Optimiser, VariationalSettings};
use super::window::Shuffled;
use crate::Error;
use crate::engine::Control;
use crate::linalg::real::Real;
use crate::model::vae::{Pass, Sums, Vae};
use crate::neural::{Backend, Moments};
use crate::rows::{Merge, RowSource};

/// Whoever watches learning: shown the state after each epoch, answers whether to go on.
pub type Watch<'a> = &'a mut (dyn FnMut(&VariationalProgress) -> Control + Send);

/// Learns from `progress` on, until all epochs are done or `watch` says stop.
///
/// `T` is the precision of minibatches; sums over all rows and the last phase are in double precision.
///
/// # Errors
/// Settings out of range, cells outside the support, what reading reports.
pub fn learn<T: Real, B: Backend<T> + Backend<f64>>(
    vae: &Vae,
    backend: &B,
    source: &dyn RowSource,
    settings: &VariationalSettings,
    mut progress: VariationalProgress,
    watch: Watch<'_>,
) -> Result<VariationalOutcome, Error> {
    settings.check()?;
    if source.columns().len() != vae.architecture().columns {
        return Err(Error::Data {
            problem: format!(
                "the data has {} columns, the model {}",
                source.columns().len(),
                vae.architecture().columns
            ),
            hint: "give the columns that the model was made for".into(),
        });
    }
    progress.status = None;
    // Inside the pool, so that its threads stay awake between the operations of a step.
    rayon::scope(|_| {
        let status = Epochs::<T, B>::new(vae, backend, source, settings, &progress).run(&mut progress, &mut *watch)?;
        finish(vae, backend, source, settings, progress, status, watch)
    })
}

/// The state of epochs on the device.
struct Epochs<'a, T: Real, B: Backend<T>> {
    vae: &'a Vae,
    backend: &'a B,
    settings: &'a VariationalSettings,
    rows: Shuffled<'a, T>,
    pass: Pass<'a, T, B>,
    at: B::Buffer,
    gradient: B::Buffer,
    moments: Moments<T, B>,
    host: Vec<T>,
    kronecker: Option<Curvature<T, B>>,
}

impl<'a, T: Real, B: Backend<T>> Epochs<'a, T, B> {
    fn new(
        vae: &'a Vae,
        backend: &'a B,
        source: &'a dyn RowSource,
        settings: &'a VariationalSettings,
        progress: &VariationalProgress,
    ) -> Self {
        let parameters = vae.parameters();
        let rows = settings.batch.min(source.rows().max(1) as usize);
        let mut epochs = Epochs {
            vae,
            backend,
            settings,
            rows: Shuffled::new(source, vae, settings.window),
            pass: Pass::new(vae, backend, settings.expectation.clone(), rows),
            at: backend.zeros(parameters),
            gradient: backend.zeros(parameters + vae.widest()),
            moments: Moments::new(backend, parameters),
            host: vec![T::ZERO; parameters],
            kronecker: match settings.optimiser {
                Optimiser::Natural { damping } => Some(Curvature::new(vae, backend, settings, rows, damping, progress)),
                _ => None,
            },
        };
        let mut put = |to: &mut B::Buffer, from: &[f64]| {
            epochs.host.iter_mut().zip(from).for_each(|(h, v)| *h = T::of(*v));
            backend.write(to, 0, &epochs.host);
        };
        put(&mut epochs.at, &progress.at);
        put(&mut epochs.moments.first, &progress.first);
        put(&mut epochs.moments.second, &progress.second);
        epochs.moments.count = progress.steps;
        epochs
    }

    fn run(mut self, progress: &mut VariationalProgress, watch: Watch<'_>) -> Result<VariationalStatus, Error> {
        while progress.epoch < self.settings.epochs {
            let rate = self.settings.rate_at(progress.epoch);
            let sums = self.epoch(progress.epoch, rate)?;
            if self.undo(progress, &sums) {
                progress.epoch += 1;
                continue;
            }
            if !sums.elbo().is_finite() {
                return Ok(VariationalStatus::Diverged);
            }
            let before = std::mem::take(&mut progress.at);
            progress.at = self.host_of(|s| &s.at, before.len());
            if progress.at.iter().any(|v| !v.is_finite()) {
                progress.at = before;
                return Ok(VariationalStatus::Diverged);
            }
            progress.first = self.host_of(|s| &s.moments.first, before.len());
            progress.second = self.host_of(|s| &s.moments.second, before.len());
            progress.factors = self.kronecker.as_mut().map_or(Vec::new(), Curvature::state);
            progress.trust = self.kronecker.as_ref().map(|k| k.trust);
            progress.steps = self.moments.count;
            progress.epoch += 1;
            let phase = match self.settings.optimiser {
                Optimiser::Adam(_) => "adam",
                Optimiser::Natural { .. } => "natural",
                Optimiser::Minibatch { .. } => "minibatch",
            };
            let prior = self.vae.prior_log_variances(&progress.at);
            progress.trace.push(EpochRecord::of(progress.epoch, &sums, &prior, rate, phase));
            if watch(progress) == Control::Stop {
                return Ok(VariationalStatus::Interrupted);
            }
        }
        Ok(VariationalStatus::EpochLimit)
    }

    /// Undoes an epoch of natural gradients after which the ELBO was worse by far; the next ones take shorter steps.
    fn undo(&mut self, progress: &mut VariationalProgress, sums: &Sums) -> bool {
        let Some(curvature) = &mut self.kronecker else { return false };
        if !curvature.rescue(progress.height, (sums.elbo(), sums.elbo_error())) {
            let height = (sums.elbo(), sums.elbo_error());
            progress.height = Some(height).filter(|h| h.0.is_finite() && h.1.is_finite());
            return false;
        }
        curvature.restore(&progress.factors);
        progress.trust = Some(curvature.trust);
        progress.first.fill(0.0);
        // Another look at the same point may be as unlucky: it becomes the measure.
        progress.height = None;
        self.host.iter_mut().zip(&progress.at).for_each(|(h, v)| *h = T::of(*v));
        self.backend.write(&mut self.at, 0, &self.host);
        self.host.fill(T::ZERO);
        self.backend.write(&mut self.moments.first, 0, &self.host);
        self.moments.count = progress.steps;
        true
    }

    fn host_of(&mut self, which: impl Fn(&Self) -> &B::Buffer, many: usize) -> Vec<f64> {
        let mut host = std::mem::take(&mut self.host);
        self.backend.read(which(self), 0, &mut host[..many]);
        let out = host.iter().map(|v| v.double()).collect();
        self.host = host;
        out
    }

    /// One epoch; its sums were taken on each minibatch before its step.
    fn epoch(&mut self, epoch: u64, rate: f64) -> Result<Sums, Error> {
        let Epochs { vae, backend, settings, rows, pass, at, gradient, moments, kronecker, .. } = self;
        let mut sums = Sums::default();
        let (mut numbers, mut weights, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        let latents = vae.architecture().latents;
        let mut prior = vec![T::ZERO; latents];
        let mut log_variances = vec![0.0; latents];
        let mut scalars = Scalars::new(vae);
        let prior_place = vae.layout().tensor("prior.log_variances").map(|t| t.offset);
        rows.epoch(settings.batch, settings.seed, epoch, &mut |window, places| {
            numbers.clear();
            numbers.extend(places.iter().map(|p| window.numbers[*p]));
            weights.clear();
            weights.extend(places.iter().map(|p| window.weights[*p]));
            bases.clear();
            bases.extend(places.iter().map(|p| window.bases[*p]));
            pass.load(&window.store, places, &numbers, &weights, &bases);
            pass.draw(&numbers, settings.seed, epoch);
            pass.forward(at, gradient);
            if let Some(place) = prior_place {
                backend.read(at, place, &mut prior);
                log_variances.iter_mut().zip(&prior).for_each(|(l, p)| *l = p.double());
            }
            let part = pass.collect(&log_variances);
            let finite = part.elbo().is_finite();
            sums.merge(&part);
            if !finite {
                return Ok(false);
            }
            moments.count += 1;
            let (first, second) = (&mut moments.first, &mut moments.second);
            match settings.optimiser {
                Optimiser::Adam(adam) => {
                    pass.backward(at, gradient);
                    if settings.decay > 0.0 {
                        backend.decay(at, settings.decay, vae.networks(), gradient);
                    }
                    backend.adam(&adam, rate, moments.count, at, gradient, first, second);
                }
                Optimiser::Natural { .. } => {
                    pass.backward(at, gradient);
                    let Some(curvature) = kronecker else { return Ok(false) };
                    let told = (moments.count, rate, settings.decay);
                    let moved = Moved { at: &mut *at, gradient: &mut *gradient, mean: first };
                    if curvature.step(vae, *backend, pass, told, (part.elbo(), &log_variances), moved) {
                        scalars.step(*backend, settings.variance_floor, rate / settings.rate, at, gradient);
                    }
                }
                Optimiser::Minibatch { damping } => {
                    let Some(square) = pass.natural(at, damping, gradient) else {
                        return Ok(false);
                    };
                    // In the metric every step has the same length: that of the slopes' own scale would stop where they do.
                    let scale = 1.0 / square.max(f64::MIN_POSITIVE).sqrt();
                    let networks = vae.networks();
                    if settings.decay > 0.0 {
                        backend.decay(at, settings.decay, networks, gradient);
                    }
                    // The start of a running mean is corrected, as in Adam.
                    let correction = 1.0 / (1.0 - MOMENTUM.powf(moments.count as f64));
                    backend.momentum(MOMENTUM, scale, rate * correction, networks, at, gradient, first);
                    scalars.step(*backend, settings.variance_floor, rate / settings.rate, at, gradient);
                }
            }
            Ok(true)
        })?;
        Ok(sums)
    }
}
