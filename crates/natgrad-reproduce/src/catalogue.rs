//! What can be recomputed, by name. To add another paper: a folder beside this file and one line in [`CATALOGUE`].

use crate::{Reproduction, entropy_sums, natural_gradient_elbo, overparametrised};

/// A recomputation that could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum ReproduceError {
    /// From the mathematics.
    #[error(transparent)]
    Mathematics(#[from] natgrad::Error),
    /// From a figure.
    #[error(transparent)]
    Figure(#[from] natgrad_plot::DrawError),
    /// From a picture in the tetrahedron.
    #[error(transparent)]
    Tetrahedron(#[from] natgrad_plot::tetrahedron::RasterError),
}

/// One paper.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Name on the command line.
    pub name: &'static str,
    /// The paper.
    pub title: &'static str,
    /// Recomputes it.
    pub run: fn() -> Result<Reproduction, ReproduceError>,
}

/// All of them.
pub const CATALOGUE: &[Entry] = &[
    Entry {
        name: "natural-gradient-elbo",
        title: "On the Natural Gradient of the Evidence Lower Bound (Ay, van Oostrum, Datar 2025)",
        run: natural_gradient_elbo::run,
    },
    Entry {
        name: "entropy-sums",
        title: "On the Convergence of the ELBO to Entropy Sums (Lücke, Warnken)",
        run: entropy_sums::run,
    },
    Entry {
        name: "overparametrised",
        title: "Natural gradients in overparametrised systems (van Oostrum, Müller, Ay)",
        run: overparametrised::run,
    },
];

/// The entries that a name stands for; `all` is every one.
pub fn find(name: &str) -> Option<Vec<Entry>> {
    if name == "all" {
        return Some(CATALOGUE.to_vec());
    }
    CATALOGUE.iter().find(|e| e.name == name).map(|e| vec![*e])
}
