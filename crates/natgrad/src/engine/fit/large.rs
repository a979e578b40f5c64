//! Steps of models whose information matrices are too large: by conjugate gradients on all rows or on a sample of them.

use super::super::progress::{Progress, Status};
use super::super::settings::MetricChoice;
use super::{Fit, LEAST_METRIC_ROWS, POLISHED, Step};
use crate::Error;
use crate::ascent::{self, evidence_step, observed_direction, of_unit_length, sampled_direction};
use crate::diagnose::Assessment;
use crate::geometry::Tangent;
use crate::model::Want;
use crate::objective::{Learning, Look};
use crate::rows::{RowSource, Table, sample};
use std::sync::OnceLock;

impl Fit<'_, '_> {
    /// A sample of so many rows, drawn the first time and kept in `place`.
    fn sample_of<'s>(&'s self, place: &'s OnceLock<Table>, rows: usize) -> Result<Learning<'s>, Error> {
        let rows: &dyn RowSource = match place.get() {
            Some(drawn) => drawn,
            None => {
                let drawn = sample(self.learning.rows(), rows, self.settings.seed ^ 0x9e37_79b9)?;
                place.get_or_init(|| drawn)
            }
        };
        Ok(Learning::new(self.learning.model(), rows, 0.0))
    }

    /// Whether little is left by Newton's direction, for fits that only EM may move.
    pub(super) fn judge(&mut self, p: &mut Progress, look: &Look) -> Result<Option<Step>, Error> {
        let remaining = 0.5 * observed_direction(self.learning, look)?.square.abs();
        p.sampled_remaining = Some(remaining);
        if remaining <= self.settings.tolerance {
            return Ok(Some(Step::Done(Status::Converged)));
        }
        p.ask_again = p.iteration + (p.iteration / 4).max(10);
        Ok(None)
    }

    /// A step along Newton's direction by conjugate gradients, for models too large for dense matrices whose sweeps are
    /// cheap; the end is reached where little is left and no direction bends upwards.
    pub(super) fn newton_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let solved = observed_direction(self.learning, look)?;
        // With negative curvature about, what the solution promises is a lower alarm only.
        let remaining = 0.5 * solved.square.abs();
        p.sampled_remaining = Some(remaining);
        if let Some(last) = p.trace.last_mut().filter(|r| r.iteration == p.iteration) {
            last.remaining = Some(remaining);
        }
        let quiet = remaining <= self.settings.tolerance && !self.still_climbing(p);
        let escape = match &solved.bent {
            Some(v) if quiet => of_unit_length(self.learning, look, v)?,
            _ => None,
        };
        if quiet && escape.is_none() {
            return Ok(Step::Done(Status::Converged));
        }
        if self.settings.metric == MetricChoice::Auto {
            p.evidence_phase = true;
        }
        let rival = ascent::em(self.learning, look)?;
        p.notes = rival.notes.iter().map(Into::into).collect();
        let direction = escape.is_none().then(|| (solved.tangent.clone(), "observed"));
        let bent = solved.bent.as_ref().filter(|_| !quiet);
        // Along negative curvature longer is better: the candidates go both ways.
        let along = || -> Vec<Tangent> {
            let unit = bent.and_then(|v| of_unit_length(self.learning, look, v).ok().flatten());
            unit.into_iter().flat_map(|v| [0.3, -0.3, 0.03, -0.03].map(|t| v.scaled(t))).collect()
        };
        let moved = evidence_step(self.learning, look, direction, Some(&rival), escape, &along, Want::Statistics)?;
        let gain = moved.look.elbo - look.elbo;
        if gain <= 1e-15 * look.elbo.abs() || (quiet && gain <= self.settings.tolerance * POLISHED) {
            return Ok(Step::Done(Status::Converged));
        }
        if moved.metric == "joint" && self.settings.metric == MetricChoice::Auto {
            // EM wins: far from the end its combination is cheaper.
            p.evidence_phase = false;
            p.history.clear();
            p.ask_again = p.iteration + (p.iteration / 4).max(10);
        }
        Ok(Step::Moved(Box::new(moved), None, None))
    }

    /// The sample that conjugate gradients take the metric from: a quarter of the rows is enough, and their steps then cost
    /// a quarter.
    pub(super) fn metric_sample(&self) -> Result<Learning<'_>, Error> {
        let all = self.learning.rows().rows() as usize;
        self.sample_of(&self.for_metric, self.settings.metric_rows.min((all / 4).max(LEAST_METRIC_ROWS)))
    }

    /// Counts what was swept of a sample.
    pub(super) fn count_sample(&self, few: &Learning<'_>) {
        let share = few.rows().rows() as f64 / self.learning.rows().rows().max(1) as f64;
        self.learning.add_passes(few.passes() * share);
    }

    /// The slope of all rows, with the information of a sample.
    pub(super) fn assess_by_sample(&self, look: &Look) -> Result<Assessment, Error> {
        let few = self.sample_of(&self.for_curvature, self.curvature_rows())?;
        let seen = few.look(&look.point, Want::Curvature)?;
        self.count_sample(&few);
        let information = self.learning.model().information(&seen.point, &seen.statistics);
        Assessment::with_information(self.learning, look, information)
    }

    /// A step in the evidence metric of a sample of rows, for models too large for dense matrices.
    pub(super) fn sampled_step(&mut self, p: &mut Progress, look: &Look) -> Result<Step, Error> {
        let few = self.metric_sample()?;
        let sampled = sampled_direction(self.learning, look, &few)?;
        self.count_sample(&few);
        p.sampled_remaining = Some(sampled.remaining);
        if let Some(last) = p.trace.last_mut().filter(|r| r.iteration == p.iteration) {
            last.remaining = Some(sampled.remaining);
        }
        if sampled.remaining <= self.settings.tolerance {
            return Ok(Step::Done(Status::Converged));
        }
        let rival = ascent::em(self.learning, look)?;
        p.notes = rival.notes.iter().map(Into::into).collect();
        let direction = Some((sampled.direction, "evidence"));
        let moved = evidence_step(self.learning, look, direction, Some(&rival), None, &Vec::new, Want::Statistics)?;
        if moved.metric == "joint" {
            // EM wins: the sample's metric is no better here. Let EM run and judge again.
            p.evidence_phase = self.settings.metric == MetricChoice::Evidence;
            p.gains.clear();
        }
        if moved.look.elbo <= look.elbo + 1e-15 * look.elbo.abs() {
            return Ok(Step::Done(Status::Converged));
        }
        Ok(Step::Moved(Box::new(moved), None, None))
    }
}
