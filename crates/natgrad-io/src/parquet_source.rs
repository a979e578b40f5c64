//! Parquet files as a source of rows: streamed in constant memory, or loaded into a table.

use crate::error::IoError;
use crate::levels::{Book, MOST_LEVELS};
use crate::parquet_columns::{GroupCursor, OpenFile, Wanted};
use crate::parquet_file::ParquetFile;
use crate::plan::Plan;
use crate::spec::ReadOptions;
use crate::table_builder::{check_some_weight, no_rows};
use natgrad::rows::{CHUNK_ROWS, Chunk, Column, RowSource, Table};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

/// Most chunks in a stretch, so that one large row group can still be read by several threads.
const LONGEST_STRETCH: usize = 256;

/// One row group of the data set.
#[derive(Debug, Clone, Copy)]
struct Group {
    file: usize,
    group: usize,
    first_row: u64,
    rows: u64,
}

/// Parquet files as one streamed data set.
///
/// Only footers and levels are held; a sweep decodes page by page, so its memory does not grow with the data. Chunk
/// `c` is rows `1024 c …` of the concatenated files, whatever their row groups are.
pub struct ParquetSource {
    columns: Vec<Column>,
    files: Vec<ParquetFile>,
    wanted: Vec<Wanted>,
    /// First row of each file.
    file_rows: Vec<u64>,
    groups: Vec<Group>,
    books: Vec<Option<Book>>,
    rows: u64,
    has_weights: bool,
}

/// What the first pass finds in one row group.
struct Scan {
    missing: Vec<bool>,
    levels: Vec<Vec<String>>,
    positive_weight: bool,
}

impl ParquetSource {
    /// Opens Parquet files as one data set, and passes over it once to find missing cells and levels.
    ///
    /// # Errors
    /// Files that cannot be read or do not fit together, columns that cannot be read, and the first cell (in row
    /// order) that is infinite, of an unknown level or no number where one is needed.
    pub fn open(paths: &[PathBuf], options: &ReadOptions) -> Result<Self, IoError> {
        let mut files: Vec<ParquetFile> = Vec::with_capacity(paths.len());
        let mut wanted = Vec::with_capacity(paths.len());
        let mut plan: Option<Plan> = None;
        for path in paths {
            let file = ParquetFile::open(path)?;
            let names = file.names();
            match &plan {
                None => plan = Some(Plan::new(names, options, &file.shown)?),
                Some(plan) => plan.check_same(&names, &file.shown, &files[0].shown)?,
            }
            let Some(plan) = &plan else { continue };
            let columns: Result<_, IoError> =
                plan.columns.iter().map(|c| Ok((file.leaf(c.at, &c.name)?, c.name.clone()))).collect();
            let weights =
                plan.weights.map(|at| Ok::<_, IoError>((file.leaf(at, &plan.names[at])?, plan.names[at].clone())));
            wanted.push(Wanted { columns: columns?, weights: weights.transpose()? });
            files.push(file);
        }
        let Some(mut plan) = plan else { return Err(no_rows("Parquet")) };

        let mut groups = Vec::new();
        let mut file_rows = Vec::new();
        let mut rows = 0u64;
        for (f, file) in files.iter().enumerate() {
            file_rows.push(rows);
            for (g, group) in file.metadata.row_groups().iter().enumerate() {
                let in_group = u64::try_from(group.num_rows()).unwrap_or(0);
                if in_group > 0 {
                    groups.push(Group { file: f, group: g, first_row: rows, rows: in_group });
                    rows = rows.saturating_add(in_group);
                }
            }
        }
        if rows == 0 {
            return Err(no_rows(&files[0].shown));
        }
        let mut source = ParquetSource {
            columns: Vec::new(),
            books: plan.columns.iter().map(|c| c.book.clone()).collect(),
            has_weights: plan.weights.is_some(),
            files,
            wanted,
            file_rows,
            groups,
            rows,
        };
        let missing = source.first_pass(&mut plan)?;
        source.columns = plan.describe(&missing);
        source.books = plan.columns.into_iter().map(|c| c.book).collect();
        Ok(source)
    }

    /// Bytes that the data set would need in memory.
    pub fn bytes(&self) -> u64 {
        let width = self.columns.len() as u64 + u64::from(self.has_weights);
        self.rows.saturating_mul(width).saturating_mul(8)
    }

    /// Reads the whole data set into memory.
    ///
    /// # Errors
    /// Files that have changed since they were opened.
    pub fn load(&self) -> Result<Table, IoError> {
        let mut values = Vec::with_capacity(self.rows as usize * self.columns.len());
        let mut weights = self.has_weights.then(|| Vec::with_capacity(self.rows as usize));
        self.sweep(0..self.chunks(), &mut |_, chunk| {
            values.extend_from_slice(chunk.values);
            if let (Some(all), Some(some)) = (&mut weights, chunk.weights) {
                all.extend_from_slice(some);
            }
            Ok(())
        })?;
        Ok(Table::from_chunks(self.columns.clone(), self.rows as usize, values, weights)?)
    }

