//! Model files of sigmoid belief nets, and rows for them.

use super::SIGMOID_BELIEF_NET;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::LatentFile;
use crate::kind::start;
use crate::output::Output;
use natgrad::catalogue::latent::{BeliefNet, BeliefNetSettings};
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::Recognition;
use natgrad::rows::{Column, ColumnKind, RowSource};
use serde_json::{Value, json};

/// A model file.
#[derive(Debug, Clone)]
pub struct BeliefFile(pub LatentFile);

/// A fitted net and rows for it.
pub struct Loaded {
    /// The net, with missing cells where the rows have them.
    pub model: BeliefNet,
    /// Its parameters.
    pub point: Point,
    /// The rows.
    pub source: Box<dyn RowSource>,
}

impl BeliefFile {
    /// The file of a net at a point; columns of words keep their words in the settings.
    pub fn of(model: &BeliefNet, at: &Point) -> LatentFile {
        let levels: Vec<Option<&[String]>> = (0..model.columns().len()).map(|d| model.levels(d)).collect();
        let mut settings = json!(model.settings());
        if let (true, Value::Object(map)) = (levels.iter().any(Option::is_some), &mut settings) {
            map.insert("levels".into(), json!(levels));
        }
        LatentFile::of(SIGMOID_BELIEF_NET, settings, model.columns(), model.parameters(at), at)
    }

    /// Its settings; what a file written elsewhere leaves out is read off its parameters.
    pub fn settings(&self) -> Result<BeliefNetSettings, Failure> {
        let read_off = || {
            let layers = self.0.parameters["layers"].as_array().map_or(&[][..], Vec::as_slice);
            let width = |layer: &Value| layer["weights"][0].as_array().map_or(0, Vec::len);
            layers.iter().map(width).collect()
        };
        let layers = self.0.setting("layers")?.unwrap_or_else(read_off);
        let apart = self.0.setting("mean_field")?.unwrap_or(false) || self.0.parameters.get("encoder").is_some();
        let recognition = match self.0.setting("cluster")? {
            _ if !apart => Recognition::Exact,
            None => Recognition::MeanField,
            Some(units) => Recognition::Structured(units),
        };
        Ok(BeliefNetSettings { layers, recognition })
    }

    /// The columns by themselves.
    pub fn columns(&self) -> Result<Vec<Column>, Failure> {
        let levels: Vec<Option<Vec<String>>> = self.0.setting("levels")?.unwrap_or_default();
        let kind = |d: usize| match levels.get(d).cloned().flatten() {
            Some(levels) => ColumnKind::Levels(levels),
            None => ColumnKind::Number,
        };
        let names = self.0.names().iter().enumerate();
        Ok(names.map(|(d, name)| Column { name: name.clone(), kind: kind(d), missing: false }).collect())
    }

    /// Refuses a start for other columns than the data have, or for other words in them.
    pub fn check_columns(&self, columns: &[Column]) -> Result<(), Failure> {
        self.0.check_columns(columns)?;
        start::check_words(self.0.path(), &self.columns()?, columns)
    }

    /// The point of this file in a net; the exact coordinates where they give the file's parameters.
    pub fn point(&self, model: &BeliefNet) -> Result<Point, Failure> {
        let point = model.point(&self.0.parameters).map_err(|e| self.0.named(e))?;
        Ok(self.0.exact(point, |p| model.parameters(p)))
    }

    /// The net by itself.
    pub fn alone(&self) -> Result<(BeliefNet, Point), Failure> {
        let settings = self.settings()?;
        if settings.layers.is_empty() || settings.layers.contains(&0) {
            let problem = natgrad::Error::Parameter {
                name: "layers".into(),
                problem: "is missing, or has a layer without weights".into(),
                hint: "see the model file that `natgrad fit` writes".into(),
            };
            return Err(self.0.named(problem));
        }
        let model = BeliefNet::new(settings, self.columns()?).map_err(|e| self.0.named(e))?;
        let point = self.point(&model)?;
        Ok((model, point))
    }

    /// The net with rows that it is given now.
    pub fn load(&self, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
        let (alone, point) = self.alone()?;
        let source = self.0.rows(data, alone.columns(), out)?;
        let (model, _) = BeliefNet::for_data(alone.settings().clone(), source.as_ref())
            .map_err(|e| Failure::from(e).in_files(&data.data))?;
        Ok(Loaded { model, point, source })
    }
}
