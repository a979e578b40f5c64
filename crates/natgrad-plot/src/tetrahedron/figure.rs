//! The still picture: drawn from back to front, as SVG and PNG.

use super::space::{EDGES, Space};
use super::stroke::{Marker, Spot, Style, along, dashed, length, style};
use super::{Quadruple, Tetrahedron, View};
use kuva::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

/// The picture could not be rasterised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the picture cannot be rasterised: {0}")]
pub struct RasterError(pub(super) String);

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 560.0;
/// Free page around the tetrahedron, for the labels of its corners.
const MARGIN: (f64, f64) = (104.0, 46.0);
/// Longest label that is written in full.
const LONGEST_LABEL: usize = 28;
/// Least distance of two markers of a curve.
const MARKER_DISTANCE: f64 = 48.0;
/// Pixels per page unit in a PNG.
const DENSITY: f32 = 3.0;

pub(super) fn svg(scene: &Scene) -> String {
    SvgBackend::new().render_scene(scene)
}

pub(super) fn png(scene: &Scene) -> Result<Vec<u8>, RasterError> {
    PngBackend::new().with_scale(DENSITY).render_scene(scene).map_err(RasterError)
}

/// A label cut to a length that fits.
pub(super) fn label(text: &str) -> String {
    if text.chars().count() <= LONGEST_LABEL {
        text.to_string()
    } else {
        text.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
    }
}

struct Pen {
    scene: Scene,
    space: Space,
    /// Page units per unit of space.
    scale: f64,
    /// What lies in the middle of the page.
    middle: Spot,
}

impl Pen {
    /// A pen for a page that the tetrahedron fills.
    fn new(scene: Scene, space: Space) -> Self {
        let range = |axis: usize| {
            let at = (0..4).map(|i| space.corner(i)[axis]);
            at.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
        };
        let ((left, right), (bottom, top)) = (range(0), range(1));
        let fit = |page: f64, margin: f64, low: f64, high: f64| (page - 2.0 * margin) / (high - low).max(1e-9);
        let scale = fit(WIDTH, MARGIN.0, left, right).min(fit(HEIGHT, MARGIN.1, bottom, top));
        Pen { scene, space, scale, middle: (0.5 * (left + right), 0.5 * (bottom + top)) }
    }

    fn spot(&self, p: &Quadruple) -> Spot {
        self.onto_page(self.space.place(p))
    }

    fn onto_page(&self, [x, y, _]: [f64; 3]) -> Spot {
        (WIDTH / 2.0 + self.scale * (x - self.middle.0), HEIGHT / 2.0 + 8.0 - self.scale * (y - self.middle.1))
    }

    fn line(&mut self, points: Vec<Spot>, colour: &str, width: f64) {
        self.scene.add(Primitive::PolyLine {
            points,
            stroke: colour.into(),
            stroke_width: width,
            stroke_dasharray: None,
        });
    }

    fn text(&mut self, (x, y): Spot, content: String, size: u32, anchor: TextAnchor) {
        self.scene.add(Primitive::Text { x, y, content, size, anchor, rotate: None, bold: false, color: None });
    }

    fn stroke(&mut self, line: &[Spot], style: Style) {
        for piece in dashed(line, style.dashes) {
            self.line(piece, style.colour, style.width);
        }
    }

