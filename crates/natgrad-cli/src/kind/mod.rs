//! Kinds of models behind one door: what a model file holds decides who scores, predicts, imputes, samples and certifies.
//!
//! ```text
//! model file or run ─▶ open ─▶ dyn Fitted ─▶ score | predict | impute | sample | check
//! name of a model   ─▶ named ─▶ dyn Kind  ─▶ begin, go_on, models, words
//! ```
//!
//! Start here to add another: a folder beside `mixture/`, and a line in [`KINDS`].

pub mod belief_net;
mod factor;
mod latent;
pub mod mixture;
pub mod network;
pub mod sparse_coding;
pub mod start;
pub mod vae;

pub use latent::picture::PICTURES;

use crate::command::fit::{Arguments, Plan, Reached};
use crate::command::select::{self, Comparable};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::output::Output;
use natgrad::catalogue::Message;
use natgrad::rows::{Chunk, RowSource};
use natgrad_io::{RunFolder, read_json};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Every kind of model. The first that knows a file opens it; the last takes what no other knows.
const KINDS: [&dyn Kind; 6] = [
    &vae::Autoencoders,
    &sparse_coding::SparseCodings,
    &belief_net::BeliefNets,
    &factor::Factors,
    &network::Networks,
    &mixture::Mixtures,
];

/// A kind of model: what `fit`, `list` and `explain` ask of it.
pub trait Kind: Sync {
    /// Names of its models, each with what it is for.
    fn models(&self) -> Vec<(String, &'static str)>;

    /// A model in plain words, if it is one of this kind.
    fn explain(&self, model: &str) -> Option<&'static str> {
        self.models().into_iter().find(|(name, _)| name == model).map(|(_, text)| text)
    }

    /// Words of its reports: whose they are, and the words.
    fn words(&self) -> Option<(&'static str, &'static [Message])> {
        None
    }

