//! `natgrad fit`: read, check, fit from several starts, certify, write the run.

use crate::data::{DataArguments, Reading};
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use crate::progress::Line;
use crate::table;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec, Summary, summarise};
use natgrad::diagnose::{Restarts, agreement};
use natgrad::engine::{Batches, Control, MetricChoice, Outcome, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::mixture::Mixture;
use natgrad::rows::{Column, ColumnKind, Profile, RowSource, merge_duplicates};
use natgrad_io::RunFolder;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shape of normal components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// A covariance matrix per component.
    Full,
    /// A variance per column and component.
    Diagonal,
    /// A variance per component.
    Spherical,
    /// One covariance matrix for all.
    Tied,
}

/// Geometry of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Metric {
    /// EM first, the evidence metric where it pays.
    Auto,
    /// EM: the Fisher metric of the complete data.
    Joint,
    /// The Fisher metric of the evidence.
    Evidence,
    /// Plain gradients, for comparison.
    Euclidean,
}

/// Parameters that stay where they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Freeze {
    /// Mixing weights.
    Weights,
    /// Variances and covariances.
    Covariances,
}

/// Parameters that are one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TieChoice {
    /// All columns of a component share their parameters.
    Items,
}

/// How a posterior is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Recognition {
    /// Exactly: mixtures have no need of anything else.
    Exact,
}

/// What a model is made of.
#[derive(Debug, Clone, clap::Args)]
pub struct ModelArguments {
    /// Number of components (classes).
    #[arg(long, allow_negative_numbers = true, visible_alias = "classes", value_name = "K")]
    pub components: Option<usize>,
    #[command(flatten)]
    pub structure: Structure,
}

/// What a model is made of, but for its size.
#[derive(Debug, Clone, clap::Args)]
pub struct Structure {
    /// Shape of normal components (default: full; diagonal for `mixture`).
    #[arg(long, value_enum)]
    pub covariance: Option<Shape>,
    /// Smallest variance that is allowed, in squared units of the data (0: none).
    #[arg(long, value_name = "F", default_value_t = 0.0, allow_negative_numbers = true)]
    pub covariance_floor: f64,
    /// Families of columns, for `mixture`: age=normal,smoker=bernoulli (default: normal, or categorical for text).
    #[arg(long, value_delimiter = ',', value_name = "COLUMN=FAMILY,…")]
    pub family: Vec<String>,
    /// Dispersion of negative binomial columns.
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub dispersion: Option<f64>,
    /// Parameters that are one and the same.
    #[arg(long, value_enum)]
    pub tie: Option<TieChoice>,
    /// Parameters that stay where they start.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub freeze: Vec<Freeze>,
}

/// How to climb.
#[derive(Debug, Clone, clap::Args)]
pub struct ClimbArguments {
    /// Geometry of the steps.
    #[arg(long, value_enum, default_value_t = Metric::Auto)]
    pub metric: Metric,
    /// Stop when the estimated remaining gain is below this, nats per row.
    #[arg(long, value_name = "T", default_value_t = 1e-6, allow_negative_numbers = true)]
    pub tolerance: f64,
    /// Stop after this many iterations (epochs, with --batch).
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 10_000)]
    pub max_iterations: u64,
    /// Minibatches of about this many rows (whole chunks of 1024).
    #[arg(long, allow_negative_numbers = true, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Length of joint-metric steps; 1 is EM.
    #[arg(long, value_name = "S", default_value_t = 1.0, allow_negative_numbers = true)]
    pub step_size: f64,
    /// Number of starts.
    #[arg(long, allow_negative_numbers = true, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub restarts: u64,
    /// Seed of the first start; the others follow.
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 0)]
    pub seed: u64,
}

/// What a checkpoint has settled: none of it can be given again with --resume.
const FIXED: [&str; 23] = [
    "model",
    "out",
    "start",
    "components",
    "covariance",
    "covariance_floor",
    "family",
    "dispersion",
    "tie",
    "freeze",
    "metric",
    "tolerance",
    "max_iterations",
    "batch",
    "step_size",
    "restarts",
    "seed",
    "columns",
    "exclude",
    "weights",
    "no_header",
    "checkpoint_every",
    "recognition",
];

