//! SVG as text: lines, paths, marks and words with classes; colours come from a style sheet.

use maud::PreEscaped;
use std::fmt::Write;

/// Shapes that differ without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Filled disc.
    Disc,
    /// Open circle.
    Ring,
    /// Square.
    Square,
    /// Square on its corner.
    Diamond,
    /// Triangle, point up.
    Up,
    /// Triangle, point down.
    Down,
    /// Two crossing lines.
    Cross,
}

/// Rules for the classes that charts use, without colours: the page and single files share them.
pub const COLOURS: &str = "\
.ch text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}\
.ch .quiet{fill:var(--quiet)}\
.ch .grid{stroke:var(--grid);stroke-width:1;fill:none}\
.ch .rule{stroke:var(--quiet);stroke-width:1;fill:none}\
.ch .band{fill:var(--grid)}\
.ch .l{fill:none;stroke-linejoin:round;stroke-linecap:round;stroke-width:1.8}\
.ch .thick{stroke-width:4}\
.ch .dash{stroke-dasharray:6 4;stroke-linecap:butt}\
.ch .dot{stroke-dasharray:1.5 4}\
.ch .s1{stroke:var(--c1)}.ch .s2{stroke:var(--c2)}.ch .s3{stroke:var(--c3)}.ch .s4{stroke:var(--c4)}\
.ch .s5{stroke:var(--c5)}.ch .s0{stroke:var(--c0)}.ch .sq{stroke:var(--quiet)}\
.ch .m{stroke-width:1.6;fill:var(--paper)}\
.ch .f1{fill:var(--c1)}.ch .f2{fill:var(--c2)}.ch .f3{fill:var(--c3)}.ch .f4{fill:var(--c4)}\
.ch .f5{fill:var(--c5)}.ch .fq{fill:var(--quiet)}";

/// Colours of single files: dark on white.
const FILE_COLOURS: [(&str, &str); 11] = [
    ("ink", "#1b1f24"),
    ("quiet", "#5b6470"),
    ("grid", "#e3e6ea"),
    ("paper", "#ffffff"),
    ("c0", "#a9c4e6"),
    ("c1", "#1d5fad"),
    ("c2", "#c4540a"),
    ("c3", "#1e7f4f"),
    ("c4", "#8b3a9e"),
    ("c5", "#b3123f"),
    ("c6", "#5b6470"),
];

/// A drawing in the making.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: f64,
    height: f64,
    label: String,
    body: String,
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($to:expr, $($what:tt)*) => { let _ = write!($to, $($what)*); };
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Canvas {
    /// Empty; `label` is for those who cannot see it.
    pub fn new(width: f64, height: f64, label: &str) -> Canvas {
        Canvas { width, height, label: label.into(), body: String::new() }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        put!(
            self.body,
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0,
            from.1,
            to.0,
            to.1
        );
    }

    /// A filled rectangle.
    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) {
        put!(
            self.body,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}"/>"#,
            width.max(0.0),
            height.max(0.0)
        );
    }

    /// A filled rectangle whose colour is mixed with the paper's: `share` of it in `[0, 1]`.
    pub fn tinted(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str, share: f64) {
        put!(
            self.body,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill-opacity="{:.3}"/>"#,
            share.clamp(0.0, 1.0)
        );
    }

    /// A path through points in pixels.
    pub fn path(&mut self, points: &[(f64, f64)], class: &str) {
        if points.len() < 2 {
            return;
        }
        put!(self.body, r#"<path class="l {class}" d=""#);
        for (i, (x, y)) in points.iter().enumerate() {
            put!(self.body, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        self.body.push_str("\"/>");
    }

    /// A mark of about 8 pixels.
    pub fn mark(&mut self, shape: Shape, x: f64, y: f64, class: &str) {
        match shape {
            Shape::Disc => {
                put!(self.body, r#"<circle class="m {class}" cx="{x:.1}" cy="{y:.1}" r="3.2"/>"#);
            }
            Shape::Ring => {
                put!(self.body, r#"<circle class="m {class}" cx="{x:.1}" cy="{y:.1}" r="3.4"/>"#);
            }
            Shape::Square => {
                put!(
                    self.body,
                    r#"<rect class="m {class}" x="{:.1}" y="{:.1}" width="6.4" height="6.4"/>"#,
                    x - 3.2,
                    y - 3.2
                );
            }
            Shape::Diamond => self.polygon(x, y, &[(0.0, -4.6), (4.6, 0.0), (0.0, 4.6), (-4.6, 0.0)], class),
            Shape::Up => self.polygon(x, y, &[(0.0, -4.6), (4.4, 3.4), (-4.4, 3.4)], class),
            Shape::Down => self.polygon(x, y, &[(0.0, 4.6), (4.4, -3.4), (-4.4, -3.4)], class),
            Shape::Cross => {
                self.path(&[(x - 3.2, y - 3.2), (x + 3.2, y + 3.2)], class);
                self.path(&[(x - 3.2, y + 3.2), (x + 3.2, y - 3.2)], class);
            }
        }
    }

    fn polygon(&mut self, x: f64, y: f64, corners: &[(f64, f64)], class: &str) {
        put!(self.body, r#"<path class="m {class}" d=""#);
        for (i, (dx, dy)) in corners.iter().enumerate() {
            put!(self.body, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, x + dx, y + dy);
        }
        self.body.push_str("Z\"/>");
    }

    /// Words; `anchor` is `start`, `middle` or `end`.
    pub fn words(&mut self, x: f64, y: f64, anchor: &str, class: &str, words: &str) {
        put!(
            self.body,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#,
            escaped(words)
        );
    }

    fn tag(&self, rest: &str) -> String {
        format!(
            r#"<svg class="ch" role="img" aria-label="{}" viewBox="0 0 {:.0} {:.0}"{rest}>"#,
            escaped(&self.label),
            self.width,
            self.height
        )
    }

    /// For a page that has the style.
    pub fn inline(self) -> PreEscaped<String> {
        PreEscaped(format!("{}{}</svg>", self.tag(""), self.body))
    }

    /// A file of its own: white paper, colours written out, no variables (which some viewers do not know).
    pub fn file(self) -> String {
        let mut style = COLOURS.to_string();
        for (name, colour) in FILE_COLOURS {
            style = style.replace(&format!("var(--{name})"), colour);
        }
        let size = format!(
            r#" xmlns="http://www.w3.org/2000/svg" width="{:.0}" height="{:.0}""#,
            1.5 * self.width,
            1.5 * self.height
        );
        format!(
            "{}<style>{style}</style><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>{}</svg>\n",
            self.tag(&size),
            self.body
        )
    }
}
