//! What all charts share: the page, and how series differ where there is no colour.

use kuva::prelude::{Layout, LineStyle, MarkerShape, TickFormat};

/// Size of words inside the axes.
pub const BODY: u32 = 13;
/// Bitmap pixels for one unit of the page.
pub const PIXELS: f32 = 2.0;
/// Most marks of an axis of whole numbers.
pub const MOST_MARKS: f64 = 13.0;
/// Colour of what is drawn beside the data.
pub const QUIET: &str = "#777777";

/// How a series looks.
pub struct Style {
    /// Of lines and markers; the luminances differ.
    pub color: &'static str,
    /// Of bars.
    pub fill: &'static str,
    /// Of markers.
    pub marker: MarkerShape,
    /// Of lines.
    pub width: f64,
    dash: &'static str,
}

const STYLES: [Style; 6] = [
    Style { color: "#000000", fill: "#5b7fa6", marker: MarkerShape::Circle, width: 2.0, dash: "" },
    Style { color: "#b2321f", fill: "#d9a36a", marker: MarkerShape::Triangle, width: 2.0, dash: "9 4" },
    Style { color: "#3f8fd0", fill: "#dddddd", marker: MarkerShape::Square, width: 2.6, dash: "3 4" },
    Style { color: "#4c6b1f", fill: "#8f8f8f", marker: MarkerShape::Diamond, width: 2.0, dash: "9 3 2 3" },
    Style { color: "#a8a8a8", fill: "#333333", marker: MarkerShape::Cross, width: 3.4, dash: "" },
    Style { color: "#6a3d9a", fill: "#c5b0d5", marker: MarkerShape::Plus, width: 1.4, dash: "5 2" },
];

impl Style {
    /// The style of series `k`.
    pub fn of(k: usize) -> &'static Style {
        &STYLES[k % STYLES.len()]
    }

    /// The dash pattern.
    pub fn dash(&self) -> LineStyle {
        if self.dash.is_empty() { LineStyle::Solid } else { LineStyle::Custom(self.dash.into()) }
    }
}

/// The page: size, margins and letters.
pub fn page(layout: Layout) -> Layout {
    layout
        .with_width(640.0)
        .with_height(440.0)
        .with_force_margins(78.0, 24.0)
        .with_force_margins_y(44.0, 62.0)
        .with_title_size(15)
        .with_label_size(14)
        .with_tick_size(12)
        .with_body_size(BODY)
        .with_font_family("DejaVu Sans, Arial, sans-serif")
        .with_show_grid(false)
        .with_box_axes()
        .with_tick_format(TickFormat::Auto)
}

/// Width of a legend whose longest name has this many letters.
pub fn legend_width(letters: usize) -> f64 {
    52.0 + 7.0 * letters as f64
}
