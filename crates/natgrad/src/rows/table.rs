//! A data set held in memory, stored chunk by chunk so that a sweep copies nothing.

use super::Profile;
use super::source::{CHUNK_ROWS, Chunk, Column, RowSource};
use crate::Error;
use std::ops::Range;

/// Rows in memory: chunk after chunk, column-major inside a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
    /// Made while the cells were looked at for gaps.
    profile: Option<Profile>,
}

impl Table {
    /// A table from whole columns.
    ///
    /// # Shapes
    /// `data[d]` has one value per row; `NaN` is a missing cell.
    ///
    /// # Errors
    /// [`Error::Data`] if the columns have different lengths, or the weights another one, or a weight is negative or
    /// not finite.
    pub fn from_columns(columns: Vec<Column>, data: &[Vec<f64>], weights: Option<Vec<f64>>) -> Result<Self, Error> {
        let rows = data.first().map_or(0, Vec::len);
        if let Some(bad) = data.iter().position(|c| c.len() != rows) {
            return Err(Error::Data {
                problem: format!("column {} has {} rows where the first has {rows}", bad + 1, data[bad].len()),
                hint: "give every column the same number of rows".into(),
            });
        }
        if columns.len() != data.len() {
            return Err(Error::Data {
                problem: format!("{} column names for {} columns", columns.len(), data.len()),
                hint: "give one name per column".into(),
            });
        }
        check_weights(weights.as_deref(), rows)?;
        let mut values = Vec::with_capacity(rows * data.len());
        for start in (0..rows).step_by(CHUNK_ROWS) {
            let end = (start + CHUNK_ROWS).min(rows);
            for d in data {
                values.extend_from_slice(&d[start..end]);
            }
        }
        Table { columns, rows, values, weights, profile: None }.profiled()
    }

    /// A table from cells that are laid out already: chunk after chunk of [`CHUNK_ROWS`] rows (the last may be
    /// shorter), column after column inside a chunk.
    ///
    /// # Shapes
    /// `values` has `rows × columns` cells, `NaN` where missing; `weights` has one entry per row. `missing` of the
    /// columns is set from the cells.
    ///
    /// # Errors
    /// [`Error::Data`] if the lengths do not fit, or a weight is negative or not finite.
    pub fn from_chunks(
        columns: Vec<Column>,
        rows: usize,
        values: Vec<f64>,
        weights: Option<Vec<f64>>,
    ) -> Result<Self, Error> {
        let width = columns.len();
        if rows.checked_mul(width) != Some(values.len()) {
            return Err(Error::Data {
                problem: format!("{} cells for {rows} rows of {width} columns", values.len()),
                hint: "give one cell per row and column".into(),
            });
        }
        check_weights(weights.as_deref(), rows)?;
        Table { columns, rows, values, weights, profile: None }.profiled()
    }

    /// With the summary of its cells, which says where some are missing.
    fn profiled(mut self) -> Result<Self, Error> {
        let profile = Profile::of(&self)?;
        for (column, found) in self.columns.iter_mut().zip(&profile.columns) {
            column.missing = found.present < profile.rows;
        }
        self.profile = Some(profile);
        Ok(self)
    }

    /// The chunk with index `c`, without copying.
    pub fn chunk(&self, c: usize) -> Chunk<'_> {
        let first = c * CHUNK_ROWS;
        let rows = CHUNK_ROWS.min(self.rows - first);
        let width = self.columns.len();
        Chunk {
            first_row: first as u64,
            rows,
            values: &self.values[first * width..(first + rows) * width],
            weights: self.weights.as_ref().map(|w| &w[first..first + rows]),
        }
    }

    /// Weight of row `n`.
    pub fn weight(&self, n: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[n])
    }

    /// The cell of row `n`, column `d`.
    pub fn cell(&self, n: usize, d: usize) -> f64 {
        let chunk = self.chunk(n / CHUNK_ROWS);
        chunk.column(d)[n % CHUNK_ROWS]
    }
}

/// Checks that there is one weight per row, each a number ≥ 0.
fn check_weights(weights: Option<&[f64]>, rows: usize) -> Result<(), Error> {
    let Some(w) = weights else { return Ok(()) };
    if w.len() != rows {
        return Err(Error::Data {
            problem: format!("{} weights for {rows} rows", w.len()),
            hint: "give one weight per row".into(),
        });
    }
    if let Some(n) = w.iter().position(|w| !w.is_finite() || *w < 0.0) {
        return Err(Error::Data {
            problem: format!("row {}: weight {} is not a number ≥ 0", n + 1, w[n]),
            hint: "weights count how often a row was seen".into(),
        });
    }
    Ok(())
}

impl RowSource for Table {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn rows(&self) -> u64 {
        self.rows as u64
    }

    fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    fn stretches(&self) -> Vec<Range<usize>> {
        let chunks = self.chunks();
        // Up to sixteen chunks: small enough to balance threads, large enough to make the hand-over free.
        let step = chunks.div_ceil(16).clamp(1, 16);
        (0..chunks).step_by(step).map(|a| a..(a + step).min(chunks)).collect()
    }

    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for c in chunks {
            visit(c, self.chunk(c))?;
        }
        Ok(())
    }
}
