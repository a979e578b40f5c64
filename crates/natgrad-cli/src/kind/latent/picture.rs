//! The weights of hidden units as small images, where the columns are the pixels of a square.

use crate::failure::Failure;
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_plot::{ImageGrid, Shades};

/// Most images in a picture.
const MOST: usize = 100;

/// Writes `name`.svg into a run; nothing where the columns make no square of at least 2 × 2 pixels.
///
/// `weights` holds a row of `units` numbers for each column.
pub fn write(folder: &RunFolder, name: &str, title: &str, weights: &[f64], units: usize) -> Result<(), Failure> {
    let columns = weights.len() / units.max(1);
    let side = columns.isqrt();
    if side < 2 || side * side != columns {
        return Ok(());
    }
    let shown = units.min(MOST);
    let title = if shown < units { format!("{title} (the first {shown})") } else { title.into() };
    let images: Vec<Vec<f64>> = (0..shown).map(|h| weights.iter().skip(h).step_by(units).copied().collect()).collect();
    let grid = ImageGrid::new(title, side, side, 10).shades(Shades::Signed);
    let drawing = grid.images(images.iter().map(Vec::as_slice)).draw().map_err(|e| {
        Failure::new(e, "the model itself is written: `natgrad report` makes the page without the picture")
    })?;
    Ok(AtomicFile::write(&folder.path().join(format!("{name}.svg")), drawing.svg.as_bytes())?)
}
