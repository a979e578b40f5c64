//! Sizes against what they reach, as a picture: all in nats per row, higher is better.

use super::Size;
use crate::failure::Failure;
use natgrad_io::AtomicFile;
use natgrad_plot::{Chart, Corner};
use std::path::Path;

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

/// Refuses other endings before anything is fitted.
pub fn check(path: &Path) -> Result<(), Failure> {
    if is(path, "svg") || is(path, "png") {
        return Ok(());
    }
    Err(Failure::new(format!("{}: a picture is .svg or .png", path.display()), "name it so"))
}

/// Writes the picture, SVG or PNG by its ending.
pub fn write(sizes: &[Size], word: &str, path: &Path) -> Result<(), Failure> {
    let of = |by: fn(&Size) -> Option<f64>| -> Vec<(f64, f64)> {
        sizes.iter().filter_map(|s| Some((s.size as f64, by(s)?))).collect()
    };
    let mut chart = Chart::new("Which size?", format!("number of {word}"), "nats per row").legend(Corner::BottomRight);
    chart = chart.line("ELBO", of(|s| s.elbo));
    let criterion = of(|s| Some(-s.bic? / (2.0 * s.weight?)));
    if !criterion.is_empty() {
        chart = chart.line("−BIC / 2N", criterion);
    }
    let held: Vec<[f64; 3]> =
        sizes.iter().filter_map(|s| Some([s.size as f64, s.held_out?, s.held_out_error?])).collect();
    if !held.is_empty() {
        chart = chart.line_with_errors("held out ± standard error", held);
    }
    let drawing = chart.draw().map_err(|e| Failure::new(e.to_string(), "leave --plot out"))?;
    let bytes = if is(path, "png") { drawing.png } else { drawing.svg.into_bytes() };
    Ok(AtomicFile::write(path, &bytes)?)
}