/// Fit a model to a table and certify the answer.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Model (`natgrad list` shows them); left out with --resume.
    #[arg(value_name = "MODEL", required_unless_present = "resume")]
    model: Option<String>,
    /// Data files (.csv, .tsv, .parquet, .npy), a folder of Parquet files, or - for CSV on standard input.
    #[arg(value_name = "DATA", required_unless_present = "resume")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    model_arguments: ModelArguments,
    #[command(flatten)]
    climb: ClimbArguments,
    /// How the posterior of the hidden state is found.
    #[arg(long, value_enum, default_value_t = Recognition::Exact)]
    recognition: Recognition,
    /// Start from the parameters of a model file.
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// Folder for results (without it, they are only printed).
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    /// Write a checkpoint this often, but never for more than a tenth of the time.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, allow_negative_numbers = true)]
    checkpoint_every: f64,
    /// Go on with an interrupted or killed run.
    #[arg(long, value_name = "RUN", conflicts_with_all = FIXED)]
    resume: Option<PathBuf>,
}

/// Everything that a fit depends on, as its checkpoint keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Plan {
    data: Vec<PathBuf>,
    reading: Reading,
    spec: Spec,
    named: Vec<String>,
    all_levels: bool,
    settings: Settings,
    seeds: Vec<u64>,
    checkpoint_every: f64,
    /// Of the data, so that a run goes on only with what it began with.
    fingerprint: u64,
}

/// A checkpoint: the plan and the state of every start.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Checkpoint {
    plan: Plan,
    progress: Vec<Progress>,
}

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
        let checkpoint: Checkpoint = folder.read_checkpoint()?;
        return go_on(checkpoint, Some(folder), out);
    }
    let Some(name) = &arguments.model else {
        return Err(Failure::new("no model is named", "natgrad fit MODEL DATA --components K"));
    };
    let model: ModelName = name.parse()?;
    check_numbers(&arguments.climb, &arguments.model_arguments.structure, arguments.checkpoint_every)?;
    if arguments.start.is_some() && arguments.climb.restarts > 1 {
        return Err(Failure::new("--start gives one start, --restarts asks for more", "leave one of them out"));
    }
    if let Some(path) = &arguments.out {
        RunFolder::vet(path)?;
    }
    let structure = &arguments.model_arguments.structure;
    let opened = open_for_model(model, structure, &arguments.data, &arguments.reading, out)?;
    let start_file = arguments.start.as_deref().map(ModelFile::read_start).transpose()?;
    let components = match (arguments.model_arguments.components, &start_file) {
        (Some(k), _) => k,
        (None, Some(file)) => file.components(),
        (None, None) => {
            return Err(Failure::new("the number of components is missing", "give --components K"));
        }
    };
    if components as u64 > opened.source.rows() {
        return Err(Failure::new(
            format!("{components} components for {} rows", opened.source.rows()),
            "give --components a number of at most the number of different rows",
        )
        .in_files(&arguments.data));
    }
    let mut spec = spec_for(model, components, structure, opened.source.columns())?;
    if let Some(file) = &start_file {
        file.check_start_of(model, opened.source.columns())?;
        // The same chart as the model's, so that one iteration has the same bits as estep and mstep.
        spec.charts = file.charts();
    }
    let mut plan = Plan {
        fingerprint: 0,
        data: arguments.data.clone(),
        reading: arguments.reading.clone(),
        spec,
        named: opened.named,
        all_levels: opened.all_levels,
        settings: settings(&arguments.climb),
        seeds: (0..if start_file.is_some() { 1 } else { arguments.climb.restarts })
            .map(|r| arguments.climb.seed.wrapping_add(r))
            .collect(),
        checkpoint_every: arguments.checkpoint_every,
    };
    let named = |f: Failure| f.in_files(&plan.data);
    let prepared = prepare(plan.spec.clone(), opened.source).map_err(named)?;
    let fingerprint = prepared.fingerprint();
    let points = match &start_file {
        Some(file) => vec![file.point(&prepared.described)?],
        None => {
            let starts = prepared.described.starts(prepared.rows(), &prepared.profile, &plan.seeds);
            starts.map_err(|e| named(e.into()))?
        }
    };
    plan.fingerprint = fingerprint;
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

