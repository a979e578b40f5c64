//! Sparse coding with its columns: checks, starts, and parameters as model files have them.
//!
//! `{"dictionary": [columns][elements], "scales": [elements], "noise": variance, "mean": [columns]}`
//!
//! The model explains deviations from 0. Rows are read less `mean`, the columns' means in the data that it was fitted to, which
//! are not learnt; a file without `mean` is of rows that are centred already.

use super::centred::Centred;
use super::numbers::{list, part, table};
use crate::Error;
use crate::engine::Progress;
use crate::geometry::Point;
use crate::model::sparse_coding::{Covariance, Dictionary, SparseCoding};
use crate::rows::{Column, Profile, RowSource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most elements whose beliefs have covariances unless asked otherwise.
const FULL: usize = 32;

/// Mean squares of cells for which the fourth powers of strengths, and those of noise 1e-11 of them, stay within the numbers.
const SIZES: (f64, f64) = (1e-120, 1e140);

/// Settings of sparse coding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DictionarySettings {
    /// Number of dictionary elements.
    pub latent_dim: usize,
    /// What beliefs keep; older files say nothing, and theirs are independent.
    #[serde(default)]
    pub covariance: Covariance,
}

impl DictionarySettings {
    /// Beliefs for so many elements where nothing is asked for: with covariances as long as they cost little.
    pub fn usual(latent_dim: usize) -> Self {
        let covariance = if latent_dim <= FULL { Covariance::Full } else { Covariance::Diagonal };
        DictionarySettings { latent_dim, covariance }
    }
}

/// Sparse coding of certain columns.
#[derive(Debug, Clone)]
pub struct SparseDictionary {
    settings: DictionarySettings,
    columns: Vec<Column>,
    mean: Vec<f64>,
    model: SparseCoding,
}

impl SparseDictionary {
    /// The model of columns that are read less `mean`.
    ///
    /// # Errors
    /// [`Error::Setting`] for no columns or no elements; [`Error::Parameter`] for a mean of another length.
    pub fn new(settings: DictionarySettings, columns: Vec<Column>, mean: Vec<f64>) -> Result<Self, Error> {
        let names = columns.iter().map(|c| c.name.clone()).collect();
        let model = SparseCoding::new(columns.len(), settings.latent_dim)?.believing(settings.covariance).named(names);
        let mean = list(&json!(mean), "mean", columns.len())?;
        Ok(SparseDictionary { settings, columns, mean, model })
    }

    /// The model of columns with the mean that a file's parameters hold: 0 where they hold none.
    ///
    /// # Errors
    /// As [`Self::new`]; [`Error::Parameter`] for a mean that is no list of numbers.
    pub fn of_file(settings: DictionarySettings, columns: Vec<Column>, parameters: &Value) -> Result<Self, Error> {
        let mean = match parameters.get("mean") {
            Some(mean) => list(mean, "mean", columns.len())?,
            None => vec![0.0; columns.len()],
        };
        Self::new(settings, columns, mean)
    }

    /// The model for data, centred by their means, and the mean square of what is left.
    ///
    /// # Errors
    /// [`Error::Data`] for a missing or infinite cell, where there are no rows, or where columns are of too unlike size; as
    /// [`Self::new`].
    pub fn for_data(settings: DictionarySettings, source: &dyn RowSource) -> Result<(Self, f64), Error> {
        check(source)?;
        let profile = Profile::of(source)?;
        if profile.weight <= 0.0 {
            return Err(Error::Data { problem: "the data have no rows".into(), hint: "check the file".into() });
        }
        if let Some(d) = profile.columns.iter().position(|c| !c.squares.is_finite()) {
            return Err(Error::Data {
                problem: format!(
                    "column \"{}\": squares of its cells leave the range of numbers",
                    source.columns()[d].name
                ),
                hint: "give it in other units, or leave the row with the largest cell out".into(),
            });
        }
        let each: Vec<f64> = profile.columns.iter().map(|c| c.squares).collect();
        let squares: f64 = each.iter().sum();
        let mean = profile.columns.iter().map(|c| c.mean).collect();
        let cells = profile.weight * profile.columns.len().max(1) as f64;
        let dictionary = Self::new(settings, source.columns().to_vec(), mean)?;
        let largest = (0..each.len()).fold(0, |a, b| if each[b] > each[a] { b } else { a });
        let name = || &source.columns()[largest].name;
        // What is left of a constant column's cells is rounding.
        let varying: Vec<f64> = profile.columns.iter().map(|c| if c.min < c.max { c.squares } else { 0.0 }).collect();
        if dictionary.model.cannot_see_noise(&varying) {
            return Err(Error::Data {
                problem: format!(
                    "columns are of too unlike size: column \"{}\" is the largest and has a deviation of {:.1e}, the smallest \
                     has {:.1e}, and noise of one variance in all of them would be below rounding",
                    name(),
                    (each[largest] / profile.weight).sqrt(),
                    (varying.iter().copied().filter(|q| *q > 0.0).fold(f64::INFINITY, f64::min) / profile.weight)
                        .sqrt()
                ),
                hint: format!("give \"{}\" in other units, so that all columns vary by about as much", name()),
            });
        }
        if squares > 0.0 && !(SIZES.0..SIZES.1).contains(&(squares / cells)) {
            return Err(Error::Data {
                problem: format!(
                    "column \"{}\" has the largest cells, whose mean square of {:.1e} leaves the range that strengths can have",
                    name(),
                    each[largest] / profile.weight
                ),
                hint: "give the columns in other units, so that they vary by about 1".into(),
            });
        }
        let model = dictionary.model.for_mean_square(squares / cells);
        Ok((SparseDictionary { model, ..dictionary }, squares / cells))
    }

    /// Rows as the model reads them: less its mean.
    pub fn centred<S>(&self, source: S) -> Centred<S> {
        Centred::new(source, self.mean.clone())
    }

    /// The mean that rows are read less of, a number per column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
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

    /// Where a fit has ended, with elements as files have them: of length 1, the largest scale first. Notes name them by their
    /// new places.
    pub fn settled(&self, progress: &Progress) -> Progress {
        let point = self.model.canonical(&progress.point);
        let notes = self.model.notes(&point).iter().map(Into::into).collect();
        Progress { point, notes, ..progress.clone() }
    }

    /// Parameters as model files have them.
    pub fn parameters(&self, at: &Point) -> Value {
        let d = self.model.dictionary(at);
        let rows: Vec<&[f64]> = d.weights.chunks_exact(self.model.elements()).collect();
        json!({"dictionary": rows, "scales": d.scales, "noise": d.noise, "mean": self.mean})
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

/// Refuses rows with cells that are missing or infinite.
///
/// # Errors
/// [`Error::Data`] naming the first such cell.
pub fn check(source: &dyn RowSource) -> Result<(), Error> {
    for stretch in source.stretches() {
        source.sweep(stretch, &mut |_, chunk| {
            let Some(at) = chunk.values.iter().position(|x| !x.is_finite()) else { return Ok(()) };
            let (row, x) = (chunk.first_row + (at % chunk.rows) as u64 + 1, chunk.values[at]);
            let (what, hint) = if x.is_nan() {
                let hint = "sparse coding reads whole rows: impute them first, with factor-analysis for example";
                ("is missing".to_string(), hint)
            } else {
                (format!("is {x}"), "write NaN where a value is missing and impute it, or leave the row out")
            };
            Err(Error::Data {
                problem: format!("row {row}, column \"{}\": the cell {what}", source.columns()[at / chunk.rows].name),
                hint: hint.into(),
            })
        })?;
    }
    Ok(())
}
