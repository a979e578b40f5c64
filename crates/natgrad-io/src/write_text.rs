//! CSV and TSV tables written as they come.

use crate::atomic::AtomicFile;
use crate::error::IoError;
use crate::write::level_name;
use natgrad::rows::{Column, ColumnKind};
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes rows of text.
pub(crate) struct TextWriter {
    file: AtomicFile,
    separator: u8,
    /// One block of rows.
    text: Vec<u8>,
    cell: String,
}

impl TextWriter {
    /// Writes the header.
    pub fn create(file: AtomicFile, columns: &[Column], separator: u8) -> Result<Self, IoError> {
        let mut writer = TextWriter { file, separator, text: Vec::new(), cell: String::new() };
        for (d, column) in columns.iter().enumerate() {
            writer.separate(d);
            writer.quote(&column.name);
        }
        writer.text.push(b'\n');
        writer.flush()?;
        Ok(writer)
    }

    /// Appends rows; cell `(n, d)` is `values[d * rows + n]`.
    pub fn push_rows(&mut self, columns: &[Column], rows: usize, values: &[f64]) -> Result<(), IoError> {
        for n in 0..rows {
            for (d, column) in columns.iter().enumerate() {
                self.separate(d);
                let value = values[d * rows + n];
                if value.is_nan() {
                    // A lone empty cell would be an empty line, which readers skip.
                    if columns.len() == 1 {
                        self.text.extend_from_slice(b"\"\"");
                    }
                    continue;
                }
                match &column.kind {
                    ColumnKind::Levels(levels) => {
                        if let Some(name) = level_name(levels, value) {
                            self.quote(name);
                        }
                    }
                    ColumnKind::Number => {
                        self.cell.clear();
                        push_number(&mut self.cell, value);
                        self.text.extend_from_slice(self.cell.as_bytes());
                    }
                }
            }
            self.text.push(b'\n');
            if self.text.len() > 1 << 16 {
                self.flush()?;
            }
        }
        self.flush()
    }

    /// Puts the file in its place.
    pub fn finish(mut self) -> Result<(), IoError> {
        self.flush()?;
        self.file.commit()
    }

    fn separate(&mut self, d: usize) {
        if d > 0 {
            self.text.push(self.separator);
        }
    }

    /// Adds text, in quotes where it needs them.
    fn quote(&mut self, text: &str) {
        let special = |b: u8| matches!(b, b'"' | b'\n' | b'\r') || b == self.separator;
        let spaced = text.trim().len() != text.len() || text.is_empty();
        if !spaced && !text.bytes().any(special) {
            self.text.extend_from_slice(text.as_bytes());
            return;
        }
        self.text.push(b'"');
        self.text.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        self.text.push(b'"');
    }

    fn flush(&mut self) -> Result<(), IoError> {
        let written = self.file.write_all(&self.text);
        self.text.clear();
        written.map_err(|e| self.file.error(&e.to_string()))
    }
}

/// Adds the shortest text that reads back as the same double; very large and small numbers with an exponent.
pub(crate) fn push_number(text: &mut String, value: f64) {
    let size = value.abs();
    // Writing to a String cannot fail.
    let _ =
        if value == 0.0 || (1e-5..1e16).contains(&size) { write!(text, "{value}") } else { write!(text, "{value:e}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_bit_for_bit() {
        for value in [0.0, -0.0, 0.1, 1.0 / 3.0, 5e-324, f64::MAX, -1e16, 123456.0, 1e-5, 9.999e-6] {
            let mut text = String::new();
            push_number(&mut text, value);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
            assert!(text.len() < 25, "{text}");
        }
    }
}
