//! The picture of a network in page units: boxes, edges with their heads, the legend.

use super::layers::Layers;
use super::place::across;
use super::{NetworkDrawing, NodeMark};
use crate::chart::dashes;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

type Spot = (f64, f64);

const NAME: u32 = 13;
const NOTE: u32 = 11;
const MARGIN: f64 = 24.0;
/// Between neighbours in a layer.
const GAP: f64 = 18.0;
/// Between layers, where edges run straight down; where they run aside it is more.
const LEAST_FALL: f64 = 44.0;
const MOST_FALL: f64 = 120.0;
/// Longest name and note that are written in full.
const LONGEST: usize = 40;
const INK: &str = "#333333";
const EDGE: &str = "#6b6b6b";
const ACCENT: &str = "#c0392b";
const HEAD: Spot = (3.6, 8.0);

/// Width of words in the letters of the page, a little too large.
fn words(text: &str, size: u32) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' | ':' | ';' | '|' | ' ' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        c if c.is_uppercase() => 0.72,
        c if c.is_ascii() => 0.63,
        _ => 1.0,
    };
    f64::from(size) * text.chars().map(letter).sum::<f64>()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        text.to_string()
    } else {
        text.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

/// White for 0, blue for 1.
fn fill(value: Option<f64>) -> String {
    let Some(v) = value else { return "#f4f6f8".into() };
    let mix = |low: f64, high: f64| (low + v * (high - low)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(255.0, 116.0), mix(255.0, 174.0), mix(255.0, 226.0))
}

struct Pen(Scene);

impl Pen {
    fn text(&mut self, (x, y): Spot, content: String, size: u32, anchor: TextAnchor, bold: bool) {
        self.0.add(Primitive::Text { x, y, content, size, anchor, rotate: None, bold, color: None });
    }

    fn line(&mut self, points: Vec<Spot>, colour: &str, width: f64, dashed: bool) {
        self.0.add(Primitive::PolyLine {
            points,
            stroke: colour.into(),
            stroke_width: width,
            stroke_dasharray: dashed.then(|| "6 4".into()),
        });
    }

    fn area(&mut self, points: &[Spot], colour: &str) {
        let mut d = String::new();
        for (i, (x, y)) in points.iter().enumerate() {
            d.push_str(&format!("{} {x:.2} {y:.2} ", if i == 0 { 'M' } else { 'L' }));
        }
        self.0.add(Primitive::Path(Box::new(PathData {
            d: d + "Z",
            fill: Some(colour.into()),
            stroke: "none".into(),
            stroke_width: 0.0,
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    fn rounded(&mut self, (x, y): Spot, width: f64, height: f64, colour: &str, hidden: bool) {
        let r = 7.0;
        let corners = [
            (x + 0.5 * width - r, y - 0.5 * height + r, -90.0),
            (x + 0.5 * width - r, y + 0.5 * height - r, 0.0),
            (x - 0.5 * width + r, y + 0.5 * height - r, 90.0),
            (x - 0.5 * width + r, y - 0.5 * height + r, 180.0),
        ];
        let mut points = Vec::new();
        for (cx, cy, from) in corners {
            for k in 0..=6 {
                let (sin, cos) = f64::to_radians(from + 15.0 * f64::from(k)).sin_cos();
                points.push((cx + r * cos, cy + r * sin));
            }
        }
        points.push(points[0]);
        self.area(&points, colour);
        self.line(points, INK, if hidden { 1.8 } else { 1.2 }, hidden);
    }

    fn head(&mut self, (x, y): Spot, colour: &str) {
        self.area(&[(x, y), (x - HEAD.0, y - HEAD.1), (x + HEAD.0, y - HEAD.1)], colour);
    }
}

/// Where edges leave and enter boxes: beside one another, in the order of where they come from or go to.
fn ports(layers: &Layers, width: &[f64], x: &[f64], leaves: bool) -> Vec<f64> {
    let mut out = vec![0.0; layers.chains.len()];
    for (i, width) in width.iter().enumerate() {
        let end = |c: &[usize]| if leaves { (c[0], c[1]) } else { (c[c.len() - 1], c[c.len() - 2]) };
        let mut own: Vec<usize> = (0..out.len()).filter(|&e| end(&layers.chains[e]).0 == i).collect();
        own.sort_by(|&a, &b| x[end(&layers.chains[a]).1].total_cmp(&x[end(&layers.chains[b]).1]));
        let apart = (0.7 * width / own.len().max(1) as f64).min(13.0);
        let middle = 0.5 * (own.len() as f64 - 1.0);
        own.iter().enumerate().for_each(|(k, &e)| out[e] = x[i] + apart * (k as f64 - middle));
    }
    out
}

/// A curve that leaves and arrives straight down.
fn curve(from: Spot, to: Spot, out: &mut Vec<Spot>) {
    let mid = 0.5 * (from.1 + to.1);
    for k in 0..=12 {
        let t = f64::from(k) / 12.0;
        let (a, b, c, d) = ((1.0 - t).powi(3), 3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3));
        out.push(((a + b) * from.0 + (c + d) * to.0, a * from.1 + (b + c) * mid + d * to.1));
    }
}

pub(super) fn scene(of: &NetworkDrawing, layers: &Layers) -> Scene {
    let has_note = |n: &NodeMark| n.note.as_ref().is_some_and(|n| !n.is_empty());
    let height = if of.nodes.iter().any(has_note) { 42.0 } else { 28.0 };
    let wide = |n: &NodeMark| words(&cut(&n.name), NAME).max(words(&cut(n.note.as_deref().unwrap_or("")), NOTE)) + 18.0;
    let width: Vec<f64> = of.nodes.iter().map(|n| wide(n).max(40.0)).collect();
    let mut x = across(layers, &width, GAP);
    let half = |i: usize| width.get(i).map_or(2.0, |w| 0.5 * w);
    let left = (0..x.len()).map(|i| x[i] - half(i)).fold(f64::INFINITY, f64::min);
    let right = (0..x.len()).map(|i| x[i] + half(i)).fold(f64::NEG_INFINITY, f64::max);
    let legend = Legend::of(of);
    let title = words(&of.title, 15);
    let page = (right - left).max(title).max(legend.width()) + 2.0 * MARGIN;
    x.iter_mut().for_each(|x| *x += 0.5 * (page - right - left));
    let (leave, enter) = (ports(layers, &width, &x, true), ports(layers, &width, &x, false));
    // Edges that run far aside need more room to be told apart.
    let mut falls = vec![LEAST_FALL; layers.rows.len()];
    for step in layers.chains.iter().flat_map(|c| c.windows(2)) {
        let fall = &mut falls[layers.layer[step[0]]];
        *fall = fall.max(36.0 + 0.16 * (x[step[0]] - x[step[1]]).abs()).min(MOST_FALL);
    }
    let mut y = vec![MARGIN + if of.title.is_empty() { 0.0 } else { 26.0 } + 0.5 * height];
    falls.iter().for_each(|fall| y.push(y[y.len() - 1] + height + fall));
    let bottom = y[layers.rows.len() - 1] + 0.5 * height;
    let mut scene = Scene::new(page, bottom + MARGIN + legend.height());
    scene.font_family = Some("DejaVu Sans, Helvetica, Arial, sans-serif".into());
    scene.text_color = Some("#000000".into());
    let mut pen = Pen(scene);
    if !of.title.is_empty() {
        pen.text((0.5 * page, MARGIN + 8.0), of.title.clone(), 15, TextAnchor::Middle, false);
    }
    // What is in the accent colour comes last, above the others.
    let mut order: Vec<usize> = (0..of.edges.len()).collect();
    order.sort_by_key(|&e| of.accent.contains(&of.edges[e]));
    for e in order {
        let (chain, mut points) = (&layers.chains[e], Vec::new());
        let (colour, thick) = if of.accent.contains(&of.edges[e]) { (ACCENT, 2.2) } else { (EDGE, 1.2) };
        for k in 1..chain.len() {
            let (a, b) = (chain[k - 1], chain[k]);
            let last = k == chain.len() - 1;
            let from = (if k == 1 { leave[e] } else { x[a] }, y[layers.layer[a]] + 0.5 * height);
            let to = (if last { enter[e] } else { x[b] }, y[layers.layer[b]] - 0.5 * height);
            curve(from, if last { (to.0, to.1 - HEAD.1 + 1.0) } else { to }, &mut points);
        }
        pen.line(points, colour, thick, false);
        pen.head((enter[e], y[layers.layer[chain[chain.len() - 1]]] - 0.5 * height), colour);
    }
    for (i, node) in of.nodes.iter().enumerate() {
        let at = (x[i], y[layers.layer[i]]);
        pen.rounded(at, width[i], height, &fill(node.value), node.hidden);
        let up = if has_note(node) { -4.0 } else { 4.6 };
        pen.text((at.0, at.1 + up), cut(&node.name), NAME, TextAnchor::Middle, false);
        if let Some(note) = node.note.as_ref().filter(|n| !n.is_empty()) {
            pen.text((at.0, at.1 + 12.5), cut(note), NOTE, TextAnchor::Middle, false);
        }
    }
    legend.draw(&mut pen, bottom + MARGIN);
    dashes::cut(&mut pen.0);
    pen.0
}

/// What the marks mean, one line each.
struct Legend<'a> {
    hidden: bool,
    accent: Option<&'a str>,
    value: Option<&'a str>,
}

impl<'a> Legend<'a> {
    fn of(of: &'a NetworkDrawing) -> Self {
        let accent = of.edges.iter().any(|e| of.accent.contains(e)) && !of.accent_name.is_empty();
        Legend {
            hidden: of.nodes.iter().any(|n| n.hidden),
            accent: accent.then_some(of.accent_name.as_str()),
            value: of.nodes.iter().any(|n| n.value.is_some()).then_some(of.value_name.as_str()),
        }
    }

    fn lines(&self) -> usize {
        usize::from(self.hidden) + usize::from(self.accent.is_some()) + usize::from(self.value.is_some())
    }

    fn height(&self) -> f64 {
        24.0 * self.lines() as f64
    }

    fn width(&self) -> f64 {
        let accent = self.accent.map_or(0.0, |t| 60.0 + words(t, 12));
        let value = self.value.map_or(0.0, |t| 150.0 + words(t, 12));
        accent.max(value).max(if self.hidden { 110.0 } else { 0.0 })
    }

    fn draw(&self, pen: &mut Pen, top: f64) {
        let (left, mut y) = (MARGIN, top + 8.0);
        if self.hidden {
            pen.rounded((left + 20.0, y), 40.0, 16.0, &fill(None), true);
            pen.text((left + 52.0, y + 4.5), "hidden".into(), 12, TextAnchor::Start, false);
            y += 24.0;
        }
        if let Some(name) = self.accent {
            pen.line(vec![(left + 20.0, y - 9.0), (left + 20.0, y + 2.0)], ACCENT, 2.2, false);
            pen.head((left + 20.0, y + 9.0), ACCENT);
            pen.text((left + 52.0, y + 4.5), name.into(), 12, TextAnchor::Start, false);
            y += 24.0;
        }
        if let Some(name) = self.value {
            pen.text((left, y + 4.5), "0".into(), 12, TextAnchor::Start, false);
            for k in 0..24 {
                let x = left + 14.0 + 4.0 * f64::from(k);
                let colour = fill(Some((f64::from(k) + 0.5) / 24.0));
                pen.area(&[(x, y - 7.0), (x + 4.2, y - 7.0), (x + 4.2, y + 7.0), (x, y + 7.0)], &colour);
            }
            let (a, b) = (left + 14.0, left + 110.2);
            pen.line(vec![(a, y - 7.0), (b, y - 7.0), (b, y + 7.0), (a, y + 7.0), (a, y - 7.0)], INK, 0.8, false);
            pen.text((left + 116.0, y + 4.5), format!("1  {name}"), 12, TextAnchor::Start, false);
        }
    }
}
