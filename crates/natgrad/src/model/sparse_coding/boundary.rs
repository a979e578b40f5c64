//! Elements that are not used: where their scales rest, and what is said of them.
//!
//! An element whose share of the rows is less than the noise has no maximum but at the scale 0: EM lowers its scale again and
//! again, ever more slowly. With `r = b |W_h|/σ` its part in the bound is `ln(π/2) − ½ + O(r²)`, the same for any small `r`.

use super::SparseCoding;
use crate::geometry::Point;
use crate::model::Note;

/// A scale below this share of the noise's deviation is of an element that is not used.
const UNUSED: f64 = 1e-4;

/// From this many times the least noise on (1e-11 of the cells' mean square), it is on its way to 0.
const VANISHING: f64 = 1e5;

/// No scale is below this share of the noise's deviation: what it changes in the bound, its square, is below the rounding of 1.
/// Beliefs of much smaller strengths leave the numbers.
const LEAST: f64 = 1e-8;

impl SparseCoding {
    /// The elements that are not used at a point, and a noise that goes to 0.
    pub fn notes(&self, at: &Point) -> Vec<Note> {
        let unused = |h: &usize| self.log_share(at, *h) < UNUSED.ln();
        let note = |h: usize| Note::Boundary(h, format!("element {} is not used: its scale goes to 0", h + 1));
        let vanishing = at.0[self.columns * self.elements + self.elements] < self.least_log_noise + VANISHING.ln();
        let noise = vanishing.then(|| {
            let what = "the noise goes to 0: rows are explained whole, and more is left than `remaining` can tell. Take fewer elements";
            Note::Boundary(self.elements, what.into())
        });
        (0..self.elements).filter(unused).map(note).chain(noise).collect()
    }

    /// The same model, but no scale below 1e-8 of the noise's deviation (for an element of length 1): there an element that is
    /// not used rests.
    pub fn lifted(&self, at: &Point) -> Point {
        let mut out = at.clone();
        for h in 0..self.elements {
            let short = LEAST.ln() - self.log_share(at, h);
            if short > 0.0 {
                out.0[self.columns * self.elements + h] += short;
            }
        }
        out
    }

    /// `ln(b |W_h|/σ)`; an element without direction counts as one of length 1, for its strengths have beliefs too.
    fn log_share(&self, at: &Point, h: usize) -> f64 {
        let n = self.columns * self.elements;
        let length = self.length(at, h);
        let length = if length > 0.0 && length.is_finite() { length.ln() } else { 0.0 };
        at.0[n + h] + length - 0.5 * at.0[n + self.elements]
    }

    /// `|W_h|`.
    pub(super) fn length(&self, at: &Point, h: usize) -> f64 {
        (0..self.columns).map(|d| at.0[d * self.elements + h].powi(2)).sum::<f64>().sqrt()
    }
}
