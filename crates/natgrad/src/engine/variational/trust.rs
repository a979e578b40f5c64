//! How far natural-gradient steps are trusted: a radius in the metric, and a damping that follows what steps gain.

use serde::{Deserialize, Serialize};

/// Longest step in the metric itself: along it the model's rows change by `RADIUS²/2` nats at most.
const RADIUS: f64 = 0.2;
/// A step that loses this many times the squared radius more than its slope promised is taken back.
const ROOM: f64 = 10.0;
/// Damping grows by this where steps gain less than a quarter of what was promised.
const GROWTH: f64 = 1.1;
/// And shrinks by this where they gain more than three quarters.
const DECAY: f64 = 0.98;
/// Ends of damping, relative to where it begins.
const ENDS: (f64, f64) = (0.1, 1e4);
/// Epochs that may be undone before learning gives up.
const RESCUES: u32 = 20;
/// Standard errors that an epoch may be worse than the one before; fewer are chance.
const ERRORS: f64 = 6.0;

/// What is trusted at present; part of the state of learning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// Damping, relative to the factors' mean diagonal entries.
    pub damping: f64,
    /// Longest step in the metric.
    pub radius: f64,
    /// Epochs that were undone.
    pub rescues: u32,
}

impl Trust {
    /// The beginning.
    pub(super) fn new(damping: f64) -> Self {
        Trust { damping, radius: RADIUS, rescues: 0 }
    }

    /// What a direction is multiplied by before a step of length `rate`: KL-clipping. `square` is `gᵀ F⁻¹ g`.
    pub(super) fn scale(&self, rate: f64, square: f64) -> f64 {
        (self.radius / (rate * square.max(f64::MIN_POSITIVE).sqrt())).min(1.0)
    }

    /// Learns from a step, by what its slope promised and what it gained on the same rows and draws. Answers whether to keep it.
    ///
    /// `damping` is where damping began.
    pub(super) fn judge(&mut self, promised: f64, gained: f64, damping: f64) -> bool {
        let square = self.radius * self.radius;
        let short = promised - gained;
        if short.is_nan() || (gained < 0.0 && short > promised.abs() + ROOM * square) {
            self.shrink(2.0, damping);
            return false;
        }
        // Below the squared radius both are of the size of the metric's own second order.
        let factor = if short > 0.75 * promised.abs() && short > square {
            GROWTH
        } else if short < 0.25 * promised {
            DECAY
        } else {
            1.0
        };
        self.set(self.damping * factor, damping);
        self.radius = (self.radius * 1.02).min(RADIUS);
        true
    }

    fn set(&mut self, to: f64, damping: f64) {
        self.damping = to.clamp(ENDS.0 * damping, ENDS.1 * damping.max(1e-8));
    }

    /// After a step or an epoch that was taken back.
    pub(super) fn shrink(&mut self, by: f64, damping: f64) {
        self.radius = (self.radius / by).max(1e-6);
        self.set(self.damping.max(1e-8) * by, damping);
    }

    /// Whether an epoch whose ELBO was `now` (with its standard error) after `before` is to be undone; not for ever.
    pub(super) fn rescue(&mut self, before: Option<(f64, f64)>, now: (f64, f64), damping: f64) -> bool {
        let worse = !now.0.is_finite() || before.is_some_and(|b| now.0 < b.0 - ERRORS * b.1.hypot(now.1));
        if !worse || self.rescues >= RESCUES {
            return false;
        }
        self.rescues += 1;
        self.shrink(4.0, damping);
        true
    }
}
