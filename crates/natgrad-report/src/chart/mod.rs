//! Charts as SVG: inside the page they follow its colours, on their own they bring theirs.
//!
//! ```text
//! scale   numbers → pixels, and where ticks stand
//! canvas  lines, paths, marks, words → SVG
//! panel   a framed plot: two scales, grid, tick labels, series
//! bound, angle, remaining, entropies, spectrum, restarts, loadings, compare   what is plotted
//! ```

mod angle;
mod bound;
mod canvas;
mod compare;
mod entropies;
mod loadings;
mod panel;
mod remaining;
mod restarts;
mod scale;
mod spectrum;
mod thin;

pub(crate) use canvas::COLOURS;
pub(crate) use {
    angle::angle, bound::bound, entropies::entropies, loadings::loadings, remaining::remaining, restarts::restarts,
    spectrum::spectrum,
};

pub use compare::compare_svg;

use crate::run::Run;
use crate::trace::TraceRow;

/// Width of the charts in the page, in units of their own.
const WIDTH: f64 = 480.0;

/// What a line of numbers along the passes is made from: passes and one column, missing values left out.
fn column(trace: &[TraceRow], of: impl Fn(&TraceRow) -> Option<f64>) -> Vec<(f64, f64)> {
    trace.iter().filter_map(|r| Some((r.passes, of(r)?))).filter(|p| p.0.is_finite() && p.1.is_finite()).collect()
}

/// ELBO and entropy sum along the passes with the gap between them, as an SVG file; nats per row.
///
/// Without points, a picture that says so.
pub fn trace_svg(trace: &[TraceRow]) -> String {
    or_empty(bound(trace)).file()
}

/// Remaining gain and stationarity along the passes on a log axis, marked by metric, as an SVG file; nats per row.
pub fn remaining_svg(run: &Run) -> String {
    or_empty(remaining(run)).file()
}

/// Recognition, prior and observable entropy along the passes, as an SVG file; nats per row.
pub fn entropies_svg(trace: &[TraceRow]) -> String {
    or_empty(entropies(trace)).file()
}

/// The information spectrum, as an SVG file; eigenvalues relative to complete data.
pub fn spectrum_svg(run: &Run) -> String {
    or_empty(spectrum(&run.information)).file()
}

/// Loadings of a factor model as correlations, with the share of each column that the factors explain, as an SVG file.
///
/// `None` for models without loadings.
pub fn loadings_svg(run: &Run) -> Option<String> {
    loadings(run).map(canvas::Canvas::file)
}

fn or_empty(chart: Option<canvas::Canvas>) -> canvas::Canvas {
    chart.unwrap_or_else(|| {
        let mut c = canvas::Canvas::new(WIDTH, 60.0, "nothing to draw");
        c.words(12.0, 34.0, "start", "quiet", "nothing to draw");
        c
    })
}
