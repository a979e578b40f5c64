//! EM steps, plain and combined, and plain gradient steps; what they ask when little seems to be left.

use super::super::progress::{Progress, Status};
use super::super::settings::MetricChoice;
use super::way_on::WayOn;
use super::{Fit, Step};
use crate::Error;
use crate::ascent::{self, Moved, sampled_direction};
use crate::diagnose::{Assessment, from_gains};
use crate::geometry::Point;
use crate::model::Want;
use crate::objective::Look;

/// Combined steps before their estimate of what is left is believed.
const ENOUGH_STEPS: usize = 4;

/// Lengths of an EM step that are tried where its combination with earlier ones fails.
const STRETCHES: [f64; 5] = [2.0, 4.0, 8.0, 16.0, 32.0];

/// An EM step that falls by more than this (relative) is no rounding.
const FALLEN: f64 = 1e-9;

/// Parts of an EM step that are tried where the whole one lowers a bound.
const SHORTER: [f64; 3] = [0.5, 0.2, 0.05];

/// Edges that are met before the climb ends, unless the bound rises by enough meanwhile.
const PATIENCE: u64 = 20;

/// Tolerances that are enough.
const ENOUGH: f64 = 100.0;

/// Said where it has ended so.
const NO_STEP_RISES: &str = "whole EM steps lower the bound and parts of them hardly raise it: for some rows recognition, which is not \
     exact, then ends in another local maximum; the best point is kept";

impl Fit<'_, '_> {
    /// One EM step, and whether it is time to stop or to change the metric.
    pub(super) fn joint(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let remaining = from_gains(&p.gains);
        let tolerance = self.settings.tolerance;
        if tolerance > 0.0
            && remaining.is_some_and(|r| r <= tolerance)
            && p.iteration >= p.ask_again
            && let Some(step) = self.little_is_left(p, look)?
        {
            return Ok(step);
        }
        if self.settings.metric == MetricChoice::Auto {
            match self.way_on(p) {
                WayOn::ExpectationMaximisation => {}
                WayOn::Accelerated => {
                    p.accelerated_phase = true;
                    return self.accelerated_step(p, look);
                }
                WayOn::Evidence => {
                    p.evidence_phase = true;
                    if self.want_in_evidence_phase() == Want::Curvature {
                        let seen = self.learning.look(&look.point, Want::Curvature)?;
                        return self.dense_step(p, &seen);
                    }
                    return self.dense_step(p, look);
                }
            }
        }
        let maximised = if self.settings.step_size == 1.0 {
            ascent::em(self.learning, look)?
        } else {
            ascent::damped(self.learning, look, &mut p.running, self.settings.step_size)?
        };
        p.notes = maximised.notes.iter().map(Into::into).collect();
        let next = self.learning.look(&maximised.point, Want::Statistics)?;
        if self.settings.step_size == 1.0 && next.elbo < look.elbo - FALLEN * (1.0 + look.elbo.abs()) {
            return self.shorter(p, look, &maximised.point, Some(next));
        }
        push_gain(&mut p.gains, next.elbo - look.elbo);
        let remaining = from_gains(&p.gains);
        let moved = Moved { look: next, step: self.settings.step_size, metric: "joint" };
        Ok(Step::Moved(Box::new(moved), remaining, None))
    }

    /// What EM steps have to say is over: asks the information matrices, because gains are blind beyond a plateau.
    pub(super) fn little_is_left(&mut self, p: &mut Progress, look: &Look) -> Result<Option<Step>, Error> {
        if !self.dense() {
            if self.learning.is_digested() {
                return match self.settings.metric {
                    MetricChoice::Joint => self.judge(p, look),
                    _ => self.newton_step(p, look).map(Some),
                };
            }
            // Gains are blind on a plateau: the metric of a sample of rows, by conjugate gradients, sees further.
            let few = self.metric_sample()?;
            let sampled = sampled_direction(self.learning, look, &few)?;
            self.count_sample(&few);
            p.sampled_remaining = Some(sampled.remaining);
            if sampled.remaining <= self.settings.tolerance || self.settings.metric == MetricChoice::Euclidean {
                return Ok(Some(Step::Done(Status::Converged)));
            }
            p.ask_again = p.iteration + (p.iteration / 4).max(10);
            return Ok(None);
        }
        let seen = self.learning.look(&look.point, Want::Curvature)?;
        let a = Assessment::of(self.learning, &seen)?;
        if a.remaining().is_none_or(|r| r <= self.settings.tolerance) && !a.is_indefinite() {
            return Ok(Some(Step::Done(Status::Converged)));
        }
        if self.settings.metric == MetricChoice::Auto {
            p.evidence_phase = true;
            return self.dense_step(p, &seen).map(Some);
        }
        if look.elbo - p.trace.iter().rev().nth(1).map_or(f64::NEG_INFINITY, |r| r.elbo)
            <= 4.0 * f64::EPSILON * look.elbo.abs()
        {
            // EM has stopped moving at rounding level; the certificates say what is wrong with the point.
            p.why = Some("EM steps no longer change the bound beyond rounding".into());
            return Ok(Some(Step::Done(Status::Converged)));
        }
        p.ask_again = p.iteration + (p.iteration / 4).max(10);
        Ok(None)
    }

