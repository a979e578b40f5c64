//! One pass over a data set: per column how many cells there are, their range, mean and variance.

use super::{Merge, RowSource, sum_chunks};
use crate::Error;

/// Weighted summary of one column; missing cells are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// Number of cells that are there.
    pub present: u64,
    /// Their total weight.
    pub weight: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Weighted mean.
    pub mean: f64,
    /// Weighted sum of squared deviations from the mean.
    pub squares: f64,
}

impl ColumnProfile {
    /// Weighted variance (divided by the weight); 0 for a constant column, `NaN` for an all-missing one.
    pub fn variance(&self) -> f64 {
        self.squares / self.weight
    }
}

/// Summary of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Number of rows.
    pub rows: u64,
    /// Number of rows with positive weight.
    pub rows_with_weight: u64,
    /// Total weight.
    pub weight: f64,
    /// One summary per column.
    pub columns: Vec<ColumnProfile>,
}

impl Merge for Profile {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.rows_with_weight += other.rows_with_weight;
        self.weight += other.weight;
        for (a, b) in self.columns.iter_mut().zip(&other.columns) {
            if b.weight > 0.0 {
                // Chan, Golub, LeVeque (1979): combine means and sums of squares without cancellation.
                let total = a.weight + b.weight;
                let delta = b.mean - a.mean;
                a.squares += b.squares + delta * delta * a.weight * b.weight / total;
                a.mean += delta * b.weight / total;
                a.weight = total;
            }
            a.present += b.present;
            a.min = a.min.min(b.min);
            a.max = a.max.max(b.max);
        }
    }
}

impl Profile {
    fn empty(columns: usize) -> Self {
        let column = ColumnProfile {
            present: 0,
            weight: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            squares: 0.0,
        };
        Profile { rows: 0, rows_with_weight: 0, weight: 0.0, columns: vec![column; columns] }
    }

    /// Sweeps the data set once.
    ///
    /// # Errors
    /// What reading reports.
    pub fn of(source: &dyn RowSource) -> Result<Self, Error> {
        let width = source.columns().len();
        let forest = sum_chunks(
            source,
            0..source.chunks(),
            || Profile::empty(width),
            || (),
            |chunk, profile, ()| {
                profile.rows += chunk.rows as u64;
                for n in 0..chunk.rows {
                    let w = chunk.weight(n);
                    profile.weight += w;
                    profile.rows_with_weight += u64::from(w > 0.0);
                }
                for (d, column) in profile.columns.iter_mut().enumerate() {
                    let cells = chunk.column(d);
                    let (mut weight, mut sum) = (0.0, 0.0);
                    for (n, &x) in cells.iter().enumerate() {
                        if !x.is_nan() {
                            let w = chunk.weight(n);
                            column.present += 1;
                            column.min = column.min.min(x);
                            column.max = column.max.max(x);
                            weight += w;
                            sum += w * x;
                        }
                    }
                    if weight > 0.0 {
                        let mean = sum / weight;
                        column.weight = weight;
                        column.mean = mean;
                        column.squares = (0..chunk.rows)
                            .filter(|&n| !cells[n].is_nan())
                            .map(|n| chunk.weight(n) * (cells[n] - mean) * (cells[n] - mean))
                            .sum();
                    }
                }
                Ok(())
            },
        )?;
        Ok(forest.total().unwrap_or_else(|| Profile::empty(width)))
    }
}