fn go_on(checkpoint: Checkpoint, folder: Option<RunFolder>, out: &Output) -> Result<u8, Failure> {
    let plan = checkpoint.plan;
    let guess = |_: &str| false;
    let source = plan.reading.open(&plan.data, plan.all_levels, plan.named.clone(), guess, out)?;
    let prepared = prepare(plan.spec.clone(), source).map_err(|f| f.in_files(&plan.data))?;
    if prepared.fingerprint() != plan.fingerprint {
        return Err(Failure::new(
            "the rows are not those that the run began with",
            "bring the old data back, or begin a new run with --start RUN/model.json",
        )
        .in_file(plan.data[0].display()));
    }
    climb(&plan, &prepared, checkpoint.progress, folder, out)
}

/// Refuses numbers that are out of range.
pub fn check_numbers(climb: &ClimbArguments, structure: &Structure, every: f64) -> Result<(), Failure> {
    let refuse =
        |what: &str, value: f64, hint: &str| Err(Failure::new(format!("{what} {value} is out of range"), hint));
    if !(climb.tolerance >= 0.0 && climb.tolerance.is_finite()) {
        return refuse("--tolerance", climb.tolerance, "give nats per row, for example 1e-6");
    }
    if !(climb.step_size > 0.0 && climb.step_size < 2.0) {
        return refuse("--step-size", climb.step_size, "steps between 0 and 2 can converge; 1 is EM");
    }
    if !(structure.covariance_floor >= 0.0 && structure.covariance_floor.is_finite()) {
        return refuse("--covariance-floor", structure.covariance_floor, "give a variance of at least 0");
    }
    if climb.restarts > 1_000_000 {
        return refuse("--restarts", climb.restarts as f64, "all starts are kept: give at most a million");
    }
    if !(0.0..=1e9).contains(&every) {
        return refuse("--checkpoint-every", every, "give seconds");
    }
    Ok(())
}

/// The engine's settings.
pub fn settings(climb: &ClimbArguments) -> Settings {
    Settings {
        metric: match climb.metric {
            Metric::Auto => MetricChoice::Auto,
            Metric::Joint => MetricChoice::Joint,
            Metric::Evidence => MetricChoice::Evidence,
            Metric::Euclidean => MetricChoice::Euclidean,
        },
        tolerance: climb.tolerance,
        max_iterations: climb.max_iterations,
        step_size: climb.step_size,
        batches: climb.batch.map(|rows| Batches {
            chunks: rows.div_ceil(natgrad::rows::CHUNK_ROWS as u64) as usize,
            schedule: natgrad::ascent::Schedule::default(),
        }),
        seed: climb.seed,
        ..Settings::default()
    }
}

/// Data opened for a model, and which columns turned out to hold levels.
pub struct OpenedFor {
    /// The rows.
    pub source: Box<dyn RowSource>,
    /// Columns of named levels.
    pub named: Vec<String>,
    /// Whether all columns hold levels.
    pub all_levels: bool,
}

/// Opens data as a model's families want them.
pub fn open_for_model(
    model: ModelName,
    structure: &Structure,
    data: &[PathBuf],
    reading: &Reading,
    out: &Output,
) -> Result<OpenedFor, Failure> {
    check_options(model, structure)?;
    let families = families_given(structure)?;
    if !families.is_empty() && model != ModelName::Mixture {
        return Err(Failure::new(
            format!("--family goes with the model mixture, not with {model}"),
            "natgrad fit mixture … --family COLUMN=FAMILY",
        ));
    }
    let all_levels = matches!(model, ModelName::LatentClass | ModelName::CategoricalMixture);
    let named: Vec<String> =
        families.iter().filter(|(_, f)| **f == FamilyName::Categorical).map(|(c, _)| c.clone()).collect();
    let guess = |column: &str| {
        let given = families.get(column);
        model == ModelName::BernoulliMixture
            || model == ModelName::Mixture && matches!(given, None | Some(FamilyName::Bernoulli))
    };
    let source = reading.open(data, all_levels, named, guess, out)?;
    if let Some(unknown) = families.keys().find(|c| source.columns().iter().all(|d| d.name != **c)) {
        let names: Vec<&str> = source.columns().iter().map(|c| c.name.as_str()).collect();
        return Err(Failure::new(
            format!("--family names the column \"{unknown}\", which the data do not have"),
            format!("the columns are {}", names.join(", ")),
        ));
    }
    let named =
        source.columns().iter().filter(|c| matches!(c.kind, ColumnKind::Levels(_))).map(|c| c.name.clone()).collect();
    Ok(OpenedFor { source, named, all_levels })
}

