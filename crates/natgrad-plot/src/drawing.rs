//! A finished picture, as a vector and as a bitmap.

/// A picture in both formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// SVG text.
    pub svg: String,
    /// PNG bytes.
    pub png: Vec<u8>,
}

/// The prefix of the names that the renderer counts through the life of the program.
const COUNTED: &str = "kuva-clip-";

/// The same picture with its inner names counted from 0, so that the same numbers give the same bytes.
pub fn recount(svg: &str) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut parts = svg.split(COUNTED);
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (name, rest) = part.split_at(digits);
        let at = seen.iter().position(|s| *s == name).unwrap_or_else(|| {
            seen.push(name);
            seen.len() - 1
        });
        out.push_str(&format!("{COUNTED}{at}{rest}"));
    }
    out
}

/// A picture that could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// There is nothing to draw.
    #[error("the figure \"{0}\" has no finite points\nhint: look at the numbers behind it")]
    Empty(String),
    /// A network without nodes.
    #[error("the figure \"{0}\" has no nodes\nhint: give at least one")]
    NoNodes(String),
    /// Nodes and edges that are no network.
    #[error("the figure \"{figure}\": {problem}\nhint: edges go from a parent to a child and form no cycle")]
    Graph {
        /// Title.
        figure: String,
        /// What is wrong.
        problem: String,
    },
    /// Images that do not fit a grid.
    #[error("the figure \"{figure}\": {problem}\nhint: give images of one size, with a number for every pixel")]
    Images {
        /// Title.
        figure: String,
        /// What is wrong.
        problem: String,
    },
    /// The bitmap could not be made.
    #[error("the figure \"{figure}\" cannot be made a bitmap: {problem}\nhint: write it as SVG")]
    Bitmap {
        /// Title.
        figure: String,
        /// What is wrong.
        problem: String,
    },
}
