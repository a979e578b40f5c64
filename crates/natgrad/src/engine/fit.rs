//! The loop of a fit: look, step, record, until so little is left that going on would change nothing.

mod batches;
mod boundary;
mod large;

use super::progress::{Outcome, Progress, Record, Status};
use super::settings::{MetricChoice, Settings};
use crate::Error;
use crate::ascent::{self, Moved, evidence_step, sampled_direction};
use crate::diagnose::{Assessment, dense_is_affordable, from_gains};
use crate::model::Want;
use crate::objective::{Learning, Look};
use crate::rows::Table;
use std::sync::OnceLock;

/// What whoever watches a fit answers after each iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Stop here and hand back what there is.
    Stop,
}

/// Iterations that the evidence metric is expected to need; EM is left when it would need more than this many times
/// the price of one.
const EVIDENCE_ITERATIONS: f64 = 15.0;

/// A last gain above this times the root of the tolerance contradicts a remaining gain below the tolerance: Newton's steps
/// square what is left, so that what they gain is about the root of what they leave.
const STILL_CLIMBING: f64 = 3.0;
/// Share of the tolerance below which a converged fit is not polished further.
const POLISHED: f64 = 1e-3;

/// A promised gain above this (relative to the ELBO) that does not come says that the step was blocked; below it, steps
/// still polish the parameters where the ELBO no longer shows it.
const BLOCKED: f64 = 1e-12;

/// What a sweep costs whatever the number of rows (threads, M-step), in floating-point operations.
const SWEEP_OVERHEAD: f64 = 3e5;

/// Up to this many products (rows × coordinates²) the curvature of all rows is taken: exact curvature needs far fewer
/// passes than a sample's.
const WHOLE_CURVATURE: f64 = 2e10;

/// Rows per coordinate that a sampled information matrix is taken from: its relative error is then about 0.16.
const ROWS_PER_COORDINATE: usize = 40;

/// Fewest rows that a sampled metric is taken from.
const LEAST_METRIC_ROWS: usize = 4096;

/// EM steps before `auto` judges their speed.
const EM_STEPS: usize = 4;

/// How many EM steps a combined one is expected to be worth, where EM is slow.
const ACCELERATION: f64 = 6.0;

/// Combined steps that are needed in any case: they learn the slow directions one by one.
const LEAST_ACCELERATED: f64 = 12.0;

/// Up to this many EM steps for one step in the evidence metric, it is taken: it needs the fewest passes.
const CHEAP: f64 = 5.0;

/// Combined steps before their estimate of what is left is believed.
const ENOUGH_STEPS: usize = 4;

/// Lengths of an EM step that are tried where its combination with earlier ones fails.
const STRETCHES: [f64; 5] = [2.0, 4.0, 8.0, 16.0, 32.0];

/// So many EM steps in a row that beat the evidence metric's say that its directions are no good here.
const EM_WINS: u64 = 3;

/// Falls of a bound that is not exact before the climb ends.
const PATIENCE: usize = 20;

/// An EM step that falls by more than this (relative) is no rounding.
const FALLEN: f64 = 1e-9;

/// How `auto` goes on.
enum WayOn {
    ExpectationMaximisation,
    Accelerated,
    Evidence,
}

/// Climbs from `progress` until the settings' tolerance, a limit, or `watch` says stop.
///
/// # Errors
/// What reading the data reports, and a start outside the domain. A collapse on the way is not an error but a status.
pub fn fit(
    learning: &Learning<'_>,
    settings: &Settings,
    progress: Progress,
    watch: &dyn Fn(&Progress) -> Control,
) -> Result<Outcome, Error> {
    Fit { learning, settings, watch, sampled: OnceLock::new(), best: None, falls: 0 }.run(progress)
}

struct Fit<'a, 'b> {
    learning: &'a Learning<'b>,
    settings: &'a Settings,
    watch: &'a dyn Fn(&Progress) -> Control,
    sampled: OnceLock<Table>,
    /// The best point that an inexact bound has fallen from, and how often it has.
    best: Option<Look>,
    falls: usize,
}

enum Step {
    Moved(Box<Moved>, Option<f64>, Option<f64>),
    Done(Status),
}

