//! Factor analysis and probabilistic PCA as the edges see them: settings by name, parameters in the data's units.
//!
//! ```
//! use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
//! use natgrad::engine::{Control, Progress, Settings, fit};
//! use natgrad::rows::{Column, ColumnKind, Table};
//!
//! // Three scores of five people: one thing behind all of them, and one score is missing.
//! let column = |name: &str| Column { name: name.into(), kind: ColumnKind::Number, missing: true };
//! let columns = vec![column("reading"), column("writing"), column("arithmetic")];
//! let data = [
//!     vec![61.0, 74.0, 58.0, 80.0, 69.0],
//!     vec![59.0, 77.0, 60.0, f64::NAN, 66.0],
//!     vec![55.0, 66.0, 61.0, 72.0, 64.0],
//! ];
//! let rows = Table::from_columns(columns, &data, None)?;
//!
//! let (mut model, _) = FactorAnalysis::for_data(FactorSettings::new(FactorName::Ppca, 1), &rows)?;
//! let (survey, patterns) = model.survey(&rows)?;
//! let start = model.start(&survey, patterns.as_ref())?;
//! let learning = model.learning(&rows, patterns.as_ref());
//! let outcome = fit(&learning, &Settings::default(), Progress::at(start), &|_| Control::Continue)?;
//! assert!(outcome.look.elbo > -10.0);
//! # Ok::<(), natgrad::Error>(())
//! ```

mod errors;
mod parameters;
mod settings;
mod summary;
mod words;

pub use errors::FactorErrors;
pub use settings::{FactorName, FactorSettings};
pub use summary::{GramSummary, summarise_factors};
pub use words::{about, words};

use crate::Error;
use crate::geometry::Point;
use crate::model::factor::{Chart, FactorModel, Noise, Patterns, Survey};
use crate::objective::Learning;
use crate::rows::{Column, ColumnKind, Profile, RowSource};

/// A factor model with its settings, for data with certain columns.
#[derive(Debug, Clone)]
pub struct FactorAnalysis {
    settings: FactorSettings,
    columns: Vec<Column>,
    model: FactorModel,
}

impl FactorAnalysis {
    /// Checks the data and builds the model for them; the chart is taken from the data unless the settings have one.
    ///
    /// # Errors
    /// [`Error::Data`] for no rows, no weight, columns that are text, empty or (for factor analysis) constant;
    /// [`Error::Setting`] for a latent dimension that does not fit; what reading reports.
    pub fn for_data(mut settings: FactorSettings, source: &dyn RowSource) -> Result<(Self, Profile), Error> {
        let profile = Profile::of(source)?;
        check_columns(settings.model, source.columns(), &profile)?;
        settings.chart(&profile);
        Ok((Self::new(settings, source.columns().to_vec())?, profile))
    }

    /// Builds the model for columns known from a file.
    ///
    /// # Errors
    /// As [`FactorModel::new`].
    pub fn new(settings: FactorSettings, columns: Vec<Column>) -> Result<Self, Error> {
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let chart = settings.chart.clone().unwrap_or_else(|| Chart::identity(names.len()));
        let gappy = columns.iter().any(|c| c.missing);
        let model = FactorModel::new(names, settings.latent_dim, settings.model.noise(), chart, gappy)?;
        Ok(FactorAnalysis { settings, columns, model })
    }

    /// The settings.
    pub fn settings(&self) -> &FactorSettings {
        &self.settings
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The model that learns.
    pub fn factors(&self) -> &FactorModel {
        &self.model
    }

    /// Looks at all rows once and merges those that show the same cells.
    ///
    /// # Errors
    /// As [`FactorModel::survey`].
    pub fn survey(&mut self, source: &dyn RowSource) -> Result<(Survey, Option<Patterns>), Error> {
        self.model.survey(source)
    }

    /// Where a fit begins: the closed form, or with gaps what comes next to it.
    ///
    /// # Errors
    /// As [`FactorModel::start`].
    pub fn start(&self, survey: &Survey, patterns: Option<&Patterns>) -> Result<Point, Error> {
        let first = self.model.start(survey)?;
        match patterns {
            Some(patterns) => self.model.refined(first, patterns),
            None => Ok(first),
        }
    }

    /// The objective on rows, swept in merged form where there is one.
    pub fn learning<'a>(&'a self, rows: &'a dyn RowSource, patterns: Option<&'a Patterns>) -> Learning<'a> {
        Learning::new(&self.model, rows, 0.0).with_digest(patterns.map(Patterns::as_digest))
    }

    /// Number of identified parameters: rotations of the factors are none.
    pub fn parameters_count(&self) -> usize {
        use crate::model::LatentModel;
        self.model.free() - self.model.rotations()
    }

    /// Columns in a model so rich that noise and factors need not be told apart: more parameters than covariances.
    pub fn is_saturated(&self) -> bool {
        let (d, h) = (self.model.width(), self.model.latent());
        self.model.noise() == Noise::Diagonal && (d - h) * (d - h) < d + h
    }
}

/// Refuses data that have no maximum or nothing to learn from.
fn check_columns(model: FactorName, columns: &[Column], profile: &Profile) -> Result<(), Error> {
    let data = |problem: String, hint: &str| Err(Error::Data { problem, hint: hint.into() });
    if profile.rows == 0 {
        return data("the data have no rows".into(), "check the file, or drop --no-header if it has a header row only");
    }
    if profile.weight <= 0.0 {
        return data("all rows have weight zero".into(), "check the column named by --weights");
    }
    for (column, p) in columns.iter().zip(&profile.columns) {
        if matches!(column.kind, ColumnKind::Levels(_)) {
            return data(
                format!("column \"{}\" holds words, and {model} is for numbers", column.name),
                "leave it out with --exclude",
            );
        }
        if p.weight <= 0.0 {
            return data(
                format!("column \"{}\" has no value in any row that counts", column.name),
                "leave it out with --exclude",
            );
        }
        if !p.variance().is_finite() {
            return data(
                format!("column \"{}\" has values beyond what its variance can hold", column.name),
                "rescale it, or look for a value that is no number",
            );
        }
        if p.max > p.min && p.variance() < f64::MIN_POSITIVE {
            return data(
                format!(
                    "column \"{}\" has values so close together that their variance is below all numbers",
                    column.name
                ),
                "give it in smaller units",
            );
        }
    }
    let constant = |d: &usize| profile.columns[*d].min == profile.columns[*d].max;
    let constants: Vec<usize> = (0..columns.len()).filter(constant).collect();
    if constants.len() == columns.len() {
        return data(
            match profile.rows_with_weight {
                1 => "one row says nothing about how columns vary".into(),
                _ => "every column is constant: there is no variance to explain".into(),
            },
            "bring rows that differ",
        );
    }
    if let (FactorName::FactorAnalysis, Some(&d)) = (model, constants.first()) {
        return data(
            format!(
                "column \"{}\" is constant ({}): its noise goes to 0 and the likelihood has no maximum",
                columns[d].name, profile.columns[d].min
            ),
            "leave it out with --exclude",
        );
    }
    Ok(())
}
