//! Remaining gain and stationarity along the passes on a log axis, marked by the metric of the step.

use super::canvas::{Canvas, Shape};
use super::panel::{Key, Panel, key, passes_scale};
use super::scale::Scale;
use super::{WIDTH, column};
use crate::run::Run;

/// Marks per chart, at most; the line has more points.
const MARKS: usize = 30;

/// Metrics in the order of the key, with shape and classes.
const METRICS: [(&str, Shape, &str); 9] = [
    ("start", Shape::Ring, "sq"),
    ("joint", Shape::Disc, "s1 f1"),
    ("accelerated", Shape::Ring, "s1 f1"),
    ("evidence", Shape::Square, "s2 f2"),
    ("observed", Shape::Diamond, "s3 f3"),
    ("damped", Shape::Diamond, "s3"),
    ("escape", Shape::Up, "s5 f5"),
    ("euclidean", Shape::Cross, "s4"),
    ("batch", Shape::Down, "s4"),
];
const OTHER: (&str, Shape, &str) = ("other", Shape::Ring, "s4");

fn style(metric: &str) -> (&'static str, Shape, &'static str) {
    METRICS.into_iter().find(|m| m.0 == metric).unwrap_or(OTHER)
}

/// The plot; `None` without positive numbers.
pub fn remaining(run: &Run) -> Option<Canvas> {
    let trace = &run.trace;
    let gain = column(trace, |r| r.remaining.map(f64::abs));
    let slope = column(trace, |r| r.stationarity);
    let tolerance = run.certificate("remaining").and_then(|c| c.tolerance).filter(|t| *t > 0.0);
    let (left, right, top, bottom) = (62.0, WIDTH - 12.0, 54.0, 316.0);
    let numbers = gain.iter().chain(&slope).map(|p| p.1);
    let y = Scale::log(numbers.chain(tolerance), bottom, top)?;
    if gain.is_empty() && slope.is_empty() {
        return None;
    }
    let panel = Panel { left, right, bottom, x: passes_scale(gain.iter().chain(&slope), left, right), y };
    let mut c = Canvas::new(WIDTH, 356.0, "Remaining gain and stationarity along the passes, nats per row, log axis");
    key(&mut c, left, 18.0, &[Key::Line("sq", "remaining gain"), Key::Line("sq dot", "stationarity")]);
    panel.y_axis(&mut c, 6);
    if let Some(t) = tolerance {
        let y = panel.y.at(t);
        c.line((left, y), (right, y), "l rule dash");
        c.words(left + 6.0, y - 5.0, "start", "quiet", "tolerance");
    }
    panel.series(&mut c, &slope, "sq dot");
    panel.series(&mut c, &gain, "sq");
    // Every metric's changes are marked, the rest as often as there is room.
    let with_gain: Vec<_> = trace.iter().filter(|r| r.remaining.is_some()).collect();
    let stride = with_gain.len().div_ceil(MARKS).max(1);
    let mut used = [false; METRICS.len() + 1];
    for (i, row) in with_gain.iter().enumerate() {
        let changed = i == 0 || with_gain[i - 1].metric != row.metric;
        let place = METRICS.iter().position(|m| m.0 == row.metric).unwrap_or(METRICS.len());
        let often = used[place] && stride > 1;
        if i % stride == 0 || i + 1 == with_gain.len() || (changed && !often) {
            used[place] = true;
            let (_, shape, class) = style(&row.metric);
            let (x, y) = panel.at((row.passes, row.remaining.unwrap_or(0.0).abs()));
            c.mark(shape, x, y, class);
        }
    }
    let entries: Vec<Key<'_>> = METRICS
        .iter()
        .chain([&OTHER])
        .zip(used)
        .filter(|(_, used)| *used)
        .map(|((name, shape, class), _)| Key::Mark(*shape, class, name))
        .collect();
    if !entries.is_empty() {
        c.words(left, 38.0, "start", "quiet", "steps by metric:");
        key(&mut c, left + 100.0, 38.0, &entries);
    }
    panel.x_axis(&mut c, "passes over the data");
    Some(c)
}
