//! Weights of hidden units, samples and reconstructions as small images, where the columns are the pixels of a square.

use crate::failure::Failure;
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_plot::{ImageGrid, Shades};

/// Pictures that a run may have, and what they show; the page of a run shows them in this order.
pub const PICTURES: [(&str, &str); 4] = [
    ("reconstructions", "The first rows, and what is expected of them from their hidden units, row below row"),
    ("samples", "Rows of the model's own (probabilities of ones)"),
    ("weights", "Weights of each unit of layer 1"),
    ("dictionary", "Dictionary"),
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
    let title = PICTURES.iter().find(|(own, _)| *own == name).map_or(name, |(_, title)| *title);
    let title = if shown < images.len() { format!("{title} (the first {shown})") } else { title.into() };
    let grid = ImageGrid::new(title, side, side, ACROSS).shades(shades);
    let drawing = grid.images(images[..shown].iter().map(Vec::as_slice)).draw().map_err(|e| {
        Failure::new(e, "the model itself is written: `natgrad report` makes the page without the picture")
    })?;
    Ok(AtomicFile::write(&folder.path().join(format!("{name}.svg")), drawing.svg.as_bytes())?)
}

/// The weights of units as images: `weights` holds a row of `units` numbers for each column.
pub fn weights(folder: &RunFolder, name: &str, weights: &[f64], units: usize) -> Result<(), Failure> {
    let own = |h: usize| weights.iter().skip(h).step_by(units).copied().collect();
    images(folder, name, &(0..units).map(own).collect::<Vec<_>>(), Shades::Signed)
}
