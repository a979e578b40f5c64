//! Steps in the evidence metric where its matrices fit into memory.

use super::super::progress::{Progress, Status};
use super::super::settings::MetricChoice;
use super::{CHEAP, Fit, LEAST_METRIC_ROWS, POLISHED, Step};
use crate::Error;
use crate::ascent::{self, evidence_step};
use crate::diagnose::Assessment;
use crate::model::Want;
use crate::objective::Look;

/// A last gain above this times the root of the tolerance contradicts a remaining gain below the tolerance: Newton's steps
/// square what is left, so that what they gain is about the root of what they leave.
const STILL_CLIMBING: f64 = 3.0;

/// A promised gain above this (relative to the ELBO) that does not come says that the step was blocked; below it, steps
/// still polish the parameters where the ELBO no longer shows it.
const BLOCKED: f64 = 1e-12;

/// Up to this many products (rows × coordinates²) the curvature of all rows is taken: exact curvature needs far fewer
/// passes than a sample's.
const WHOLE_CURVATURE: f64 = 2e10;

/// Rows per coordinate that a sampled information matrix is taken from: its relative error is then about 0.16.
const ROWS_PER_COORDINATE: usize = 40;

/// So many EM steps in a row that beat the evidence metric's say that its directions are no good here.
const EM_WINS: u64 = 3;

impl Fit<'_, '_> {
    /// A step in the dense evidence metric from a look with curvature.
    pub(super) fn dense_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let mut a = if look.statistics.curvature.is_some() {
            Assessment::of(self.learning, look)?
        } else {
            self.assess_by_sample(look)?
        };
        let mut remaining = a.remaining();
        let is_quiet = |remaining: Option<f64>| remaining.is_none_or(|r| r <= self.settings.tolerance);
        let whole;
        let mut look = look;
        if is_quiet(remaining) && look.statistics.curvature.is_none() {
            // A sample says that it is over: ask all rows.
            whole = self.learning.look(&look.point, Want::Curvature)?;
            look = &whole;
            a = Assessment::of(self.learning, look)?;
            remaining = a.remaining();
        }
        let quiet = is_quiet(remaining) && !self.still_climbing(p);
        if let Some(last) = p.trace.last_mut().filter(|r| r.iteration == p.iteration) {
            last.remaining = remaining;
            last.stationarity = Some(a.stationarity);
        }
        let (rival, collapsed) = match ascent::em(self.learning, look) {
            Ok(r) => (Some(r), None),
            Err(e @ Error::Collapsed { .. }) => (None, Some(e)),
            Err(e) => return Err(e),
        };
        let escape = if quiet { a.escape() } else { None };
        if quiet && escape.is_none() {
            // One more Newton step costs a sweep and squares what is left; below this it changes nothing.
            let polished = remaining.is_none_or(|r| r <= POLISHED * self.settings.tolerance);
            if polished || a.is_indefinite() {
                // Steps in natural coordinates do not see a collapse; the M-step of the same point does.
                return collapsed.map_or(Ok(Step::Done(Status::Converged)), Err);
            }
        }
        p.notes = rival.iter().flat_map(|r| r.notes.iter()).map(Into::into).collect();
        let direction = if escape.is_some() { None } else { a.direction() };
        let want = self.want_in_evidence_phase();
        // Damped steps reach far, and not always the nearest maximum: they are for where EM keeps winning.
        let damped = || if p.em_wins >= EM_WINS { a.damped() } else { Vec::new() };
        let moved = evidence_step(self.learning, look, direction, rival.as_ref(), escape, &damped, want)?;
        p.em_wins = match moved.metric {
            "joint" => p.em_wins + 1,
            "damped" => EM_WINS,
            _ => 0,
        };
        if p.em_wins >= 2 * EM_WINS && self.settings.metric == MetricChoice::Auto && self.price_of_evidence() > CHEAP {
            // Not even damped steps help: combined EM steps go on for a while, at the price of EM.
            p.em_wins = 0;
            p.evidence_phase = false;
            p.accelerated_phase = true;
            p.history.clear();
            p.ask_again = p.iteration + (p.iteration / 2).max(20);
        }
        let stuck = moved.look.elbo <= look.elbo + 1e-15 * look.elbo.abs();
        // A full step that promised more than rounding and gave nothing was bent back onto a floor.
        let promised = remaining.is_some_and(|r| r > BLOCKED * (1.0 + look.elbo.abs()));
        let blocked = moved.metric == "joint" || (promised && moved.metric != "escape");
        if moved.step == 0.0 || (stuck && blocked) {
            if let Some(collapse) = collapsed {
                return Err(collapse);
            }
            // Not even EM moves: the point is a maximum along every path tried (a floor or a boundary holds it).
            return Ok(Step::Done(Status::Converged));
        }
        Ok(Step::Moved(Box::new(moved), None, None))
    }

    /// Whether the last step gained far more than could be left if the estimate of it were right: then the information
    /// matrices are wrong (a component is closing in on a few rows, and its digits are lost), and the climb goes on.
    pub(super) fn still_climbing(&self, p: &Progress) -> bool {
        match p.trace.as_slice() {
            [.., before, last] => last.elbo - before.elbo > STILL_CLIMBING * self.settings.tolerance.sqrt(),
            _ => false,
        }
    }

    /// Rows whose curvature is enough for a metric: forty per coordinate.
    pub(super) fn curvature_rows(&self) -> usize {
        (ROWS_PER_COORDINATE * self.learning.model().free()).max(LEAST_METRIC_ROWS)
    }

    /// Whether the curvature of all rows is taken on every step, or of a sample until the end.
    pub(super) fn want_in_evidence_phase(&self) -> Want {
        let all = self.learning.rows().rows() as usize;
        let products = all as f64 * (self.learning.model().free() as f64).powi(2);
        let affordable = all <= 2 * self.curvature_rows() || products <= WHOLE_CURVATURE;
        if self.dense() && affordable { Want::Curvature } else { Want::Statistics }
    }
}
