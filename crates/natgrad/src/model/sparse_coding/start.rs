//! Where learning starts: rows of the data or random directions, scales and noise that share the variance of the rows.

use super::{Dictionary, SparseCoding};
use crate::Error;
use crate::geometry::Point;
use crate::rows::{RowSource, Table, sample};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rows whose cosine is above this say the same.
const ALIKE: f64 = 0.9;

/// Fewest rows to choose from, where there are so many, and rows for each element.
const CHOICE: (usize, usize) = (2000, 50);

impl SparseCoding {
    /// A starting point for rows whose cells have this mean square (about 0): elements in random directions.
    ///
    /// # Errors
    /// [`Error::Data`] where all cells are 0.
    pub fn start(&self, mean_square: f64, seed: u64) -> Result<Point, Error> {
        self.start_with(&[], mean_square, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    /// A starting point for each seed, whose elements have the directions of rows: long ones rather, for few strengths are
    /// large at once, and none that are alike. Where there are too few such rows the other directions are random.
    ///
    /// # Errors
    /// [`Error::Data`] where all cells are 0; what reading reports.
    pub fn starts(&self, rows: &dyn RowSource, mean_square: f64, seeds: &[u64]) -> Result<Vec<Point>, Error> {
        let Some(first) = seeds.first() else { return Ok(Vec::new()) };
        let choice = sample(rows, CHOICE.0.max(CHOICE.1 * self.elements), *first)?;
        let start = |seed: &u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let directions = self.directions(&choice, &mut rng);
            self.start_with(&directions, mean_square, &mut rng)
        };
        seeds.iter().map(start).collect()
    }

    /// At most as many rows as there are elements, with length 1, each drawn in proportion to its weight and square.
    fn directions(&self, rows: &Table, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let mut keyed: Vec<(f64, Vec<f64>)> = Vec::new();
        for n in 0..rows.rows() as usize {
            let mut row: Vec<f64> = (0..self.columns).map(|c| rows.cell(n, c)).collect();
            let square: f64 = row.iter().map(|x| x * x).sum();
            let chance: f64 = rng.random();
            if square > 0.0 && square.is_finite() {
                row.iter_mut().for_each(|x| *x /= square.sqrt());
                // The largest of these keys are a draw without replacement.
                keyed.push(((1.0 - chance).ln() / (square * rows.weight(n)), row));
            }
        }
        keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut out: Vec<Vec<f64>> = Vec::new();
        for (_, row) in keyed {
            let alike = |other: &Vec<f64>| other.iter().zip(&row).map(|(a, b)| a * b).sum::<f64>().abs() > ALIKE;
            if out.len() < self.elements && !out.iter().any(alike) {
                out.push(row);
            }
        }
        out
    }

    /// Random directions where none are given.
    fn start_with(&self, given: &[Vec<f64>], mean_square: f64, rng: &mut ChaCha8Rng) -> Result<Point, Error> {
        if !(mean_square > 0.0 && mean_square.is_finite()) {
            let hint = match mean_square == 0.0 {
                true => {
                    "sparse coding explains deviations from the columns' means: here are none, every column is constant"
                }
                false => "their squares leave the range of numbers: give the largest columns in other units",
            };
            return Err(Error::Data {
                problem: format!("the mean square of all cells is {mean_square}"),
                hint: hint.into(),
            });
        }
        let mut weights: Vec<f64> = (0..self.columns * self.elements).map(|_| StandardNormal.sample(rng)).collect();
        for (h, direction) in given.iter().enumerate() {
            direction.iter().enumerate().for_each(|(c, w)| weights[c * self.elements + h] = *w);
        }
        // Half of a row's square is the strengths', 2 b² each.
        let each = 0.5 * mean_square * self.columns as f64 / self.elements as f64;
        let scales = vec![(0.5 * each).sqrt(); self.elements];
        let lengths: Vec<f64> = (0..self.elements)
            .map(|h| weights.iter().skip(h).step_by(self.elements).map(|w: &f64| w * w).sum::<f64>().sqrt())
            .collect();
        let weights = weights.iter().enumerate().map(|(i, w)| w / lengths[i % self.elements]).collect();
        self.point(&Dictionary { weights, scales, noise: 0.5 * mean_square })
    }
}
