//! Tables written row block by row block, in the format that the file's ending says.

use crate::atomic::{AtomicFile, write_error};
use crate::error::{IoError, shown};
use crate::write_npy::NpyWriter;
use crate::write_parquet::ParquetWriter;
use crate::write_text::TextWriter;
use natgrad::rows::{Column, ColumnKind};
use std::io::ErrorKind;
use std::path::Path;

/// Writes a table whose rows need not be held all at once. Only [`finish`](Self::finish) makes the file appear.
///
/// `.csv` and `.tsv` have a header, `.parquet` is zstd-compressed, `.npy` is a two-dimensional array of doubles. Numbers
/// are written in their shortest round-trip form. Levels are written by name (in NPY: by code). Missing cells are empty,
/// null or `NaN`.
pub struct TableWriter {
    columns: Vec<Column>,
    shown: String,
    /// Row that comes next, counted from 0.
    row: u64,
    format: FormatWriter,
}

enum FormatWriter {
    Text(TextWriter),
    Npy(NpyWriter),
    Parquet(ParquetWriter),
}

impl TableWriter {
    /// Starts a table with the given columns; the format follows the ending of `path`.
    ///
    /// # Errors
    /// [`IoError::Format`] for another ending, [`IoError::Column`] for no columns or equal names,
    /// [`IoError::Write`] or [`IoError::Full`] if the file cannot be written.
    pub fn create(path: &Path, columns: &[Column]) -> Result<Self, IoError> {
        let file = shown(path);
        for (d, column) in columns.iter().enumerate() {
            if columns[..d].iter().any(|c| c.name == column.name) {
                return Err(IoError::Column {
                    file,
                    problem: format!("two columns would be named \"{}\"", column.name),
                    hint: "rename one of them in the data".into(),
                });
            }
        }
        if columns.is_empty() {
            return Err(IoError::Column {
                file,
                problem: "there are no columns to write".into(),
                hint: "write at least one column".into(),
            });
        }
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        let format = match ending.as_str() {
            "csv" => FormatWriter::Text(TextWriter::create(AtomicFile::create(path)?, columns, b',')?),
            "tsv" => FormatWriter::Text(TextWriter::create(AtomicFile::create(path)?, columns, b'\t')?),
            "npy" => FormatWriter::Npy(NpyWriter::create(AtomicFile::create(path)?, columns.len())?),
            "parquet" => FormatWriter::Parquet(ParquetWriter::create(AtomicFile::create(path)?, columns)?),
            _ => {
                return Err(IoError::Format {
                    file,
                    problem: "its ending does not say in which format to write".into(),
                    hint: "name it .csv, .tsv, .parquet or .npy".into(),
                });
            }
        };
        Ok(TableWriter { columns: columns.to_vec(), shown: file, row: 0, format })
    }

    /// Appends rows.
    ///
    /// # Shapes
    /// Cell `(n, d)` is `values[d * rows + n]`, as in [`natgrad::rows::Chunk`]; `NaN` is missing, levels are codes.
    ///
    /// # Errors
    /// [`IoError::Write`] if the number of cells does not fit or a code has no level, or the file cannot be written;
    /// [`IoError::Full`] on a full disk.
    pub fn push_rows(&mut self, rows: usize, values: &[f64]) -> Result<(), IoError> {
        let wrong = |problem: String| write_error(&self.shown, ErrorKind::InvalidData, &problem);
        if rows.checked_mul(self.columns.len()) != Some(values.len()) {
            return Err(wrong(format!("{} cells for {rows} rows of {} columns", values.len(), self.columns.len())));
        }
        for (column, cells) in self.columns.iter().zip(values.chunks(rows.max(1))) {
            let ColumnKind::Levels(levels) = &column.kind else { continue };
            if let Some(n) = cells.iter().position(|v| !v.is_nan() && level_name(levels, *v).is_none()) {
                return Err(wrong(format!(
                    "row {}, column \"{}\": {} is not the code of a level",
                    self.row + n as u64 + 1,
                    column.name,
                    cells[n]
                )));
            }
        }
        self.row += rows as u64;
        match &mut self.format {
            FormatWriter::Text(w) => w.push_rows(&self.columns, rows, values),
            FormatWriter::Npy(w) => w.push_rows(rows, values),
            FormatWriter::Parquet(w) => w.push_rows(&self.columns, rows, values),
        }
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// [`IoError::Write`] or [`IoError::Full`]; then nothing was changed at the path.
    pub fn finish(self) -> Result<(), IoError> {
        match self.format {
            FormatWriter::Text(w) => w.finish(),
            FormatWriter::Npy(w) => w.finish(),
            FormatWriter::Parquet(w) => w.finish(&self.columns),
        }
    }
}

/// Writes a table that is held in memory.
///
/// # Shapes
/// `data[d]` has one cell per row of column `d`; `NaN` is missing, levels are codes.
///
/// # Errors
/// As [`TableWriter`]; columns of different lengths.
pub fn write_table(path: &Path, columns: &[Column], data: &[Vec<f64>]) -> Result<(), IoError> {
    let rows = data.first().map_or(0, Vec::len);
    if columns.len() != data.len() || data.iter().any(|c| c.len() != rows) {
        let problem = format!("{} columns of unequal length for {} names", data.len(), columns.len());
        return Err(write_error(&shown(path), ErrorKind::InvalidData, &problem));
    }
    let mut writer = TableWriter::create(path, columns)?;
    let mut block = Vec::new();
    for start in (0..rows).step_by(1024) {
        let end = (start + 1024).min(rows);
        block.clear();
        for column in data {
            block.extend_from_slice(&column[start..end]);
        }
        writer.push_rows(end - start, &block)?;
    }
    writer.finish()
}

/// Name of the level with the given code.
pub(crate) fn level_name(levels: &[String], code: f64) -> Option<&String> {
    let index = code as usize;
    levels.get(index).filter(|_| index as f64 == code)
}
