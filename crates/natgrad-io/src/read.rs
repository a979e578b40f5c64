//! Data files opened as one source of rows, whatever their format.

use crate::error::{IoError, cannot_read, shown};
use crate::parquet_source::ParquetSource;
use crate::spec::ReadOptions;
use crate::{csv_file, npy_file};
use natgrad::rows::RowSource;
use std::path::{Path, PathBuf};

/// A data set, and remarks for the user.
pub struct Opened {
    /// The rows.
    pub source: Box<dyn RowSource>,
    /// Remarks, one line each (a header that looks like numbers).
    pub notes: Vec<String>,
}

/// Formats by the ending of the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `.csv`, `.tsv` or standard input.
    Text,
    /// `.npy`.
    Npy,
    /// `.parquet`.
    Parquet,
}

impl Format {
    /// The format that a file's name says.
    pub fn of(path: &Path) -> Option<Format> {
        if path == Path::new("-") {
            return Some(Format::Text);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Some(Format::Text),
            "npy" => Some(Format::Npy),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// Opens files as one data set: `.csv`, `.tsv`, `.npy` (rows × columns), `.parquet`, or a folder of Parquet files;
/// `-` is CSV on standard input.
///
/// Text and NPY are held in memory; Parquet is streamed where it is larger than [`ReadOptions::in_memory_bytes`].
/// Empty cells, `NA`, `NaN` and `null` are missing. Levels are coded in sorted order, so the coding does not depend on
/// the order of the rows.
///
/// # Errors
/// The first thing that cannot be read, with file, row, column and value.
///
/// # Example
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("rows.csv");
/// std::fs::write(&path, "x,y\n1.5,NA\n2,3\n")?;
/// let rows = natgrad_io::open(&[path], &natgrad_io::ReadOptions::default())?;
/// assert_eq!(rows.rows(), 2);
/// assert!(rows.columns()[1].missing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(paths: &[PathBuf], options: &ReadOptions) -> Result<Box<dyn RowSource>, IoError> {
    Ok(open_with_notes(paths, options)?.source)
}

/// As [`open`], with remarks for the user.
///
/// # Errors
/// As [`open`].
pub fn open_with_notes(paths: &[PathBuf], options: &ReadOptions) -> Result<Opened, IoError> {
    let files = expand(paths)?;
    let mut notes = Vec::new();
    let format = common_format(&files)?;
    let source: Box<dyn RowSource> = match format {
        Format::Text => Box::new(csv_file::read(&files, options, &mut notes)?),
        Format::Npy => Box::new(npy_file::read(&files, options)?),
        Format::Parquet => {
            let source = ParquetSource::open(&files, options)?;
            if source.bytes() <= options.in_memory_bytes { Box::new(source.load()?) } else { Box::new(source) }
        }
    };
    Ok(Opened { source, notes })
}

/// Replaces folders by the Parquet files in them, sorted by name.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, IoError> {
    let mut files = Vec::new();
    for path in paths {
        if path == Path::new("-") || !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| cannot_read(path, &e))? {
            let file = entry.map_err(|e| cannot_read(path, &e))?.path();
            let hidden = file.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(['.', '_']));
            if !hidden && Format::of(&file) == Some(Format::Parquet) && file.is_file() {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(IoError::Empty {
                file: shown(path),
                problem: "there are no Parquet files in this folder".into(),
                hint: "name the files themselves if they are of another format or lie deeper".into(),
            });
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// The one format of all files.
fn common_format(files: &[PathBuf]) -> Result<Format, IoError> {
    let mut common: Option<(Format, &PathBuf)> = None;
    for path in files {
        let format = Format::of(path).ok_or_else(|| IoError::Format {
            file: shown(path),
            problem: if path.exists() {
                "its ending does not say what it is".into()
            } else {
                "there is no such file, and its ending is not that of a data file".into()
            },
            hint: "name data files .csv, .tsv, .parquet or .npy; `-` is CSV on standard input".into(),
        })?;
        match common {
            Some((first, other)) if first != format => {
                return Err(IoError::Mismatch {
                    file: shown(path),
                    problem: format!("it is of another format than {}", shown(other)),
                    hint: "give the files of one data set one format".into(),
                });
            }
            _ => common = Some((format, path)),
        }
    }
    common.map(|(format, _)| format).ok_or_else(|| IoError::Empty {
        file: "data".into(),
        problem: "no file is named".into(),
        hint: "name a .csv, .tsv, .parquet or .npy file, or `-` for CSV on standard input".into(),
    })
}
