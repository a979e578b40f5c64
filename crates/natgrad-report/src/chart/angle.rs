//! The angle between the natural gradients of ELBO and evidence along the passes, in degrees.

use super::canvas::{Canvas, Shape};
use super::panel::{Panel, passes_scale};
use super::scale::Scale;
use super::{WIDTH, column};
use crate::trace::TraceRow;

/// Marks per chart, at most; the line has more points.
const MARKS: usize = 30;

/// The angle of a cosine, in degrees.
pub fn degrees(cosine: f64) -> f64 {
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

/// The plot; `None` where no line of the trace has a cosine.
pub fn angle(trace: &[TraceRow]) -> Option<Canvas> {
    let points = column(trace, |r| r.cosine.map(degrees));
    let (left, right, top, bottom) = (62.0, WIDTH - 12.0, 24.0, 196.0);
    let highest = points.iter().map(|p| p.1).reduce(f64::max)?;
    // From 0, so that small angles look small, up to at least one degree.
    let y = Scale::exact(0.0, (1.1 * highest).max(1.0), bottom, top);
    let panel = Panel { left, right, bottom, x: passes_scale(points.iter(), left, right), y };
    let mut c =
        Canvas::new(WIDTH, 236.0, "Angle between the directions of ELBO and evidence along the passes, degrees");
    panel.y_axis(&mut c, 6);
    panel.series(&mut c, &points, "s3");
    let stride = points.len().div_ceil(MARKS).max(1);
    for &p in points.iter().step_by(stride) {
        let (x, y) = panel.at(p);
        c.mark(Shape::Diamond, x, y, "s3 f3");
    }
    panel.x_axis(&mut c, "passes over the data");
    Some(c)
}
