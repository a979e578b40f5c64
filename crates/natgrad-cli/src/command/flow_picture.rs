//! The picture of `natgrad flow`: curves and model surface in the tetrahedron of four visible states; for other numbers of
//! them the divergence along the time.

use crate::failure::Failure;
use natgrad::network::{Enumerated, cylinder, random_point};
use natgrad_flow::{Flow, Objective};
use natgrad_io::AtomicFile;
use natgrad_plot::tetrahedron::{Curve, Quadruple, Tetrahedron, View};
use natgrad_plot::{Chart, Corner};
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
    scene: Scene,
}

/// What is drawn.
#[derive(Debug)]
enum Scene {
    Tetrahedron { corners: [String; 4], surface: Vec<Vec<Quadruple>> },
    Divergence,
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
        let scene = match <[String; 4]>::try_from(states.to_vec()) {
            Ok(corners) => Scene::Tetrahedron { corners, surface: surface(of) },
            Err(_) if matches!(format, Format::Html) => {
                return Err(Failure::new(
                    format!("{}: a page that turns needs 4 visible states, here are {}", path.display(), states.len()),
                    "draw the divergence along the time: name it .svg or .png",
                ));
            }
            Err(_) => Scene::Divergence,
        };
        Ok(Picture { path: path.to_path_buf(), format, scene })
    }

    /// Draws the curves and writes the file.
    pub(super) fn write(self, flows: &[(Objective, Flow)], target: &[f64]) -> Result<(), Failure> {
        let no_picture = |e: String| {
            Failure::new(format!("{}: {e}", self.path.display()), "draw another format, or write the points with --out")
        };
        let bytes = match self.scene {
            Scene::Divergence => {
                let drawing = divergence(flows).draw().map_err(|e| no_picture(e.to_string()))?;
                if matches!(self.format, Format::Png) { drawing.png } else { drawing.svg.into_bytes() }
            }
            Scene::Tetrahedron { corners, surface } => {
                let curve = |(objective, flow): &(Objective, Flow)| Curve {
                    name: objective.name().into(),
                    points: flow.visible.iter().filter_map(|p| quadruple(p)).collect(),
                };
                let drawn = Tetrahedron {
                    title: String::new(),
                    corners,
                    surface_name: "visible model".into(),
                    surface,
                    curves: flows.iter().map(curve).collect(),
                    target: quadruple(target),
                };
                let view = View::default();
                match self.format {
                    Format::Svg => drawn.svg(view).into_bytes(),
                    Format::Html => drawn.html(view).into_bytes(),
                    Format::Png => drawn.png(view).map_err(|e| no_picture(e.to_string()))?,
                }
            }
        };
        Ok(AtomicFile::write(&self.path, &bytes)?)
    }
}

/// Divergence of the target from the visible distribution along the time of each flow.
fn divergence(flows: &[(Objective, Flow)]) -> Chart {
    let chart = Chart::new("Gradient flows", "time", "D(target ‖ visible), nats");
    // A flow that arrives has divergence 0 there, which a logarithmic axis leaves out.
    flows.iter().fold(chart.log_y().legend(Corner::BottomLeft), |chart, (objective, flow)| {
        let points = flow.time.iter().zip(&flow.divergence).filter(|(_, d)| **d > 0.0).map(|(t, d)| (*t, *d));
        chart.line(objective.name(), points.collect::<Vec<_>>())
    })
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
