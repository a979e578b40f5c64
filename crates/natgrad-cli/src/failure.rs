//! What ends a command early: one line with the place, then a hint.

use natgrad_io::IoError;
use std::fmt;

/// A failure in words; the text may hold `\nhint: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    /// Column of a cell that is not a number, so that the reader can try again with named levels.
    pub text_column: Option<String>,
}

impl Failure {
    /// A failure with a hint.
    pub fn new(problem: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Failure { text: format!("{problem}\nhint: {hint}"), text_column: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<natgrad::Error> for Failure {
    fn from(e: natgrad::Error) -> Self {
        Failure { text: e.to_string(), text_column: None }
    }
}

impl From<IoError> for Failure {
    fn from(e: IoError) -> Self {
        let text_column = if let IoError::Cell { column, .. } = &e { Some(column.clone()) } else { None };
        Failure { text: e.to_string(), text_column }
    }
}
