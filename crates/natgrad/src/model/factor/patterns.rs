//! Merged rows as a source to sweep: a piece per pattern of seen cells.

use super::FactorModel;
use super::digest::Stored;
use super::moments::add_moments;
use super::pattern::{Pattern, absorb_cells};
use crate::Error;
use crate::geometry::{Point, Tangent};
use crate::model::{Absorb, Digest, Statistics, Want};
use crate::rows::{Chunk, Column, RowSource};
use std::ops::Range;

/// Most chunks that pieces are dealt into: their sums are merged.
const MOST_CHUNKS: usize = 64;

/// The merged rows of a data set, as something to sweep.
#[derive(Debug)]
pub struct Patterns {
    model: FactorModel,
    pieces: Vec<(Vec<usize>, Stored)>,
    rows: u64,
}

impl Patterns {
    pub(super) fn new(model: FactorModel, pieces: Vec<(Vec<usize>, Stored)>, rows: u64) -> Self {
        Patterns { model, pieces, rows }
    }

    /// As what `Learning::with_digest` takes.
    pub fn as_digest(&self) -> &dyn Digest {
        self
    }

    /// Seen columns and what is kept of their rows.
    pub(super) fn pieces(&self) -> &[(Vec<usize>, Stored)] {
        &self.pieces
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
