//! One pass over a data set: per column how many cells there are, their range, mean and variance.

use super::{Chunk, Merge, RowSource, sum_chunks};
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

    /// Takes a chunk's cells, if all are there and count once; else changes nothing and says `false`.
    fn absorb_whole(&mut self, cells: &[f64]) -> bool {
        let (lanes, rest) = cells.as_chunks::<LANES>();
        let (mut sums, mut least, mut most) = ([0.0; LANES], [f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        for lane in lanes {
            for i in 0..LANES {
                sums[i] += lane[i];
                least[i] = if lane[i] < least[i] { lane[i] } else { least[i] };
                most[i] = if lane[i] > most[i] { lane[i] } else { most[i] };
            }
        }
        let sum = sums.iter().sum::<f64>() + rest.iter().sum::<f64>();
        if cells.is_empty() || sum.is_nan() {
            return false;
        }
        let mean = sum / cells.len() as f64;
        let mut squares = [0.0; LANES];
        for lane in lanes {
            (0..LANES).for_each(|i| squares[i] += (lane[i] - mean) * (lane[i] - mean));
        }
        self.present = cells.len() as u64;
        self.weight = cells.len() as f64;
        self.min = least.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
        self.max = most.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
        self.mean = mean;
        self.squares = squares.iter().sum::<f64>() + rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
        true
    }

    /// Takes column `d` of a chunk; missing cells are left out.
    fn absorb(&mut self, chunk: &Chunk<'_>, d: usize) {
        let there =
            || chunk.column(d).iter().enumerate().filter(|(_, x)| !x.is_nan()).map(|(n, &x)| (chunk.weight(n), x));
        let (mut weight, mut sum) = (0.0, 0.0);
        for (w, x) in there() {
            self.present += 1;
            self.min = self.min.min(x);
            self.max = self.max.max(x);
            weight += w;
            sum += w * x;
        }
        if weight > 0.0 {
            let mean = sum / weight;
            self.weight = weight;
            self.mean = mean;
            self.squares = there().map(|(w, x)| w * (x - mean) * (x - mean)).sum();
        }
    }
}

/// Sums that run side by side: wide registers take several at once.
const LANES: usize = 8;

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

    /// Sweeps the data set once, unless it was summarised while it was read.
    ///
    /// # Errors
    /// What reading reports.
    pub fn of(source: &dyn RowSource) -> Result<Self, Error> {
        if let Some(known) = source.profile() {
            return Ok(known.clone());
        }
        let width = source.columns().len();
        let forest = sum_chunks(
            source,
            0..source.chunks(),
            || Profile::empty(width),
            || (),
            |chunk: &Chunk<'_>, profile, ()| {
                profile.rows += chunk.rows as u64;
                for n in 0..chunk.rows {
                    let w = chunk.weight(n);
                    profile.weight += w;
                    profile.rows_with_weight += u64::from(w > 0.0);
                }
                for (d, column) in profile.columns.iter_mut().enumerate() {
                    match chunk.weights {
                        None if column.absorb_whole(chunk.column(d)) => {}
                        _ => column.absorb(chunk, d),
                    }
                }
                Ok(())
            },
        )?;
        Ok(forest.total().unwrap_or_else(|| Profile::empty(width)))
    }
}
