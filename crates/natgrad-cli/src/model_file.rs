//! Model files: the contract's JSON, with the exact natural coordinates beside the parameters.
//!
//! The coordinates are used only where they give exactly the parameters that stand in the file, so that a reloaded model
//! has the same bits, and an edited one its edited values.

use crate::failure::Failure;
use crate::kind::network::BAYES_NET;
use crate::kind::start;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::geometry::Point;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::{RunFolder, read_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What a model file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelFile {
    format: String,
    version: u32,
    model: ModelName,
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    columns: Vec<String>,
    parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    natural: Option<Vec<f64>>,
    /// Where it was read, for messages.
    #[serde(skip)]
    path: PathBuf,
}

/// Levels of each column, `None` for numbers.
type LevelNames = Vec<Option<Vec<String>>>;

fn bad(path: &Path, problem: impl std::fmt::Display) -> Failure {
    Failure::new(
        format!("{}: {problem}", path.display()),
        "a model file looks like the model.json that `natgrad fit --out RUN` writes",
    )
}

/// Refuses files of another kind or version. The kind comes first: nothing else can be said of a file of another kind.
pub fn check_head(head: &Value, path: &Path) -> Result<(), Failure> {
    match head.get("format") {
        Some(Value::String(format)) if format == "natgrad-model" => {}
        Some(format) => return Err(bad(path, format!("its format is {format}, not \"natgrad-model\""))),
        None => return Err(bad(path, "it has no \"format\": it is not a model file")),
    }
    match head.get("version") {
        Some(version) if *version == json!(1) => Ok(()),
        Some(version) => Err(bad(path, format!("its version is {version}, this program reads version 1"))),
        None => Err(bad(path, "it has no \"version\"")),
    }
    .and_then(|()| match head.get("settings") {
        None | Some(Value::Null | Value::Object(_)) => Ok(()),
        Some(settings) => Err(bad(path, format!("its settings are {settings}, and not named values in braces"))),
    })
}

/// A part of a file's settings; `None` where the file leaves it out.
pub fn setting<T: DeserializeOwned>(settings: &Value, name: &str, path: &Path) -> Result<Option<T>, Failure> {
    match settings.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::deserialize(value).map(Some).map_err(|e| bad(path, format!("settings.{name}: {e}"))),
    }
}

impl ModelFile {
    /// The file of a model at a point.
    pub fn of(described: &Described, at: &Point) -> Self {
        let levels: LevelNames = described
            .columns()
            .iter()
            .map(|c| match &c.kind {
                ColumnKind::Levels(l) => Some(l.clone()),
                ColumnKind::Number => None,
            })
            .collect();
        let mut settings = json!(described.spec());
        if let Value::Object(map) = &mut settings {
            map.insert("levels".into(), json!(levels));
        }
        ModelFile {
            format: "natgrad-model".into(),
            version: 1,
            model: described.spec().model,
            settings,
            columns: described.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: described.parameters(at),
            natural: Some(at.0.clone()),
            path: PathBuf::new(),
        }
    }

