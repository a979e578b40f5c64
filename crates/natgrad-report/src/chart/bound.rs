//! ELBO and entropy sum along the passes, and the gap between them.

use super::canvas::Canvas;
use super::panel::{Key, Panel, key, passes_scale};
use super::scale::Scale;
use super::{WIDTH, column};
use crate::trace::TraceRow;

/// Two plots over the same passes; `None` without ELBOs.
pub fn bound(trace: &[TraceRow]) -> Option<Canvas> {
    let elbo = column(trace, |r| r.elbo);
    let sum = column(trace, |r| r.entropy_sum);
    let gap = column(trace, |r| Some((r.elbo? - r.entropy_sum?).abs()));
    let (left, right) = (78.0, WIDTH - 12.0);
    let x = passes_scale(elbo.iter(), left, right);
    let both = elbo.iter().chain(&sum).map(|p| p.1);
    let upper = Panel { left, right, bottom: 196.0, x, y: Scale::linear(both, 196.0, 34.0)? };
    let positive = Scale::log(gap.iter().map(|p| p.1), 316.0, 244.0);
    let lower = positive.map(|y| Panel { left, right, bottom: 316.0, x, y });
    let height = if lower.is_some() { 356.0 } else { 236.0 };
    let mut c = Canvas::new(WIDTH, height, "ELBO and entropy sum along the passes, nats per row");
    key(&mut c, left, 18.0, &[Key::Line("s0 thick", "ELBO"), Key::Line("s2 dash", "entropy sum")]);
    upper.y_axis(&mut c, 4);
    upper.series(&mut c, &elbo, "s0 thick");
    upper.series(&mut c, &sum, "s2 dash");
    let Some(lower) = lower else {
        upper.x_axis(&mut c, "passes over the data");
        return Some(c);
    };
    c.words(left, 230.0, "start", "", "their gap, absolute");
    lower.y_axis(&mut c, 3);
    lower.series(&mut c, &gap, "s4");
    lower.x_axis(&mut c, "passes over the data");
    Some(c)
}
