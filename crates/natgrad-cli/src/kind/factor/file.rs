//! Model files of factor models, and rows for them.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::{Opened, start};
use crate::model_file::{check_head, setting};
use crate::output::Output;
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
use natgrad::geometry::Point;
use natgrad::rows::{Chunk, Column, ColumnKind, RowSource};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What a model file of a factor model holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FactorFile {
    format: String,
    version: u32,
    model: FactorName,
    #[serde(default)]
    settings: Value,
    columns: Vec<String>,
    parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    natural: Option<Vec<f64>>,
    /// Where it was read, for messages.
    #[serde(skip)]
    path: PathBuf,
}

/// A fitted model and rows for it.
pub struct Loaded {
    /// The model.
    pub model: FactorAnalysis,
    /// Its parameters.
    pub point: Point,
    /// The rows.
    pub source: Box<dyn RowSource>,
}

impl FactorFile {
    /// The file of a model at a point.
    pub fn of(model: &FactorAnalysis, at: &Point) -> Self {
        FactorFile {
            format: "natgrad-model".into(),
            version: 1,
            model: model.settings().model,
            settings: json!(model.settings()),
            columns: model.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: model.parameters(at),
            natural: Some(at.0.clone()),
            path: PathBuf::new(),
        }
    }

    /// Reads a model file.
    pub fn read(file: &Opened<'_>) -> Result<Self, Failure> {
        check_head(&file.value, &file.path)?;
        let mut own: FactorFile = serde_json::from_value(file.value.clone()).map_err(|e| {
            Failure::new(
                format!("{}: {e}", file.path.display()),
                "a model file looks like the model.json that `natgrad fit --out RUN` writes",
            )
        })?;
        own.path.clone_from(&file.path);
        Ok(own)
    }

    /// Refuses it as a start of rows with other columns.
    pub fn check_columns(&self, columns: &[Column]) -> Result<(), Failure> {
        start::check_columns(&self.path, &self.columns, columns)
    }

    /// Its settings; what a file written elsewhere leaves out is read off its parameters.
    pub fn settings(&self) -> Result<FactorSettings, Failure> {
        let first = || self.parameters.get("loadings")?.get(0).and_then(Value::as_array);
        Ok(FactorSettings {
            model: self.model,
            latent_dim: self.setting("latent_dim")?.unwrap_or_else(|| first().map_or(0, Vec::len)),
            chart: self.setting("chart")?,
        })
    }

    fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        setting(&self.settings, name, &self.path)
    }

    /// The columns by themselves, any cell of them missing.
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: &String| Column { name: name.clone(), kind: ColumnKind::Number, missing: true };
        self.columns.iter().map(column).collect()
    }

    /// The point of this file in a model; the exact coordinates where they give the file's parameters.
    pub fn point(&self, model: &FactorAnalysis) -> Result<Point, Failure> {
        let point = model.point(&self.parameters).map_err(|e| Failure::from(e).in_file(self.path.display()))?;
        if let Some(natural) = &self.natural {
            let exact = Point(natural.clone());
            if exact.0.len() == point.0.len() && model.parameters(&exact) == self.parameters {
                return Ok(exact);
            }
        }
        Ok(point)
    }

    /// The model by itself.
    pub fn alone(&self) -> Result<(FactorAnalysis, Point), Failure> {
        let named = |e: natgrad::Error| Failure::from(e).in_file(self.path.display());
        let model = FactorAnalysis::new(self.settings()?, self.columns()).map_err(named)?;
        let point = self.point(&model)?;
        // Asked of no rows, it says whether the parameters have a covariance.
        model.factors().factors(&point, &Chunk { first_row: 0, rows: 0, values: &[], weights: None }).map_err(named)?;
        Ok((model, point))
    }

    /// The model with rows that it is given now.
    pub fn load(&self, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
        let (model, point) = self.alone()?;
        let source = data.reading.open_for(&data.data, &self.columns(), out)?;
        if source.rows() == 0 {
            return Err(Failure::from(natgrad::Error::Data {
                problem: "the data have no rows".into(),
                hint: "check the file, or drop --no-header if it has a header row only".into(),
            })
            .in_files(&data.data));
        }
        Ok(Loaded { model, point, source })
    }
}
