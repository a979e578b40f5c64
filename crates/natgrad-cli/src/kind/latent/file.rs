//! Model files of sigmoid belief nets and sparse coding, which differ in settings and parameters only.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::{Opened, start};
use crate::model_file::{check_head, setting};
use crate::output::Output;
use natgrad::geometry::Point;
use natgrad::rows::{Column, RowSource};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What such a model file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LatentFile {
    format: String,
    version: u32,
    model: String,
    #[serde(default)]
    settings: Value,
    columns: Vec<String>,
    /// Parameters, in the form of the model.
    pub parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    natural: Option<Vec<f64>>,
    /// Where it was read, for messages.
    #[serde(skip)]
    path: PathBuf,
}

impl LatentFile {
    /// The file of a model at a point.
    pub fn of(model: &str, settings: Value, columns: &[Column], parameters: Value, at: &Point) -> Self {
        LatentFile {
            format: "natgrad-model".into(),
            version: 1,
            model: model.into(),
            settings,
            columns: columns.iter().map(|c| c.name.clone()).collect(),
            parameters,
            natural: Some(at.0.clone()),
            path: PathBuf::new(),
        }
    }

    /// Without the exact coordinates, where parameters give them well enough and are many.
    pub fn without_coordinates(mut self) -> Self {
        self.natural = None;
        self
    }

    /// Puts something into the settings.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Value::Object(settings) = &mut self.settings {
            settings.insert(name.into(), value);
        }
    }

    /// A file beside this one.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Reads a model file.
    pub fn read(file: &Opened<'_>) -> Result<Self, Failure> {
        check_head(&file.value, &file.path)?;
        let mut own: LatentFile = serde_json::from_value(file.value.clone()).map_err(|e| {
            Failure::new(
                format!("{}: {e}", file.path.display()),
                "a model file looks like the model.json that `natgrad fit --out RUN` writes",
            )
        })?;
        own.path.clone_from(&file.path);
        Ok(own)
    }

    /// Reads what `--start` names, and refuses other models.
    pub fn read_start(path: &Path, model: &str) -> Result<Self, Failure> {
        Self::read(&start::read(path, model)?)
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of its columns.
    pub fn names(&self) -> &[String] {
        &self.columns
    }

    /// A part of its settings; `None` where the file leaves it out.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        setting(&self.settings, name, &self.path)
    }

    /// Refuses a start for other columns than the data have.
    pub fn check_columns(&self, columns: &[Column]) -> Result<(), Failure> {
        start::check_columns(&self.path, &self.columns, columns)
    }

    /// Names this file in an error of the library.
    pub fn named(&self, e: natgrad::Error) -> Failure {
        Failure::from(e).in_file(self.path.display())
    }

    /// The point that the parameters give; the exact coordinates where they say the same.
    pub fn exact(&self, point: Point, parameters: impl Fn(&Point) -> Value) -> Point {
        match &self.natural {
            Some(natural) if natural.len() == point.0.len() => {
                let exact = Point(natural.clone());
                if parameters(&exact) == self.parameters { exact } else { point }
            }
            _ => point,
        }
    }

    /// Rows for the model's columns, of which there must be some.
    pub fn rows(&self, data: &DataArguments, columns: &[Column], out: &Output) -> Result<Box<dyn RowSource>, Failure> {
        let source = data.reading.open_for(&data.data, columns, out)?;
        if source.rows() == 0 {
            return Err(Failure::from(natgrad::Error::Data {
                problem: "the data have no rows".into(),
                hint: "check the file, or drop --no-header if it has a header row only".into(),
            })
            .in_files(&data.data));
        }
        Ok(source)
    }
}
