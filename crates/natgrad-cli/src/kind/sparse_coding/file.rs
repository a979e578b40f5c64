//! Model files of sparse coding, and rows for them.

use super::SPARSE_CODING;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::latent::LatentFile;
use crate::output::Output;
use natgrad::catalogue::latent::{Centred, DictionarySettings, SparseDictionary, check_whole};
use natgrad::geometry::Point;
use natgrad::model::sparse_coding::Covariance;
use natgrad::rows::{Column, ColumnKind, RowSource};
use serde_json::{Value, json};

/// A model file.
#[derive(Debug, Clone)]
pub struct SparseFile(pub LatentFile);

/// A fitted model and rows for it.
pub struct Loaded {
    /// The model.
    pub model: SparseDictionary,
    /// Its parameters.
    pub point: Point,
    /// The rows, less the model's mean.
    pub source: Centred<Box<dyn RowSource>>,
}

impl SparseFile {
    /// The file of a model at a point.
    pub fn of(model: &SparseDictionary, at: &Point) -> LatentFile {
        LatentFile::of(SPARSE_CODING, json!(model.settings()), model.columns(), model.parameters(at), at)
    }

    /// Its settings; what a file written elsewhere leaves out is read off its parameters.
    pub fn settings(&self) -> Result<DictionarySettings, Failure> {
        let first = || self.0.parameters.get("dictionary")?.get(0).and_then(Value::as_array);
        Ok(DictionarySettings {
            latent_dim: self.0.setting("latent_dim")?.unwrap_or_else(|| first().map_or(0, Vec::len)),
            covariance: self.0.setting("covariance")?.unwrap_or(Covariance::Diagonal),
        })
    }

    /// The point of this file in a model; the exact coordinates where they give the file's parameters. Elements that are not
    /// used rest where fits now leave them: files of earlier versions may hold scales whose beliefs leave the numbers.
    pub fn point(&self, model: &SparseDictionary) -> Result<Point, Failure> {
        let point = model.point(&self.0.parameters).map_err(|e| self.0.named(e))?;
        Ok(model.model().lifted(&self.0.exact(point, |p| model.parameters(p))))
    }

    /// The model by itself.
    pub fn alone(&self) -> Result<(SparseDictionary, Point), Failure> {
        let column = |name: &String| Column { name: name.clone(), kind: ColumnKind::Number, missing: false };
        let columns = self.0.names().iter().map(column).collect();
        let settings = self.settings()?;
        if settings.latent_dim == 0 {
            // Says what is wrong with the dictionary.
            let problem = natgrad::Error::Parameter {
                name: "dictionary".into(),
                problem: "is missing, or has no elements".into(),
                hint: "see the model file that `natgrad fit` writes".into(),
            };
            return Err(self.0.named(problem));
        }
        let model = SparseDictionary::of_file(settings, columns, &self.0.parameters).map_err(|e| self.0.named(e))?;
        let point = self.point(&model)?;
        Ok((model, point))
    }

    /// The model with rows that it is given now.
    pub fn load(&self, data: &DataArguments, out: &Output) -> Result<Loaded, Failure> {
        let (model, point) = self.alone()?;
        let source = self.0.rows(data, model.columns(), out)?;
        check_whole(source.as_ref()).map_err(|e| Failure::from(e).in_files(&data.data))?;
        let source = model.centred(source);
        Ok(Loaded { model, point, source })
    }
}
