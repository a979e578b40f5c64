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
/// A radius that was cut regains so much with each step that is kept.
const REGAIN: f64 = 1.05;
/// Ends of damping, relative to where it begins.
const ENDS: (f64, f64) = (0.1, 1e4);
/// Running deviations that a minibatch may be worse than the mean without suspicion.
const FAR: f64 = 3.0;
/// Share of a minibatch in the running mean.
const FRESH: f64 = 0.1;
/// Epochs that may be undone before learning gives up.
const RESCUES: u32 = 20;
/// Standard errors (of the epoch before) that an epoch may be worse than that; fewer are chance.
const ERRORS: f64 = 8.0;
/// The radius grows by this where new rows still promise more than half along the last step, up to `MOST`.
const REACH: f64 = 1.15;
/// And shrinks by this, down to `RADIUS`, where they promise nothing any more.
const CARE: f64 = 0.8;
/// Longest radius of all.
const MOST: f64 = 100.0 * RADIUS;

/// What is trusted at present; part of the state of learning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// Damping, relative to the factors' mean diagonal entries.
    pub damping: f64,
    /// Longest step in the metric.
    pub radius: f64,
    /// Epochs that were undone.
    pub rescues: u32,
    /// The slope along the last step, on the rows that it came from.
    #[serde(default)]
    pub promised: f64,
    /// Length of the last step along the mean direction; 0 where it was taken back.
    #[serde(default)]
    pub length: f64,
    /// Running mean and mean square deviation of minibatches' ELBOs.
    #[serde(default)]
    pub level: Option<(f64, f64)>,
}

impl Trust {
    /// The beginning.
    pub(super) fn new(damping: f64) -> Self {
        Trust { damping, radius: RADIUS, rescues: 0, promised: 0.0, length: 0.0, level: None }
    }

    /// What a direction is multiplied by before a step of length `rate`: KL-clipping. `square` is `gᵀ F⁻¹ g`.
    pub(super) fn scale(&self, rate: f64, square: f64) -> f64 {
        (self.radius / (rate * square.max(f64::MIN_POSITIVE).sqrt())).min(1.0)
    }

    /// Learns from the slope that new rows find along the last step: as long as they agree with the rows that it came from, the
    /// way is long, and far from a maximum of counts of hundreds a fixed radius would take hundreds of steps.
    pub(super) fn hear(&mut self, along: f64) {
        if self.promised > 0.0 && self.radius >= RADIUS {
            let factor = if along > 0.5 * self.promised {
                REACH
            } else if along < 0.0 {
                CARE
            } else {
                1.0
            };
            self.radius = (self.radius * factor).clamp(RADIUS, MOST);
        }
    }

    /// Whether a minibatch is so much worse than the ones before that the last step is worth a second look.
    pub(super) fn suspects(&mut self, elbo: f64) -> bool {
        let Some((mean, square)) = self.level else {
            self.level = Some((elbo, 0.0));
            return false;
        };
        let away = (elbo - mean).max(-FAR * square.sqrt());
        // The first deviation is not judged by itself.
        let known = square > 0.0;
        let suspect = known && elbo - mean < away;
        let away = if known { away } else { elbo - mean };
        // Finite, whatever happens: a pause writes it down.
        let square = ((1.0 - FRESH) * square + FRESH * away * away).min(f64::MAX);
        self.level = Some((mean + FRESH * away, square));
        self.length > 0.0 && suspect
    }

    /// Whether rows that a step has not seen are worse off by it than chance may make them.
    pub(super) fn refutes(&self, before: f64, after: f64) -> bool {
        before > after + ROOM * RADIUS * RADIUS
    }

    /// Learns from a step, by what its slope promised and what it gained on the same rows and draws. Answers whether to keep it.
    ///
    /// `damping` is where damping began.
    pub(super) fn judge(&mut self, promised: f64, gained: f64, damping: f64) -> bool {
        if !self.promised.is_finite() {
            self.promised = 0.0;
        }
        let square = self.radius.min(RADIUS).powi(2);
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
        self.radius = self.radius.max((self.radius * REGAIN).min(RADIUS));
        true
    }

    fn set(&mut self, to: f64, damping: f64) {
        self.damping = to.clamp(ENDS.0 * damping, ENDS.1 * damping.max(1e-8));
    }

    /// After a step or an epoch that was taken back.
    pub(super) fn shrink(&mut self, by: f64, damping: f64) {
        (self.promised, self.length) = (0.0, 0.0);
        self.radius = (self.radius / by).max(1e-6);
        self.set(self.damping.max(1e-8) * by, damping);
    }

    /// Whether an epoch whose ELBO was `now` (with its standard error) after `before` is to be undone; not for ever.
    pub(super) fn rescue(&mut self, before: Option<(f64, f64)>, now: (f64, f64), damping: f64) -> bool {
        let worse = !now.0.is_finite() || before.is_some_and(|b| now.0 < b.0 - ERRORS * b.1);
        if !worse || self.rescues >= RESCUES {
            return false;
        }
        self.rescues += 1;
        self.shrink(2.0, damping);
        true
    }
}
