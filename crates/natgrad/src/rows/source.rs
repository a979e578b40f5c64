//! What a model reads: chunks of rows, column by column, from memory or streamed from files.

use super::Profile;
use crate::Error;
use std::ops::Range;

/// Rows in a chunk. All sums over rows are formed chunk by chunk and merged in one fixed tree, so that their bits do
/// not depend on the number of threads, of shards or of files.
pub const CHUNK_ROWS: usize = 1024;

/// How a column's numbers are to be read.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnKind {
    /// Plain numbers.
    Number,
    /// Named levels; the numbers are level indices 0, 1, ….
    Levels(Vec<String>),
}

/// Name and kind of one column, and whether any of its cells is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name from the header, or `c1`, `c2`, … where there is none.
    pub name: String,
    /// Numbers or named levels.
    pub kind: ColumnKind,
    /// Whether any cell of the column is missing (`NaN` in the chunks).
    pub missing: bool,
}

/// Some consecutive rows, column-major: cell `(n, d)` is `values[d * rows + n]`; missing cells are `NaN`.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Index of the first row in the whole data set, counted from 0.
    pub first_row: u64,
    /// Number of rows, at most [`CHUNK_ROWS`].
    pub rows: usize,
    /// `columns × rows` values, column after column.
    pub values: &'a [f64],
    /// Row weights (length `rows`), or `None` where every row counts once.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Chunk<'a> {
    /// The cells of column `d`.
    pub fn column(&self, d: usize) -> &'a [f64] {
        &self.values[d * self.rows..(d + 1) * self.rows]
    }

    /// Weight of row `n` of the chunk.
    pub fn weight(&self, n: usize) -> f64 {
        self.weights.map_or(1.0, |w| w[n])
    }
}

/// A data set that can be swept any number of times, chunk by chunk.
///
/// Chunk `c` holds rows `c · CHUNK_ROWS .. (c + 1) · CHUNK_ROWS` of the data set, whatever the files' own blocks are.
pub trait RowSource: Send + Sync {
    /// The columns, in order.
    fn columns(&self) -> &[Column];

    /// Number of rows.
    fn rows(&self) -> u64;

    /// Whether the rows carry weights other than one.
    fn has_weights(&self) -> bool;

    /// A summary of the columns that was made while the rows were read, if there is one.
    fn profile(&self) -> Option<&Profile> {
        None
    }

    /// Number of chunks.
    fn chunks(&self) -> usize {
        self.rows().div_ceil(CHUNK_ROWS as u64) as usize
    }

    /// A partition of `0..chunks()` into consecutive stretches that are cheap to read on their own, in parallel
    /// (for a file: its row groups).
    fn stretches(&self) -> Vec<Range<usize>>;

    /// Reads the chunks of a range in order and shows each to `visit` with its index.
    ///
    /// # Errors
    /// What reading or `visit` reports; the first error ends the sweep.
    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), Error>,
    ) -> Result<(), Error>;
}