/// Refuses options that the model would not look at, and values that no family takes.
fn check_options(model: ModelName, structure: &Structure) -> Result<(), Failure> {
    let has_normals = matches!(model, ModelName::GaussianMixture | ModelName::Mixture);
    let unused = |option: &str, whose: &str| {
        Err(Failure::new(format!("{option} does nothing in a {model}"), format!("it goes with {whose}: leave it out")))
    };
    if structure.covariance.is_some() && !has_normals {
        return unused("--covariance", "normal columns");
    }
    match structure.dispersion {
        Some(_) if model != ModelName::NegativeBinomialMixture => {
            unused("--dispersion", "negative-binomial-mixture (in a mixture: --family COLUMN=negative-binomial:R)")
        }
        Some(r) if !(r > 0.0 && r.is_finite()) => {
            Err(Failure::new(format!("--dispersion {r} is out of range"), "give a number above 0"))
        }
        _ => Ok(()),
    }
}

fn families_given(structure: &Structure) -> Result<BTreeMap<String, FamilyName>, Failure> {
    let mut families = BTreeMap::new();
    for entry in &structure.family {
        let Some((column, family)) = entry.split_once('=') else {
            return Err(Failure::new(
                format!("--family \"{entry}\" is not COLUMN=FAMILY"),
                "for example --family age=normal,smoker=bernoulli",
            ));
        };
        let family = family.trim().parse::<FamilyName>()?;
        if families.insert(column.trim().to_string(), family).is_some_and(|before| before != family) {
            return Err(Failure::new(
                format!("--family gives the column \"{}\" two families", column.trim()),
                "give each column once",
            ));
        }
    }
    Ok(families)
}

