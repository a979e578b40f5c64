//! Steps that take parameters off the boundary of their domain, where EM needs hundreds of steps and natural coordinates see
//! no slope.

use super::super::progress::Progress;
use super::super::settings::MetricChoice;
use super::{Fit, Step};
use crate::Error;
use crate::ascent::{self, Moved};
use crate::diagnose::raised_points;
use crate::geometry::Point;
use crate::model::Want;
use crate::objective::Look;

/// Share of the tolerance that makes an end worth leaving: many such gains may follow one another.
const WORTH: f64 = 0.1;

/// Iterations between attempts that fail.
const PAUSE: u64 = 10;

impl Fit<'_, '_> {
    /// Whether it is time to look.
    pub(super) fn may_raise(&self, p: &Progress) -> bool {
        self.settings.metric != MetricChoice::Euclidean
            && (p.evidence_phase || p.accelerated_phase)
            && p.iteration >= p.raise_again
    }

    /// The EM step with parameters near the boundary raised, all of them or the steepest alone, where that beats the EM step
    /// (`on_the_way`) or gains more than the tolerance.
    pub(super) fn raise(&mut self, p: &mut Progress, look: &Look, on_the_way: bool) -> Result<Option<Step>, Error> {
        let model = self.learning.model();
        let inward = model.inward(&look.point, &look.statistics);
        if inward.is_empty() {
            return Ok(None);
        }
        let rival = match ascent::em(self.learning, look) {
            Ok(rival) => rival,
            Err(Error::Collapsed { .. }) => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut points: Vec<Point> = vec![rival.point.clone()];
        points.extend(raised_points(model, &rival.point, &inward));
        let wanted: Vec<_> = points.iter().map(|point| (point, Want::Evidence)).collect();
        let looks = self.learning.look_at(&wanted)?;
        let best = (0..looks.len()).fold(0, |a, b| if looks[b].elbo > looks[a].elbo { b } else { a });
        let gain = looks[best].elbo - look.elbo;
        let enough = gain > if on_the_way { 0.0 } else { WORTH * self.settings.tolerance };
        if best == 0 || !enough {
            p.raise_again = p.iteration + PAUSE;
            return Ok(None);
        }
        p.notes = rival.notes.iter().map(Into::into).collect();
        p.history.clear();
        p.gains.clear();
        if self.settings.metric == MetricChoice::Auto {
            p.evidence_phase = false;
        }
        let want = if p.evidence_phase { self.want_in_evidence_phase() } else { Want::Statistics };
        let next = self.learning.look(&points[best], want)?;
        Ok(Some(Step::Moved(Box::new(Moved { look: next, step: 1.0, metric: "inward" }), None, None)))
    }
}
