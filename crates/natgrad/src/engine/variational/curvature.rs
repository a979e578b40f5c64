//! Kronecker factors along a run: refreshed now and then, and a step that is taken back where it loses.

use super::record::VariationalProgress;
use super::settings::VariationalSettings;
use super::trust::Trust;
use crate::linalg::real::Real;
use crate::model::vae::{Kronecker, Pass, Vae};
use crate::neural::Backend;

/// Steps between refreshments; at the start every step is one, until so many are done.
const REFRESH: u64 = 10;
/// Share of the old factors that a refreshment keeps.
const KEPT: f64 = 0.9;
/// Share of the old mean direction in natural-gradient steps.
pub(super) const MOMENTUM: f64 = 0.9;

/// Factors, and the present limit of steps.
pub(super) struct Curvature<T: Real, B: Backend<T>> {
    factors: Kronecker<T, B>,
    damping: f64,
    fresh: bool,
    /// Whether there are no factors to keep a share of.
    empty: bool,
    /// How far steps are trusted.
    pub trust: Trust,
    host: Vec<T>,
    slope: Vec<f64>,
}

/// What a step moves, on the device.
pub(super) struct Moved<'a, B> {
    /// Parameters.
    pub at: &'a mut B,
    /// Their slopes; the natural gradient afterwards.
    pub gradient: &'a mut B,
    /// The mean direction.
    pub mean: &'a mut B,
}

impl<T: Real, B: Backend<T>> Curvature<T, B> {
    /// The factors of a run so far.
    pub fn new(
        vae: &Vae,
        backend: &B,
        settings: &VariationalSettings,
        rows: usize,
        damping: f64,
        progress: &VariationalProgress,
    ) -> Self {
        let mut factors = Kronecker::new(vae, backend, rows, settings.expectation.copies());
        factors.restore(&progress.factors);
        Curvature {
            factors,
            damping,
            fresh: true,
            empty: progress.factors.is_empty(),
            trust: progress.trust.unwrap_or(Trust::new(damping)),
            host: vec![T::ZERO; vae.networks()],
            slope: vec![0.0; vae.networks()],
        }
    }

    /// The running factors. Inverses are taken anew after it, so that a pause here changes nothing.
    pub fn state(&mut self) -> Vec<f64> {
        self.fresh = true;
        if self.empty { Vec::new() } else { self.factors.state() }
    }

    /// Goes back to earlier factors.
    pub fn restore(&mut self, factors: &[f64]) {
        self.fresh = true;
        self.empty = factors.is_empty();
        self.factors.restore(factors);
    }

    /// Whether an epoch is to be undone; see [`Trust`].
    pub fn rescue(&mut self, before: Option<(f64, f64)>, now: (f64, f64)) -> bool {
        self.trust.rescue(before, now, self.damping)
    }

    /// One step of weights and biases from the slopes of [`Pass::backward`], `elbo` before it; the loaded rows have passed
    /// through the networks again afterwards. Answers whether it was kept.
    pub fn step(
        &mut self,
        vae: &Vae,
        backend: &B,
        pass: &mut Pass<'_, T, B>,
        (count, rate, decay): (u64, f64, f64),
        (elbo, prior): (f64, &[f64]),
        moved: Moved<'_, B::Buffer>,
    ) -> bool {
        let Moved { at, gradient, mean } = moved;
        let networks = vae.networks();
        let mut elbo = elbo;
        if self.trust.suspects(elbo) {
            // What the last step did to rows that it has not seen; it was judged on its own alone.
            let length = self.trust.length;
            backend.momentum(1.0, 0.0, -length, networks, at, gradient, mean);
            pass.forward(at, gradient);
            let before = pass.collect(prior).elbo();
            if self.trust.refutes(before, elbo) {
                elbo = before;
                backend.momentum(0.0, 0.0, 0.0, networks, at, gradient, mean);
                self.trust.shrink(2.0, self.damping);
                self.fresh = true;
            } else {
                backend.momentum(1.0, 0.0, length, networks, at, gradient, mean);
                pass.forward(at, gradient);
            }
            pass.backward(at, gradient);
        }
        backend.read(gradient, 0, &mut self.host);
        self.slope.iter_mut().zip(&self.host).for_each(|(s, v)| *s = v.double());
        let heard = self.along(backend, mean);
        self.trust.hear(heard);
        let Some(square) = self.direction(backend, pass, count, at, gradient) else {
            (self.fresh, self.empty) = (true, true);
            self.trust.shrink(4.0, self.damping);
            return false;
        };
        let scale = self.trust.scale(rate, square);
        if decay > 0.0 {
            backend.decay(at, decay, networks, gradient);
        }
        // The start of a running mean is corrected, as in Adam.
        let length = rate / (1.0 - MOMENTUM.powf(count as f64));
        backend.momentum(MOMENTUM, scale, length, networks, at, gradient, mean);
        self.trust.promised = self.along(backend, mean);
        self.trust.length = length;
        let promised = length * self.trust.promised;
        pass.forward(at, gradient);
        let gained = pass.collect(prior).elbo() - elbo;
        if self.trust.judge(promised, gained, self.damping) {
            return true;
        }
        // Back along the same mean, which then begins anew.
        backend.momentum(1.0, 0.0, -length, networks, at, gradient, mean);
        backend.momentum(0.0, 0.0, 0.0, networks, at, gradient, mean);
        self.fresh = true;
        false
    }

    /// Turns the slope in `gradient` into the natural gradient; answers `gᵀ F⁻¹ g`, `None` where that is not finite.
    fn direction(
        &mut self,
        backend: &B,
        pass: &mut Pass<'_, T, B>,
        count: u64,
        at: &B::Buffer,
        gradient: &mut B::Buffer,
    ) -> Option<f64> {
        if self.slope.iter().any(|s| !s.is_finite()) {
            return None;
        }
        if self.fresh || count <= REFRESH || count.is_multiple_of(REFRESH) {
            self.fresh = false;
            // The first factors are plain means, as long as these are fewer than what a running mean remembers.
            let share = if self.empty { 0.0 } else { KEPT.min(1.0 - 1.0 / count as f64) };
            self.empty = false;
            pass.absorb(at, share, count, &mut self.factors);
            self.factors.invert(backend, self.trust.damping)?;
        }
        pass.kronecker(&mut self.factors, gradient);
        Some(self.along(backend, gradient)).filter(|square| square.is_finite())
    }

    /// The slope along a direction.
    fn along(&mut self, backend: &B, direction: &B::Buffer) -> f64 {
        backend.read(direction, 0, &mut self.host);
        self.slope.iter().zip(&self.host).map(|(g, d)| g * d.double()).sum()
    }
}
