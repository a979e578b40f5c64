//! Any independent Gaussian beliefs in place of the best ones: the bound that they give, and its sums.

use super::SparseCoding;
use super::absorb::Prepared;
use super::believed::Beliefs;
use crate::Error;
use crate::geometry::Point;
use crate::model::{LatentModel, Statistics, Want};
use crate::rows::{Chunk, RowSource, Table};

/// Beliefs about the strengths in the rows of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Strengths {
    /// The bound on each row's log-evidence, nats.
    pub bounds: Vec<f64>,
    /// Means, rows × elements, column-major.
    pub means: Vec<f64>,
    /// Standard deviations, likewise.
    pub deviations: Vec<f64>,
}

impl SparseCoding {
    /// The sums of independent beliefs `N(means, deviations²)`, both rows × elements, row by row; `log_evidence` is then the bound.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain; [`Error::Data`] if the beliefs do not fit the rows.
    pub fn with_beliefs(
        &self,
        at: &Point,
        table: &Table,
        means: &[f64],
        deviations: &[f64],
    ) -> Result<Statistics, Error> {
        let h = self.elements;
        let numbers = table.rows() as usize * h;
        if means.len() != numbers || deviations.len() != numbers || deviations.iter().any(|s| s.is_nan() || *s <= 0.0) {
            return Err(Error::Data {
                problem: format!("beliefs are not {} × {h} means and positive deviations", table.rows()),
                hint: "give a mean and a deviation for every row and element".into(),
            });
        }
        self.prepare(at)?;
        let prepared = Prepared::new(self, at);
        let mut out = self.empty(Want::Statistics);
        for c in 0..table.chunks() {
            let chunk = table.chunk(c);
            let first = chunk.first_row as usize;
            let column = |values: &[f64]| -> Vec<f64> {
                (0..h).flat_map(|i| (0..chunk.rows).map(move |n| values[(first + n) * h + i])).collect()
            };
            let beliefs = Beliefs::independent(chunk.rows, h, column(means), &column(deviations));
            prepared.absorb_beliefs(&chunk, beliefs, Want::Statistics, &mut out);
        }
        Ok(out)
    }

    /// What is believed about the strengths in every row of a chunk.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn recognise(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Strengths, Error> {
        self.prepare(at)?;
        let prepared = Prepared::new(self, at);
        let beliefs = prepared.recognise(chunk);
        Ok(Strengths {
            bounds: prepared.values(chunk, &beliefs).iter().map(|v| v.0).collect(),
            deviations: beliefs.variances.iter().map(|v| v.sqrt()).collect(),
            means: beliefs.means,
        })
    }
}
