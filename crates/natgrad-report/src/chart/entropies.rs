//! Entropies along the fit: one small plot each, for their sizes differ.

use super::canvas::Canvas;
use super::panel::{Panel, passes_scale};
use super::scale::Scale;
use super::{WIDTH, column};
use crate::number::significant;
use crate::trace::TraceRow;

/// Plots of those entropies that the trace has; `None` where it has none. A prior's or base measure of 0 is left out.
pub fn entropies(trace: &[TraceRow]) -> Option<Canvas> {
    let all = [
        ("recognition", "s1", column(trace, |r| r.recognition)),
        ("prior", "s2", column(trace, |r| r.prior)),
        ("observable", "s3", column(trace, |r| r.observable)),
        ("base measure", "s4", column(trace, |r| r.base_measure)),
    ];
    let shown: Vec<_> = all
        .into_iter()
        .filter(|(name, _, p)| {
            !p.is_empty() && (!matches!(*name, "base measure" | "prior") || p.iter().any(|q| q.1 != 0.0))
        })
        .collect();
    if shown.is_empty() {
        return None;
    }
    let (left, right) = (78.0, WIDTH - 12.0);
    let room = 316.0 / shown.len() as f64;
    let mut c = Canvas::new(WIDTH, 356.0, "Entropies along the passes, nats per row");
    let x = passes_scale(shown.iter().flat_map(|s| s.2.iter()), left, right);
    for (i, (name, class, points)) in shown.iter().enumerate() {
        let (top, bottom) = (i as f64 * room + 24.0, (i + 1) as f64 * room - 4.0);
        let Some(y) = Scale::linear(points.iter().map(|p| p.1), bottom, top) else { continue };
        let panel = Panel { left, right, bottom, x, y };
        c.words(left, top - 8.0, "start", "", name);
        if let Some(last) = points.last() {
            c.words(right, top - 8.0, "end", "quiet", &format!("at the end {}", significant(last.1, 5)));
        }
        panel.y_axis(&mut c, 3);
        panel.series(&mut c, points, class);
        if i + 1 == shown.len() {
            panel.x_axis(&mut c, "passes over the data");
        } else {
            c.line((left, bottom), (right, bottom), "grid");
        }
    }
    Some(c)
}
