//! Minibatch learning: epochs of online steps, and averages of their last half.

use super::super::progress::{Outcome, Progress, Status};
use super::super::settings::Batches;
use super::joint::push_gain;
use super::{Control, Fit};
use crate::Error;
use crate::ascent::epoch_order;
use crate::diagnose::Assessment;
use crate::model::Want;

impl Fit<'_, '_> {
    /// Minibatch learning: one iteration is one epoch; the answer averages the last half of the statistics.
    pub(super) fn run_batches(&mut self, mut p: Progress, batches: Batches) -> Result<Outcome, Error> {
        let model = self.learning.model();
        let chunks = self.learning.rows().chunks();
        let resumed = !p.trace.is_empty();
        let mut look = self.learning.look(&p.point, Want::Statistics)?;
        if resumed {
            self.learning.resume_passes(p.passes);
        } else {
            self.record(&mut p, &look, 0.0, "start", None, None);
        }
        let mut at = p.average.as_ref().map_or(Ok(p.point.clone()), |_| {
            let running = p.running.as_ref().unwrap_or(&look.statistics);
            model.maximise(&p.point, running).map(|m| m.point)
        })?;
        while p.iteration < self.settings.max_iterations {
            let order = epoch_order(chunks, self.settings.seed, p.iteration);
            let mut last_step = 0.0;
            for batch in order.chunks(batches.chunks.max(1)) {
                let sum = self.learning.batch(&at, batch)?;
                if sum.weight <= 0.0 {
                    continue;
                }
                last_step = batches.schedule.step(p.batches);
                let running = p.running.get_or_insert_with(|| sum.clone());
                running.blend(&sum, last_step);
                p.batches += 1;
                match model.maximise(&at, running) {
                    Ok(m) => at = m.point,
                    Err(e @ Error::Collapsed { .. }) => {
                        p.why = Some(e.to_string());
                        return self.finish(p, look, Status::Diverged);
                    }
                    Err(e) => return Err(e),
                }
                if let Some(running) = &p.running {
                    // Averages start over whenever the number of batches doubles: they cover the last half.
                    let restart = p.batches.is_power_of_two();
                    match &mut p.average {
                        Some((sum, n)) if !restart => {
                            let step = 1.0 / (*n + 1) as f64;
                            sum.blend(running, step);
                            *n += 1;
                        }
                        slot => *slot = Some((running.clone(), 1)),
                    }
                }
            }
            let averaged = match &p.average {
                Some((average, _)) => model.maximise(&at, average)?,
                None => break,
            };
            p.notes = averaged.notes.iter().map(Into::into).collect();
            let next = self.learning.look(&averaged.point, Want::Statistics)?;
            push_gain(&mut p.gains, next.elbo - look.elbo);
            look = next;
            p.point = look.point.clone();
            p.iteration += 1;
            let metric = self.learning.joint_metric(&look)?;
            let gradient = self.learning.gradient(&look);
            let stationarity = crate::geometry::Metric::raise(&metric, &gradient).square;
            self.record(&mut p, &look, last_step, "batch", None, Some(stationarity));
            if (self.watch)(&p) == Control::Stop {
                return self.finish(p, look, Status::Interrupted);
            }
            if 0.5 * stationarity <= self.settings.tolerance {
                if !self.dense() {
                    return self.finish(p, look, Status::Converged);
                }
                let seen = self.learning.look(&look.point, Want::Curvature)?;
                let a = Assessment::of(self.learning, &seen)?;
                if a.remaining().is_none_or(|r| r <= self.settings.tolerance) && !a.is_indefinite() {
                    return self.finish(p, seen, Status::Converged);
                }
            }
        }
        self.finish(p, look, Status::IterationLimit)
    }
}
