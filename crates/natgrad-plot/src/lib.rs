//! Figures: charts, networks, grids of images and the tetrahedron of visible distributions, as SVG, PNG and pages that open offline.

mod chart;
mod drawing;
mod image_grid;
mod network;
pub mod tetrahedron;

pub use chart::{Chart, Corner};
pub use drawing::{DrawError, Drawing};
pub use image_grid::{ImageGrid, Shades};
pub use network::{NetworkDrawing, NodeMark};
