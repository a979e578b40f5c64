//! A framed plot: two scales, grid, tick labels, lines and a key.

use super::canvas::{Canvas, Shape};
use super::scale::Scale;
use super::thin::thin;

/// Points a line is drawn with, at most.
const POINTS: usize = 400;

/// A plot's place and scales.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    pub left: f64,
    pub right: f64,
    pub bottom: f64,
    pub x: Scale,
    pub y: Scale,
}

/// An entry of the key.
pub enum Key<'a> {
    /// A line of a class.
    Line(&'a str, &'a str),
    /// A mark of a class.
    Mark(Shape, &'a str, &'a str),
}

impl Panel {
    /// Grid lines and labels of the y axis, about `target` of them.
    pub fn y_axis(&self, c: &mut Canvas, target: usize) {
        for (y, words) in self.y.ticks(target) {
            c.line((self.left, y), (self.right, y), "grid");
            c.words(self.left - 7.0, y + 4.0, "end", "quiet", &words);
        }
    }

    /// Ticks, labels and name of the x axis.
    pub fn x_axis(&self, c: &mut Canvas, name: &str) {
        c.line((self.left, self.bottom), (self.right, self.bottom), "rule");
        for (x, words) in self.x.ticks(6) {
            c.line((x, self.bottom), (x, self.bottom + 4.0), "rule");
            c.words(x, self.bottom + 17.0, "middle", "quiet", &words);
        }
        c.words(self.right, self.bottom + 32.0, "end", "quiet", name);
    }

    /// A pixel inside the plot.
    pub fn at(&self, point: (f64, f64)) -> (f64, f64) {
        (self.x.at(point.0), self.y.at(point.1))
    }

    /// A line; a single point becomes a short dash. On log scales, numbers below the least lie on the axis.
    pub fn series(&self, c: &mut Canvas, points: &[(f64, f64)], class: &str) {
        let pixels: Vec<(f64, f64)> = thin(points, POINTS).into_iter().map(|p| self.at(p)).collect();
        match pixels[..] {
            [(x, y)] => c.path(&[(x - 4.0, y), (x + 4.0, y)], class),
            _ => c.path(&pixels, class),
        }
    }
}

/// A key in one line from `x` on; words are measured roughly.
pub fn key(c: &mut Canvas, x: f64, y: f64, entries: &[Key<'_>]) {
    let mut x = x;
    for entry in entries {
        let (space, words) = match entry {
            Key::Line(class, words) => {
                c.path(&[(x, y - 4.0), (x + 22.0, y - 4.0)], class);
                (28.0, words)
            }
            Key::Mark(shape, class, words) => {
                c.mark(*shape, x + 5.0, y - 4.0, class);
                (14.0, words)
            }
        };
        c.words(x + space, y, "start", "", words);
        x += space + 6.4 * words.chars().count() as f64 + 14.0;
    }
}

/// The scale of passes that several plots share.
pub fn passes_scale<'a>(points: impl Iterator<Item = &'a (f64, f64)>, from: f64, to: f64) -> Scale {
    let last = points.map(|p| p.0).fold(0.0, f64::max);
    Scale::exact(0.0, if last > 0.0 { last } else { 1.0 }, from, to)
}
