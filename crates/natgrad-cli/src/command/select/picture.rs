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
        return crate::kind::spare_run(path);
    }
    Err(Failure::new(format!("{}: a picture is .svg or .png", path.display()), "name it so"))
}

/// Writes the picture, SVG or PNG by its ending.
pub fn write(sizes: &[Size], word: &str, path: &Path) -> Result<(), Failure> {
    let of = |by: fn(&Size) -> Option<f64>| -> Vec<(f64, f64)> {
        sizes.iter().filter_map(|s| Some((s.size as f64, by(s)?))).collect()
    };
    let elbo = of(|s| s.elbo);
    let criterion = of(|s| Some(-s.bic? / (2.0 * s.weight?)));
    let held: Vec<[f64; 3]> =
        sizes.iter().filter_map(|s| Some([s.size as f64, s.held_out?, s.held_out_error.unwrap_or(0.0)])).collect();
    let ends = |sign: f64| held.iter().map(move |[x, y, e]| (*x, y + sign * e)).collect();
    let lines: [Vec<(f64, f64)>; 4] = [elbo.clone(), criterion.clone(), ends(-1.0), ends(1.0)];
    let (legend, covers) = emptiest(&lines);
    let mut chart = Chart::new("Which size?", format!("number of {word}"), "nats per row");
    chart = chart.whole_x().marked().legend(legend).line("ELBO", elbo);
    if covers {
        // Room for the legend on its side.
        let heights = || lines.iter().flatten().map(|(_, y)| *y);
        let (low, high) = (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max));
        let (little, much) = (0.05 * (high - low), 0.45 * (high - low));
        chart = match legend {
            Corner::TopLeft | Corner::TopRight => chart.y_range(low - little, high + much),
            Corner::BottomLeft | Corner::BottomRight => chart.y_range(low - much, high + little),
        };
    }
    if !criterion.is_empty() {
        chart = chart.line("−BIC / 2N", criterion);
    }
    if !held.is_empty() {
        chart = chart.line_with_errors("held out ± standard error", held);
    }
    let drawing = chart.draw().map_err(|e| Failure::new(e.to_string(), "leave --plot out"))?;
    let bytes = if is(path, "png") { drawing.png } else { drawing.svg.into_bytes() };
    Ok(AtomicFile::write(path, &bytes)?)
}

/// The corner in which a legend covers least of some lines, and whether it covers any of them.
fn emptiest(lines: &[Vec<(f64, f64)>]) -> (Corner, bool) {
    // Eight places on each stretch of a line.
    let between = |a: (f64, f64), b: (f64, f64), t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
    let stretches = lines.iter().flat_map(|line| line.iter().zip(line.iter().skip(1).chain(line.last())));
    let places: Vec<(f64, f64)> =
        stretches.flat_map(|(a, b)| (0..8).map(move |i| between(*a, *b, f64::from(i) / 8.0))).collect();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let low = places.iter().map(of).fold(f64::INFINITY, f64::min);
        (low, places.iter().map(of).fold(f64::NEG_INFINITY, f64::max) - low)
    };
    let ((left, width), (bottom, height)) = (range(|p| p.0), range(|p| p.1));
    let covered = |corner: &Corner| {
        let (right, top) = match corner {
            Corner::BottomRight => (true, false),
            Corner::TopRight => (true, true),
            Corner::TopLeft => (false, true),
            Corner::BottomLeft => (false, false),
        };
        // A legend takes half of the width and a third of the height, about.
        let (across, up) = (|x: f64| x - left > 0.45 * width, |y: f64| (y - bottom) / height);
        places
            .iter()
            .filter(|p| if right { across(p.0) } else { p.0 - left < 0.55 * width })
            .filter(|p| if top { up(p.1) > 0.67 } else { up(p.1) < 0.33 })
            .count()
    };
    let corners = [Corner::BottomRight, Corner::TopRight, Corner::TopLeft, Corner::BottomLeft];
    let best = corners.into_iter().min_by_key(covered).unwrap_or(Corner::BottomRight);
    (best, covered(&best) > 0)
}

#[cfg(test)]
mod tests {
    use super::emptiest;
    use natgrad_plot::Corner;

    #[test]
    fn the_legend_is_where_lines_are_not() {
        let rising = vec![(1.0, 0.0), (2.0, 8.0), (3.0, 9.0), (4.0, 10.0)];
        let falling: Vec<(f64, f64)> = rising.iter().map(|(x, y)| (*x, -y)).collect();
        let late = vec![(1.0, 0.0), (3.0, 0.0), (4.0, 9.0), (5.0, -9.0)];
        assert_eq!(emptiest(std::slice::from_ref(&rising)), (Corner::BottomRight, false));
        assert_eq!(emptiest(std::slice::from_ref(&falling)), (Corner::TopRight, false));
        assert_eq!(emptiest(&[late]), (Corner::TopLeft, false));
        // Lines in every corner: room is to be made.
        let crossing: Vec<(f64, f64)> = rising.iter().map(|(x, y)| (5.0 - x, *y)).collect();
        assert!(emptiest(&[rising, falling, crossing]).1);
        // One size, or nothing: anywhere.
        assert_eq!(emptiest(&[vec![(1.0, 1.0)], Vec::new()]), (Corner::BottomRight, false));
        assert_eq!(emptiest(&[]), (Corner::BottomRight, false));
    }
}
