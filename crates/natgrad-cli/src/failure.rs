//! What ends a command early: one line with the place, then a hint.

use natgrad_io::IoError;
use std::fmt;
use std::path::PathBuf;

/// A failure in words; the text may hold `\nhint: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    text: String,
    /// Whether it is about the rows, but does not say of which file.
    of_data: bool,
    /// Column of a cell that is not a number, so that the reader can try again with named levels.
    pub text_column: Option<String>,
}

impl Failure {
    /// A failure with a hint.
    pub fn new(problem: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Failure { text: format!("{problem}\nhint: {hint}"), of_data: false, text_column: None }
    }

    /// Names the files where the failure is about rows of them.
    pub fn in_files(mut self, files: &[PathBuf]) -> Self {
        if std::mem::take(&mut self.of_data)
            && let Some(first) = files.first()
        {
            let name = if first.as_os_str() == "-" { "standard input".into() } else { first.display().to_string() };
            let others = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            self.text = format!("{name}{others}, {}", self.text);
        }
        self
    }

    /// Puts the name of a file before the text.
    pub fn in_file(mut self, file: impl fmt::Display) -> Self {
        self.text = format!("{file}: {}", self.text);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<natgrad::Error> for Failure {
    fn from(e: natgrad::Error) -> Self {
        let of_data = matches!(e, natgrad::Error::OutsideSupport { .. } | natgrad::Error::Data { .. });
        Failure { text: e.to_string(), of_data, text_column: None }
    }
}

impl From<IoError> for Failure {
    fn from(e: IoError) -> Self {
        let text_column = if let IoError::Cell { column, .. } = &e { Some(column.clone()) } else { None };
        Failure { text: e.to_string(), of_data: false, text_column }
    }
}
