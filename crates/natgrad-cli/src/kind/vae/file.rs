//! Model files of autoencoders: the shape in `model.json`, the parameters in `model.safetensors` beside it.

use super::VAE;
use crate::failure::Failure;
use crate::kind::Opened;
use crate::model_file::check_head;
use natgrad::engine::VariationalSettings;
use natgrad::model::vae::{Architecture, Units, Vae};
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::{NamedTensor, RunFolder, read_tensors, write_tensors};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What learning was told, as far as it matters afterwards.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// The model's shape.
    pub architecture: Architecture,
    /// Units of its columns; `null` where they are the data's own.
    pub units: Option<Units>,
    /// How it was learnt.
    pub learning: VariationalSettings,
}

/// What a model file of an autoencoder holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VaeFile {
    format: String,
    version: u32,
    model: String,
    /// Shape and learning.
    pub settings: Settings,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The two words of columns that hold words, by their places.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    levels: BTreeMap<usize, Vec<String>>,
    parameters: Parameters,
    #[serde(skip)]
    path: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parameters {
    /// The file with the tensors, beside this one.
    tensors: String,
}

/// The words of a column, where it has some.
fn levels(column: &Column) -> Option<&[String]> {
    match &column.kind {
        ColumnKind::Levels(levels) => Some(levels),
        ColumnKind::Number => None,
    }
}

/// Where the tensors lie in a run.
const TENSORS: &str = "model.safetensors";

/// What `settings.architecture` must say, each with what it is: the tensors' names and shapes follow from it.
const ARCHITECTURE: [(&str, &str); 9] = [
    ("columns", "the number of columns"),
    ("latents", "the number of latents"),
    ("encoder", "widths of the encoder's hidden layers"),
    ("decoder", "widths of the decoder's hidden layers"),
    ("activation", "\"tanh\", \"relu\" or \"softplus\""),
    ("observable", "\"gaussian\", \"bernoulli\" or \"poisson\""),
    ("variance", "\"scalar\", \"column\", \"network\" or {\"fixed\": V}"),
    ("prior", "\"fixed\" or \"learnt\""),
    ("deviations", "\"network\", or \"shared\" where there is a tensor \"encoder.log_deviations\""),
];

/// Refuses files without a whole shape.
fn check_architecture(value: &serde_json::Value, path: &Path) -> Result<(), Failure> {
    let missing = |what: &str, meaning: &str| {
        Failure::new(
            format!("{}: settings.{what} is missing", path.display()),
            format!("`natgrad fit vae --out RUN` writes it ({meaning}): bring back the model.json of the fit"),
        )
    };
    let Some(architecture) = value.get("settings").and_then(|s| s.get("architecture")) else {
        return Err(missing("architecture", "the model's shape"));
    };
    if let Some((name, meaning)) = ARCHITECTURE.iter().find(|(name, _)| architecture.get(name).is_none()) {
        return Err(missing(&format!("architecture.{name}"), meaning));
    }
    // Without them the parameters would be read in other units, and nothing could tell.
    match value["settings"].get("units") {
        None => Err(missing("units", "zeros and units of the columns, or null where they are the data's own")),
        Some(_) => Ok(()),
    }
}

impl VaeFile {
    /// The file of a model.
    pub fn of(vae: &Vae, learning: &VariationalSettings, columns: &[Column]) -> Self {
        VaeFile {
            format: "natgrad-model".into(),
            version: 1,
            model: VAE.into(),
            settings: Settings {
                architecture: vae.architecture().clone(),
                units: vae.units().cloned(),
                learning: learning.clone(),
            },
            columns: columns.iter().map(|c| c.name.clone()).collect(),
            levels: columns.iter().enumerate().filter_map(|(d, c)| Some((d, levels(c)?.to_vec()))).collect(),
            parameters: Parameters { tensors: TENSORS.into() },
            path: PathBuf::new(),
        }
    }

    /// Writes model and parameters into a run folder, the parameters first.
    pub fn write(&self, folder: &RunFolder, vae: &Vae, at: &[f64]) -> Result<(), Failure> {
        let tensors: Vec<NamedTensor> = vae
            .layout()
            .tensors
            .iter()
            .map(|t| NamedTensor { name: t.name.clone(), shape: t.shape.clone(), values: at[t.range()].to_vec() })
            .collect();
        write_tensors(&folder.tensors_path(), &tensors)?;
        Ok(folder.write_model(self)?)
    }

    /// Reads a model file.
    pub fn read(file: &Opened<'_>) -> Result<Self, Failure> {
        check_head(&file.value, &file.path)?;
        check_architecture(&file.value, &file.path)?;
        let mut own: VaeFile = serde_json::from_value(file.value.clone()).map_err(|e| {
            Failure::new(
                format!("{}: {e}", file.path.display()),
                "a model file looks like the model.json that `natgrad fit vae --out RUN` writes",
            )
        })?;
        own.path.clone_from(&file.path);
        Ok(own)
    }

    /// The model and its parameters.
    pub fn load(&self) -> Result<(Vae, Vec<f64>), Failure> {
        let named = |e: natgrad::Error| Failure::from(e).in_file(self.path.display());
        let vae = Vae::new(self.settings.architecture.clone()).map_err(named)?;
        let vae = vae.in_units(self.settings.units.clone()).map_err(named)?;
        if self.columns.len() != vae.architecture().columns {
            return Err(Failure::new(
                format!(
                    "{}: {} column names for {} columns",
                    self.path.display(),
                    self.columns.len(),
                    vae.architecture().columns
                ),
                "bring back the model.json that `natgrad fit vae --out RUN` wrote",
            ));
        }
        let wanted: Vec<(String, Vec<usize>)> =
            vae.layout().tensors.iter().map(|t| (t.name.clone(), t.shape.clone())).collect();
        let tensors = read_tensors(&self.path.with_file_name(&self.parameters.tensors), &wanted)?;
        Ok((vae, tensors.into_iter().flat_map(|t| t.values).collect()))
    }

    /// The columns by themselves.
    pub fn named_columns(&self) -> Vec<Column> {
        let kind = |d: usize| self.levels.get(&d).map_or(ColumnKind::Number, |l| ColumnKind::Levels(l.clone()));
        let column = |(d, name): (usize, &String)| Column { name: name.clone(), kind: kind(d), missing: false };
        self.columns.iter().enumerate().map(column).collect()
    }
}
