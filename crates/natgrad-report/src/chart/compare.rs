//! Several runs in one picture: how much each has still to gain, on a log axis.

use super::canvas::{Canvas, Shape};
use super::or_empty;
use super::panel::{Key, Panel, key, passes_scale};
use super::scale::Scale;

const WIDTH: f64 = 640.0;
const STYLES: [(&str, &str, Shape); 5] = [
    ("s1", "s1 f1", Shape::Disc),
    ("s2 dash", "s2 f2", Shape::Square),
    ("s3", "s3", Shape::Diamond),
    ("s4 dot", "s4 f4", Shape::Up),
    ("s5 dash", "s5", Shape::Ring),
];

/// Remaining gain of several runs against passes, on a log axis, as an SVG file.
///
/// Each series is a name and its points `(passes, ELBO)`, ELBO in nats per row. The gain is to the best ELBO of all
/// series; where a run has reached it to rounding, its line ends. At most five series are told apart; further ones
/// repeat the styles.
pub fn compare_svg(series: &[(&str, Vec<(f64, f64)>)]) -> String {
    or_empty(compare(series)).file()
}

fn compare(series: &[(&str, Vec<(f64, f64)>)]) -> Option<Canvas> {
    let finite = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite();
    let best = series.iter().flat_map(|s| s.1.iter().filter(finite)).map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let rounding = 8.0 * f64::EPSILON * best.abs().max(1.0);
    let gains: Vec<Vec<(f64, f64)>> = series
        .iter()
        .map(|s| s.1.iter().filter(finite).map(|p| (p.0, best - p.1)).filter(|p| p.1 > rounding).collect())
        .collect();
    let (left, right, top, bottom) = (64.0, WIDTH - 16.0, 52.0, 330.0);
    let y = Scale::log(gains.iter().flatten().map(|p| p.1), bottom, top)?;
    let panel = Panel { left, right, bottom, x: passes_scale(gains.iter().flatten(), left, right), y };
    let mut c = Canvas::new(WIDTH, 372.0, "Remaining gain of several runs against passes over the data");
    c.words(left, 42.0, "start", "quiet", "nats per row still to gain");
    panel.y_axis(&mut c, 6);
    let mut entries = Vec::new();
    for (i, ((name, _), points)) in series.iter().zip(&gains).enumerate() {
        let (line, mark, shape) = STYLES[i % STYLES.len()];
        panel.series(&mut c, points, line);
        let stride = points.len().div_ceil(24).max(1);
        for p in points.iter().step_by(stride).chain(points.last()) {
            let (x, y) = panel.at(*p);
            c.mark(shape, x, y, mark);
        }
        entries.push(Key::Mark(shape, mark, name));
    }
    key(&mut c, left, 20.0, &entries);
    panel.x_axis(&mut c, "passes over the data");
    Some(c)
}