    /// EM steps combined with the ones before: a sweep each, like EM.
    pub(super) fn accelerated_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let rival = ascent::em(self.learning, look)?;
        p.notes = rival.notes.iter().map(Into::into).collect();
        let combined = p.history.combine(self.learning, look, &rival.point)?;
        let remaining = (p.history.len() > ENOUGH_STEPS).then_some(combined.remaining);
        if let Some(last) = p.trace.last_mut().filter(|r| r.iteration == p.iteration) {
            last.remaining = remaining;
        }
        let tolerance = self.settings.tolerance;
        if tolerance > 0.0
            && remaining.is_some_and(|r| r.abs() <= tolerance)
            && !self.still_climbing(p)
            && p.iteration >= p.ask_again
            && let Some(step) = self.little_is_left(p, look)?
        {
            return Ok(step);
        }
        if let Some(point) = self.learning.model().shift(&look.point, &combined.direction, 1.0) {
            let next = self.learning.look(&point, Want::Statistics)?;
            if next.elbo >= look.elbo - ascent::ROUNDING * (1.0 + look.elbo.abs()) {
                return Ok(Step::Moved(Box::new(Moved { look: next, step: 1.0, metric: "accelerated" }), None, None));
            }
        }
        // The combination overshot: EM never does, and what was combined belongs to another stretch of the way. Across a
        // plateau EM's steps all point the same way: longer ones are tried with it.
        p.history.clear();
        let model = self.learning.model();
        let v = model.difference(&look.point, &rival.point);
        // A length that leaves the domain is left out, with its name.
        let mut points = vec![(rival.point.clone(), 1.0, "joint")];
        points.extend(STRETCHES.iter().filter_map(|&t| Some((model.shift(&look.point, &v, t)?, t, "accelerated"))));
        let wanted: Vec<_> = points.iter().map(|p| (&p.0, Want::Evidence)).collect();
        let looks = self.learning.look_at(&wanted)?;
        let best = (0..looks.len()).fold(0, |a, b| if looks[b].elbo > looks[a].elbo { b } else { a });
        if looks[best].elbo < look.elbo - FALLEN * (1.0 + look.elbo.abs()) {
            return self.shorter(p, look, &rival.point, None);
        }
        let (point, step, metric) = &points[best];
        let (next, step) = (self.learning.look(point, Want::Statistics)?, *step);
        Ok(Step::Moved(Box::new(Moved { look: next, step, metric }), None, None))
    }

    /// The longest of some parts of an EM step that raises the bound, where the whole step lowers it.
    ///
    /// Exact EM never does: this is a bound whose recognition, begun anew, has ended in another local maximum for some rows. Where it
    /// ends in the same one, it is smooth, and a part of the step short enough raises it. `whole` is the look at the whole
    /// step, if there is one.
    fn shorter(&mut self, p: &mut Progress, look: &Look, to: &Point, whole: Option<Look>) -> Result<Step, Error> {
        p.gains.clear();
        p.history.clear();
        if p.edges.met(look, ENOUGH * self.settings.tolerance) >= PATIENCE {
            p.why = Some(NO_STEP_RISES.into());
            p.sampled_remaining = None;
            return Ok(Step::Done(Status::Converged));
        }
        let model = self.learning.model();
        let v = model.difference(&look.point, to);
        for (point, part) in SHORTER.iter().filter_map(|&t| Some((model.shift(&look.point, &v, t)?, t))) {
            let next = self.learning.look(&point, Want::Statistics)?;
            if next.elbo > look.elbo + ascent::ROUNDING * (1.0 + look.elbo.abs()) {
                return Ok(Step::Moved(Box::new(Moved { look: next, step: part, metric: "joint" }), None, None));
            }
        }
        // None does: from the other side of the edge there may be a way on.
        let next = match whole {
            Some(whole) => whole,
            None => self.learning.look(to, Want::Statistics)?,
        };
        Ok(Step::Moved(Box::new(Moved { look: next, step: 1.0, metric: "joint" }), None, None))
    }

    pub(super) fn euclidean(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let mut steps = p.backtracking;
        let next = steps.step(self.learning, look)?;
        p.backtracking = steps;
        let Some(next) = next else { return Ok(Step::Done(Status::Converged)) };
        push_gain(&mut p.gains, next.elbo - look.elbo);
        let remaining = from_gains(&p.gains);
        if remaining.is_some_and(|r| r <= self.settings.tolerance) {
            let a = if self.dense() {
                Assessment::of(self.learning, &self.learning.look(&next.point, Want::Curvature)?)?.remaining()
            } else {
                None
            };
            if a.is_none_or(|r| r <= self.settings.tolerance) {
                return Ok(Step::Done(Status::Converged));
            }
        }
        let moved = Moved { look: next, step: steps.step, metric: "euclidean" };
        Ok(Step::Moved(Box::new(moved), remaining, None))
    }
}

pub(super) fn push_gain(gains: &mut Vec<f64>, gain: f64) {
    gains.push(gain);
    if gains.len() > 8 {
        gains.remove(0);
    }
}