    fn marker(&mut self, (x, y): Spot, style: Style) {
        let around = |corners: &[Spot]| {
            let mut d = String::new();
            for (i, (dx, dy)) in corners.iter().enumerate() {
                d.push_str(&format!("{} {:.2} {:.2} ", if i == 0 { 'M' } else { 'L' }, x + dx, y + dy));
            }
            d + "Z"
        };
        let d = match style.marker {
            Marker::Disc => {
                self.disc((x, y), 4.6, style.colour);
                return;
            }
            Marker::Square => around(&[(-4.2, -4.2), (4.2, -4.2), (4.2, 4.2), (-4.2, 4.2)]),
            Marker::Triangle => around(&[(0.0, -5.4), (4.9, 3.4), (-4.9, 3.4)]),
        };
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some("#ffffff".into()),
            stroke: style.colour.into(),
            stroke_width: 1.5,
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    fn disc(&mut self, (cx, cy): Spot, r: f64, colour: &str) {
        self.scene.add(Primitive::Circle {
            cx,
            cy,
            r,
            fill: colour.into(),
            fill_opacity: None,
            stroke: Some("#ffffff".into()),
            stroke_width: Some(1.0),
        });
    }

    fn start(&mut self, at: Spot) {
        self.disc(at, 6.0, "#000000");
    }

    fn cross(&mut self, (x, y): Spot) {
        for (colour, width, r) in [("#ffffff", 6.0, 8.0), ("#000000", 2.8, 7.0)] {
            self.line(vec![(x - r, y - r), (x + r, y + r)], colour, width);
            self.line(vec![(x - r, y + r), (x + r, y - r)], colour, width);
        }
    }
}

/// The picture in page units.
pub(super) fn scene(of: &Tetrahedron, view: View) -> Scene {
    let mut scene = Scene::new(WIDTH, HEIGHT);
    scene.font_family = Some("DejaVu Sans, Helvetica, Arial, sans-serif".into());
    scene.text_color = Some("#000000".into());
    let mut pen = Pen::new(scene, Space::new(view));
    edges(&mut pen, true);
    surface(&mut pen, of);
    edges(&mut pen, false);
    let lines: Vec<Vec<Spot>> =
        of.curves.iter().map(|c| c.points.iter().filter(|p| finite(p)).map(|p| pen.spot(p)).collect()).collect();
    // A white border under all curves takes the grid away from them.
    for line in &lines {
        pen.line(line.clone(), "#ffffff", 8.0);
    }
    for (i, line) in lines.iter().enumerate() {
        pen.stroke(line, style(i));
    }
    for (i, line) in lines.iter().enumerate() {
        // Shifted from curve to curve, so that markers of coinciding curves do not hide each other.
        let count = (length(line) / MARKER_DISTANCE).clamp(1.0, 5.0).floor();
        let shares: Vec<f64> = (0..count as usize).map(|k| (k as f64 + 0.25 * (i + 1) as f64) / count).collect();
        for at in along(line, &shares) {
            pen.marker(at, style(i));
        }
    }
    if let Some(start) = of.curves.iter().flat_map(|c| c.points.first()).find(|p| finite(p)) {
        let at = pen.spot(start);
        pen.start(at);
    }
    if let Some(target) = &of.target {
        let at = pen.spot(target);
        pen.cross(at);
    }
    for i in 0..4 {
        name_corner(&mut pen, i, &of.corners[i]);
    }
    if !of.title.is_empty() {
        pen.text((WIDTH / 2.0, 24.0), of.title.clone(), 15, TextAnchor::Middle);
    }
    legend(&mut pen, of);
    pen.scene
}

fn finite(p: &Quadruple) -> bool {
    p.iter().all(|x| x.is_finite())
}

fn edges(pen: &mut Pen, behind: bool) {
    for edge in EDGES {
        if pen.space.behind(edge) == behind {
            let line = [edge.0, edge.1].map(|i| pen.onto_page(pen.space.corner(i)));
            if behind {
                let dots = Style { colour: "#555555", width: 1.0, dashes: &[2.0, 3.5], marker: Marker::Disc };
                pen.stroke(&line, dots);
            } else {
                pen.line(line.to_vec(), "#333333", 1.4);
            }
        }
    }
}

/// The grid's lines, nearer ones darker and later.
fn surface(pen: &mut Pen, of: &Tetrahedron) {
    let rows = of.surface.len();
    let columns = of.surface.iter().map(Vec::len).min().unwrap_or(0);
    let mut pieces: Vec<(f64, Spot, Spot)> = Vec::new();
    let mut piece = |pen: &Pen, a: &Quadruple, b: &Quadruple| {
        let depth = 0.5 * (pen.space.place(a)[2] + pen.space.place(b)[2]);
        pieces.push((depth, pen.spot(a), pen.spot(b)));
    };
    for i in 0..rows {
        for j in 0..columns {
            if j + 1 < columns {
                piece(pen, &of.surface[i][j], &of.surface[i][j + 1]);
            }
            if i + 1 < rows {
                piece(pen, &of.surface[i][j], &of.surface[i + 1][j]);
            }
        }
    }
    pieces.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (depth, a, b) in pieces {
        // Depths reach from about −0.9 (near) to 0.9.
        let grey = (0xbe as f64 + 34.0 * (depth / 0.9).clamp(-1.0, 1.0)) as u8;
        pen.line(vec![a, b], &format!("#{grey:02x}{grey:02x}{grey:02x}"), 0.7);
    }
}

/// Writes a corner's state beside it, outwards from the middle of the tetrahedron.
fn name_corner(pen: &mut Pen, i: usize, name: &str) {
    let (x, y) = pen.onto_page(pen.space.corner(i));
    let (cx, cy) = pen.onto_page([0.0; 3]);
    let text = label(name);
    // About the width of a letter of this size.
    let half = 4.1 * text.chars().count() as f64;
    let below = y >= cy;
    let side = (x - cx).clamp(-60.0, 60.0) / 60.0;
    let x = (x + (half + 4.0) * side).clamp(half + 4.0, WIDTH - half - 4.0);
    pen.text((x, if below { y + 20.0 } else { y - 11.0 }), text, 14, TextAnchor::Middle);
}

fn legend(pen: &mut Pen, of: &Tetrahedron) {
    let (x, mut y) = (20.0, 50.0);
    for (i, curve) in of.curves.iter().enumerate() {
        let line = [(x, y), (x + 44.0, y)];
        pen.stroke(&line, style(i));
        pen.marker((x + 22.0, y), style(i));
        pen.text((x + 54.0, y + 4.5), label(&curve.name), 13, TextAnchor::Start);
        y += 22.0;
    }
    if !of.curves.is_empty() {
        pen.start((x + 22.0, y));
        pen.text((x + 54.0, y + 4.5), "start".into(), 13, TextAnchor::Start);
        y += 22.0;
    }
    if of.target.is_some() {
        pen.cross((x + 22.0, y));
        pen.text((x + 54.0, y + 4.5), "target".into(), 13, TextAnchor::Start);
        y += 22.0;
    }
    if !of.surface.is_empty() && !of.surface_name.is_empty() {
        for k in 0..4 {
            let at = f64::from(k) * 5.0;
            pen.line(vec![(x + 10.0, y - 7.5 + at), (x + 34.0, y - 7.5 + at)], "#aaaaaa", 0.7);
            pen.line(vec![(x + 12.0 + 1.4 * at, y - 9.0), (x + 12.0 + 1.4 * at, y + 9.0)], "#aaaaaa", 0.7);
        }
        pen.text((x + 54.0, y + 4.5), of.surface_name.clone(), 13, TextAnchor::Start);
    }
}
