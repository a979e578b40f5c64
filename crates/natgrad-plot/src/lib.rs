//! Figures: charts and the tetrahedron of visible distributions, as SVG, PNG and pages that open offline.

pub mod tetrahedron;
