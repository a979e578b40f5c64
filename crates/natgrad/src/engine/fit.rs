//! The loop of a fit: look, step, record, until so little is left that going on would change nothing.

mod batches;
mod boundary;
mod dense;
mod joint;
mod large;
mod record;
mod way_on;

use super::progress::{Outcome, Progress, Status};
use super::settings::{MetricChoice, Settings};
use crate::Error;
use crate::ascent::Moved;
use crate::diagnose::dense_is_affordable;
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

/// Share of the tolerance below which a converged fit is not polished further.
const POLISHED: f64 = 1e-3;

/// Fewest rows that a sampled metric is taken from.
const LEAST_METRIC_ROWS: usize = 4096;

/// Up to this many EM steps for one step in the evidence metric, it is taken: it needs the fewest passes.
const CHEAP: f64 = 5.0;

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
    Fit { learning, settings, watch, for_metric: OnceLock::new(), for_curvature: OnceLock::new() }.run(progress)
}

struct Fit<'a, 'b> {
    learning: &'a Learning<'b>,
    settings: &'a Settings,
    watch: &'a dyn Fn(&Progress) -> Control,
    /// Rows that a metric is taken from, once drawn.
    for_metric: OnceLock<Table>,
    /// Rows that curvature is taken from, once drawn.
    for_curvature: OnceLock<Table>,
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
}
