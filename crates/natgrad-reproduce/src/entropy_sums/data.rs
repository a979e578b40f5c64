//! Small public data sets, as numbers, and directions that are made.

use crate::ReproduceError;
use natgrad::rows::{Column, ColumnKind, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles/entropy_sums/", $name, ".csv"))
    };
}

/// Waiting times and lengths of a geyser's eruptions, standardised.
pub const FAITHFUL: &str = file!("faithful_std");
/// Four lengths of 150 irises.
pub const IRIS: &str = file!("iris");
/// The same, standardised.
pub const IRIS_STANDARD: &str = file!("iris_std");
/// Thirteen measures of 178 wines, standardised.
pub const WINE: &str = file!("wine_std");
/// 150 patches of 4 × 4 pixels.
pub const PATCHES: &str = file!("patches");
/// 600 handwritten digits of 45 binary pixels.
pub const BINARY_DIGITS: &str = file!("bernoulli_digits");
/// 400 handwritten digits of 15 binary pixels.
pub const SMALL_DIGITS: &str = file!("digits4x4_bin");
/// 600 handwritten digits of 16 pixels, each a count from 0 to 64.
pub const GREY_DIGITS: &str = file!("binomial64_digits4x4");
/// Five answers, of six levels each, of 800 people.
pub const ANSWERS: &str = file!("categorical_bfiA");
/// Days between coal mining disasters.
pub const COAL: &str = file!("exponential_coal");
/// Three measures of 569 cell nuclei.
pub const NUCLEI: &str = file!("gamma_bc3");
/// Articles of 915 doctoral students.
pub const ARTICLES: &str = file!("poisson_phd");
/// Four counts of 1000 patients: visits to physicians and others, in and out of hospitals.
pub const VISITS: &str = file!("poisson_nmes");
/// Days that 146 pupils were absent.
pub const ABSENCES: &str = file!("negbin2_quine");
/// Daily changes of the logarithm of a German stock index, per cent.
pub const RETURNS: &str = file!("dax_returns");
/// Ozone over New York on 116 days.
pub const OZONE: &str = file!("airq_ozone");

/// Columns of a file without header.
pub fn columns(text: &str) -> Vec<Vec<f64>> {
    let mut out: Vec<Vec<f64>> = Vec::new();
    for line in text.lines() {
        for (d, cell) in line.split(',').enumerate() {
            if out.len() <= d {
                out.push(Vec::new());
            }
            out[d].push(cell.trim().parse().unwrap_or(f64::NAN));
        }
    }
    out
}

/// One column.
pub fn column(text: &str, d: usize) -> Vec<f64> {
    columns(text).swap_remove(d)
}

/// A table of numbers, or of so many levels per column.
pub fn table(cells: &[Vec<f64>], levels: Option<usize>) -> Result<Table, ReproduceError> {
    let kind = levels.map_or(ColumnKind::Number, |n| ColumnKind::Levels((0..n).map(|l| l.to_string()).collect()));
    let column = |d: usize| Column { name: format!("c{}", d + 1), kind: kind.clone(), missing: false };
    Ok(Table::from_columns((0..cells.len()).map(column).collect(), cells, None)?)
}

/// 600 directions in radians, made: two thirds around 4, the others around 0.6, each with a normal error.
pub fn directions() -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    (0..600)
        .map(|n| {
            let (centre, error) = if n % 3 == 0 { (0.6, 0.5) } else { (4.0, 0.8) };
            // Box and Muller's way to a normal number.
            let length = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            (centre + error * length * (TAU * rng.random::<f64>()).cos()).rem_euclid(TAU)
        })
        .collect()
}
