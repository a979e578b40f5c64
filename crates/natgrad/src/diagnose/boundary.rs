//! Would a parameter at the edge of its domain rise if it were let?
//!
//! ```text
//! at θ = 0 a maximum needs ∂F/∂θ ≤ 0; in ln θ the slope is θ ∂F/∂θ, which shows nothing of it
//! ```

use super::certificate::{Certificate, Circumstances, Explanation, Verdict};
use crate::Error;
use crate::geometry::Point;
use crate::model::{Inward, LatentModel, Want};
use crate::objective::{Learning, Look};

/// How far such parameters are raised, as shares of their range.
const REACHES: [f64; 5] = [0.5, 0.2, 0.05, 0.01, 0.002];

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "boundary",
    text: "Looks for probabilities next to zero that the data would raise: an EM step multiplies them by more than one, but \
           from 1e-40 it takes hundreds of steps until that shows, and neither the slope nor the information matrix in \
           logarithms sees it. All of them, and the steepest alone, are raised to several values and the evidence is \
           computed there; the certificate fails where that gains more than the tolerance.",
    source: "the conditions of Karush (1939), Kuhn and Tucker (1951) for a maximum at the edge of a domain",
};

/// What raising parameters near the boundary would give.
#[derive(Debug, Clone, PartialEq)]
pub struct AtBoundary {
    /// How many of them the data would raise.
    pub count: usize,
    /// The one with the steepest slope, by name; empty where there is none.
    pub steepest: String,
    /// Most that was gained, nats per row; 0 where there is none or nothing was gained.
    pub gain: f64,
}

/// Points with the parameters near the boundary of `from` raised, all of them and the steepest alone.
pub(crate) fn raised_points(model: &dyn LatentModel, from: &Point, inward: &[Inward]) -> Vec<Point> {
    let mut out: Vec<Point> = REACHES.iter().map(|&reach| model.raised(from, inward, reach)).collect();
    if let Some(steepest) = steepest(inward).filter(|_| inward.len() > 1) {
        out.extend(REACHES.iter().map(|&reach| model.raised(from, &[steepest], reach)));
    }
    out
}

fn steepest(inward: &[Inward]) -> Option<Inward> {
    inward.iter().copied().reduce(|a, b| if b.slope > a.slope { b } else { a })
}

/// Looks at the parameters near the boundary, with one sweep where there are any.
///
/// # Errors
/// What sweeping reports.
pub fn at_the_boundary(learning: &Learning<'_>, look: &Look) -> Result<AtBoundary, Error> {
    let model = learning.model();
    let inward = model.inward(&look.point, &look.statistics);
    let Some(steepest) = steepest(&inward) else {
        return Ok(AtBoundary { count: 0, steepest: String::new(), gain: 0.0 });
    };
    let points = raised_points(model, &look.point, &inward);
    let wanted: Vec<_> = points.iter().map(|p| (p, Want::Evidence)).collect();
    let top = learning.look_at(&wanted)?.iter().map(|l| l.elbo).fold(f64::NEG_INFINITY, f64::max);
    let gain = if top.is_finite() { (top - look.elbo).max(0.0) } else { 0.0 };
    Ok(AtBoundary { count: inward.len(), steepest: model.name_of_place(steepest.place), gain })
}

pub(super) fn examine(found: &AtBoundary, c: &Circumstances<'_>) -> Certificate {
    let (verdict, why) = match (found.count, found.gain > c.tolerance) {
        (0, _) => (Verdict::Holds, "not refuted: no probability next to zero would rise".to_string()),
        (n, false) => (
            Verdict::Holds,
            format!(
                "not refuted: {n} probabilit{} next to zero would rise, for a gain of {:.2e} nats per row",
                if n == 1 { "y" } else { "ies" },
                found.gain
            ),
        ),
        (n, true) => (
            Verdict::Fails,
            format!(
                "refuted: {n} probabilit{} next to zero would rise, {} first; raising them gains {:.2e} nats per row",
                if n == 1 { "y" } else { "ies" },
                found.steepest,
                found.gain
            ),
        ),
    };
    Certificate {
        name: EXPLANATION.name.into(),
        verdict,
        value: Some(found.gain),
        tolerance: c.tolerance,
        why,
        source: EXPLANATION.source.into(),
    }
}
