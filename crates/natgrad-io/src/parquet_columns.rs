//! Cursors over the columns of one row group: cells are decoded page by page and turned into numbers.

use crate::cell::{self, CellTrouble};
use crate::error::{IoError, Place, cannot_read};
use crate::levels::Book;
use crate::parquet_file::{Leaf, ParquetFile, damaged, guard};
use parquet::basic::Type as Physical;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{BoolType, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A column reader and room for the cells of one block.
struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
}

/// A column reader of one of the types that are read.
enum Cells {
    Bool(Typed<BoolType>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Float(Typed<FloatType>),
    Double(Typed<DoubleType>),
    Text(Typed<ByteArrayType>),
}

/// A cursor over one column of one row group.
pub(crate) struct ColumnCursor {
    cells: Cells,
    unsigned: bool,
    optional: bool,
    defined: Vec<i16>,
}

/// Why a block of cells could not be read.
pub(crate) enum BlockTrouble {
    /// The file is damaged.
    Damaged(String),
    /// A cell cannot be used; its row in the block.
    Cell(usize, CellTrouble),
}

impl<T: DataType> Typed<T> {
    /// Decodes `out.len()` cells and converts them; null is `NaN`.
    fn fill(
        &mut self,
        defined: Option<&mut Vec<i16>>,
        out: &mut [f64],
        mut convert: impl FnMut(&T::T) -> Result<f64, CellTrouble>,
    ) -> Result<(), BlockTrouble> {
        self.values.clear();
        let rows = out.len();
        let short = || BlockTrouble::Damaged("a column ends before its row group".into());
        let Some(defined) = defined else {
            let (read, _, _) = guard(|| self.reader.read_records(rows, None, None, &mut self.values))
                .map_err(BlockTrouble::Damaged)?;
            if read != rows || self.values.len() != rows {
                return Err(short());
            }
            for (n, (cell, value)) in out.iter_mut().zip(&self.values).enumerate() {
                *cell = convert(value).map_err(|t| BlockTrouble::Cell(n, t))?;
            }
            return Ok(());
        };
        defined.clear();
        let (read, _, _) = guard(|| self.reader.read_records(rows, Some(defined), None, &mut self.values))
            .map_err(BlockTrouble::Damaged)?;
        if read != rows || defined.len() != rows {
            return Err(short());
        }
        let mut values = self.values.iter();
        for (n, (cell, level)) in out.iter_mut().zip(defined.iter()).enumerate() {
            *cell = if *level == 0 {
                f64::NAN
            } else {
                let value = values.next().ok_or_else(short)?;
                convert(value).map_err(|t| BlockTrouble::Cell(n, t))?
            };
        }
        Ok(())
    }
}

impl ColumnCursor {
    /// A cursor at the beginning of a column of row group `group`.
    fn open(file: &ParquetFile, handle: &Arc<File>, group: usize, leaf: Leaf) -> Result<Self, String> {
        let group = file.metadata.row_group(group);
        let chunk = group.column(leaf.index);
        guard(|| {
            let rows = usize::try_from(group.num_rows())?;
            let pages = Box::new(SerializedPageReader::new(handle.clone(), chunk, rows, None)?);
            let descr = chunk.column_descr_ptr();
            macro_rules! typed {
                ($variant:ident) => {
                    Cells::$variant(Typed { reader: ColumnReaderImpl::new(descr.clone(), pages), values: Vec::new() })
                };
            }
            let cells = match chunk.column_type() {
                Physical::BOOLEAN => typed!(Bool),
                Physical::INT32 => typed!(Int32),
                Physical::INT64 => typed!(Int64),
                Physical::FLOAT => typed!(Float),
                Physical::DOUBLE => typed!(Double),
                Physical::BYTE_ARRAY => typed!(Text),
                other => return Err(ParquetError::NYI(format!("type {other} is not read"))),
            };
            Ok(ColumnCursor {
                cells,
                unsigned: leaf.unsigned,
                optional: descr.max_def_level() > 0,
                defined: Vec::new(),
            })
        })
    }

    /// Passes over `rows` cells; whole pages are not even decompressed.
    fn skip(&mut self, rows: usize) -> Result<(), String> {
        let skipped = guard(|| match &mut self.cells {
            Cells::Bool(c) => c.reader.skip_records(rows),
            Cells::Int32(c) => c.reader.skip_records(rows),
            Cells::Int64(c) => c.reader.skip_records(rows),
            Cells::Float(c) => c.reader.skip_records(rows),
            Cells::Double(c) => c.reader.skip_records(rows),
            Cells::Text(c) => c.reader.skip_records(rows),
        })?;
        if skipped == rows { Ok(()) } else { Err("a column ends before its row group".into()) }
    }