    /// Files that its runs hold beside those of every run: pictures (.svg), and what belongs to `model.json`.
    fn leaves(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its fits look at an option that only some kinds do.
    fn takes(&self, option: &str) -> bool {
        let _ = option;
        false
    }

    /// The model in a file, if it is of this kind.
    fn open(&self, file: &Opened<'_>) -> Result<Option<Box<dyn Fitted>>, Failure>;

    /// Whether `--start` with this value draws a start instead of naming a file.
    fn draws(&self, start: &Path) -> bool {
        let _ = start;
        false
    }

    /// Begins a fit.
    fn begin(&self, model: &str, arguments: &Arguments, out: &Output) -> Result<u8, Failure>;

    /// The model with its rows, for comparing sizes.
    ///
    /// # Errors
    /// Kinds without a size say so.
    fn compare<'a>(&self, arguments: &'a select::Arguments, out: &Output) -> Result<Box<dyn Comparable + 'a>, Failure>;

    /// Goes on with a run from what [`Plan::own`] keeps.
    fn go_on(&self, plan: &Plan, reached: Reached, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure>;
}

/// A fitted model, with what the subcommands do with it; each answers the exit code.
pub trait Fitted {
    /// Average log-evidence of rows; that of each row into `to`.
    fn score(&self, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure>;

    /// Posterior of the hidden variables of every row.
    fn predict(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure>;

    /// Fills missing cells.
    fn impute(&self, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure>;

    /// Draws rows.
    fn sample(&self, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure>;

    /// Runs the certificates; 1 if one fails.
    fn check(&self, data: &DataArguments, tolerance: f64, out: &Output) -> Result<u8, Failure>;
}

/// A file that may hold a model, as far as every kind wants it read.
pub struct Opened<'a> {
    /// As the user named it: a file or a run folder.
    pub given: &'a Path,
    /// The file itself.
    pub path: PathBuf,
    /// What it holds; `Null` where it is not JSON by its name.
    pub value: Value,
}

impl<'a> Opened<'a> {
    /// Reads a model file, or the one of a run folder.
    pub fn read(given: &'a Path) -> Result<Self, Failure> {
        let bif = given.extension().is_some_and(|e| e.eq_ignore_ascii_case("bif"));
        let path = if given.is_dir() && !bif { RunFolder::open(given)?.model()? } else { given.to_path_buf() };
        let value = if bif { Value::Null } else { read_json(&path)? };
        Ok(Opened { given, path, value })
    }

    /// The name of the model that it says it holds.
    pub fn model(&self) -> Option<&str> {
        self.value.get("model").and_then(Value::as_str)
    }
}

/// The kind that a model's name belongs to.
pub fn named(model: &str) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|k| k.models().iter().any(|(name, _)| name == model))
}

/// As [`named`], with the names of all models where there is none.
pub fn find(name: &str) -> Result<&'static dyn Kind, Failure> {
    named(name).ok_or_else(|| {
        let names: Vec<String> = listed().into_iter().map(|(name, _)| name).collect();
        Failure::new(format!("there is no model \"{name}\""), format!("choose from {}", names.join(", ")))
    })
}

/// Refuses the first of some options that a kind of model does nothing with.
pub fn refuse_foreign(
    name: &str,
    kind: &dyn Kind,
    options: impl IntoIterator<Item = &'static str>,
) -> Result<(), Failure> {
    let Some(option) = options.into_iter().find(|o| !kind.takes(o)) else { return Ok(()) };
    let takers = kinds().filter(|k| k.takes(option)).flat_map(|k| k.models());
    let names: Vec<String> = takers.map(|(name, _)| name).collect();
    Err(Failure::new(
        format!("{option} does nothing in a {name}"),
        format!("it goes with {}: leave it out", names.join(", ")),
    ))
}

/// All models, mixtures first, each with what it is for.
pub fn listed() -> Vec<(String, &'static str)> {
    KINDS.iter().rev().flat_map(|k| k.models()).collect()
}

/// All kinds.
pub fn kinds() -> impl Iterator<Item = &'static dyn Kind> {
    KINDS.into_iter()
}

/// Opens a model file or a run, whatever its kind.
pub fn open(given: &Path) -> Result<Box<dyn Fitted>, Failure> {
    let file = Opened::read(given)?;
    for kind in KINDS {
        if let Some(model) = kind.open(&file)? {
            return Ok(model);
        }
    }
    Err(Failure::new(format!("{}: no kind of model knows this file", file.path.display()), "natgrad list shows them"))
}

/// Refuses to write over a file that belongs to a run.
pub fn spare_run(to: &Path) -> Result<(), Failure> {
    let name = to.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let belongs = RunFolder::holds(&name) || KINDS.iter().any(|k| k.leaves().contains(&name.as_str()));
    if belongs && RunFolder::open(folder).is_ok() {
        let problem = format!("{} belongs to a run: it is not written over", to.display());
        return Err(Failure::new(problem, "give another name, or write it into another folder"));
    }
    Ok(())
}

/// Removes what a former run in this folder has left and this one will not write: pictures, and files that other kinds of
/// models keep beside theirs. To be called once the new model is written, before its pictures are.
pub fn clear_former(folder: &RunFolder, model: &str) -> Result<(), Failure> {
    let own = named(model).map_or(&[][..], Kind::leaves);
    let of_kinds = KINDS.iter().flat_map(|k| k.leaves()).filter(|f| f.ends_with(".svg") || !own.contains(f));
    of_kinds.into_iter().try_for_each(|file| Ok(folder.remove(file)?))
}

/// Shows every chunk in order; a failure ends it.
pub fn stream(source: &dyn RowSource, mut each: impl FnMut(Chunk<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut failure = None;
    for stretch in source.stretches() {
        let outcome = source.sweep(stretch, &mut |_, chunk| {
            each(chunk).map_err(|f| {
                let text = f.to_string();
                failure = Some(f);
                natgrad::Error::Source(text)
            })
        });
        if let Some(f) = failure {
            return Err(f);
        }
        outcome?;
    }
    Ok(())
}
