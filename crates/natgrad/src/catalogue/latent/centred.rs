//! Rows less a mean: what sparse coding reads.

use crate::Error;
use crate::rows::{Chunk, Column, RowSource};
use std::ops::{Deref, Range};

/// A data set whose columns are read as deviations from given means; chunks are formed as they are read.
#[derive(Debug)]
pub struct Centred<S> {
    source: S,
    mean: Vec<f64>,
}

impl<S> Centred<S> {
    /// The rows of `source` less `mean`, a number per column.
    pub fn new(source: S, mean: Vec<f64>) -> Self {
        Centred { source, mean }
    }
}

impl<S: Deref + Send + Sync> RowSource for Centred<S>
where
    S::Target: RowSource,
{
    fn columns(&self) -> &[Column] {
        self.source.columns()
    }

    fn rows(&self) -> u64 {
        self.source.rows()
    }

    fn has_weights(&self) -> bool {
        self.source.has_weights()
    }

    fn chunks(&self) -> usize {
        self.source.chunks()
    }

    fn stretches(&self) -> Vec<Range<usize>> {
        self.source.stretches()
    }

    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut values = Vec::new();
        self.source.sweep(chunks, &mut |c, chunk| {
            values.clear();
            for (d, m) in self.mean.iter().enumerate() {
                values.extend(chunk.column(d).iter().map(|x| x - m));
            }
            visit(c, Chunk { values: &values, ..chunk })
        })
    }
}
