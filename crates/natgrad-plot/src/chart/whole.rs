//! Horizontal axes of whole numbers.

use super::{Chart, Mark, style};

impl Mark {
    /// Where it is on the horizontal axis.
    fn places(&self) -> Vec<f64> {
        match self {
            Mark::Line(of) | Mark::Points(of) => of.iter().map(|(x, _)| *x).collect(),
            Mark::Errors(of) => of.iter().map(|a| a[0]).collect(),
            Mark::Bars { edges, .. } => edges.clone(),
            Mark::Arrows(of) => of.iter().flat_map(|a| [a[0], a[0] + a[2]]).collect(),
        }
    }
}

impl Chart {
    /// Ends of a horizontal axis of whole numbers, and how far apart these are.
    pub(super) fn whole_numbers(&self) -> Option<(f64, f64, f64)> {
        let places = self.marks.iter().flat_map(|(_, mark)| mark.places()).filter(|x| x.is_finite());
        let (low, high) = places.fold(None, |ends: Option<(f64, f64)>, x| {
            let (low, high) = ends.unwrap_or((x, x));
            Some((low.min(x), high.max(x)))
        })?;
        let (low, high) = self.x_range.unwrap_or((low - 0.5, high + 0.5));
        // 1, 2, 5, 10, …: the first with few enough marks.
        let steps = (0..15).flat_map(|power| [1.0, 2.0, 5.0].map(|s| s * 10f64.powi(power)));
        let step = steps.into_iter().find(|step| (high - low) / step <= style::MOST_MARKS).unwrap_or(1e15);
        Some((low, high, step))
    }
}
