//! "On the Natural Gradient of the Evidence Lower Bound" (Ay, van Oostrum, Datar 2025): its propositions and theorems, the
//! flows of its two models and its histograms.

mod cylinders;
mod directions;
mod fixtures;
mod histograms;
mod models;
mod pictures;
mod propositions;
mod trajectories;

use crate::{ReproduceError, Reproduction};

/// The paper.
const PAPER: &str = "Ay, van Oostrum, Datar 2025";

/// Points drawn for each histogram.
pub(crate) const DRAWS: usize = 50_000;

/// Recomputes all of it.
///
/// # Errors
/// [`ReproduceError`] where a quantity does not exist or a figure cannot be drawn.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut all = Reproduction::default();
    all.extend(propositions::run()?);
    all.extend(cylinders::run()?);
    all.extend(fixtures::run()?);
    all.extend(trajectories::run()?);
    all.extend(histograms::run()?);
    Ok(all)
}

fn source(part: &str) -> String {
    format!("{PAPER}, {part}")
}
