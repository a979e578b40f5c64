//! Pictures of Bayesian networks: boxes in layers, edges downwards, hidden nodes dashed, a number per node as a colour.

mod figure;
mod layers;
mod place;

use crate::{DrawError, Drawing};
use kuva::PngBackend;
use kuva::backend::svg::SvgBackend;

/// Bitmap pixels for one unit of the page.
const PIXELS: f32 = 2.0;

/// A node as it is drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeMark {
    /// Name.
    pub name: String,
    /// Whether it is hidden: its outline is dashed.
    pub hidden: bool,
    /// A number in `[0, 1]`, shown as the box's colour.
    pub value: Option<f64>,
    /// A second, smaller line.
    pub note: Option<String>,
}

/// A network to be drawn.
///
/// ```
/// use natgrad_plot::{NetworkDrawing, NodeMark};
/// let node = |name: &str| NodeMark { name: name.into(), ..NodeMark::default() };
/// let drawn = NetworkDrawing { nodes: vec![node("rain"), node("wet")], edges: vec![(0, 1)], ..NetworkDrawing::default() };
/// assert!(drawn.draw()?.svg.contains("rain"));
/// # Ok::<(), natgrad_plot::DrawError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkDrawing {
    /// Words above the picture; empty for none.
    pub title: String,
    /// The nodes.
    pub nodes: Vec<NodeMark>,
    /// The edges, from parent to child, by number of node.
    pub edges: Vec<(usize, usize)>,
    /// Edges in the accent colour.
    pub accent: Vec<(usize, usize)>,
    /// What the accent means, in the legend.
    pub accent_name: String,
    /// What the numbers mean, in the legend.
    pub value_name: String,
}

impl NetworkDrawing {
    fn scene(&self) -> Result<kuva::render::render::Scene, DrawError> {
        if self.nodes.is_empty() {
            return Err(DrawError::NoNodes(self.title.clone()));
        }
        let n = self.nodes.len();
        let bad = |problem: String| DrawError::Graph { figure: self.title.clone(), problem };
        for &(a, b) in self.edges.iter().chain(&self.accent) {
            if a.max(b) >= n {
                return Err(bad(format!("an edge joins nodes {a} and {b} where there are {n}, counted from 0")));
            }
        }
        for node in &self.nodes {
            if let Some(v) = node.value.filter(|v| !(0.0..=1.0).contains(v)) {
                return Err(bad(format!("node \"{}\" has the number {v}, which is not between 0 and 1", node.name)));
            }
        }
        let layers = layers::Layers::of(n, &self.edges).ok_or_else(|| bad("the edges form a cycle".into()))?;
        Ok(figure::scene(self, &layers))
    }

    /// The picture as SVG.
    ///
    /// # Errors
    /// [`DrawError`] where there are no nodes, an edge joins what is not there, edges form a cycle, or a number is not
    /// between 0 and 1.
    pub fn svg(&self) -> Result<String, DrawError> {
        Ok(SvgBackend::new().render_scene(&self.scene()?))
    }

    /// The picture as SVG and PNG.
    ///
    /// # Errors
    /// As [`NetworkDrawing::svg`]; [`DrawError::Bitmap`] where no bitmap can be made.
    pub fn draw(&self) -> Result<Drawing, DrawError> {
        let scene = self.scene()?;
        let png = PngBackend::new()
            .with_scale(PIXELS)
            .render_scene(&scene)
            .map_err(|problem| DrawError::Bitmap { figure: self.title.clone(), problem })?;
        Ok(Drawing { svg: SvgBackend::new().render_scene(&scene), png })
    }
}
