//! The errors of the library: each names its numbers and the way out.

use thiserror::Error;

/// What can go wrong when no answer exists. The text is one line, then `hint:` with the way out.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A value lies outside the support of the family that its column was given.
    #[error(
        "row {row}, column \"{column}\": {} is outside the support of the {family} family ({support})\nhint: {hint}",
        shown(*.value)
    )]
    OutsideSupport {
        /// Row number, counted from 1 as in the data file's body.
        row: u64,
        /// Column name.
        column: String,
        /// The offending value.
        value: f64,
        /// Family name.
        family: String,
        /// The support in words.
        support: String,
        /// What to do.
        hint: String,
    },
    /// Parameters given from outside (a start, a model file) do not fit the model or lie outside their domain.
    #[error("parameter {name}: {problem}\nhint: {hint}")]
    Parameter {
        /// Name of the parameter, with its index where it has one (`covariances[2]`).
        name: String,
        /// What is wrong, with the numbers.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The likelihood is unbounded: a covariance (or another scale) has collapsed onto too few rows.
    #[error("{}collapsed: {what}\nhint: {hint}", of_component(.component))]
    Collapsed {
        /// Component, counted from 0; `None` in a model without components.
        component: Option<usize>,
        /// What collapsed, with the numbers.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The table cannot be used as it is (no rows, no columns, an all-missing column, …).
    #[error("{problem}\nhint: {hint}")]
    Data {
        /// What is wrong, with its place.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A setting is out of range or does not fit another.
    #[error("{problem}\nhint: {hint}")]
    Setting {
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// Reading the data failed part way (streamed sources).
    #[error("{0}")]
    Source(String),
}

/// A number as people write it: with a power of ten where it has too many digits to be read.
fn shown(value: f64) -> String {
    if value.abs() < 1e16 { format!("{value}") } else { format!("{value:e}") }
}

fn of_component(component: &Option<usize>) -> String {
    component.map_or_else(String::new, |k| format!("component {} ", k + 1))
}
