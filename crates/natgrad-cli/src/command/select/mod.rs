//! `natgrad select`: fits of several sizes, compared.

mod found;
mod held_out;
mod picture;
mod show;
mod size;
mod sizes;
mod words;

pub use found::{COLLAPSED, Found, Latent, better};
pub use held_out::{HeldOut, Mean};
use size::{Parts, Size, one_line};
pub use sizes::Sizes;

use super::fit::{ClimbArguments, Recognition, Structure, check_numbers};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::{self, vae::VaeArguments};
use crate::output::Output;
use natgrad::rows::{RowSource, Table, split};
use rayon::prelude::*;
use std::path::PathBuf;

/// Fit several sizes and recommend one.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Model (`natgrad list` shows them).
    #[arg(value_name = "MODEL")]
    pub model: String,
    #[command(flatten)]
    pub data: DataArguments,
    /// Numbers of components (classes) to try.
    #[arg(long, visible_alias = "classes", value_name = "A..B")]
    pub components: Option<Sizes>,
    /// Numbers of latent dimensions (factors, dictionary elements, hidden units of one layer) to try.
    #[arg(long, value_name = "A..B")]
    pub latent_dim: Option<Sizes>,
    /// Hidden layers are not compared; taken only to say so.
    #[arg(long, hide = true, value_name = "N,…")]
    pub layers: Option<String>,
    /// How the posterior of a belief net is found (default: exact); mean-field and structured compare bounds.
    #[arg(long, value_enum)]
    pub recognition: Option<Recognition>,
    /// Units of a cluster with --recognition structured, 1 to 10 (default: 4).
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub cluster: Option<usize>,
    #[command(flatten)]
    pub structure: Structure,
    #[command(flatten)]
    pub vae: VaeArguments,
    #[command(flatten)]
    pub climb: ClimbArguments,
    /// Draw the comparison (.svg, .png).
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

impl Arguments {
    /// A seed per start.
    pub fn seeds(&self) -> Vec<u64> {
        self.climb.seeds()
    }

    /// Options given that only some kinds of models take.
    fn of_some_kinds(&self) -> impl Iterator<Item = &'static str> {
        let latent = [
            self.layers.is_some().then_some("--layers"),
            self.recognition.is_some().then_some("--recognition"),
            self.cluster.is_some().then_some("--cluster"),
        ];
        latent.into_iter().flatten().chain(self.vae.given())
    }
}

/// A model whose sizes can be compared.
pub trait Comparable: Sync {
    /// What is counted: `components`, `latent dimensions`.
    fn word(&self) -> &'static str;

    /// The sizes to try.
    fn sizes(&self) -> Sizes;

    /// The option that limits how long a fit takes.
    fn limit(&self) -> &'static str {
        "--max-iterations"
    }

    /// All rows, as the model reads them.
    fn source(&self) -> &dyn RowSource;

    /// The best fit of a size on some rows, with the evidence of others.
    fn fit(&self, size: usize, rows: &Table, held_out: Option<&Table>) -> Result<Found, Failure>;
}

/// One row in five is held out.
const HELD_OUT: u64 = 5;

/// Compares.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let kind = kind::find(&arguments.model)?;
    check_numbers(&arguments.climb, &arguments.structure, 0.0)?;
    kind::refuse_foreign(&arguments.model, kind, arguments.of_some_kinds())?;
    arguments.plot.as_deref().map(picture::check).transpose()?;
    let model = kind.compare(arguments, out)?;
    let (train, test) = split(model.source(), HELD_OUT, arguments.climb.seed)?;
    let parts = Parts { whole: Table::of(model.source())?, train, test };
    let line = |f: Failure| one_line(&f.in_files(&arguments.data.data).to_string());
    let all: Vec<usize> = model.sizes().all().collect();
    let mut sizes: Vec<Size> = all.into_par_iter().map(|size| Size::of(model.as_ref(), size, &parts, line)).collect();
    let held_out = words::compare(&mut sizes);
    let Some((best, why)) = words::recommend(&sizes, held_out, model.word()) else {
        return Err(none_compared(&sizes));
    };
    if let Some(path) = &arguments.plot {
        picture::write(&sizes, model.word(), path)?;
    }
    let unfinished: Vec<usize> = sizes.iter().filter(|s| s.unfinished).map(|s| s.size).collect();
    if !unfinished.is_empty() {
        out.warn(&format!(
            "{}: fits of all rows, or of those that are left where some are held out, ended at the limit of {} before they had \
             converged; more may change the order of sizes",
            show::named(&unfinished),
            model.limit()
        ));
    }
    if let Some(chosen) = sizes.iter().find(|s| s.size == best) {
        chosen.warnings.iter().for_each(|w| out.warn(&format!("size {best}: {w}")));
    }
    if out.json {
        out.document(
            &serde_json::json!({"sizes": sizes, "recommended": {"size": best, "why": why, "held_out": held_out}}),
        )?;
        return Ok(0);
    }
    show::show(&sizes, out)?;
    out.result(&format!("recommended: {why}"))?;
    Ok(0)
}

/// Why there is no recommendation: the first reason.
fn none_compared(sizes: &[Size]) -> Failure {
    let errors = show::errors(sizes);
    let first = match errors.as_slice() {
        [] => "no size could be compared".into(),
        [(_, error)] => format!("no size could be compared: {error}"),
        [(named, error), ..] => format!("no size could be compared; {named}: {error}"),
    };
    Failure::new(first, "try other sizes, or give more rows: one in five is held out")
}