impl Fit<'_, '_> {
    fn run(&mut self, mut p: Progress) -> Result<Outcome, Error> {
        let over = p.iteration >= self.settings.max_iterations;
        let ended = match &p.status {
            None | Some(Status::Interrupted) => false,
            Some(Status::IterationLimit) => over,
            Some(Status::Converged | Status::Diverged) => true,
        };
        if ended {
            // It had ended before: only the last look is missing.
            let want = if self.dense() { Want::Curvature } else { Want::Residuals };
            let look = self.learning.look(&p.point, want)?;
            return Ok(Outcome { progress: p, look });
        }
        p.status = None;
        if let Some(batches) = self.settings.batches {
            return self.run_batches(p, batches);
        }
        if self.settings.metric == MetricChoice::Evidence {
            p.evidence_phase = true;
        }
        let want = |p: &Progress| if p.evidence_phase { self.want_in_evidence_phase() } else { Want::Statistics };
        let resumed = !p.trace.is_empty();
        let mut look = self.learning.look(&p.point, want(&p))?;
        if resumed {
            self.learning.resume_passes(p.passes);
        } else {
            self.record(&mut p, &look, 0.0, "start", None, None);
            if (self.watch)(&p) == Control::Stop {
                return self.finish(p, look, Status::Interrupted);
            }
        }
        loop {
            if p.iteration >= self.settings.max_iterations {
                return self.finish(p, look, Status::IterationLimit);
            }
            let step = match self.step(&mut p, &look) {
                Ok(step) => step,
                Err(Error::Collapsed { component, what, hint }) => {
                    p.why = Some(Error::Collapsed { component, what, hint }.to_string());
                    return self.finish(p, look, Status::Diverged);
                }
                Err(e) => return Err(e),
            };
            match step {
                Step::Done(status) => return self.finish(p, look, status),
                Step::Moved(moved, remaining, stationarity) => {
                    if !moved.look.elbo.is_finite() {
                        p.why = Some("the log-likelihood is no longer finite".into());
                        return self.finish(p, look, Status::Diverged);
                    }
                    look = moved.look;
                    p.point = look.point.clone();
                    p.iteration += 1;
                    self.record(&mut p, &look, moved.step, moved.metric, remaining, stationarity);
                    if (self.watch)(&p) == Control::Stop {
                        return self.finish(p, look, Status::Interrupted);
                    }
                }
            }
        }
    }

    fn dense(&self) -> bool {
        dense_is_affordable(self.learning.rows().rows(), &self.learning.model().groups())
    }

