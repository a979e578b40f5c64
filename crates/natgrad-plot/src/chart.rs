//! Charts with one layout for all: lines, histograms, points and arrows on labelled axes, legible in grey.

pub(crate) mod dashes;
mod style;
mod whole;

use crate::drawing::recount;
use crate::{DrawError, Drawing};
use kuva::prelude::{
    Histogram, Layout, LegendPosition, LinePlot, Plot, PngBackend, QuiverPlot, ReferenceLine, ScatterPlot, SvgBackend,
    TextAnnotation, render_multiple,
};
use style::Style;

/// Where the legend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// Top right.
    TopRight,
    /// Top left.
    TopLeft,
    /// Bottom right.
    BottomRight,
    /// Bottom left.
    BottomLeft,
}

#[derive(Debug, Clone)]
enum Mark {
    Line(Vec<(f64, f64)>),
    Errors(Vec<[f64; 3]>),
    Points(Vec<(f64, f64)>),
    Bars { edges: Vec<f64>, heights: Vec<f64> },
    Arrows(Vec<[f64; 4]>),
}

impl Mark {
    fn has_points(&self) -> bool {
        match self {
            Mark::Line(of) | Mark::Points(of) => of.iter().any(|(x, y)| x.is_finite() && y.is_finite()),
            Mark::Errors(of) => of.iter().any(|a| a[0].is_finite() && a[1].is_finite()),
            Mark::Bars { heights, .. } => heights.iter().any(|h| h.is_finite()),
            Mark::Arrows(of) => of.iter().any(|a| a.iter().all(|x| x.is_finite())),
        }
    }
}

/// A chart: a title, two labelled axes and named series. Every series has its own dash pattern, marker and grey value.
///
/// ```
/// use natgrad_plot::Chart;
/// let drawing = Chart::new("Halving", "step", "length").line("a", [(0.0, 1.0), (1.0, 0.5)]).draw()?;
/// assert!(drawing.svg.contains("<svg"));
/// # Ok::<(), natgrad_plot::DrawError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    x_label: String,
    y_label: String,
    logarithmic: bool,
    x_range: Option<(f64, f64)>,
    y_range: Option<(f64, f64)>,
    equal: bool,
    whole: bool,
    marked: bool,
    legend: Corner,
    verticals: Vec<f64>,
    notes: Vec<(f64, f64, String)>,
    marks: Vec<(String, Mark)>,
}

impl Chart {
    /// An empty chart.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Chart {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            logarithmic: false,
            x_range: None,
            y_range: None,
            equal: false,
            whole: false,
            marked: false,
            legend: Corner::TopRight,
            verticals: Vec::new(),
            notes: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn with(mut self, name: impl Into<String>, mark: Mark) -> Self {
        self.marks.push((name.into(), mark));
        self
    }

