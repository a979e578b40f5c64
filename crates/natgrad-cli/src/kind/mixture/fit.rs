//! Fitting mixtures: options into a model, rows into what it reads.

use crate::command::fit::{Arguments, Recognition, Shape, Structure};
use crate::command::fit::{Fittable, Plan, Reached, check_fingerprint, climb, fingerprint};
use crate::data::Reading;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::{CovarianceShape, Described, Ended, FamilyName, ModelName, Spec, Summary, summarise};
use natgrad::diagnose::Restarts;
use natgrad::engine::{Outcome, Progress};
use natgrad::geometry::Point;
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind, Profile, RowSource, merge_duplicates};
use natgrad_io::RunFolder;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a checkpoint keeps of a mixture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MixturePlan {
    spec: Spec,
    named: Vec<String>,
    all_levels: bool,
}

/// Begins a fit.
pub fn begin(model: ModelName, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(option) = arguments.network.given() {
        return Err(Failure::new(
            format!("{option} does nothing in a {model}"),
            "it goes with bayes-net: leave it out",
        ));
    }
    if arguments.recognition() == Recognition::MeanField {
        return Err(Failure::new(
            format!("--recognition mean-field does nothing in a {model}"),
            "its posterior is exact: leave it out",
        ));
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
    let own = json!(MixturePlan { spec: spec.clone(), named: opened.named, all_levels: opened.all_levels });
    let seeds = arguments.seeds();
    let data = arguments.data.clone();
    let named = |f: Failure| f.in_files(&data);
    let prepared = prepare(spec, opened.source).map_err(named)?;
    let points = match &start_file {
        Some(file) => vec![file.point(&prepared.described)?],
        None => {
            let starts = prepared.described.starts(prepared.rows(), &prepared.profile, &seeds);
            starts.map_err(|e| named(e.into()))?
        }
    };
    let plan = arguments.plan(&model.to_string(), own, seeds, prepared.fingerprint());
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress: Vec<Progress> = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

/// Goes on with a run.
pub fn go_on(
    own: &MixturePlan,
    plan: &Plan,
    reached: Reached,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let guess = |_: &str| false;
    let source = plan.reading.open(&plan.data, own.all_levels, own.named.clone(), guess, out)?;
    let prepared = prepare(own.spec.clone(), source).map_err(|f| f.in_files(&plan.data))?;
    check_fingerprint(plan, prepared.fingerprint())?;
    climb(plan, &prepared, reached, folder, out)
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
pub fn check_options(model: ModelName, structure: &Structure) -> Result<(), Failure> {
    let has_normals = matches!(model, ModelName::GaussianMixture | ModelName::Mixture);
    let unused = |option: &str, whose: &str| {
        Err(Failure::new(format!("{option} does nothing in a {model}"), format!("it goes with {whose}: leave it out")))
    };
    if structure.covariance.is_some() && !has_normals {
        return unused("--covariance", "normal columns");
    }
    let known =
        |option: &str, given: &[String], names: &[&str]| match given.iter().find(|g| !names.contains(&g.as_str())) {
            Some(other) => Err(Failure::new(
                format!("invalid value '{other}' for '{option}'"),
                format!("choose from {}", names.join(", ")),
            )),
            None => Ok(()),
        };
    known("--tie", &structure.tie, &["items"])?;
    known("--freeze", &structure.freeze, &["weights", "covariances"])?;
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

/// The families that --family gives to columns.
pub fn families_given(structure: &Structure) -> Result<BTreeMap<String, FamilyName>, Failure> {
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
    spec.tie_items = !structure.tie.is_empty();
    spec.freeze_weights = structure.freeze.iter().any(|f| f == "weights");
    spec.freeze_covariances = structure.freeze.iter().any(|f| f == "covariances");
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

    /// Number of rows, weight, means and ranges of the columns in one number.
    fn fingerprint(&self) -> u64 {
        let columns = self.profile.columns.iter().flat_map(|c| [c.weight, c.mean, c.squares, c.min, c.max]);
        fingerprint([self.rows_in_data, self.profile.weight.to_bits()].into_iter().chain(columns.map(f64::to_bits)))
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

impl Fittable for Prepared {
    fn learning(&self) -> Learning<'_> {
        Prepared::learning(self)
    }

    fn rows_in_data(&self) -> u64 {
        self.rows_in_data
    }

    fn align(&self, restarts: &mut Restarts, best: &Point, ends: &[Option<&Point>], weight: f64) {
        let mixture = self.described.mixture();
        let weights = mixture.weights(best);
        let mut spread: f64 = 0.0;
        restarts.labels = ends
            .iter()
            .enumerate()
            .map(|(i, end)| {
                let at = end.filter(|_| restarts.agrees(i, weight))?;
                let labels = mixture.align(best, at);
                let theirs = mixture.weights(at);
                labels.iter().zip(&weights).for_each(|(&j, w)| spread = spread.max((theirs[j] - w).abs()));
                Some(labels.into_iter().map(|j| j + 1).collect())
            })
            .collect();
        restarts.weight_spread = Some(spread);
    }

    fn settle(&self, outcome: &Outcome, _: usize) -> Result<(Outcome, Vec<String>), Failure> {
        Ok((outcome.clone(), Vec::new()))
    }

    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure> {
        let fit = Ended { progress: &outcome.progress, restarts: Some(restarts), seed };
        Ok(summarise(&self.described, &self.learning(), &outcome.look, tolerance, Some(fit))?)
    }

    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure> {
        Ok(folder.write_model(&ModelFile::of(&self.described, at))?)
    }
}
