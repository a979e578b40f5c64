//! Figures: charts and the tetrahedron of visible distributions, as SVG, PNG and pages that open offline.

mod chart;
mod drawing;

pub use chart::{Chart, Corner};
pub use drawing::{DrawError, Drawing};
pub mod tetrahedron;