    /// Adds a line; points that are not finite are left out.
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name, Mark::Line(points.into_iter().collect()))
    }

    /// Adds a line through `[x, y, e]` with a bar from `y − e` to `y + e` at each point.
    pub fn line_with_errors(self, name: impl Into<String>, points: impl IntoIterator<Item = [f64; 3]>) -> Self {
        self.with(name, Mark::Errors(points.into_iter().collect()))
    }

    /// Adds points.
    pub fn points(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name, Mark::Points(points.into_iter().collect()))
    }

    /// Adds bars over given bins: one more edge than heights.
    pub fn histogram(self, name: impl Into<String>, edges: &[f64], heights: &[f64]) -> Self {
        self.with(name, Mark::Bars { edges: edges.to_vec(), heights: heights.to_vec() })
    }

    /// Adds arrows `[x, y, Δx, Δy]`, drawn in the units of the axes.
    pub fn arrows(self, name: impl Into<String>, arrows: impl IntoIterator<Item = [f64; 4]>) -> Self {
        self.with(name, Mark::Arrows(arrows.into_iter().collect()))
    }

    /// Makes the vertical axis logarithmic.
    pub fn log_y(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// Fixes the horizontal axis.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x_range = Some((low, high));
        self
    }

    /// Fixes the vertical axis.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y_range = Some((low, high));
        self
    }

    /// Marks whole numbers only on the horizontal axis, with half a unit left and right of what is drawn.
    pub fn whole_x(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Puts the series' marker on every point of a line.
    pub fn marked(mut self) -> Self {
        self.marked = true;
        self
    }

    /// Gives both axes the same scale.
    pub fn equal_axes(mut self) -> Self {
        self.equal = true;
        self
    }

    /// Moves the legend.
    pub fn legend(mut self, corner: Corner) -> Self {
        self.legend = corner;
        self
    }

    /// Adds a thin vertical line.
    pub fn vertical(mut self, x: f64) -> Self {
        self.verticals.push(x);
        self
    }

    /// Writes words with their middle at a place.
    pub fn note(mut self, x: f64, y: f64, text: impl Into<String>) -> Self {
        self.notes.push((x, y, text.into()));
        self
    }

    fn plots(&self) -> Vec<Plot> {
        let mut plots = Vec::new();
        for (k, (name, mark)) in self.marks.iter().enumerate() {
            let style = Style::of(k);
            let finite = |of: &[(f64, f64)]| {
                let keep = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite() && (!self.logarithmic || p.1 > 0.0);
                of.iter().filter(keep).copied().collect::<Vec<_>>()
            };
            let on_line: Vec<(f64, f64)> = match mark {
                Mark::Line(of) if self.marked => finite(of),
                Mark::Errors(of) if self.marked => finite(&of.iter().map(|a| (a[0], a[1])).collect::<Vec<_>>()),
                _ => Vec::new(),
            };
            if !on_line.is_empty() {
                let markers = ScatterPlot::new().with_data(on_line).with_color(style.color).with_size(4.5);
                plots.push(markers.with_marker(style.marker).into());
            }
            if let Mark::Errors(of) = mark {
                let line: Vec<(f64, f64)> = of.iter().map(|a| (a[0], a[1])).collect();
                let line =
                    LinePlot::new().with_data(finite(&line)).with_color(style.color).with_stroke_width(style.width);
                plots.push(named(name, line.with_line_style(style.dash()), LinePlot::with_legend).into());
                // A bar of each point is a line of its own, without a place in the legend.
                let sound = |a: &&[f64; 3]| a.iter().all(|v| v.is_finite()) && a[2] > 0.0;
                for [x, y, e] in of.iter().filter(sound) {
                    let low = if self.logarithmic && y - e <= 0.0 { *y } else { y - e };
                    let bar = LinePlot::new().with_data(vec![(*x, low), (*x, y + e)]);
                    plots.push(bar.with_color(style.color).with_stroke_width(style.width).into());
                }
                continue;
            }
            plots.push(match mark {
                Mark::Line(of) => {
                    let line =
                        LinePlot::new().with_data(finite(of)).with_color(style.color).with_stroke_width(style.width);
                    let line = line.with_line_style(style.dash());
                    named(name, line, LinePlot::with_legend).into()
                }
                Mark::Errors(_) => continue,
                Mark::Points(of) => {
                    let points = ScatterPlot::new().with_data(finite(of)).with_color(style.color).with_size(4.5);
                    let points = points.with_marker(style.marker);
                    named(name, points, ScatterPlot::with_legend).into()
                }
                Mark::Bars { edges, heights } => {
                    let bars = Histogram::from_bins(edges.clone(), heights.clone()).with_color(style.fill);
                    named(name, bars, Histogram::with_legend).into()
                }
                Mark::Arrows(of) => {
                    let all = of.iter().map(|a| (a[0], a[1], a[2], a[3]));
                    let arrows = QuiverPlot::new().with_arrows(all).with_scale(1.0).with_color(style.color);
                    let arrows = arrows.with_shaft_width(style.width).with_head(8.0, 3.5);
                    named(name, arrows, QuiverPlot::with_legend).into()
                }
            });
        }
        plots
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`DrawError`] where there is nothing to draw or no bitmap can be made.
    pub fn draw(&self) -> Result<Drawing, DrawError> {
        if !self.marks.iter().any(|(_, m)| m.has_points()) {
            return Err(DrawError::Empty(self.title.clone()));
        }
        let plots = self.plots();
        let mut layout = style::page(Layout::auto_from_plots(&plots))
            .with_title(self.title.as_str())
            .with_x_label(self.x_label.as_str())
            .with_y_label(self.y_label.as_str())
            .with_legend_position(match self.legend {
                Corner::TopRight => LegendPosition::InsideTopRight,
                Corner::TopLeft => LegendPosition::InsideTopLeft,
                Corner::BottomRight => LegendPosition::InsideBottomRight,
                Corner::BottomLeft => LegendPosition::InsideBottomLeft,
            });
        let longest = self.marks.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        layout = layout.with_legend_width(style::legend_width(longest));
        if self.logarithmic {
            layout = layout.with_log_y();
        }
        if let Some((low, high)) = self.x_range {
            layout = layout.with_x_axis_min(low).with_x_axis_max(high);
        }
        if let Some((low, high, step)) = self.whole.then(|| self.whole_numbers()).flatten() {
            layout = layout.with_x_axis_min(low).with_x_axis_max(high).with_x_tick_step(step);
        }
        if let Some((low, high)) = self.y_range {
            layout = layout.with_y_axis_min(low).with_y_axis_max(high);
        }
        if self.equal {
            layout = layout.with_equal_aspect();
        }
        for x in &self.verticals {
            layout = layout.with_reference_line(ReferenceLine::vertical(*x).with_color(style::QUIET));
        }
        for (x, y, text) in &self.notes {
            layout = layout.with_annotation(TextAnnotation::new(text.as_str(), *x, *y).with_font_size(style::BODY));
        }
        let mut scene = render_multiple(plots, layout);
        dashes::cut(&mut scene);
        let svg = recount(&SvgBackend.render_scene(&scene));
        let png = PngBackend::new()
            .with_scale(style::PIXELS)
            .render_scene(&scene)
            .map_err(|problem| DrawError::Bitmap { figure: self.title.clone(), problem })?;
        Ok(Drawing { svg, png })
    }
}

/// A series without a name has no place in the legend.
fn named<P>(name: &str, plot: P, with: impl Fn(P, String) -> P) -> P {
    if name.is_empty() { plot } else { with(plot, name.to_string()) }
}
