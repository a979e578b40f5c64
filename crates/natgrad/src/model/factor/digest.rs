//! Rows merged by what they show: moments where there are many rows of a pattern, the rows themselves where there are few.
//!
//! With moments an EM step, a slope or an information matrix costs the same whatever the number of rows.

use super::FactorModel;
use super::groups::groups;
use super::moments::Moments;
use super::patterns::Patterns;
use crate::Error;
use crate::linalg::Matrix;
use crate::model::Work;
use crate::rows::{Merge, RowSource, sum_chunks};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most numbers that merged rows may take (128 MB): beyond it rows are swept where they are.
const MOST_NUMBERS: usize = 1 << 24;

/// Rows of one pattern.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    /// Row by row, and their weights.
    Rows(Vec<f64>, Vec<f64>),
    /// Merged.
    Sums(Moments),
}

impl Stored {
    fn numbers(&self) -> usize {
        match self {
            Stored::Rows(cells, weights) => cells.len() + weights.len(),
            Stored::Sums(m) => m.first.len() * (m.first.len() + 1),
        }
    }

    /// Cells as a matrix, `rows × O`.
    pub(super) fn cells(cells: &[f64], rows: usize) -> Matrix {
        let o = cells.len() / rows.max(1);
        Matrix::from_fn(rows, o, |n, i| cells[n * o + i])
    }

    /// As moments where there are more rows than columns.
    fn settled(self, seen: usize) -> Self {
        match self {
            Stored::Rows(cells, weights) if weights.len() > seen => {
                Stored::Sums(Moments::of(Self::cells(&cells, weights.len()).as_ref(), &weights))
            }
            other => other,
        }
    }

    /// With both triangles of its moments.
    fn whole(self) -> Self {
        match self {
            Stored::Sums(m) => Stored::Sums(m.full()),
            rows => rows,
        }
    }

    pub(super) fn moments(&self, seen: usize) -> Moments {
        match self {
            Stored::Rows(_, weights) if weights.is_empty() => Moments::zero(seen),
            Stored::Rows(cells, weights) => Moments::of(Self::cells(cells, weights.len()).as_ref(), weights),
            Stored::Sums(m) => m.clone(),
        }
    }

    fn add(&mut self, other: &Stored, seen: usize) {
        match (&mut *self, other) {
            (Stored::Rows(cells, weights), Stored::Rows(more, their)) => {
                cells.extend_from_slice(more);
                weights.extend_from_slice(their);
            }
            (Stored::Sums(own), other) => return own.add(&other.moments(seen)),
            (Stored::Rows(..), Stored::Sums(other)) => {
                let mut own = self.moments(seen);
                own.add(other);
                *self = Stored::Sums(own);
                return;
            }
        }
        let own = std::mem::replace(self, Stored::Rows(Vec::new(), Vec::new()));
        *self = own.settled(seen);
    }
}

/// What some rows come to.
struct Found {
    patterns: BTreeMap<Vec<usize>, Stored>,
    numbers: usize,
    too_many: bool,
}

impl Found {
    fn empty() -> Self {
        Found { patterns: BTreeMap::new(), numbers: 0, too_many: false }
    }

    fn put(&mut self, seen: &[usize], stored: Cow<'_, Stored>) {
        match self.patterns.get_mut(seen) {
            Some(own) => {
                self.numbers -= own.numbers();
                own.add(&stored, seen.len());
                self.numbers += own.numbers();
            }
            None => {
                self.numbers += stored.numbers();
                self.patterns.insert(seen.to_vec(), stored.into_owned());
            }
        }
    }

    fn limit(&mut self) {
        self.too_many |= self.numbers > MOST_NUMBERS;
        if self.too_many {
            self.patterns.clear();
            self.numbers = 0;
        }
    }
}

impl Merge for Found {
    fn merge(&mut self, other: &Self) {
        self.too_many |= other.too_many;
        if !self.too_many {
            other.patterns.iter().for_each(|(seen, stored)| self.put(seen, Cow::Borrowed(stored)));
        }
        self.limit();
    }
}

