//! A table in the making: rows come one by one, cells are laid out chunk by chunk as they come.

use crate::error::IoError;
use crate::plan::Plan;
use natgrad::rows::{CHUNK_ROWS, Table};

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
    pub fn push_rows(&mut self, cells: &[f64], wide: usize, at: impl Fn(usize) -> usize) {
        /// Rows that are turned at once: their cells and the places they go to stay in the first-level cache.
        const TILE: usize = 16;
        let rows = cells.len() / wide;
        let mut first = 0;
        while first < rows {
            let count = TILE.min(rows - first).min(CHUNK_ROWS - self.filled);
            for d in 0..self.width {
                let place = d * CHUNK_ROWS + self.filled;
                let from = at(d);
                for (n, value) in self.staging[place..place + count].iter_mut().enumerate() {
                    *value = cells[(first + n) * wide + from];
                }
            }
            self.filled += count;
            first += count;
            if self.filled == CHUNK_ROWS {
                self.values.extend_from_slice(&self.staging);
                self.filled = 0;
            }
        }
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
