//! The distributions of four visible states as a tetrahedron: the model's surface, flows in it, their start and target.

mod figure;
mod page;
mod space;
mod stroke;

pub use figure::RasterError;
pub use space::View;

/// A distribution of four states.
pub type Quadruple = [f64; 4];

/// A curve of distributions, as a flow draws it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Name in the legend.
    pub name: String,
    /// Its points in order.
    pub points: Vec<Quadruple>,
}

/// What is drawn in the tetrahedron. Curves are told apart by width, dashes and markers, and by colour besides.
///
/// ```
/// use natgrad_plot::tetrahedron::{Curve, Tetrahedron, View};
/// let curve = Curve { name: "evidence".into(), points: vec![[0.7, 0.1, 0.1, 0.1], [0.25; 4]] };
/// let corners = ["aa", "ab", "ba", "bb"].map(String::from);
/// let drawn = Tetrahedron { corners, curves: vec![curve], target: Some([0.25; 4]), ..Tetrahedron::default() };
/// assert!(drawn.svg(View::default()).starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tetrahedron {
    /// A line above the picture; may be empty.
    pub title: String,
    /// The states at the corners.
    pub corners: [String; 4],
    /// A two-dimensional model as a grid of points, rows of equal length; may be empty.
    pub surface: Vec<Vec<Quadruple>>,
    /// What the surface is, for the legend.
    pub surface_name: String,
    /// The curves; the first point of the first one is marked as the start.
    pub curves: Vec<Curve>,
    /// The target, a cross.
    pub target: Option<Quadruple>,
}

impl Tetrahedron {
    /// As SVG, seen from a direction.
    pub fn svg(&self, view: View) -> String {
        figure::svg(&figure::scene(self, view))
    }

    /// As PNG, three pixels to the unit of the SVG.
    ///
    /// # Errors
    /// [`RasterError`] where the picture cannot be rasterised.
    pub fn png(&self, view: View) -> Result<Vec<u8>, RasterError> {
        figure::png(&figure::scene(self, view))
    }

    /// As a page that opens offline and turns with the pointer or the arrow keys; the still picture where scripts are off.
    pub fn html(&self, view: View) -> String {
        page::html(self, view)
    }
}
