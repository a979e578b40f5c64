//! JSON files: written whole and pretty, read with the place of what does not fit.

use crate::atomic::AtomicFile;
use crate::error::{IoError, cannot_read, shown};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Writes `value` as an indented JSON document, in one piece.
///
/// Numbers are written in their shortest round-trip form; numbers that are not finite become `null`.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`]; then nothing was changed at `path`.
pub fn write_json<T: Serialize + ?Sized>(path: &Path, value: &T) -> Result<(), IoError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| IoError::Write {
        file: shown(path),
        problem: format!("its contents cannot be written as JSON: {e}"),
        hint: "keys of maps must be text".into(),
    })?;
    text.push(b'\n');
    AtomicFile::write(path, &text)
}

/// Reads a JSON document.
///
/// # Errors
/// [`IoError::File`] if it cannot be read, [`IoError::Text`] with line and column if it does not hold a `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, IoError> {
    let text = std::fs::read(path).map_err(|e| cannot_read(path, &e))?;
    serde_json::from_slice(&text).map_err(|e| {
        let whole = e.to_string();
        let problem = whole.split(" at line ").next().unwrap_or("").to_string();
        let hint = match e.classify() {
            serde_json::error::Category::Eof => "the file is truncated: write it again",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "the file is not valid JSON there",
            serde_json::error::Category::Data => "compare with a file that natgrad has written",
        };
        IoError::Text { file: shown(path), line: e.line(), column: e.column(), problem, hint: hint.into() }
    })
}
