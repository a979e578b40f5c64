//! Rows merged by what they show: moments where there are many rows of a pattern, the rows themselves where there are few.
//!
//! With moments an EM step, a slope or an information matrix costs the same whatever the number of rows.

use super::FactorModel;
use super::moments::{Moments, add_moments};
use super::pattern::{Pattern, absorb_cells, groups};
use crate::Error;
use crate::geometry::{Point, Tangent};
use crate::linalg::Matrix;
use crate::model::{Absorb, Digest, Statistics, Want, Work};
use crate::rows::{Chunk, Column, Merge, RowSource, sum_chunks};
use std::collections::BTreeMap;
use std::ops::Range;

/// Most numbers that merged rows may take (128 MB): beyond it rows are swept where they are.
const MOST_NUMBERS: usize = 1 << 24;

/// Most chunks that pieces are dealt into: their sums are merged.
const MOST_CHUNKS: usize = 64;

/// Rows of one pattern.
#[derive(Debug, Clone)]
enum Stored {
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
    fn cells(cells: &[f64], rows: usize) -> Matrix {
        let o = cells.len() / rows.max(1);
        Matrix::from_fn(rows, o, |n, i| cells[n * o + i])
    }

    /// As moments where there are more rows than columns.
    fn settled(self, seen: usize) -> Self {
        match self {
            Stored::Rows(cells, weights) if weights.len() > seen => {
                Stored::Sums(Moments::of(&Self::cells(&cells, weights.len()), &weights))
            }
            other => other,
        }
    }

    fn moments(&self, seen: usize) -> Moments {
        match self {
            Stored::Rows(_, weights) if weights.is_empty() => Moments::zero(seen),
            Stored::Rows(cells, weights) => Moments::of(&Self::cells(cells, weights.len()), weights),
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

    fn put(&mut self, seen: &[usize], stored: &Stored) {
        match self.patterns.get_mut(seen) {
            Some(own) => {
                self.numbers -= own.numbers();
                own.add(stored, seen.len());
                self.numbers += own.numbers();
            }
            None => {
                self.numbers += stored.numbers();
                self.patterns.insert(seen.to_vec(), stored.clone());
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
            other.patterns.iter().for_each(|(seen, stored)| self.put(seen, stored));
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
        let forest = sum_chunks(
            source,
            0..source.chunks(),
            Found::empty,
            || (),
            |chunk, found, ()| {
                for group in groups(chunk, model.width(), false) {
                    if group.rows.is_empty() {
                        continue;
                    }
                    let weights: Vec<f64> = group.rows.iter().map(|&n| chunk.weight(n)).collect();
                    let cells = group.cells(model, chunk);
                    let stored = if weights.len() > group.seen.len() {
                        Stored::Sums(Moments::of(&cells, &weights))
                    } else {
                        let row_by_row = (0..cells.nrows()).flat_map(|n| (0..cells.ncols()).map(move |i| (n, i)));
                        Stored::Rows(row_by_row.map(|(n, i)| cells[(n, i)]).collect(), weights)
                    };
                    found.put(&group.seen, &stored);
                }
                found.limit();
                Ok(())
            },
        )?;
        let found = forest.total().unwrap_or_else(Found::empty);
        let width = self.width();
        if found.too_many {
            let survey = Survey { mean: vec![0.0; width], covariance: None, patterns: None, gaps: true };
            return Ok((survey, None));
        }
        let survey = Survey::of(width, &found);
        let pieces: Vec<(Vec<usize>, Stored)> = found.patterns.into_iter().collect();
        self.work = Some(self.work_of(&pieces));
        Ok((survey, Some(Patterns { model: self.clone(), pieces, rows: source.rows() })))
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
    fn of(width: usize, found: &Found) -> Self {
        let mut weight = Matrix::zeros(width, width);
        let mut second = Matrix::zeros(width, width);
        let mut first = vec![0.0; width];
        for (seen, stored) in &found.patterns {
            let m = stored.moments(seen.len());
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
        let gaps = found.patterns.keys().any(|seen| seen.len() < width);
        Survey { mean, covariance: Some(covariance), patterns: Some(found.patterns.len()), gaps }
    }

    /// Covariance matrix of the rows in the chart; `None` where cells are missing.
    pub(super) fn complete(&self) -> Option<&Matrix> {
        self.covariance.as_ref().filter(|_| !self.gaps)
    }
}

/// The merged rows of a data set, as something to sweep.
#[derive(Debug)]
pub struct Patterns {
    model: FactorModel,
    pieces: Vec<(Vec<usize>, Stored)>,
    rows: u64,
}

impl Patterns {
    /// As what `Learning::with_digest` takes.
    pub fn as_digest(&self) -> &dyn Digest {
        self
    }

    fn step(&self) -> usize {
        self.pieces.len().div_ceil(MOST_CHUNKS).max(1)
    }
}

impl RowSource for Patterns {
    fn columns(&self) -> &[Column] {
        &[]
    }

    fn rows(&self) -> u64 {
        self.pieces.len() as u64
    }

    fn has_weights(&self) -> bool {
        true
    }

    fn chunks(&self) -> usize {
        self.pieces.len().div_ceil(self.step())
    }

    fn stretches(&self) -> Vec<Range<usize>> {
        (0..self.chunks()).map(|c| c..c + 1).collect()
    }

    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for c in chunks {
            let first = c * self.step();
            let rows = self.step().min(self.pieces.len() - first);
            visit(c, Chunk { first_row: first as u64, rows, values: &[], weights: None })?;
        }
        Ok(())
    }
}

impl Digest for Patterns {
    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        // What the whole allows, every part of it does.
        Pattern::new(&self.model, at, (0..self.model.width()).collect())?;
        Ok(Box::new(AtPatterns { patterns: self, at }))
    }

    fn has_curvature(&self) -> bool {
        true
    }
}

struct AtPatterns<'a> {
    patterns: &'a Patterns,
    at: &'a Point,
}

impl Absorb for AtPatterns<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        let Patterns { model, pieces, rows } = self.patterns;
        let first = chunk.first_row as usize;
        if first == 0 {
            into.rows += rows;
        }
        for (seen, stored) in &pieces[first..first + chunk.rows] {
            let Ok(pattern) = Pattern::new(model, self.at, seen.clone()) else { continue };
            match stored {
                Stored::Sums(m) => add_moments(model, &pattern, m, want, into),
                Stored::Rows(cells, weights) => {
                    absorb_cells(model, &pattern, &Stored::cells(cells, weights.len()), weights, want, into);
                }
            }
        }
    }

    fn visible_along(&self, _: &Chunk<'_>, _: &Tangent, _: &mut [f64], _: &mut Vec<f64>) {
        // Scores are of single rows: the evidence metric sweeps those.
    }

    fn posterior(&self, _: &Chunk<'_>, _: &mut [f64], _: &mut [f64], _: &mut Vec<f64>) {
        // Patterns have no posterior of their own: that is asked of rows.
    }
}
