//! A table in the making: rows come one by one, cells are laid out chunk by chunk as they come.

use crate::error::IoError;
use crate::plan::Plan;
use natgrad::rows::{CHUNK_ROWS, Table};
use rayon::prelude::*;

/// Collects rows into the layout of [`Table`] without a second copy.
pub(crate) struct TableBuilder {
    width: usize,
    /// The chunk being filled, column after column, each [`CHUNK_ROWS`] long.
    staging: Vec<f64>,
    filled: usize,
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl TableBuilder {
    /// A builder for the columns of a plan.
    pub fn new(plan: &Plan) -> Self {
        let width = plan.columns.len();
        TableBuilder {
            width,
            staging: vec![0.0; width * CHUNK_ROWS],
            filled: 0,
            values: Vec::new(),
            weights: plan.weights.map(|_| Vec::new()),
        }
    }

    /// Number of complete rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.width + self.filled
    }

    /// Sets column `d` of the row being built.
    #[inline]
    pub fn set(&mut self, d: usize, value: f64) {
        self.staging[d * CHUNK_ROWS + self.filled] = value;
    }

    /// Sets the weight of the row being built.
    #[inline]
    pub fn set_weight(&mut self, weight: f64) {
        if let Some(weights) = &mut self.weights {
            weights.push(weight);
        }
    }

    /// Ends the row; all its columns have been set.
    #[inline]
    pub fn end_row(&mut self) {
        self.filled += 1;
        if self.filled == CHUNK_ROWS {
            self.values.extend_from_slice(&self.staging);
            self.filled = 0;
        }
    }

    /// Adds whole rows of `wide` numbers each, row after row; column `d` is cell `at(d)` of a row.
    pub fn push_rows(&mut self, cells: &[[u8; 8]], wide: usize, at: impl Fn(usize) -> usize) {
        let rows = cells.len() / wide;
        let mut first = 0;
        while first < rows {
            let count = (rows - first).min(CHUNK_ROWS - self.filled);
            let turned = &cells[first * wide..(first + count) * wide];
            turn(turned, wide, &mut self.staging, CHUNK_ROWS, self.filled, self.width, &at);
            self.filled += count;
            first += count;
            if self.filled == CHUNK_ROWS {
                self.values.extend_from_slice(&self.staging);
                self.filled = 0;
            }
        }
    }

    /// Adds as many whole chunks as fit into `rows` on all threads: `read(c, block)` fills the block with chunk `c`'s rows of
    /// `wide` little-endian numbers and says whether it could. Returns the rows added: none where a chunk failed or holds
    /// an infinite value (then rows have to come one by one, which finds the place), or where a chunk is begun.
    pub fn push_chunks(
        &mut self,
        rows: usize,
        wide: usize,
        at: impl Fn(usize) -> usize + Sync,
        read: impl Fn(usize, &mut [u8]) -> bool + Sync,
    ) -> usize {
        let (chunks, size) = (rows / CHUNK_ROWS, CHUNK_ROWS * self.width);
        if self.filled > 0 || chunks == 0 {
            return 0;
        }
        let before = self.values.len();
        if before == 0 {
            // Fresh zeros cost nothing until they are written to, on whichever thread that is.
            self.values = vec![0.0; rows * self.width];
            self.values.truncate(chunks * size);
        } else {
            self.values.resize(before + chunks * size, 0.0);
        }
        let sound = self.values[before..].par_chunks_mut(size).enumerate().map_init(
            || vec![0u8; CHUNK_ROWS * wide * 8],
            |block, (c, values)| {
                if !read(c, block) {
                    return false;
                }
                turn(block.as_chunks().0, wide, values, CHUNK_ROWS, 0, self.width, &at);
                // No early end: it would keep the loop from wide registers.
                !values.iter().fold(false, |found, x| found | x.is_infinite())
            },
        );
        if sound.all(|sound| sound) {
            return chunks * CHUNK_ROWS;
        }
        self.values.truncate(before);
        0
    }

    /// The finished table; the levels of `plan` are sorted and the codes follow.
    ///
    /// # Errors
    /// [`IoError::Empty`] if there are no rows, or all weights are zero.
    pub fn finish(mut self, plan: &mut Plan, file: &str) -> Result<Table, IoError> {
        let rows = self.rows();
        if rows == 0 {
            return Err(no_rows(file));
        }
        if let Some(weights) = &self.weights {
            check_some_weight(weights.iter().any(|w| *w > 0.0), file)?;
        }
        for d in 0..self.width {
            let start = d * CHUNK_ROWS;
            self.values.extend_from_slice(&self.staging[start..start + self.filled]);
        }
        for d in 0..self.width {
            if let Some(new) = plan.columns[d].book.as_mut().and_then(|b| b.close()) {
                recode(&mut self.values, rows, self.width, d, &new);
            }
        }
        let columns = plan.describe(&vec![false; self.width]);
        Ok(Table::from_chunks(columns, rows, self.values, self.weights)?)
    }
}

/// Replaces the codes of column `d` by new ones.
fn recode(values: &mut [f64], rows: usize, width: usize, d: usize, new: &[f64]) {
    for first in (0..rows).step_by(CHUNK_ROWS) {
        let in_chunk = CHUNK_ROWS.min(rows - first);
        let start = first * width + d * in_chunk;
        for value in &mut values[start..start + in_chunk] {
            if !value.is_nan() {
                *value = new[*value as usize];
            }
        }
    }
}

/// The error for a data set without rows.
pub(crate) fn no_rows(file: &str) -> IoError {
    IoError::Empty {
        file: file.into(),
        problem: "there are no rows of data".into(),
        hint: "check that the right file was named; a header alone is not enough".into(),
    }
}

/// The error for a data set whose weights are all zero.
pub(crate) fn check_some_weight(any_positive: bool, file: &str) -> Result<(), IoError> {
    if any_positive {
        return Ok(());
    }
    Err(IoError::Empty {
        file: file.into(),
        problem: "all weights are zero".into(),
        hint: "check the column named with --weights".into(),
    })
}

/// Rows that are turned at once: enough for long runs of writes, few enough that their cells stay in the second-level cache.
const TILE: usize = 64;

/// Writes rows of `wide` little-endian numbers column after column, each column `tall` long, from place `filled` on.
fn turn(
    cells: &[[u8; 8]],
    wide: usize,
    to: &mut [f64],
    tall: usize,
    filled: usize,
    width: usize,
    at: impl Fn(usize) -> usize,
) {
    for (tile, rows) in cells.chunks(TILE * wide).enumerate() {
        let count = rows.len() / wide;
        for d in 0..width {
            let (place, from) = (d * tall + filled + tile * TILE, at(d));
            for (value, row) in to[place..place + count].iter_mut().zip(rows.chunks_exact(wide)) {
                *value = f64::from_le_bytes(row[from]);
            }
        }
    }
}
