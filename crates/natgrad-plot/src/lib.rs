//! Figures: charts, networks and the tetrahedron of visible distributions, as SVG, PNG and pages that open offline.

mod chart;
mod drawing;
mod network;
pub mod tetrahedron;

pub use chart::{Chart, Corner};
pub use drawing::{DrawError, Drawing};
pub use network::{NetworkDrawing, NodeMark};
