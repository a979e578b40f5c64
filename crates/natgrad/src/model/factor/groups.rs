//! Rows of a chunk, grouped by the cells that they show.

use super::FactorModel;
use crate::linalg::Matrix;
use crate::rows::Chunk;
use std::collections::BTreeMap;

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
        let chart = &model.chart;
        let mut cells = Matrix::zeros(self.rows.len(), self.seen.len());
        for (i, &d) in self.seen.iter().enumerate() {
            let (center, scale, column) = (chart.centers[d], 1.0 / chart.scales[d], chunk.column(d));
            let to = cells.col_as_slice_mut(i);
            if to.len() == column.len() {
                to.iter_mut().zip(column).for_each(|(y, x)| *y = (x - center) * scale);
            } else {
                to.iter_mut().zip(&self.rows).for_each(|(y, &n)| *y = (column[n] - center) * scale);
            }
        }
        cells
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
