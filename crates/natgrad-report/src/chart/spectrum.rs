//! The information spectrum: eigenvalues in order, flat and negative ones marked.

use super::WIDTH;
use super::canvas::{Canvas, Shape};
use super::panel::{Key, Panel, key};
use super::scale::Scale;
use crate::run::Information;

/// The axis goes no further; what lies beyond stands on its edge.
const LIMITS: (f64, f64) = (-1.0, 2.0);
/// Marks per series, at most.
const MARKS: usize = 160;

/// The plot; `None` without eigenvalues.
pub fn spectrum(information: &Information) -> Option<Canvas> {
    let (observed, empirical) = (&information.eigenvalues, &information.empirical);
    let count = observed.len().max(empirical.len());
    if count == 0 {
        return None;
    }
    let (left, right, top, bottom) = (48.0, WIDTH - 12.0, 54.0, 316.0);
    let all = || observed.iter().chain(empirical);
    let low = all().copied().fold(0.0, f64::min).max(LIMITS.0);
    let high = all().copied().fold(1.0, f64::max).min(LIMITS.1);
    let margin = 0.04 * (high - low);
    let y = Scale::exact(low - margin, high + margin, bottom, top);
    let panel = Panel { left, right, bottom, x: Scale::exact(0.0, count as f64 + 1.0, left, right), y };
    let mut c = Canvas::new(WIDTH, 356.0, "Eigenvalues of the observed and the empirical information, in order");
    panel.y_axis(&mut c, 5);
    c.line((left, y.at(0.0)), (right, y.at(0.0)), "rule");
    let stride = count.div_ceil(MARKS);
    let place = |i: usize, of: usize| (i + 1) as f64 * count as f64 / of as f64;
    for (i, &e) in empirical.iter().enumerate().filter(|(i, _)| i % stride == 0 || i + 1 == empirical.len()) {
        let (x, y) = panel.at((place(i, empirical.len()), e));
        c.mark(Shape::Cross, x, y, "sq");
    }
    let (negative, zero) = information.inertia.map_or((0, 0), |s| (s.negative, s.zero));
    for (i, &e) in observed.iter().enumerate() {
        let special = i < negative + zero;
        if !special && i % stride != 0 && i + 1 != observed.len() {
            continue;
        }
        let (shape, class) = match i {
            i if i < negative => (Shape::Down, "s5 f5"),
            i if i < negative + zero => (Shape::Diamond, "s2"),
            _ => (Shape::Disc, "s1 f1"),
        };
        let (x, y) = panel.at((place(i, observed.len()), e));
        c.mark(shape, x, y, class);
    }
    let mut entries = vec![Key::Mark(Shape::Disc, "s1 f1", "observed"), Key::Mark(Shape::Cross, "sq", "empirical")];
    if zero > 0 {
        entries.push(Key::Mark(Shape::Diamond, "s2", "flat"));
    }
    if negative > 0 {
        entries.push(Key::Mark(Shape::Down, "s5 f5", "negative"));
    }
    key(&mut c, left, 18.0, &entries);
    let beyond = all().filter(|e| !y.holds(**e)).count();
    if beyond > 0 {
        let words = format!("{beyond} beyond the axis, drawn on its edge");
        c.words(left, 38.0, "start", "quiet", &words);
    }
    panel.x_axis(&mut c, "direction, least informed first");
    Some(c)
}
