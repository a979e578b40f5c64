//! Sparse coding with its columns: checks, starts, and parameters as model files have them.
//!
//! `{"dictionary": [columns][elements], "scales": [elements], "noise": variance}`

use super::numbers::{list, part, table};
use crate::Error;
use crate::geometry::Point;
use crate::model::sparse_coding::{Dictionary, SparseCoding};
use crate::rows::{Column, RowSource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Settings of sparse coding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DictionarySettings {
    /// Number of dictionary elements.
    pub latent_dim: usize,
}

/// Sparse coding of certain columns.
#[derive(Debug, Clone)]
pub struct SparseDictionary {
    settings: DictionarySettings,
    columns: Vec<Column>,
    model: SparseCoding,
}

impl SparseDictionary {
    /// The model of columns.
    ///
    /// # Errors
    /// [`Error::Setting`] for no columns or no elements.
    pub fn new(settings: DictionarySettings, columns: Vec<Column>) -> Result<Self, Error> {
        let model = SparseCoding::new(columns.len(), settings.latent_dim)?;
        Ok(SparseDictionary { settings, columns, model })
    }

    /// The model for data, and the mean square of their cells.
    ///
    /// # Errors
    /// [`Error::Data`] for a missing or infinite cell, or where there are no rows; as [`Self::new`].
    pub fn for_data(settings: DictionarySettings, source: &dyn RowSource) -> Result<(Self, f64), Error> {
        let (mut squares, mut cells) = (0.0, 0.0);
        let mut problem = None;
        for stretch in source.stretches() {
            source.sweep(stretch, &mut |_, chunk| {
                for d in 0..source.columns().len() {
                    for (n, &x) in chunk.column(d).iter().enumerate() {
                        squares += chunk.weight(n) * x * x;
                        cells += chunk.weight(n);
                        if !x.is_finite() && problem.is_none() {
                            problem = Some((chunk.first_row + n as u64 + 1, d, x));
                        }
                    }
                }
                Ok(())
            })?;
        }
        if let Some((row, d, x)) = problem {
            let what = if x.is_nan() { "is missing".to_string() } else { format!("is {x}") };
            return Err(Error::Data {
                problem: format!("row {row}, column \"{}\": the cell {what}", source.columns()[d].name),
                hint: "sparse coding reads whole rows: impute them first, with factor-analysis for example".into(),
            });
        }
        if cells <= 0.0 {
            return Err(Error::Data { problem: "the data have no rows".into(), hint: "check the file".into() });
        }
        Ok((Self::new(settings, source.columns().to_vec())?, squares / cells))
    }

    /// The settings.
    pub fn settings(&self) -> &DictionarySettings {
        &self.settings
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The model itself.
    pub fn model(&self) -> &SparseCoding {
        &self.model
    }

    /// Parameters as model files have them.
    pub fn parameters(&self, at: &Point) -> Value {
        let d = self.model.dictionary(at);
        let rows: Vec<&[f64]> = d.weights.chunks_exact(self.model.elements()).collect();
        json!({"dictionary": rows, "scales": d.scales, "noise": d.noise})
    }

    /// A point from parameters as model files have them.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming what is missing, of wrong shape or outside its domain.
    pub fn point(&self, parameters: &Value) -> Result<Point, Error> {
        let (d, h) = (self.model.columns(), self.model.elements());
        let weights = table(part(parameters, "dictionary")?, "dictionary", d, h)?;
        let scales = list(part(parameters, "scales")?, "scales", h)?;
        let noise = list(&json!([part(parameters, "noise")?]), "noise", 1)?[0];
        self.model.point(&Dictionary { weights, scales, noise })
    }
}
