//! ELBO and sum of entropies along learning, for every model that the project has and some that only this page has.
//!
//! A model is one file: it answers with `run::Run`s. To add one, add its function to `MODELS`.

mod autoencoder;
mod autoencoders;
mod belief_net;
mod climb;
mod counterexamples;
mod data;
mod factors;
mod families;
mod generic;
mod mixtures;
mod networks;
mod run;
mod saddles;
mod sigmoid_nets;
mod sparse;
mod summary;

use crate::{ReproduceError, Reproduction};
use run::Run;

/// The theorem is the paper's; its table of models is not known word for word, so that rows are derived.
const THEOREM: &str =
    "theorem: Lücke, Warnken, On the Convergence of the ELBO to Entropy Sums (arXiv 2209.03077); case derived";

/// What is ours.
const DERIVED: &str = "derived";

/// Learns a model on its data.
type Model = fn() -> Result<Vec<Run>, ReproduceError>;

/// Models, a file each.
const MODELS: &[Model] = &[
    mixtures::runs,
    networks::runs,
    families::runs,
    factors::runs,
    sigmoid_nets::runs,
    sparse::runs,
    autoencoders::runs,
];

/// Recomputes everything.
///
/// # Errors
/// [`ReproduceError`] where a computation or a figure fails.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut runs = Vec::new();
    for model in MODELS {
        runs.extend(model()?);
    }
    let (counter, more) = counterexamples::runs()?;
    let mut out = Reproduction::default();
    for run in runs.iter().chain(&counter) {
        out.extend(run.reproduction()?);
    }
    out.claims.extend(more);
    out.extend(saddles::run()?);
    out.claims.extend(factors::closed_forms()?);
    out.tables.push(summary::table(&runs, &counter));
    Ok(out)
}
