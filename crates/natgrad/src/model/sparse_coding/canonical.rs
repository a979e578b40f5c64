//! The lengths, order and signs of dictionary elements in which two runs that found the same dictionary say the same.

use super::SparseCoding;
use crate::geometry::Point;

/// A share of an element below this decides no sign.
const LEVEL: f64 = 1e-6;

/// An element is of length 1 up to this: it stays as it is, so that a canonical point is its own.
const OF_LENGTH_ONE: f64 = 1e-13;

impl SparseCoding {
    /// The same model with elements of length 1 (steps between M-steps leave them others) in the order of their scales, the
    /// largest first, each with the sign in which its cubed weights sum to more than 0 (where they sum to 0, its first weight is
    /// positive).
    ///
    /// The bound does not change: a scale takes its element's length, and the prior knows neither order nor sign.
    pub fn canonical(&self, at: &Point) -> Point {
        let (d, h) = (self.columns, self.elements);
        let n = d * h;
        let mut unit = self.normalised(at);
        for i in (0..h).filter(|i| (self.length(at, *i) - 1.0).abs() <= OF_LENGTH_ONE) {
            (0..d).map(|c| c * h + i).chain([n + i]).for_each(|at_i| unit.0[at_i] = at.0[at_i]);
        }
        let at = &unit;
        let mut order: Vec<usize> = (0..h).collect();
        order.sort_by(|i, j| at.0[n + j].total_cmp(&at.0[n + i]));
        let mut out = at.clone();
        for (to, from) in order.into_iter().enumerate() {
            let column: Vec<f64> = (0..d).map(|c| at.0[c * h + from]).collect();
            let sign = sign(&column);
            column.iter().enumerate().for_each(|(c, w)| out.0[c * h + to] = sign * w);
            out.0[n + to] = at.0[n + from];
        }
        out
    }
}

fn sign(column: &[f64]) -> f64 {
    let (sum, size) = column.iter().fold((0.0, 0.0), |(s, a), w| (s + w.powi(3), a + w.abs().powi(3)));
    let largest = column.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
    let first = || column.iter().find(|w| w.abs() > LEVEL * largest).copied().unwrap_or(1.0);
    let decides = if sum.abs() > LEVEL * size { sum } else { first() };
    if decides < 0.0 { -1.0 } else { 1.0 }
}
