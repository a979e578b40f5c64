//! Files and comparisons shared by the tests of this crate.
#![allow(dead_code)] // each test file uses some of it

use natgrad::rows::{Column, ColumnKind, RowSource};
use natgrad_io::{IoError, Levels, ReadOptions};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes a file into a folder and answers its path.
pub fn file(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, contents).unwrap();
    path
}

/// Opens one file.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Box<dyn RowSource>, IoError> {
    natgrad_io::open(&[path.to_path_buf()], options)
}

/// The message of the error with which opening the file ends.
pub fn refusal(path: &Path, options: &ReadOptions) -> String {
    match open(path, options) {
        Ok(source) => panic!("{} was read: {} rows", path.display(), source.rows()),
        Err(e) => {
            let text = e.to_string();
            assert_eq!(text.lines().count(), 2, "not two lines: {text}");
            assert!(text.lines().nth(1).unwrap().starts_with("hint: "), "no hint: {text}");
            text
        }
    }
}

/// Options under which nothing is loaded into memory.
pub fn streamed() -> ReadOptions {
    ReadOptions { in_memory_bytes: 0, ..ReadOptions::default() }
}

/// Options under which the named columns hold levels.
pub fn categorical(names: &[&str]) -> ReadOptions {
    ReadOptions { levels: Levels::Named(strings(names)), ..ReadOptions::default() }
}

pub fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| n.to_string()).collect()
}

/// One chunk, copied: first row, rows, bits of the values, bits of the weights.
pub type ChunkBits = (u64, usize, Vec<u64>, Option<Vec<u64>>);

/// Bits of all chunks of a range.
pub fn chunk_bits(source: &dyn RowSource, chunks: std::ops::Range<usize>) -> Vec<ChunkBits> {
    let mut all = Vec::new();
    let mut next = chunks.start;
    source
        .sweep(chunks, &mut |c, chunk| {
            assert_eq!(c, next);
            next += 1;
            // All NaN are the same missing cell.
            let bits = |v: &f64| if v.is_nan() { u64::MAX } else { v.to_bits() };
            all.push((
                chunk.first_row,
                chunk.rows,
                chunk.values.iter().map(bits).collect(),
                chunk.weights.map(|w| w.iter().map(|v| v.to_bits()).collect()),
            ));
            Ok(())
        })
        .unwrap();
    all
}

/// All cells of column `d`.
pub fn cells(source: &dyn RowSource, d: usize) -> Vec<f64> {
    let mut all = Vec::new();
    source
        .sweep(0..source.chunks(), &mut |_, chunk| {
            all.extend_from_slice(chunk.column(d));
            Ok(())
        })
        .unwrap();
    all
}

/// Checks that two sources show the same columns, rows and weights, bit for bit.
pub fn assert_same(a: &dyn RowSource, b: &dyn RowSource) {
    assert_eq!(a.columns(), b.columns());
    assert_eq!(a.rows(), b.rows());
    assert_eq!(a.has_weights(), b.has_weights());
    assert!(chunk_bits(a, 0..a.chunks()) == chunk_bits(b, 0..b.chunks()), "the chunks differ");
}

pub fn number(name: &str) -> Column {
    Column { name: name.into(), kind: ColumnKind::Number, missing: false }
}

pub fn levels(name: &str, names: &[&str]) -> Column {
    Column { name: name.into(), kind: ColumnKind::Levels(strings(names)), missing: false }
}

/// A small generator of random numbers (splitmix64), so that tests need no seedless source.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Between -1 and 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// A column for a Parquet file; `None` is null.
pub enum Cells {
    Double(Vec<Option<f64>>),
    Float(Vec<Option<f32>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Bool(Vec<Option<bool>>),
    Text(Vec<Option<&'static str>>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Cells::Double(v) => v.len(),
            Cells::Float(v) => v.len(),
            Cells::Int32(v) => v.len(),
            Cells::Int64(v) => v.len(),
            Cells::Bool(v) => v.len(),
            Cells::Text(v) => v.len(),
        }
    }
}

/// Writes a Parquet file with row groups of the given size and small pages; all columns may have nulls.
pub fn parquet_file(path: &Path, columns: &[(&str, Option<LogicalType>, Cells)], group_rows: usize) {
    let fields = columns.iter().map(|(name, logical, cells)| {
        let physical = match cells {
            Cells::Double(_) => Physical::DOUBLE,
            Cells::Float(_) => Physical::FLOAT,
            Cells::Int32(_) => Physical::INT32,
            Cells::Int64(_) => Physical::INT64,
            Cells::Bool(_) => Physical::BOOLEAN,
            Cells::Text(_) => Physical::BYTE_ARRAY,
        };
        Arc::new(
            Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical.clone())
                .with_precision(if matches!(logical, Some(LogicalType::Decimal(_))) { 5 } else { -1 })
                .with_scale(if matches!(logical, Some(LogicalType::Decimal(_))) { 2 } else { -1 })
                .build()
                .unwrap(),
        )
    });
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields.collect()).build().unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(50);
    let mut writer =
        SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties.build())).unwrap();
    let rows = columns[0].2.len();
    for start in (0..rows).step_by(group_rows.max(1)) {
        let range = start..(start + group_rows).min(rows);
        let mut group = writer.next_row_group().unwrap();
        for (_, _, cells) in columns {
            let mut column = group.next_column().unwrap().unwrap();
            macro_rules! put {
                ($type:ty, $cells:expr, $convert:expr) => {{
                    let cells = &$cells[range.clone()];
                    let defined: Vec<i16> = cells.iter().map(|c| i16::from(c.is_some())).collect();
                    let values: Vec<_> = cells.iter().flatten().map($convert).collect();
                    column.typed::<$type>().write_batch(&values, Some(&defined), None).unwrap();
                }};
            }
            match cells {
                Cells::Double(v) => put!(DoubleType, v, |v| *v),
                Cells::Float(v) => put!(FloatType, v, |v| *v),
                Cells::Int32(v) => put!(Int32Type, v, |v| *v),
                Cells::Int64(v) => put!(Int64Type, v, |v| *v),
                Cells::Bool(v) => put!(BoolType, v, |v| *v),
                Cells::Text(v) => put!(ByteArrayType, v, |v| ByteArray::from(*v)),
            }
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}