    fn step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        if self.may_raise(p)
            && let Some(step) = self.raise(p, look, true)?
        {
            return Ok(step);
        }
        let step = self.step_inside(p, look)?;
        // What natural coordinates call an end may be a point of the boundary that EM would leave, slowly.
        match step {
            Step::Done(Status::Converged) if self.settings.metric != MetricChoice::Euclidean => {
                Ok(self.raise(p, look, false)?.unwrap_or(step))
            }
            step => Ok(step),
        }
    }

    fn step_inside(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        match self.settings.metric {
            MetricChoice::Euclidean => self.euclidean(p, look),
            _ if p.evidence_phase && self.dense() => self.dense_step(p, look),
            _ if p.evidence_phase && self.learning.is_digested() => self.newton_step(p, look),
            _ if p.evidence_phase => self.sampled_step(p, look),
            _ if p.accelerated_phase => self.accelerated_step(p, look),
            _ => self.joint(p, look),
        }
    }

    /// One EM step, and whether it is time to stop or to change the metric.
    fn joint(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
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
            // Exact EM never falls: this is a bound whose recognition has ended in another local maximum. The best point
            // is kept, and the climb goes on for a while.
            if self.best.as_ref().is_none_or(|b| look.elbo > b.elbo) {
                self.best = Some(look.clone());
            }
            self.falls += 1;
            if self.falls > PATIENCE {
                p.why = Some("EM steps no longer raise the bound, which is not exact here".into());
                return Ok(Step::Done(Status::Converged));
            }
            p.gains.clear();
            p.history.clear();
            let moved = Moved { look: next, step: 1.0, metric: "joint" };
            return Ok(Step::Moved(Box::new(moved), None, None));
        }
        push_gain(&mut p.gains, next.elbo - look.elbo);
        let remaining = from_gains(&p.gains);
        let moved = Moved { look: next, step: self.settings.step_size, metric: "joint" };
        Ok(Step::Moved(Box::new(moved), remaining, None))
    }

    /// What EM steps have to say is over: asks the information matrices, because gains are blind beyond a plateau.
    fn little_is_left(&mut self, p: &mut Progress, look: &Look) -> Result<Option<Step>, Error> {
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
    fn accelerated_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
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
        let (point, step, metric) = &points[best];
        let (next, step) = (self.learning.look(point, Want::Statistics)?, *step);
        Ok(Step::Moved(Box::new(Moved { look: next, step, metric }), None, None))
    }

    /// Whether EM would need so many more iterations that something else is cheaper, and what.
    fn way_on(&self, p: &Progress) -> WayOn {
        if p.gains.len() < EM_STEPS {
            return WayOn::ExpectationMaximisation;
        }
        let last = p.gains[p.gains.len() - 1];
        let before = p.gains[p.gains.len() - 2];
        if last <= 0.0 || before <= 0.0 {
            return WayOn::ExpectationMaximisation;
        }
        let rate = last / before;
        // Gains that still grow: EM is on its way across a plateau.
        let growing = rate >= 1.0;
        if growing && p.gains.len() < 2 * EM_STEPS {
            return WayOn::ExpectationMaximisation;
        }
        let left = last * rate / (1.0 - rate);
        if !growing && left <= self.settings.tolerance {
            return WayOn::ExpectationMaximisation;
        }
        let needed = if growing { f64::INFINITY } else { (self.settings.tolerance / left).ln() / rate.ln() };
        let each = self.price_of_evidence();
        let price = EVIDENCE_ITERATIONS * each;
        let combined = (needed / ACCELERATION).max(LEAST_ACCELERATED);
        // Across a plateau nobody knows how many steps are needed: cheap curvature is then worth it.
        if needed > price && (each <= CHEAP || (!growing && 2.0 * price <= combined)) {
            WayOn::Evidence
        } else if each > CHEAP && needed > combined {
            WayOn::Accelerated
        } else {
            WayOn::ExpectationMaximisation
        }
    }

    /// What a step in the evidence metric costs, in EM steps; infinite where dense matrices are not affordable.
    fn price_of_evidence(&self) -> f64 {
        if !self.dense() {
            return f64::INFINITY;
        }
        let rows = self.learning.rows().rows();
        let work = self.learning.model().work(rows);
        let share = match self.want_in_evidence_phase() {
            Want::Curvature => 1.0,
            _ => self.curvature_rows() as f64 / rows.max(1) as f64,
        };
        let decomposed: f64 = self.learning.model().groups().iter().map(|&n| 30.0 * (n as f64).powi(3)).sum();
        1.5 + (share * work.curvature + decomposed) / (work.step + SWEEP_OVERHEAD)
    }

    /// A step in the dense evidence metric from a look with curvature.
    fn dense_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
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
    fn still_climbing(&self, p: &Progress) -> bool {
        match p.trace.as_slice() {
            [.., before, last] => last.elbo - before.elbo > STILL_CLIMBING * self.settings.tolerance.sqrt(),
            _ => false,
        }
    }

    /// Rows whose curvature is enough for a metric: forty per coordinate.
    fn curvature_rows(&self) -> usize {
        (ROWS_PER_COORDINATE * self.learning.model().free()).max(LEAST_METRIC_ROWS)
    }

    /// Whether the curvature of all rows is taken on every step, or of a sample until the end.
    fn want_in_evidence_phase(&self) -> Want {
        let all = self.learning.rows().rows() as usize;
        let products = all as f64 * (self.learning.model().free() as f64).powi(2);
        let affordable = all <= 2 * self.curvature_rows() || products <= WHOLE_CURVATURE;
        if self.dense() && affordable { Want::Curvature } else { Want::Statistics }
    }

    fn euclidean(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
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

    fn record(
        &self,
        p: &mut Progress,
        look: &Look,
        step_size: f64,
        metric: &str,
        remaining: Option<f64>,
        stationarity: Option<f64>,
    ) {
        let cosine = if self.settings.angles && self.dense() { self.cosine(look) } else { None };
        p.passes = self.learning.passes();
        p.trace.push(Record {
            cosine,
            iteration: p.iteration,
            passes: p.passes,
            elbo: look.elbo,
            entropies: self.learning.entropies(look),
            remaining,
            stationarity,
            step_size,
            metric: metric.into(),
        });
    }

    /// How far the natural gradients of ELBO and evidence point apart.
    fn cosine(&self, look: &Look) -> Option<f64> {
        let seen;
        let look = if look.statistics.curvature.is_some() {
            look
        } else {
            seen = self.learning.look(&look.point, Want::Curvature).ok()?;
            &seen
        };
        Assessment::of(self.learning, look).ok()?.cosine()
    }

    fn finish(&mut self, mut p: Progress, look: Look, status: Status) -> Result<Outcome, Error> {
        let look = match self.best.take().filter(|b| b.elbo > look.elbo) {
            Some(best) => best,
            None => look,
        };
        p.point = look.point.clone();
        // Digested rows have no residuals of their own.
        let (want, seen) = if self.dense() {
            (Want::Curvature, look.statistics.curvature.is_some() && !self.learning.is_digested())
        } else {
            (Want::Residuals, false)
        };
        let look = if seen {
            look
        } else {
            self.learning.add_passes(1.0);
            match want {
                Want::Residuals => self.learning.look_with_residuals(&look.point)?,
                _ => self.learning.undigested().look(&look.point, want)?,
            }
        };
        if status != Status::Interrupted {
            p.passes = self.learning.passes();
        }
        p.status = Some(status);
        Ok(Outcome { progress: p, look })
    }
}

fn push_gain(gains: &mut Vec<f64>, gain: f64) {
    gains.push(gain);
    if gains.len() > 8 {
        gains.remove(0);
    }
}
