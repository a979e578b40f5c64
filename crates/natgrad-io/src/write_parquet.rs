//! Parquet tables written row group by row group.

use crate::atomic::AtomicFile;
use crate::error::IoError;
use crate::write::level_name;
use natgrad::rows::{Column, ColumnKind};
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows in a row group, unless there are many columns.
const GROUP_ROWS: usize = 1 << 17;
/// Cells in a row group at most, so that memory stays small for wide tables.
const GROUP_CELLS: usize = 1 << 22;

/// The file, shared so that it can be put in its place after the Parquet writer is done with it.
#[derive(Clone)]
struct Shared(Arc<Mutex<AtomicFile>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Writes row groups.
pub(crate) struct ParquetWriter {
    writer: SerializedFileWriter<Shared>,
    file: Shared,
    /// Cells of the row group being collected, by column.
    group: Vec<Vec<f64>>,
    group_rows: usize,
}

impl ParquetWriter {
    /// Starts the file.
    pub fn create(file: AtomicFile, columns: &[Column]) -> Result<Self, IoError> {
        let file = Shared(Arc::new(Mutex::new(file)));
        let writer = start(file.clone(), columns).map_err(|e| file.error(&e))?;
        let group_rows = (GROUP_CELLS / columns.len().max(1)).clamp(1024, GROUP_ROWS);
        Ok(ParquetWriter { writer, file, group: vec![Vec::new(); columns.len()], group_rows })
    }

    /// Appends rows; cell `(n, d)` is `values[d * rows + n]`.
    pub fn push_rows(&mut self, columns: &[Column], rows: usize, values: &[f64]) -> Result<(), IoError> {
        let mut from = 0;
        while from < rows {
            let held = self.group.first().map_or(0, Vec::len);
            let take = (self.group_rows - held).min(rows - from);
            for (d, cells) in self.group.iter_mut().enumerate() {
                cells.extend_from_slice(&values[d * rows + from..d * rows + from + take]);
            }
            from += take;
            if held + take == self.group_rows {
                self.write_group(columns)?;
            }
        }
        Ok(())
    }

    /// Writes what is left and the footer, and puts the file in its place.
    pub fn finish(mut self, columns: &[Column]) -> Result<(), IoError> {
        if self.group.first().is_some_and(|c| !c.is_empty()) {
            self.write_group(columns)?;
        }
        self.writer.finish().map_err(|e| self.file.error(&e))?;
        let ParquetWriter { writer, file, .. } = self;
        drop(writer);
        match Arc::try_unwrap(file.0) {
            Ok(mutex) => mutex.into_inner().unwrap_or_else(PoisonError::into_inner).commit(),
            Err(shared) => Err(Shared(shared).error(&ParquetError::General("the file is still in use".into()))),
        }
    }

    fn write_group(&mut self, columns: &[Column]) -> Result<(), IoError> {
        let written = write_group(&mut self.writer, columns, &self.group);
        for cells in &mut self.group {
            cells.clear();
        }
        written.map_err(|e| self.file.error(&e))
    }
}

impl Shared {
    fn error(&self, error: &ParquetError) -> IoError {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).error(&error.to_string())
    }
}

/// Writes the magic bytes and fixes the schema: every column optional, levels as text.
fn start(file: Shared, columns: &[Column]) -> Result<SerializedFileWriter<Shared>, ParquetError> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("natgrad ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::ZSTD(Default::default()));
    for column in columns {
        let field = match &column.kind {
            ColumnKind::Number => {
                properties =
                    properties.set_column_dictionary_enabled(ColumnPath::new(vec![column.name.clone()]), false);
                Type::primitive_type_builder(&column.name, Physical::DOUBLE)
            }
            ColumnKind::Levels(_) => Type::primitive_type_builder(&column.name, Physical::BYTE_ARRAY)
                .with_logical_type(Some(LogicalType::String))
                .with_converted_type(ConvertedType::UTF8),
        };
        fields.push(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?));
    }
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))
}

/// Writes one row group.
fn write_group(
    writer: &mut SerializedFileWriter<Shared>,
    columns: &[Column],
    group: &[Vec<f64>],
) -> Result<(), ParquetError> {
    let mut row_group = writer.next_row_group()?;
    for (column, cells) in columns.iter().zip(group) {
        let Some(mut target) = row_group.next_column()? else { break };
        let defined: Vec<i16> = cells.iter().map(|v| i16::from(!v.is_nan())).collect();
        let present = cells.iter().copied().filter(|v| !v.is_nan());
        match &column.kind {
            ColumnKind::Number => {
                let values: Vec<f64> = present.collect();
                target.typed::<DoubleType>().write_batch(&values, Some(&defined), None)?;
            }
            ColumnKind::Levels(levels) => {
                let names: Vec<ByteArray> = levels.iter().map(|l| ByteArray::from(l.as_str())).collect();
                let name =
                    |v: f64| level_name(levels, v).and_then(|_| names.get(v as usize)).cloned().unwrap_or_default();
                let values: Vec<ByteArray> = present.map(name).collect();
                target.typed::<ByteArrayType>().write_batch(&values, Some(&defined), None)?;
            }
        }
        target.close()?;
    }
    row_group.close()?;
    Ok(())
}
