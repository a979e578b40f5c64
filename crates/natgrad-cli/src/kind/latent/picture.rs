//! Weights of hidden units, samples and reconstructions as small images, where the columns are the pixels of a square.

use crate::failure::Failure;
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_plot::{ImageGrid, Shades};

/// Pictures that a run may have: name of the file, title, caption; the page of a run shows them in this order.
pub const PICTURES: [(&str, &str, &str); 4] = [
    (
        "reconstructions",
        "Rows and their reconstructions",
        "First lines: rows of the data. Second lines: what is expected of them from their hidden variables.",
    ),
    ("samples", "Samples", "Expected cells of rows that the model makes up: hidden variables drawn from the prior."),
    ("weights", "Weights of the units", "Blue raises a pixel, red lowers it; each unit on a scale of its own."),
    ("dictionary", "Dictionary", "The pattern that each element adds; each on a scale of its own."),
];

/// Most images in a picture.
const MOST: usize = 100;

/// Images side by side.
pub const ACROSS: usize = 10;

/// Writes `name`.svg into a run, with as many of the images as a picture holds; nothing where their pixels make no square of
/// at least 2 × 2, or there are none.
pub fn images(folder: &RunFolder, name: &str, images: &[Vec<f64>], shades: Shades) -> Result<(), Failure> {
    let pixels = images.first().map_or(0, Vec::len);
    let side = pixels.isqrt();
    if side < 2 || side * side != pixels {
        return Ok(());
    }
    let shown = images.len().min(MOST);
    let title = PICTURES.iter().find(|p| p.0 == name).map_or(name, |p| p.1);
    let title = if shown < images.len() { format!("{title} (the first {shown})") } else { title.into() };
    draw(folder, name, &title, side, &images[..shown], shades)
}

/// Writes `name`.svg into a run: square images side by side.
pub fn draw(
    folder: &RunFolder,
    name: &str,
    title: &str,
    side: usize,
    images: &[Vec<f64>],
    shades: Shades,
) -> Result<(), Failure> {
    let grid = ImageGrid::new(title, side, side, ACROSS).shades(shades);
    let drawing = grid.images(images.iter().map(Vec::as_slice)).draw().map_err(|e| {
        Failure::new(e, "the model itself is written: `natgrad report` makes the page without the picture")
    })?;
    Ok(AtomicFile::write(&folder.path().join(format!("{name}.svg")), drawing.svg.as_bytes())?)
}

/// The weights of units as images: `weights` holds a row of `units` numbers for each column.
pub fn weights(folder: &RunFolder, name: &str, weights: &[f64], units: usize) -> Result<(), Failure> {
    let own = |h: usize| weights.iter().skip(h).step_by(units).copied().collect();
    images(folder, name, &(0..units).map(own).collect::<Vec<_>>(), Shades::Signed)
}
