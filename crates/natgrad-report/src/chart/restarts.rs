//! Restarts: one mark each, by how many nats in all it ended below the best.

use super::canvas::{Canvas, Shape};
use super::scale::Scale;
use crate::run::Restarts;

/// Width of the strip.
const WIDTH: f64 = 640.0;
/// Rows of marks before they overlap.
const STACK: usize = 8;

/// The strip; `None` without two ELBOs. `weight` is the total weight of the rows.
pub fn restarts(r: &Restarts, weight: f64) -> Option<Canvas> {
    let elbos: Vec<f64> = r.elbos.iter().flatten().copied().collect();
    let best = elbos.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if elbos.len() < 2 || !best.is_finite() {
        return None;
    }
    let within = r.within.unwrap_or(0.1);
    let mut below: Vec<f64> = elbos.iter().map(|e| ((e - best) * weight).min(0.0)).collect();
    below.sort_by(f64::total_cmp);
    let low = below[0].min(-4.0 * within);
    let (left, right) = (12.0, WIDTH - 16.0);
    let x = Scale::exact(1.04 * low, -0.02 * low, left, right);
    let mut stacked: Vec<(f64, usize)> = Vec::new();
    for &b in &below {
        let at = x.at(b);
        let height = stacked.iter().filter(|s| (s.0 - at).abs() < 7.5).count();
        stacked.push((at, height.min(STACK)));
    }
    let rows = stacked.iter().map(|s| s.1).max().unwrap_or(0) as f64;
    let bottom = 26.0 + 9.0 * rows;
    let mut c = Canvas::new(WIDTH, bottom + 38.0, "ELBO of each restart, nats in all below the best");
    c.rectangle(x.at(-within), 2.0, (x.at(0.0) - x.at(-within)).max(2.0), bottom - 2.0, "band");
    c.line((left, bottom), (right, bottom), "rule");
    for (at, words) in x.ticks(6) {
        c.line((at, bottom), (at, bottom + 4.0), "rule");
        c.words(at, bottom + 17.0, "middle", "quiet", &words);
    }
    c.words(right, bottom + 33.0, "end", "quiet", "nats in all, from the best restart");
    for (b, (at, height)) in below.iter().zip(&stacked) {
        let y = bottom - 9.0 - 9.0 * *height as f64;
        if -b <= within {
            c.mark(Shape::Disc, *at, y, "s1 f1");
        } else {
            c.mark(Shape::Ring, *at, y, "s2");
        }
    }
    Some(c)
}