    /// Reads every row group once, in parallel, and settles which columns have missing cells and what the levels are.
    fn first_pass(&self, plan: &mut Plan) -> Result<Vec<bool>, IoError> {
        let scans: Vec<Result<Scan, IoError>> = self.groups.par_iter().map(|g| self.scan(*g)).collect();
        let width = plan.columns.len();
        let mut missing = vec![false; width];
        let mut levels = vec![BTreeSet::new(); width];
        let mut positive_weight = !self.has_weights;
        // In row order, so that the error reported does not depend on the threads.
        for scan in scans {
            let scan = scan?;
            positive_weight |= scan.positive_weight;
            for d in 0..width {
                missing[d] |= scan.missing[d];
            }
            for (all, some) in levels.iter_mut().zip(scan.levels) {
                all.extend(some);
            }
        }
        check_some_weight(positive_weight, &self.files[0].shown)?;
        for (column, levels) in plan.columns.iter_mut().zip(levels) {
            if levels.len() > MOST_LEVELS {
                return Err(IoError::Column {
                    file: self.files[0].shown.clone(),
                    problem: format!("column \"{}\" has {} different levels", column.name, levels.len()),
                    hint: "a column with so many levels is likely a number or an identifier: give it another family \
                           or leave it out with --columns"
                        .into(),
                });
            }
            if let Some(Book::Open(_)) = column.book {
                column.book = Some(Book::settle(levels));
            }
        }
        Ok(missing)
    }

    /// Reads one row group and notes missing cells and levels.
    fn scan(&self, group: Group) -> Result<Scan, IoError> {
        let file = OpenFile::new(&self.files[group.file], group.file)?;
        let mut cursor = self.cursor(&file, group, group.first_row)?;
        let width = self.books.len();
        let mut books = self.books.clone();
        let mut scan = Scan { missing: vec![false; width], levels: Vec::new(), positive_weight: false };
        let mut values = vec![0.0; width * CHUNK_ROWS];
        let mut weights = vec![0.0; CHUNK_ROWS];
        while cursor.left > 0 {
            let rows = cursor.left.min(CHUNK_ROWS as u64) as usize;
            cursor.read(rows, &mut values, CHUNK_ROWS, 0, &mut weights, &mut books)?;
            for (d, missing) in scan.missing.iter_mut().enumerate() {
                *missing = *missing || values[d * CHUNK_ROWS..][..rows].iter().any(|v| v.is_nan());
            }
            scan.positive_weight |= weights[..rows].iter().any(|w| *w > 0.0);
        }
        scan.levels = books
            .iter()
            .map(|book| match book {
                Some(book @ Book::Open(_)) => book.names().to_vec(),
                _ => Vec::new(),
            })
            .collect();
        Ok(scan)
    }

    /// A cursor at `row`, which lies in `group`.
    fn cursor<'a>(&'a self, file: &OpenFile<'a>, group: Group, row: u64) -> Result<GroupCursor<'a>, IoError> {
        let skip = row - group.first_row;
        GroupCursor::open(file, group.group, &self.wanted[group.file], row, skip, self.file_rows[group.file])
    }

    /// Shows the chunks of a range to `visit`; the error says whether reading or visiting failed.
    fn read_chunks(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), natgrad::Error>,
    ) -> Result<(), natgrad::Error> {
        let chunks = chunks.start..chunks.end.min(self.chunks());
        if chunks.is_empty() {
            return Ok(());
        }
        let width = self.columns.len();
        let mut values = vec![0.0; width * CHUNK_ROWS];
        let mut weights = vec![0.0; CHUNK_ROWS];
        let mut books = self.books.clone();
        let mut row = (chunks.start * CHUNK_ROWS) as u64;
        let mut at = self.groups.partition_point(|g| g.first_row + g.rows <= row);
        let mut file = OpenFile::new(&self.files[self.groups[at].file], self.groups[at].file)?;
        let mut cursor = self.cursor(&file, self.groups[at], row)?;
        for c in chunks {
            let first_row = (c * CHUNK_ROWS) as u64;
            let rows = (self.rows - first_row).min(CHUNK_ROWS as u64) as usize;
            let mut filled = 0;
            while filled < rows {
                if cursor.left == 0 {
                    at += 1;
                    let group = self.groups[at];
                    if group.file != file.index {
                        file = OpenFile::new(&self.files[group.file], group.file)?;
                    }
                    cursor = self.cursor(&file, group, row)?;
                }
                let take = cursor.left.min((rows - filled) as u64) as usize;
                cursor.read(take, &mut values, rows, filled, &mut weights, &mut books)?;
                filled += take;
                row += take as u64;
            }
            let weights = self.has_weights.then(|| &weights[..rows]);
            visit(c, Chunk { first_row, rows, values: &values[..width * rows], weights })?;
        }
        Ok(())
    }
}

impl RowSource for ParquetSource {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn has_weights(&self) -> bool {
        self.has_weights
    }

    /// The chunks whose first row lies in each row group, at most 256 of them.
    fn stretches(&self) -> Vec<Range<usize>> {
        let chunk = CHUNK_ROWS as u64;
        let mut stretches = Vec::new();
        for group in &self.groups {
            let first = group.first_row.div_ceil(chunk) as usize;
            let end = (group.first_row + group.rows).div_ceil(chunk) as usize;
            stretches.extend((first..end).step_by(LONGEST_STRETCH).map(|a| a..(a + LONGEST_STRETCH).min(end)));
        }
        stretches
    }

    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), natgrad::Error>,
    ) -> Result<(), natgrad::Error> {
        self.read_chunks(chunks, visit)
    }
}
