//! Loadings of a factor model as a map of colours: how each column goes with each factor, and what the noise leaves.

use super::WIDTH;
use super::canvas::Canvas;
use crate::run::Run;
use serde_json::Value;

/// Columns drawn, at most: those that come first.
const COLUMNS: usize = 60;
/// Factors drawn, at most.
const FACTORS: usize = 10;
/// Height of a line.
const LINE: f64 = 20.0;
/// Width of the names.
const NAMES: f64 = 150.0;
/// Longest name, in characters.
const LONGEST: usize = 20;

/// Correlations of a column with the factors, and the share of its variance that they explain.
struct Line {
    name: String,
    correlations: Vec<f64>,
    explained: f64,
}

fn lines(run: &Run) -> Vec<Line> {
    let noise = &run.parameters["noise"];
    let rows = run.parameters["loadings"].as_array().map_or(&[][..], Vec::as_slice);
    rows.iter()
        .enumerate()
        .take(COLUMNS)
        .filter_map(|(d, row)| {
            let loadings: Vec<f64> = row.as_array()?.iter().filter_map(Value::as_f64).collect();
            let own = if noise.is_array() { noise[d].as_f64()? } else { noise.as_f64()? };
            let shared: f64 = loadings.iter().map(|w| w * w).sum();
            let total = shared + own;
            let name = run.columns.get(d).cloned().unwrap_or_else(|| (d + 1).to_string());
            (total > 0.0 && total.is_finite()).then(|| Line {
                name: shortened(&name),
                correlations: loadings.iter().map(|w| w / total.sqrt()).collect(),
                explained: shared / total,
            })
        })
        .collect()
}

/// A name that fits.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.into();
    }
    name.chars().take(LONGEST - 1).chain(std::iter::once('…')).collect()
}

/// Two decimals, with a minus that is as wide as a digit; no negative zero.
fn two_digits(r: f64) -> String {
    let rounded = (100.0 * r).round() / 100.0 + 0.0;
    format!("{rounded:.2}").replace('-', "−")
}

/// The map; nothing for models without loadings.
pub fn loadings(run: &Run) -> Option<Canvas> {
    let lines = lines(run);
    let factors = lines.first()?.correlations.len().min(FACTORS);
    let bars = 100.0;
    let cell = ((WIDTH - NAMES - bars - 20.0) / factors as f64).min(64.0);
    let first = NAMES + 8.0;
    let bar = first + factors as f64 * cell + 12.0;
    let height = 30.0 + LINE * lines.len() as f64 + 8.0;
    let mut c = Canvas::new(bar + bars + 4.0, height, "correlations of the columns with the factors");
    for h in 0..factors {
        c.words(first + (h as f64 + 0.5) * cell, 18.0, "middle", "quiet", &format!("factor {}", h + 1));
    }
    c.words(bar, 18.0, "start", "quiet", "explained");
    for (i, line) in lines.iter().enumerate() {
        let y = 26.0 + LINE * i as f64;
        c.words(NAMES, y + 14.0, "end", "", &line.name);
        for (h, r) in line.correlations.iter().take(factors).enumerate() {
            let x = first + h as f64 * cell;
            // Blue with the factor, orange against it; numbers beside the colours, for those who cannot tell them apart.
            c.tinted(x + 1.0, y, cell - 2.0, LINE - 2.0, if *r < 0.0 { "f2" } else { "f1" }, 0.75 * r.abs());
            c.words(x + 0.5 * cell, y + 14.0, "middle", "", &two_digits(*r));
        }
        c.rectangle(bar, y + 4.0, bars - 44.0, LINE - 10.0, "band");
        c.rectangle(bar, y + 4.0, (bars - 44.0) * line.explained.clamp(0.0, 1.0), LINE - 10.0, "f3");
        c.words(bar + bars - 40.0, y + 14.0, "start", "quiet", &format!("{:.0} %", 100.0 * line.explained));
    }
    Some(c)
}
