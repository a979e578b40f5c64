//! Rows that the model makes itself.

use super::SparseCoding;
use crate::Error;
use crate::geometry::Point;
use crate::model::LatentModel;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};

impl SparseCoding {
    /// Chunk number `chunk` of rows drawn from the model: `rows` rows about 0, row by row, from a random stream of their own.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn draw(&self, at: &Point, chunk: usize, rows: usize, seed: u64) -> Result<Vec<f64>, Error> {
        self.prepare(at)?;
        let dictionary = self.dictionary(at);
        let deviation = dictionary.noise.sqrt();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(chunk as u64);
        let mut strengths = vec![0.0; self.elements];
        let mut out = Vec::with_capacity(rows * self.columns);
        for _ in 0..rows {
            for (z, b) in strengths.iter_mut().zip(&dictionary.scales) {
                // Two exponentials' difference is Laplace.
                let (up, down): (f64, f64) = (Exp1.sample(&mut rng), Exp1.sample(&mut rng));
                *z = b * (up - down);
            }
            for weights in dictionary.weights.chunks_exact(self.elements) {
                let clean: f64 = weights.iter().zip(&strengths).map(|(w, z)| w * z).sum();
                let noise: f64 = StandardNormal.sample(&mut rng);
                out.push(clean + deviation * noise);
            }
        }
        Ok(out)
    }
}
