//! Natural gradients in overparametrised systems: what does not depend on the parameters, and where that ends.

mod coordinates;
mod crossing;
mod damping;
mod figure;
mod flow;
mod inverses;
mod projection;
mod slopes;
mod stalling;

use crate::{ReproduceError, Reproduction};

/// The setting is the paper's; formulas and examples are derived here.
const SETTING: &str = "setting: van Oostrum, Müller, Ay, Invariance Properties of the Natural Gradient in \
                       Overparametrised Systems (2022); statement derived";

/// Stated for every generalised inverse in an abstract.
const INVERSES: &str = "van Oostrum, Ay, Parametrisation Independence of the Natural Gradient in Overparametrised \
                        Systems (2021), abstract; proof and numbers derived";

/// Examples of our own.
const DERIVED: &str = "derived, own example";

/// Recomputes everything.
///
/// # Errors
/// [`ReproduceError`] where a computation or a figure fails.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    for part in
        [projection::run, inverses::run, coordinates::run, crossing::run, stalling::run, damping::run, slopes::run]
    {
        out.extend(part()?);
    }
    Ok(out)
}

/// Euclidean distance.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
