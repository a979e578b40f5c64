//! Where learning starts: random directions, scales and noise that share the variance of the rows.

use super::{Dictionary, SparseCoding};
use crate::Error;
use crate::geometry::Point;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

impl SparseCoding {
    /// A starting point for rows whose cells have this mean square (about 0).
    ///
    /// # Errors
    /// [`Error::Data`] where all cells are 0.
    pub fn start(&self, mean_square: f64, seed: u64) -> Result<Point, Error> {
        if !(mean_square > 0.0 && mean_square.is_finite()) {
            return Err(Error::Data {
                problem: format!("the mean square of all cells is {mean_square}"),
                hint: "sparse coding explains deviations from 0: leave out constant columns".into(),
            });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let weights: Vec<f64> = (0..self.columns * self.elements).map(|_| StandardNormal.sample(&mut rng)).collect();
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