/// The settings of a model for given columns.
pub fn spec_for(
    model: ModelName,
    components: usize,
    structure: &Structure,
    columns: &[Column],
) -> Result<Spec, Failure> {
    let given = families_given(structure)?;
    let dispersion = || {
        structure.dispersion.filter(|r| *r > 0.0 && r.is_finite()).ok_or_else(|| {
            Failure::new("negative-binomial-mixture needs its dispersion", "give --dispersion R, a number above 0")
        })
    };
    let families = columns
        .iter()
        .map(|c| {
            Ok(match model {
                ModelName::GaussianMixture => FamilyName::Normal,
                ModelName::BernoulliMixture => FamilyName::Bernoulli,
                ModelName::LatentClass | ModelName::CategoricalMixture => FamilyName::Categorical,
                ModelName::PoissonMixture => FamilyName::Poisson,
                ModelName::ExponentialMixture => FamilyName::Exponential,
                ModelName::GammaMixture => FamilyName::Gamma,
                ModelName::GeometricMixture => FamilyName::Geometric,
                ModelName::NegativeBinomialMixture => FamilyName::NegativeBinomial(dispersion()?),
                ModelName::Mixture => given.get(&c.name).copied().unwrap_or(match c.kind {
                    ColumnKind::Number => FamilyName::Normal,
                    ColumnKind::Levels(_) => FamilyName::Categorical,
                }),
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let default = if model == ModelName::GaussianMixture { Shape::Full } else { Shape::Diagonal };
    let covariance = match structure.covariance.unwrap_or(default) {
        Shape::Full => CovarianceShape::Full,
        Shape::Diagonal => CovarianceShape::Diagonal,
        Shape::Spherical => CovarianceShape::Spherical,
        Shape::Tied => CovarianceShape::Tied,
    };
    let mut spec = Spec::new(model, components, families, covariance);
    spec.covariance_floor = structure.covariance_floor;
    spec.tie_items = structure.tie == Some(TieChoice::Items);
    spec.freeze_weights = structure.freeze.contains(&Freeze::Weights);
    spec.freeze_covariances = structure.freeze.contains(&Freeze::Covariances);
    Ok(spec)
}

/// A model and the rows that it is fitted to.
pub struct Prepared {
    /// The model.
    pub described: Described,
    /// Summary of the columns.
    pub profile: Profile,
    source: Box<dyn RowSource>,
    rows_in_data: u64,
    base_measure: f64,
}

impl Prepared {
    /// The objective.
    pub fn learning(&self) -> natgrad::objective::Learning<'_> {
        self.described.learning(self.rows(), self.base_measure)
    }

    /// Number of rows, weight, means and ranges of the columns in one number (FNV-1a).
    fn fingerprint(&self) -> u64 {
        let columns = self.profile.columns.iter().flat_map(|c| [c.weight, c.mean, c.squares, c.min, c.max]);
        let bits = [self.rows_in_data, self.profile.weight.to_bits()].into_iter().chain(columns.map(f64::to_bits));
        bits.flat_map(u64::to_le_bytes)
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    }

    /// The rows.
    pub fn rows(&self) -> &dyn RowSource {
        self.source.as_ref()
    }
}

/// Checks the data and builds the model; equal rows of discrete columns are merged into one with their count.
pub fn prepare(spec: Spec, source: Box<dyn RowSource>) -> Result<Prepared, Failure> {
    let rows_in_data = source.rows();
    let discrete = spec.families.iter().all(|f| matches!(f, FamilyName::Categorical | FamilyName::Bernoulli));
    let merged = if discrete { merge_duplicates(source.as_ref())? } else { None };
    if let Some(table) = merged
        && let Ok((described, base_measure, profile)) = Described::for_data(spec.clone(), &table)
    {
        return Ok(Prepared { described, profile, source: Box::new(table), rows_in_data, base_measure });
    }
    // Rows are numbered as in the file: what is wrong with one of them is looked for there.
    let (described, base_measure, profile) = Described::for_data(spec, source.as_ref())?;
    Ok(Prepared { described, profile, source, rows_in_data, base_measure })
}

/// What became of one start.
struct Ended {
    seed: u64,
    outcome: Option<Outcome>,
    failure: Option<Failure>,
}

fn climb(
    plan: &Plan,
    prepared: &Prepared,
    progress: Vec<Progress>,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let stop = stop_flag();
    let line = Line::new(out.shows_progress());
    let states: Vec<Mutex<(Progress, Vec<f64>)>> =
        progress.iter().map(|p| Mutex::new((p.clone(), vec![0.0; p.trace.len()]))).collect();
    let begin = Instant::now();
    let every = Duration::from_secs_f64(plan.checkpoint_every);
    let written = Mutex::new((Instant::now(), Duration::ZERO));
    let trouble: Mutex<Option<Failure>> = Mutex::new(None);
    let save = || -> Result<(), Failure> {
        let Some(folder) = &folder else { return Ok(()) };
        let progress = states.iter().map(|s| locked(s).0.clone()).collect();
        folder.write_checkpoint(&Checkpoint { plan: plan.clone(), progress }).map_err(Failure::from)
    };
    if folder.is_some() {
        save()?;
    }
    let count = plan.seeds.len();
    let ended: Vec<Ended> = progress
        .into_par_iter()
        .enumerate()
        .map(|(index, state)| {
            let learning = prepared.learning();
            let watch = |p: &Progress| {
                {
                    let mut state = locked(&states[index]);
                    state.1.resize(p.trace.len(), begin.elapsed().as_secs_f64());
                    follow(&mut state.0, p);
                }
                line.show(index, count, &p.trace, plan.settings.tolerance);
                let due = folder.is_some() && {
                    let mut last = locked(&written);
                    // Never more than a tenth of the time for checkpoints, however long they have become.
                    let due = last.0.elapsed() >= every.max(last.1 * 10);
                    if due {
                        last.0 = Instant::now();
                    }
                    due
                };
                if due {
                    let writing = Instant::now();
                    if let Err(e) = save() {
                        // The fit need not stop for a full disk, but its user must hear of it.
                        *locked(&trouble) = Some(e);
                    }
                    locked(&written).1 = writing.elapsed();
                }
                if stop.load(Ordering::Relaxed) { Control::Stop } else { Control::Continue }
            };
            let settings = Settings { seed: plan.seeds[index], ..plan.settings };
            match fit(&learning, &settings, state, &watch) {
                Ok(outcome) => Ended { seed: plan.seeds[index], outcome: Some(outcome), failure: None },
                Err(e) => Ended { seed: plan.seeds[index], outcome: None, failure: Some(e.into()) },
            }
        })
        .collect();
    line.clear();
    if let Some(failure) = locked(&trouble).take() {
        out.warn(&format!("a checkpoint could not be written: {}", failure.to_string().replace("\nhint: ", "; ")));
    }
    let interrupted = stop.load(Ordering::Relaxed);
    finish(plan, prepared, &ended, &states, interrupted, folder, out)
}

/// Brings a copy of a fit's state up to date. Only the trace's new lines are copied: it may be long.
fn follow(copy: &mut Progress, p: &Progress) {
    let mut trace = std::mem::take(&mut copy.trace);
    // The last line may have been filled in since.
    trace.truncate(trace.len().min(p.trace.len()).saturating_sub(1));
    trace.extend_from_slice(&p.trace[trace.len()..]);
    *copy = Progress {
        point: p.point.clone(),
        iteration: p.iteration,
        passes: p.passes,
        gains: p.gains.clone(),
        evidence_phase: p.evidence_phase,
        accelerated_phase: p.accelerated_phase,
        history: p.history.clone(),
        ask_again: p.ask_again,
        running: p.running.clone(),
        average: p.average.clone(),
        batches: p.batches,
        backtracking: p.backtracking,
        notes: p.notes.clone(),
        trace,
        sampled_remaining: p.sampled_remaining,
        status: p.status.clone(),
        why: p.why.clone(),
    };
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Set by Ctrl-C; a second one ends the program at once.
fn stop_flag() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Fails only if a handler is there already, set by an earlier fit of the same program.
    let _ = ctrlc::set_handler(handler);
    &STOP
}

/// The best start: the highest bound among those that did not diverge, or of all if all did.
fn best_of(ended: &[Ended]) -> Option<usize> {
    let key = |e: &Ended| e.outcome.as_ref().map(|o| (o.progress.status != Some(Status::Diverged), o.look.elbo));
    let mut best: Option<usize> = None;
    for (i, e) in ended.iter().enumerate() {
        let Some((sound, elbo)) = key(e) else { continue };
        let better = best.and_then(|b| key(&ended[b])).is_none_or(|(s, l)| (sound, elbo) > (s, l));
        if better && !elbo.is_nan() {
            best = Some(i);
        }
    }
    best
}

/// Aligns the labels of the agreeing starts with the best one's.
fn align(restarts: &mut Restarts, mixture: &Mixture, best: &Point, ended: &[Ended], weight: f64) {
    let weights = mixture.weights(best);
    let mut spread: f64 = 0.0;
    restarts.labels = ended
        .iter()
        .enumerate()
        .map(|(i, e)| {
            let at = e.outcome.as_ref().filter(|_| restarts.agrees(i, weight))?.look.point.clone();
            let labels = mixture.align(best, &at);
            let theirs = mixture.weights(&at);
            labels.iter().zip(&weights).for_each(|(&j, w)| spread = spread.max((theirs[j] - w).abs()));
            Some(labels.into_iter().map(|j| j + 1).collect())
        })
        .collect();
    restarts.weight_spread = Some(spread);
}

fn finish(
    plan: &Plan,
    prepared: &Prepared,
    ended: &[Ended],
    states: &[Mutex<(Progress, Vec<f64>)>],
    interrupted: bool,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let Some(best) = best_of(ended) else {
        let failure = ended.iter().find_map(|e| e.failure.clone());
        return Err(failure.unwrap_or_else(|| Failure::new("no start gave an answer", "try other seeds with --seed")));
    };
    let Some(outcome) = &ended[best].outcome else { return Ok(2) };
    let learning = prepared.learning();
    let elbos: Vec<Option<f64>> = ended
        .iter()
        .map(|e| e.outcome.as_ref().filter(|o| o.progress.status != Some(Status::Diverged)).map(|o| o.look.elbo))
        .collect();
    let weight = outcome.look.statistics.weight;
    let mut restarts = agreement(&elbos, plan.settings.tolerance, weight);
    align(&mut restarts, prepared.described.mixture(), &outcome.look.point, ended, weight);
    let mut summary = summarise(
        &prepared.described,
        &learning,
        &outcome.look,
        plan.settings.tolerance.max(1e-12),
        outcome.progress.sampled_remaining,
        Some((&outcome.progress, Some(restarts), ended[best].seed)),
    )?;
    summary.rows = prepared.rows_in_data;
    let failed = elbos.iter().filter(|e| e.is_none()).count();
    if failed > 0 && failed < elbos.len() {
        summary.warnings.push(format!("{failed} of {} starts diverged (a component collapsed)", elbos.len()));
    }
    if let Some(folder) = &folder {
        let seconds = locked(&states[best]).1.clone();
        write_run(folder, &prepared.described, &outcome.progress, &outcome.look.point, &seconds, &summary)?;
        if !interrupted {
            folder.remove_checkpoint()?;
        } else {
            let progress = ended
                .iter()
                .zip(states)
                .map(|(e, s)| e.outcome.as_ref().map_or_else(|| locked(s).0.clone(), |o| o.progress.clone()))
                .collect();
            folder.write_checkpoint(&Checkpoint { plan: plan.clone(), progress })?;
        }
    }
    show(&summary, out)?;
    if interrupted {
        match &folder {
            Some(f) => out.note(&format!("interrupted; go on with: natgrad fit --resume {}", f.path().display())),
            None => out.note("interrupted"),
        }
        return Ok(130);
    }
    if let Some(f) = &folder {
        out.note(&format!("results are in {} (report.html opens in a browser)", f.path().display()));
    }
    Ok(0)
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

fn write_run(
    folder: &RunFolder,
    described: &Described,
    progress: &Progress,
    point: &Point,
    seconds: &[f64],
    summary: &Summary,
) -> Result<(), Failure> {
    folder.write_model(&ModelFile::of(described, point))?;
    let names = [
        "iteration",
        "passes",
        "seconds",
        "elbo",
        "entropy_sum",
        "recognition",
        "prior",
        "observable",
        "base_measure",
        "remaining",
        "stationarity",
        "step_size",
        "metric",
    ];
    let metrics: Vec<String> = {
        let mut m: Vec<String> = progress.trace.iter().map(|r| r.metric.clone()).collect();
        m.sort();
        m.dedup();
        m
    };
    let columns: Vec<Column> = names
        .iter()
        .map(|n| Column {
            name: (*n).into(),
            kind: if *n == "metric" { ColumnKind::Levels(metrics.clone()) } else { ColumnKind::Number },
            missing: true,
        })
        .collect();
    let mut data = vec![Vec::new(); names.len()];
    for (i, r) in progress.trace.iter().enumerate() {
        let metric = metrics.iter().position(|m| *m == r.metric).unwrap_or(0) as f64;
        let values = [
            r.iteration as f64,
            r.passes,
            seconds.get(i).copied().unwrap_or(f64::NAN),
            r.elbo,
            r.entropies.sum(),
            r.entropies.recognition,
            r.entropies.prior,
            r.entropies.observable,
            r.entropies.base_measure,
            r.remaining.unwrap_or(f64::NAN),
            r.stationarity.unwrap_or(f64::NAN),
            r.step_size,
            metric,
        ];
        data.iter_mut().zip(values).for_each(|(c, v)| c.push(v));
    }
    folder.write_trace(&columns, &data)?;
    folder.write_summary(summary)?;
    super::report::write(folder)
}

impl DataArguments {
    /// The first file's name, for messages.
    pub fn shown(&self) -> String {
        self.data.first().map_or_else(String::new, |p: &PathBuf| Path::display(p).to_string())
    }
}