/// A data set as a factor model sees it.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Means of the columns over the cells that are there, in the chart.
    pub(super) mean: Vec<f64>,
    /// Covariances over the rows that show both columns, in the chart; `None` where there were too many patterns.
    pub(super) covariance: Option<Matrix>,
    /// Number of different patterns; `None` where there were too many to keep.
    pub patterns: Option<usize>,
    /// Whether some row lacks a cell.
    pub gaps: bool,
}

impl FactorModel {
    /// Looks at all rows once, and merges those that show the same cells.
    ///
    /// # Errors
    /// What reading reports.
    pub fn survey(&mut self, source: &dyn RowSource) -> Result<(Survey, Option<Patterns>), Error> {
        let model = &*self;
        let forest = sum_chunks(source, 0..source.chunks(), Found::empty, Vec::new, |chunk, found, memory| {
            for group in groups(model, chunk, false) {
                if group.rows.is_empty() {
                    continue;
                }
                let weights: Vec<f64> = group.rows.iter().map(|&n| chunk.weight(n)).collect();
                let cells = group.cells_in(model, chunk, memory);
                let stored = if weights.len() > group.seen.len() {
                    Stored::Sums(Moments::of(cells, &weights))
                } else {
                    let row_by_row = (0..cells.nrows()).flat_map(|n| (0..cells.ncols()).map(move |i| (n, i)));
                    Stored::Rows(row_by_row.map(|(n, i)| cells[(n, i)]).collect(), weights)
                };
                found.put(&group.seen, Cow::Owned(stored));
            }
            found.limit();
            Ok(())
        })?;
        let found = forest.total().unwrap_or_else(Found::empty);
        let width = self.width();
        if found.too_many {
            let survey = Survey { mean: vec![0.0; width], covariance: None, patterns: None, gaps: true };
            return Ok((survey, None));
        }
        let pieces: Vec<(Vec<usize>, Stored)> =
            found.patterns.into_iter().map(|(seen, stored)| (seen, stored.whole())).collect();
        let survey = Survey::of(width, &pieces);
        self.work = Some(self.work_of(&pieces));
        Ok((survey, Some(Patterns::new(self.clone(), pieces, source.rows()))))
    }

    /// Work of a sweep over merged rows.
    fn work_of(&self, pieces: &[(Vec<usize>, Stored)]) -> Work {
        let h = self.latent as f64;
        let mut work = Work::default();
        for (seen, stored) in pieces {
            let o = seen.len() as f64;
            work.step += 2.0 * o * h * h + h * h * h + if self.gappy { o * h * h } else { 0.0 };
            work.step += match stored {
                Stored::Rows(_, weights) => 8.0 * weights.len() as f64 * o * h,
                Stored::Sums(_) => 2.0 * o * o * h,
            };
            work.curvature += 4.0 * o * o * o + 2.0 * (o * (h + 2.0)).powi(2);
        }
        work
    }
}

impl Survey {
    fn of(width: usize, pieces: &[(Vec<usize>, Stored)]) -> Self {
        let mut weight = Matrix::zeros(width, width);
        let mut second = Matrix::zeros(width, width);
        let mut first = vec![0.0; width];
        for (seen, stored) in pieces {
            let m = stored.moments(seen.len()).full();
            for (i, &d) in seen.iter().enumerate() {
                first[d] += m.first[i];
                for (j, &e) in seen.iter().enumerate() {
                    weight[(d, e)] += m.weight;
                    second[(d, e)] += m.second[(i, j)];
                }
            }
        }
        let mean: Vec<f64> =
            (0..width).map(|d| if weight[(d, d)] > 0.0 { first[d] / weight[(d, d)] } else { 0.0 }).collect();
        let covariance = Matrix::from_fn(width, width, |d, e| {
            if weight[(d, e)] > 0.0 { second[(d, e)] / weight[(d, e)] - mean[d] * mean[e] } else { 0.0 }
        });
        let gaps = pieces.iter().any(|(seen, _)| seen.len() < width);
        Survey { mean, covariance: Some(covariance), patterns: Some(pieces.len()), gaps }
    }

    /// Covariance matrix of the rows in the chart; `None` where cells are missing.
    pub(super) fn complete(&self) -> Option<&Matrix> {
        self.covariance.as_ref().filter(|_| !self.gaps)
    }
}
