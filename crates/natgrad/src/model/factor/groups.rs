//! Rows of a chunk, grouped by the cells that they show.

use super::FactorModel;
use crate::linalg::Matrix;
use crate::rows::Chunk;
use faer::MatRef;
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows of a chunk that show the same cells.
pub(super) struct Group {
    /// The seen columns.
    pub seen: Vec<usize>,
    /// Rows of the chunk.
    pub rows: Vec<usize>,
}

impl Group {
    /// Cells of the rows in the chart, `rows × O`.
    pub(super) fn cells(&self, model: &FactorModel, chunk: &Chunk<'_>) -> Matrix {
        let mut own = Vec::new();
        self.cells_in(model, chunk, &mut own).to_owned()
    }

    /// As [`cells`](Self::cells), in memory that is used again for the next chunk.
    pub(super) fn cells_in<'s>(
        &self,
        model: &FactorModel,
        chunk: &Chunk<'_>,
        memory: &'s mut Vec<f64>,
    ) -> MatRef<'s, f64> {
        let chart = &model.chart;
        let along = |d: usize| (chart.centers[d], 1.0 / chart.scales[d]);
        self.moved_in(0..self.rows.len(), chunk, along, memory)
    }

    /// `(x − center) · factor` of the cells of some of the group's rows, `some × O`; `along` says both for a column.
    pub(super) fn moved_in<'s>(
        &self,
        some: Range<usize>,
        chunk: &Chunk<'_>,
        along: impl Fn(usize) -> (f64, f64),
        memory: &'s mut Vec<f64>,
    ) -> MatRef<'s, f64> {
        let (rows, seen) = (some.len(), self.seen.len());
        memory.resize(rows * seen, 0.0);
        for (&d, to) in self.seen.iter().zip(memory.chunks_exact_mut(rows.max(1))) {
            let ((center, factor), column) = (along(d), chunk.column(d));
            if self.rows.len() == column.len() {
                to.iter_mut().zip(&column[some.clone()]).for_each(|(y, x)| *y = (x - center) * factor);
            } else {
                to.iter_mut().zip(&self.rows[some.clone()]).for_each(|(y, &n)| *y = (column[n] - center) * factor);
            }
        }
        MatRef::from_column_major_slice(&memory[..rows * seen], rows, seen)
    }
}

/// Groups rows by what they show; in a fixed order. Rows without weight are left out, unless `all` are wanted.
pub(super) fn groups(model: &FactorModel, chunk: &Chunk<'_>, all: bool) -> Vec<Group> {
    let width = model.width();
    let wanted = |n: usize| all || chunk.weight(n) > 0.0;
    if !model.gappy || chunk.values.iter().all(|x| !x.is_nan()) {
        return vec![Group { seen: (0..width).collect(), rows: (0..chunk.rows).filter(|&n| wanted(n)).collect() }];
    }
    let mut found: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for n in (0..chunk.rows).filter(|&n| wanted(n)) {
        let mut key = vec![0u64; width.div_ceil(64)];
        for d in (0..width).filter(|&d| !chunk.values[d * chunk.rows + n].is_nan()) {
            key[d / 64] |= 1 << (d % 64);
        }
        found.entry(key).or_default().push(n);
    }
    let seen = |key: &[u64]| (0..width).filter(|&d| key[d / 64] >> (d % 64) & 1 == 1).collect();
    found.into_iter().map(|(key, rows)| Group { seen: seen(&key), rows }).collect()
}
