//! What can go wrong with files: each error names file, place and value, then the way out.

use std::fmt;
use std::path::Path;
use thiserror::Error;

/// Where a cell stands: its file, its row in the whole data set and its line or row in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File as the user named it.
    pub file: String,
    /// Row of the whole data set, counted from 1, header not counted.
    pub row: u64,
    /// Line of a text file, counted from 1.
    pub line: Option<u64>,
    /// Row of this file, counted from 1, where it differs from `row`.
    pub row_in_file: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, row {}", self.file, self.row)?;
        match (self.line, self.row_in_file) {
            (Some(line), _) => write!(f, " (line {line})"),
            (None, Some(row)) => write!(f, " (row {row} of this file)"),
            (None, None) => Ok(()),
        }
    }
}

/// What can go wrong when files are read or written. The text is one line, then `hint:` with the way out.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum IoError {
    /// A file or folder cannot be opened, listed or created.
    #[error("{file}: {problem}\nhint: {hint}")]
    File {
        /// File or folder.
        file: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A file is not what its name says, is damaged, or uses something that is not read.
    #[error("{file}: {problem}\nhint: {hint}")]
    Format {
        /// File.
        file: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A data set has no rows or no columns.
    #[error("{file}: {problem}\nhint: {hint}")]
    Empty {
        /// File.
        file: String,
        /// What is missing.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A row has the wrong number of cells, or a quote in it is never closed.
    #[error("{place}: {problem}\nhint: {hint}")]
    Row {
        /// Where.
        place: Box<Place>,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A cell cannot be read as what its column should hold.
    #[error("{place}, column \"{column}\": {problem}\nhint: {hint}")]
    Cell {
        /// Where.
        place: Box<Place>,
        /// Column name.
        column: String,
        /// The offending value and what is wrong with it.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A cell holds a level that the fitted model does not know.
    #[error("{place}, column \"{column}\": level \"{level}\" is not known\nhint: {hint}")]
    UnknownLevel {
        /// Where.
        place: Box<Place>,
        /// Column name.
        column: String,
        /// The level found.
        level: String,
        /// The known levels, and a near miss where there is one.
        hint: String,
    },
    /// A column is missing, named twice, or of a kind that cannot be read.
    #[error("{file}: {problem}\nhint: {hint}")]
    Column {
        /// File.
        file: String,
        /// Which column, and what is wrong with it.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// Files of one data set do not fit together.
    #[error("{file}: {problem}\nhint: {hint}")]
    Mismatch {
        /// The file that differs.
        file: String,
        /// In what.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A file could not be written.
    #[error("{file}: {problem}; nothing was changed there\nhint: {hint}")]
    Write {
        /// The file that was to be written.
        file: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The disk is full, or a quota is used up.
    #[error("no space left on the disk of {file}; nothing was changed at {file}\nhint: {hint}")]
    Full {
        /// The file that was to be written.
        file: String,
        /// What to do.
        hint: String,
    },
    /// A JSON or BIF file does not hold what it should.
    #[error("{file}, line {line}, column {column}: {problem}\nhint: {hint}")]
    Text {
        /// File.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// Character in the line, counted from 1.
        column: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A checkpoint is truncated, damaged or of another version.
    #[error("{file}: {problem}\nhint: start again without `--resume`")]
    Checkpoint {
        /// File.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The table cannot be used as it is.
    #[error("{0}")]
    Data(#[from] natgrad::Error),
}

impl From<IoError> for natgrad::Error {
    fn from(error: IoError) -> Self {
        match error {
            IoError::Data(inner) => inner,
            other => natgrad::Error::Source(other.to_string()),
        }
    }
}

/// A path as it is shown to people; `-` is standard input.
pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

/// The error for a file that cannot be opened or read.
pub(crate) fn cannot_read(path: &Path, error: &std::io::Error) -> IoError {
    use std::io::ErrorKind::*;
    let (problem, hint) = match error.kind() {
        NotFound => ("there is no such file or folder".to_string(), "check the path and the folder you are in"),
        PermissionDenied => ("permission to read it is denied".to_string(), "check the rights of the file"),
        IsADirectory => ("it is a folder, not a file".to_string(), "name a file in it"),
        _ => (format!("it cannot be read: {error}"), "check that the file is readable and the disk is well"),
    };
    IoError::File { file: shown(path), problem, hint: hint.into() }
}

/// A cell's text as it is shown in a message: at most forty characters, control characters escaped.
pub(crate) fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = String::from("\"");
    for (i, c) in text.chars().enumerate() {
        if i == 40 {
            out.push('…');
            break;
        }
        match c {
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Names in quotes, separated by commas, at most ten of them.
pub(crate) fn list(names: &[String]) -> String {
    let mut out: Vec<String> = names.iter().take(10).map(|n| quoted(n.as_bytes())).collect();
    if names.len() > 10 {
        out.push(format!("… and {} more", names.len() - 10));
    }
    out.join(", ")
}

/// The name among `names` that `wanted` was most likely meant to be.
pub fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a String> {
    let folded = wanted.trim().to_lowercase();
    let limit = (folded.chars().count() / 3).max(1);
    names
        .iter()
        .map(|n| (edit_distance(&folded, &n.trim().to_lowercase()), n))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, n)| n)
}

/// Number of insertions, deletions and replacements that turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
