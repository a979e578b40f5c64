//! Samples and reconstructions as small images, where the columns are the pixels of a square.

use crate::failure::Failure;
use crate::kind::latent::picture::{ACROSS, draw};
use natgrad::engine::{generate, reconstruct};
use natgrad::model::vae::{ObservableName, Vae};
use natgrad::rows::{RowSource, Table};
use natgrad_io::RunFolder;
use natgrad_plot::Shades;

/// Fewer pixels a side are columns of something else.
const LEAST_SIDE: usize = 5;
/// Samples drawn.
const SAMPLES: usize = 40;
/// Rows shown with their reconstructions.
const ROWS: usize = 20;

/// Images of one run, on one scale of greys.
struct Images {
    side: usize,
    low: f64,
    high: f64,
}

impl Images {
    fn shade(&self, x: f64) -> f64 {
        let width = self.high - self.low;
        if width > 0.0 { (x - self.low) / width } else { 0.0 }
    }

    /// One row of columns' numbers.
    fn one(&self, columns: &[Vec<f64>], row: usize) -> Vec<f64> {
        columns.iter().map(|c| self.shade(c[row])).collect()
    }

    fn write(&self, folder: &RunFolder, name: &str, images: &[Vec<f64>]) -> Result<(), Failure> {
        draw(folder, name, "", self.side, images, Shades::Ink)
    }
}

/// The first rows of a source.
fn first_rows(source: &dyn RowSource) -> Result<Vec<Vec<f64>>, Failure> {
    let mut columns = vec![Vec::new(); source.columns().len()];
    source.sweep(0..1.min(source.chunks()), &mut |_, chunk| {
        for (d, column) in columns.iter_mut().enumerate() {
            column.extend_from_slice(&chunk.column(d)[..ROWS.min(chunk.rows)]);
        }
        Ok(())
    })?;
    Ok(columns)
}

/// Writes `samples.svg` and `reconstructions.svg` into a run; nothing where the columns make no square, or where a number is
/// not finite.
pub fn write(folder: &RunFolder, vae: &Vae, at: &[f64], source: &dyn RowSource, seed: u64) -> Result<(), Failure> {
    let side = source.columns().len().isqrt();
    if side < LEAST_SIDE || side * side != source.columns().len() {
        return Ok(());
    }
    let rows = first_rows(source)?;
    let believed = reconstruct(vae, &Table::from_columns(source.columns().to_vec(), &rows, None)?, at)?;
    let (_, made) = generate(vae, at, 0..SAMPLES, seed);
    if believed.iter().chain(&made).flatten().any(|x| !x.is_finite()) {
        return Ok(());
    }
    let (low, high) = match vae.architecture().observable {
        ObservableName::Bernoulli => (0.0, 1.0),
        _ => rows.iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x))),
    };
    let images = Images { side, low, high };
    let samples: Vec<Vec<f64>> = (0..SAMPLES).map(|n| images.one(&made, n)).collect();
    images.write(folder, "samples", &samples)?;
    let count = rows.first().map_or(0, Vec::len);
    let mut pairs = Vec::with_capacity(2 * count);
    for first in (0..count).step_by(ACROSS) {
        let line = first..count.min(first + ACROSS);
        pairs.extend(line.clone().map(|n| images.one(&rows, n)));
        pairs.extend(line.map(|n| images.one(&believed, n)));
    }
    images.write(folder, "reconstructions", &pairs)
}
