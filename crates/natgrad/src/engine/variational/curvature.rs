//! Kronecker factors along a run: refreshed now and then, and how far their direction may be followed.

use super::record::VariationalProgress;
use super::settings::VariationalSettings;
use crate::linalg::real::Real;
use crate::model::vae::{Kronecker, Pass, Vae};
use crate::neural::Backend;

/// Steps between refreshments; at the start every step is one, until so many are done.
const REFRESH: u64 = 10;
/// Share of the old factors that a refreshment keeps.
const KEPT: f64 = 0.9;
/// Longest step, in the metric itself: beyond it the quadratic picture is not to be trusted.
const RADIUS: f64 = 0.1;

/// Factors, and the present limit of steps.
pub(super) struct Curvature<T: Real, B: Backend<T>> {
    factors: Kronecker<T, B>,
    damping: f64,
    fresh: bool,
    /// What directions are multiplied by.
    pub scale: f64,
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
        Curvature { factors, damping, fresh: true, scale: 1.0 }
    }

    /// The running factors. Inverses are taken anew after it, so that a pause here changes nothing.
    pub fn state(&mut self) -> Vec<f64> {
        self.fresh = true;
        self.factors.state()
    }

    /// Turns the slope in `gradient` (of [`Pass::backward`]) into the natural gradient. `None` where it is not finite.
    pub fn direction(
        &mut self,
        vae: &Vae,
        backend: &B,
        pass: &mut Pass<'_, T, B>,
        count: u64,
        rate: f64,
        at: &B::Buffer,
        gradient: &mut B::Buffer,
        host: &mut [T],
    ) -> Option<()> {
        let refresh = self.fresh || count <= REFRESH || count.is_multiple_of(REFRESH);
        if !refresh {
            pass.kronecker(&mut self.factors, gradient);
            return Some(());
        }
        self.fresh = false;
        // The first factors are plain means, as long as these are fewer than what a running mean remembers.
        let share = KEPT.min(1.0 - 1.0 / count as f64);
        pass.absorb(at, share, &mut self.factors);
        self.factors.invert(backend, self.damping)?;
        let networks = vae.networks();
        backend.read(gradient, 0, &mut host[..networks]);
        let slope: Vec<f64> = host[..networks].iter().map(|v| v.double()).collect();
        pass.kronecker(&mut self.factors, gradient);
        backend.read(gradient, 0, &mut host[..networks]);
        let square: f64 = slope.iter().zip(&*host).map(|(g, d)| g * d.double()).sum();
        self.scale = (RADIUS / (rate * square.max(f64::MIN_POSITIVE).sqrt())).min(1.0);
        square.is_finite().then_some(())
    }
}
