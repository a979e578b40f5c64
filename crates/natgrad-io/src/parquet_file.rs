//! The footer of a Parquet file: its columns, their types, and what of them can be read.

use crate::error::{IoError, cannot_read, shown};
use parquet::basic::{Compression, ConvertedType, LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::cell::Cell;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A Parquet file with its footer read.
pub(crate) struct ParquetFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path as shown in messages.
    pub shown: String,
    /// Its footer.
    pub metadata: ParquetMetaData,
}

/// A column of a file that can be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaf {
    /// Index among the file's leaves.
    pub index: usize,
    /// Whether integers are to be read without sign.
    pub unsigned: bool,
}

impl ParquetFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// A file that cannot be opened or is not Parquet.
    pub fn open(path: &Path) -> Result<Self, IoError> {
        let file = File::open(path).map_err(|e| cannot_read(path, &e))?;
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(cannot_read(path, &std::io::ErrorKind::IsADirectory.into()));
        }
        let metadata = guard(|| ParquetMetaDataReader::new().parse_and_finish(&file))
            .map_err(|problem| damaged(&shown(path), &problem))?;
        let parquet = ParquetFile { path: path.into(), shown: shown(path), metadata };
        for group in parquet.metadata.row_groups() {
            if group.num_rows() < 0 || group.num_columns() != parquet.leaves() {
                return Err(damaged(&parquet.shown, "its row groups do not fit its columns"));
            }
        }
        Ok(parquet)
    }

    /// Names of the top-level columns.
    pub fn names(&self) -> Vec<String> {
        let schema = self.metadata.file_metadata().schema_descr();
        schema.root_schema().get_fields().iter().map(|f| f.name().to_string()).collect()
    }

    fn leaves(&self) -> usize {
        self.metadata.file_metadata().schema_descr().num_columns()
    }

    /// The leaf that holds the top-level column `at`.
    ///
    /// # Errors
    /// Nested columns, types that are no numbers or text, unknown compression, sizes that contradict each other.
    pub fn leaf(&self, at: usize, name: &str) -> Result<Leaf, IoError> {
        let schema = self.metadata.file_metadata().schema_descr();
        let refuse = |what: String, hint: &str| IoError::Column {
            file: self.shown.clone(),
            problem: format!("column \"{name}\" {what}"),
            hint: hint.into(),
        };
        let leave_out = "leave it out with --columns, or write it as numbers or text";
        let field = &schema.root_schema().get_fields()[at];
        let index = (0..schema.num_columns()).find(|i| schema.get_column_root_idx(*i) == at);
        let Some(index) = index.filter(|_| field.is_primitive()) else {
            return Err(refuse("is nested (a list, map or struct)".into(), leave_out));
        };
        let column = schema.column(index);
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err(refuse("is nested (a list, map or struct)".into(), leave_out));
        }
        let dates = "leave it out with --columns, or turn it into a number of days or seconds";
        match column.logical_type_ref() {
            Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)) => {
                return Err(refuse("holds dates or times".into(), dates));
            }
            Some(LogicalType::Decimal(_)) => {
                return Err(refuse("holds decimals".into(), "write it as DOUBLE, or leave it out with --columns"));
            }
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::DATE
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS
            | ConvertedType::TIMESTAMP_MILLIS
            | ConvertedType::TIMESTAMP_MICROS
            | ConvertedType::INTERVAL => return Err(refuse("holds dates or times".into(), dates)),
            ConvertedType::DECIMAL => {
                return Err(refuse("holds decimals".into(), "write it as DOUBLE, or leave it out with --columns"));
            }
            _ => {}
        }
        match column.physical_type() {
            Physical::INT96 => return Err(refuse("holds dates or times".into(), dates)),
            Physical::FIXED_LEN_BYTE_ARRAY => {
                return Err(refuse("holds fixed-length bytes".into(), leave_out));
            }
            _ => {}
        }
        let unsigned = matches!(column.logical_type_ref(), Some(LogicalType::Integer(int)) if !int.is_signed)
            || matches!(
                column.converted_type(),
                ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
            );
        for group in self.metadata.row_groups() {
            let chunk = group.column(index);
            if !matches!(chunk.compression(), Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_)) {
                return Err(refuse(
                    format!("is compressed with {:?}, which is not read", chunk.compression()),
                    "write the file with snappy or zstd compression, or with none",
                ));
            }
            let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            if start < 0 || chunk.compressed_size() < 0 || chunk.num_values() != group.num_rows() {
                return Err(damaged(&self.shown, &format!("the sizes of column \"{name}\" contradict each other")));
            }
        }
        Ok(Leaf { index, unsigned })
    }
}

thread_local! {
    /// Whether this thread is in the Parquet decoder, whose panics are turned into errors.
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a step of the Parquet decoder. Damaged files can make it panic; that is an error like any other.
pub(crate) fn guard<T>(step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    DECODING.set(true);
    let result = catch_unwind(AssertUnwindSafe(step));
    DECODING.set(false);
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(e.to_string().lines().next().unwrap_or("").to_string()),
        Err(_) => Err("its pages cannot be decoded".into()),
    }
}

/// Silences the message that Rust prints when the Parquet decoder panics over a damaged file.
///
/// Such a panic is caught and becomes an [`IoError::Format`]; the message beside it would only confuse. For programs,
/// to be called once at their start: it replaces the process's panic hook by one that passes all other panics on.
pub fn silence_decoder_panics() {
    let former = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !DECODING.get() {
            former(info);
        }
    }));
}

/// The error for a file that is no Parquet, or a damaged one.
pub(crate) fn damaged(file: &str, problem: &str) -> IoError {
    IoError::Format {
        file: file.into(),
        problem: format!("it cannot be read as Parquet: {problem}"),
        hint: "check that the file was written to its end; write it again if it is damaged".into(),
    }
}
