//! The picture of `natgrad flow`: curves and model surface in the tetrahedron of four visible states.

use crate::failure::Failure;
use natgrad::network::{Enumerated, cylinder, random_point};
use natgrad_flow::{Flow, Objective};
use natgrad_io::AtomicFile;
use natgrad_plot::tetrahedron::{Curve, Quadruple, Tetrahedron, View};
use std::path::{Path, PathBuf};

/// In which format.
#[derive(Debug, Clone, Copy)]
enum Format {
    Svg,
    Png,
    Html,
}

/// A picture that can be drawn, before its curves are there.
#[derive(Debug)]
pub(super) struct Picture {
    path: PathBuf,
    format: Format,
    corners: [String; 4],
    surface: Vec<Vec<Quadruple>>,
}

/// Lines of the surface in either direction, the boundary included.
const LINES: usize = 51;

impl Picture {
    /// Checks that the network and the file's ending allow one.
    pub(super) fn new(path: &Path, of: &Enumerated<'_>, states: &[String]) -> Result<Self, Failure> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        let format = match ending.as_str() {
            "svg" => Format::Svg,
            "png" => Format::Png,
            "html" => Format::Html,
            _ => {
                return Err(Failure::new(
                    format!("{}: its ending does not say which picture to draw", path.display()),
                    "name it .svg, .png or .html",
                ));
            }
        };
        let Ok(corners) = <[String; 4]>::try_from(states.to_vec()) else {
            return Err(Failure::new(
                format!("{}: the tetrahedron needs 4 visible states, here are {}", path.display(), states.len()),
                "hide other nodes, or write the points with --out and draw them elsewhere",
            ));
        };
        Ok(Picture { path: path.to_path_buf(), format, corners, surface: surface(of) })
    }

    /// Draws the curves and writes the file.
    pub(super) fn write(self, flows: &[(Objective, Flow)], target: &[f64]) -> Result<(), Failure> {
        let curve = |(objective, flow): &(Objective, Flow)| Curve {
            name: objective.name().into(),
            points: flow.visible.iter().filter_map(|p| quadruple(p)).collect(),
        };
        let drawn = Tetrahedron {
            title: String::new(),
            corners: self.corners,
            surface_name: "visible model".into(),
            surface: self.surface,
            curves: flows.iter().map(curve).collect(),
            target: quadruple(target),
        };
        let view = View::default();
        let bytes = match self.format {
            Format::Svg => drawn.svg(view).into_bytes(),
            Format::Html => drawn.html(view).into_bytes(),
            Format::Png => drawn.png(view).map_err(|e| {
                Failure::new(format!("{}: {e}", self.path.display()), "draw an .svg or .html picture instead")
            })?,
        };
        Ok(AtomicFile::write(&self.path, &bytes)?)
    }
}

fn quadruple(p: &[f64]) -> Option<Quadruple> {
    Quadruple::try_from(p).ok()
}

/// The visible model where it is a surface: with four visible states that is the independence of two binary nodes.
/// Empty where it is not.
fn surface(of: &Enumerated<'_>) -> Vec<Vec<Quadruple>> {
    let at = of.at(&random_point(of.network(), 1));
    let Ok(geometry) = cylinder(of, &at) else { return Vec::new() };
    let [a, b, c, d] = at.visible[..] else { return Vec::new() };
    // A random point of a larger model is dependent with probability 1.
    if geometry.rank_visible != 2 || (a * d - b * c).abs() > 1e-12 {
        return Vec::new();
    }
    let shares: Vec<f64> = (0..LINES).map(|k| k as f64 / (LINES - 1) as f64).collect();
    let point = |y: f64, z: f64| [y * z, y * (1.0 - z), (1.0 - y) * z, (1.0 - y) * (1.0 - z)];
    shares.iter().map(|&y| shares.iter().map(|&z| point(y, z)).collect()).collect()
}
