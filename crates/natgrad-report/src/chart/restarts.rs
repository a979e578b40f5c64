//! Restarts: one mark each, by how many nats in all it ended below the best.

use super::canvas::{Canvas, Shape};
use super::scale::Scale;
use crate::run::Restarts;

/// Width of the strip.
const WIDTH: f64 = 640.0;
/// Marks in a stack, at most; more are counted in words.
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
    // Marks that would overlap form a stack: where it begins, and its members.
    let mut stacks: Vec<Vec<f64>> = Vec::new();
    for &b in &below {
        match stacks.last_mut() {
            Some(stack) if x.at(b) - x.at(stack[0]) < 7.5 => stack.push(b),
            _ => stacks.push(vec![b]),
        }
    }
    let rows = stacks.iter().map(|s| s.len().min(STACK + 2)).max().unwrap_or(0) as f64;
    let bottom = 8.0 + 9.0 * rows;
    let mut c = Canvas::new(WIDTH, bottom + 38.0, "ELBO of each restart, nats in all below the best");
    c.rectangle(x.at(-within), 2.0, (x.at(0.0) - x.at(-within)).max(2.0), bottom - 2.0, "band");
    c.line((left, bottom), (right, bottom), "rule");
    for (at, words) in x.ticks(6) {
        c.line((at, bottom), (at, bottom + 4.0), "rule");
        c.words(at, bottom + 17.0, "middle", "quiet", &words);
    }
    c.words(right, bottom + 33.0, "end", "quiet", "nats in all, from the best start");
    for stack in &stacks {
        for (height, &b) in stack.iter().rev().take(STACK).enumerate() {
            let y = bottom - 8.0 - 9.0 * height as f64;
            let (shape, class) = if -b <= within { (Shape::Disc, "s1 f1") } else { (Shape::Ring, "s2") };
            c.mark(shape, x.at(b), y, class);
        }
        if stack.len() > STACK {
            let words = format!("×{}", stack.len());
            c.words(x.at(stack[0]), bottom - 8.0 - 9.0 * STACK as f64, "middle", "", &words);
        }
    }
    Some(c)
}