    /// Reads a model file, or the one of a run folder.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let path = if path.is_dir() { RunFolder::open(path)?.model()? } else { path.to_path_buf() };
        let head: Value = read_json(&path)?;
        check_head(&head, &path)?;
        if head.get("model").and_then(Value::as_str) == Some(BAYES_NET) {
            return Err(Failure::new(
                format!("{}: it is a bayes-net, and this is for mixtures", path.display()),
                "fit, score, predict, impute, sample, check and query take networks; `natgrad fit bayes-net --start` goes on from one",
            ));
        }
        let name = head.get("model").and_then(Value::as_str).unwrap_or_default();
        if name.parse::<ModelName>().is_err() && crate::kind::named(name).is_some() {
            return Err(Failure::new(
                format!("{}: it is a {name}, and this is for mixtures", path.display()),
                "fit --start, score, predict, impute, sample and check take it",
            ));
        }
        let mut file: ModelFile = serde_json::from_value(head).map_err(|e| bad(&path, e))?;
        // Said here, so that nothing that asks for them later takes others instead.
        file.setting::<LevelNames>("levels", &path)?;
        file.setting::<Vec<[f64; 2]>>("charts", &path)?;
        file.path = path;
        Ok(file)
    }

    /// Reads what `--start` names: a model file, a run, or bare parameters.
    pub fn read_start(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            return Self::read(path);
        }
        let value: Value = read_json(path)?;
        if value.get("format").is_some() {
            return Self::read(path);
        }
        let parameters = value.get("parameters").cloned().unwrap_or(value);
        if parameters.get("weights").is_none() {
            return Err(bad(path, "parameters.weights is missing"));
        }
        Ok(ModelFile {
            format: "natgrad-model".into(),
            version: 1,
            model: ModelName::Mixture,
            settings: Value::Null,
            columns: Vec::new(),
            parameters,
            natural: None,
            path: path.into(),
        })
    }

    /// Refuses a start that belongs to another model or to other columns; bare parameters say nothing of either.
    pub fn check_start_of(&self, model: ModelName, columns: &[Column]) -> Result<(), Failure> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let form = |m: ModelName| if m == ModelName::LatentClass { ModelName::CategoricalMixture } else { m };
        if form(self.model) != form(model) {
            return Err(start::other_model(&self.path, &self.model.to_string(), &model.to_string()));
        }
        start::check_columns(&self.path, &self.columns, columns)
    }

    /// Number of components.
    pub fn components(&self) -> usize {
        self.parameters.get("weights").and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// The charts of its normal columns, if it has any.
    pub fn charts(&self) -> Vec<[f64; 2]> {
        self.settings.get("charts").and_then(|c| serde_json::from_value(c.clone()).ok()).unwrap_or_default()
    }

    /// The columns as the model knows them, without regard to any data.
    pub fn columns(&self) -> Vec<Column> {
        let levels: LevelNames = self
            .settings
            .get("levels")
            .and_then(|l| serde_json::from_value(l.clone()).ok())
            .or_else(|| {
                let given: Option<Vec<Vec<String>>> =
                    self.parameters.get("levels").and_then(|l| serde_json::from_value(l.clone()).ok());
                given.map(|l| l.into_iter().map(Some).collect())
            })
            .unwrap_or_default();
        self.columns
            .iter()
            .enumerate()
            .map(|(d, name)| Column {
                name: name.clone(),
                kind: match levels.get(d).cloned().flatten() {
                    Some(l) => ColumnKind::Levels(l),
                    None => ColumnKind::Number,
                },
                missing: true,
            })
            .collect()
    }

    /// The settings; what a file written elsewhere leaves out is read off its parameters.
    pub fn spec(&self, path: &Path) -> Result<Spec, Failure> {
        let read_off = || self.parameters.get("weights").and_then(Value::as_array).map(Vec::len);
        let components = match self.setting("components", path)? {
            Some(components) => components,
            None => read_off().ok_or_else(|| bad(path, "parameters.weights is missing"))?,
        };
        if self.columns.is_empty() {
            return Err(bad(path, "columns is missing"));
        }
        let width = self.columns.len();
        let family = |d: usize| -> Result<FamilyName, Failure> {
            Ok(match self.model {
                ModelName::GaussianMixture => FamilyName::Normal,
                ModelName::BernoulliMixture => FamilyName::Bernoulli,
                ModelName::LatentClass | ModelName::CategoricalMixture => FamilyName::Categorical,
                ModelName::PoissonMixture => FamilyName::Poisson,
                ModelName::ExponentialMixture => FamilyName::Exponential,
                ModelName::GammaMixture => FamilyName::Gamma,
                ModelName::GeometricMixture => FamilyName::Geometric,
                ModelName::NegativeBinomialMixture => {
                    let r = self.parameters.get("dispersions").and_then(|v| v.get(d)).and_then(Value::as_f64);
                    FamilyName::NegativeBinomial(r.ok_or_else(|| bad(path, format!("dispersions[{d}] is missing")))?)
                }
                ModelName::Mixture => {
                    let block = self.parameters.get("blocks").and_then(|b| b.get(d));
                    let of = block.and_then(|b| b.get("columns"));
                    if of.is_some_and(|of| *of != json!([self.columns[d]])) {
                        return Err(bad(
                            path,
                            format!("without settings, blocks[{d}] must be the column \"{}\" alone", self.columns[d]),
                        ));
                    }
                    let name = block.and_then(|b| b.get("family"));
                    let name = name.and_then(Value::as_str).ok_or_else(|| bad(path, "blocks[…].family is missing"))?;
                    name.parse()?
                }
            })
        };
        let families = match self.setting("families", path)? {
            Some(families) => families,
            None => (0..width).map(family).collect::<Result<Vec<_>, _>>()?,
        };
        let covariances = self.parameters.get("covariances");
        let covariance = match self.setting("covariance", path)? {
            Some(named) => named,
            None => covariance_of(covariances, components, width).ok_or_else(|| {
                bad(
                    path,
                    "covariances of as many rows as components and columns may be diagonal or tied: say which in \
                     settings.covariance",
                )
            })?,
        };
        Ok(Spec {
            covariance_floor: self.setting("covariance_floor", path)?.unwrap_or(0.0),
            tie_items: self.setting("tie_items", path)?.unwrap_or(false),
            freeze_weights: self.setting("freeze_weights", path)?.unwrap_or(false),
            freeze_covariances: self.setting("freeze_covariances", path)?.unwrap_or(false),
            charts: self.charts(),
            ..Spec::new(self.model, components, families, covariance)
        })
    }

    fn setting<T: DeserializeOwned>(&self, name: &str, path: &Path) -> Result<Option<T>, Failure> {
        setting(&self.settings, name, path)
    }

    /// The point of this file in a model built from it.
    pub fn point(&self, described: &Described) -> Result<Point, Failure> {
        let point = described.point(&self.parameters).map_err(|e| Failure::from(e).in_file(self.path.display()))?;
        if let Some(natural) = &self.natural {
            let exact = Point(natural.clone());
            if exact.0.len() == point.0.len() && described.parameters(&exact) == self.parameters {
                return Ok(exact);
            }
        }
        Ok(point)
    }
}

/// The shape of covariances from the nesting of their array; `None` where it may be diagonal or tied.
fn covariance_of(value: Option<&Value>, components: usize, width: usize) -> Option<CovarianceShape> {
    let depth = |v: &Value| -> usize {
        let mut depth = 0;
        let mut at = v;
        while let Some(first) = at.as_array().and_then(|a| a.first()) {
            depth += 1;
            at = first;
        }
        depth
    };
    let rows = value.and_then(Value::as_array).map_or(0, Vec::len);
    Some(match value.map(depth) {
        Some(3) => CovarianceShape::Full,
        Some(1) => CovarianceShape::Spherical,
        // One column: a tied variance and a diagonal one of one component are the same.
        Some(2) if rows == width && rows == components && width > 1 => return None,
        Some(2) if rows == width && rows != components => CovarianceShape::Tied,
        _ => CovarianceShape::Diagonal,
    })
}