    /// Reads `out.len()` cells as numbers, or as levels of `book`.
    fn fill(&mut self, out: &mut [f64], mut book: Option<&mut Book>) -> Result<(), BlockTrouble> {
        let unsigned = self.unsigned;
        let defined = self.optional.then_some(&mut self.defined);
        match &mut self.cells {
            Cells::Bool(c) => c.fill(defined, out, |v| cell::truth(*v, book.as_deref_mut())),
            Cells::Int32(c) if unsigned => {
                c.fill(defined, out, |v| cell::integer(i128::from(*v as u32), book.as_deref_mut()))
            }
            Cells::Int32(c) => c.fill(defined, out, |v| cell::integer(i128::from(*v), book.as_deref_mut())),
            Cells::Int64(c) if unsigned => {
                c.fill(defined, out, |v| cell::integer(i128::from(*v as u64), book.as_deref_mut()))
            }
            Cells::Int64(c) => c.fill(defined, out, |v| cell::integer(i128::from(*v), book.as_deref_mut())),
            Cells::Float(c) => c.fill(defined, out, |v| cell::float(f64::from(*v), book.as_deref_mut())),
            Cells::Double(c) => c.fill(defined, out, |v| cell::float(*v, book.as_deref_mut())),
            Cells::Text(c) => c.fill(defined, out, |v| cell::text(bytes_of(v), book.as_deref_mut())),
        }
    }
}

/// The bytes of a text cell; [`ByteArray::data`](parquet::data_type::ByteArray::data) panics on one without data.
fn bytes_of(value: &parquet::data_type::ByteArray) -> &[u8] {
    if value.is_empty() { b"" } else { value.data() }
}

/// A file held open while its row groups are read.
pub(crate) struct OpenFile<'a> {
    /// Its footer.
    pub file: &'a ParquetFile,
    /// Its index in the data set.
    pub index: usize,
    handle: Arc<File>,
}

impl<'a> OpenFile<'a> {
    /// Opens a file of the data set.
    ///
    /// # Errors
    /// A file that has gone since its footer was read.
    pub fn new(file: &'a ParquetFile, index: usize) -> Result<Self, IoError> {
        let handle = Arc::new(File::open(Path::new(&file.path)).map_err(|e| cannot_read(&file.path, &e))?);
        Ok(OpenFile { file, index, handle })
    }
}

/// What is read of each row group: a leaf per data column, and the weights.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Leaf and name of each data column.
    pub columns: Vec<(Leaf, String)>,
    /// Leaf and name of the weights.
    pub weights: Option<(Leaf, String)>,
}

/// A cursor over the wanted columns of one row group.
pub(crate) struct GroupCursor<'a> {
    file: &'a ParquetFile,
    wanted: &'a Wanted,
    columns: Vec<ColumnCursor>,
    weights: Option<ColumnCursor>,
    /// Row of the data set that comes next.
    row: u64,
    /// Row of the data set with which the file begins.
    file_first_row: u64,
    /// Rows left in the row group.
    pub left: u64,
}

impl<'a> GroupCursor<'a> {
    /// A cursor at row `row` of the data set, `skip` rows into row group `group` of a file.
    ///
    /// # Errors
    /// A damaged file.
    pub fn open(
        open: &OpenFile<'a>,
        group: usize,
        wanted: &'a Wanted,
        row: u64,
        skip: u64,
        file_first_row: u64,
    ) -> Result<Self, IoError> {
        let file = open.file;
        let rows = u64::try_from(file.metadata.row_group(group).num_rows()).unwrap_or(0);
        let start = |leaf: Leaf| {
            let mut cursor = ColumnCursor::open(file, &open.handle, group, leaf)?;
            if skip > 0 {
                cursor.skip(skip as usize)?;
            }
            Ok(cursor)
        };
        let columns: Result<Vec<ColumnCursor>, String> = wanted.columns.iter().map(|(leaf, _)| start(*leaf)).collect();
        let columns = columns.map_err(|p: String| damaged(&file.shown, &p))?;
        let weights = wanted.weights.as_ref().map(|(leaf, _)| start(*leaf)).transpose();
        let weights = weights.map_err(|p: String| damaged(&file.shown, &p))?;
        Ok(GroupCursor { file, wanted, columns, weights, row, file_first_row, left: rows.saturating_sub(skip) })
    }

    /// Reads the next `rows` rows.
    ///
    /// # Shapes
    /// Cell `(n, d)` goes to `values[d * stride + offset + n]`, weight `n` to `weights[offset + n]`.
    ///
    /// # Errors
    /// A damaged file, or a cell that cannot be used.
    pub fn read(
        &mut self,
        rows: usize,
        values: &mut [f64],
        stride: usize,
        offset: usize,
        weights: &mut [f64],
        books: &mut [Option<Book>],
    ) -> Result<(), IoError> {
        for (d, (column, book)) in self.columns.iter_mut().zip(books).enumerate() {
            let start = d * stride + offset;
            let filled = column.fill(&mut values[start..start + rows], book.as_mut());
            filled.map_err(|t| trouble(self.file, self.row, self.file_first_row, t, &self.wanted.columns[d].1))?;
        }
        if let (Some(cursor), Some((_, name))) = (&mut self.weights, &self.wanted.weights) {
            let out = &mut weights[offset..offset + rows];
            let filled = cursor.fill(out, None).and_then(|()| {
                out.iter()
                    .enumerate()
                    .try_for_each(|(n, w)| cell::weight(*w).map(|_| ()).map_err(|t| BlockTrouble::Cell(n, t)))
            });
            filled.map_err(|t| trouble(self.file, self.row, self.file_first_row, t, name))?;
        }
        self.row += rows as u64;
        self.left -= rows as u64;
        Ok(())
    }
}

/// The error for a block that starts at row `row` of the data set.
#[cold]
fn trouble(file: &ParquetFile, row: u64, file_first_row: u64, trouble: BlockTrouble, column: &str) -> IoError {
    match trouble {
        BlockTrouble::Damaged(problem) => damaged(&file.shown, &format!("column \"{column}\": {problem}")),
        BlockTrouble::Cell(n, trouble) => {
            let row = row + n as u64;
            let row_in_file = (file_first_row > 0).then_some(row - file_first_row + 1);
            let place = Box::new(Place { file: file.shown.clone(), row: row + 1, line: None, row_in_file });
            trouble.at(place, column, false)
        }
    }
}
