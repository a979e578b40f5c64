//! `natgrad fit`: read, check, fit from several starts, certify, write the run.

mod arguments;
mod climb;
mod plan;

pub use arguments::{Arguments, ClimbArguments, NetworkArguments, Recognition, Shape, Structure, check_numbers};
pub use climb::{Fittable, Reached, climb, farewell, fingerprint, locked, stop_flag};
pub use plan::{Plan, settings};

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use crate::table;
use climb::Checkpoint;
use natgrad::catalogue::Summary;
use natgrad_io::RunFolder;
use std::path::{Path, PathBuf};

/// Fits and writes.
pub fn run(arguments: Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(path) = &arguments.resume {
        let folder = RunFolder::open(path)?;
        if !folder.has_checkpoint() {
            return Err(Failure::new(
                format!("{}: there is no checkpoint; the run has ended", path.display()),
                "see its summary.json, or fit again with more iterations and --start RUN/model.json",
            ));
        }
        let (plan, reached) = folder.read_checkpoint::<Checkpoint>()?.taken();
        return kind::find(&plan.model)?.go_on(&plan, reached, Some(folder), out);
    }
    let Some(name) = &arguments.model else {
        return Err(Failure::new("no model is named", "natgrad fit MODEL DATA --components K"));
    };
    let kind = kind::find(name)?;
    check_numbers(&arguments.climb, &arguments.model_arguments.structure, arguments.checkpoint_every)?;
    let from_file = arguments.start.as_deref().is_some_and(|s| !kind.draws(s));
    if from_file && arguments.climb.restarts > 1 {
        return Err(Failure::new("--start gives one start, --restarts asks for more", "leave one of them out"));
    }
    if let Some(path) = &arguments.out {
        RunFolder::vet(path)?;
        spare_unfinished(path)?;
    }
    kind::refuse_foreign(name, kind, arguments.of_some_kinds())?;
    kind.begin(name, &arguments, out)
}

/// Refuses to begin where a fit has not ended: hours of it may lie in the checkpoint.
fn spare_unfinished(path: &Path) -> Result<(), Failure> {
    match RunFolder::open(path) {
        Ok(run) if run.has_checkpoint() => Err(Failure::new(
            format!("{}: a fit in it has not ended", path.display()),
            format!(
                "go on with `natgrad fit --resume {}`, or remove {} to begin anew",
                path.display(),
                run.checkpoint_path().display()
            ),
        )),
        _ => Ok(()),
    }
}

/// Refuses to go on with other rows than those that the run began with.
pub fn check_fingerprint(plan: &Plan, found: u64) -> Result<(), Failure> {
    if found == plan.fingerprint {
        return Ok(());
    }
    Err(Failure::new(
        "the rows are not those that the run began with",
        "bring the old data back, or begin a new run with --start RUN/model.json",
    )
    .in_file(plan.data[0].display()))
}

/// Prints a summary, and its warnings.
pub fn show(summary: &Summary, out: &Output) -> Result<(), Failure> {
    summary.warnings.iter().for_each(|w| out.warn(w));
    if out.json {
        return out.document(summary);
    }
    out.result(&table::head(summary))?;
    if let Some(parameters) = table::parameters(summary) {
        out.result(&parameters)?;
    }
    out.result(&table::certificates(summary))
}

impl DataArguments {
    /// The first file's name, for messages.
    pub fn shown(&self) -> String {
        self.data.first().map_or_else(String::new, |p: &PathBuf| Path::display(p).to_string())
    }
}
