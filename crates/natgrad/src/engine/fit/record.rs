//! What a fit keeps of its way, and hands over at its end.

use super::super::progress::{Outcome, Progress, Record, Status};
use super::Fit;
use crate::Error;
use crate::diagnose::Assessment;
use crate::model::Want;
use crate::objective::Look;

impl Fit<'_, '_> {
    pub(super) fn record(
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
    pub(super) fn cosine(&self, look: &Look) -> Option<f64> {
        let seen;
        let look = if look.statistics.curvature.is_some() {
            look
        } else {
            seen = self.learning.look(&look.point, Want::Curvature).ok()?;
            &seen
        };
        Assessment::of(self.learning, look).ok()?.cosine()
    }

    pub(super) fn finish(&mut self, mut p: Progress, look: Look, status: Status) -> Result<Outcome, Error> {
        let look = match &p.edges.best {
            Some((elbo, point)) if *elbo > look.elbo && status != Status::Interrupted => {
                // What was estimated elsewhere says nothing of this point.
                p.sampled_remaining = None;
                self.learning.look(point, Want::Statistics)?
            }
            _ => look,
        };
        if status == Status::IterationLimit {
            // It was estimated somewhere on the way.
            p.sampled_remaining = None;
        }
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
