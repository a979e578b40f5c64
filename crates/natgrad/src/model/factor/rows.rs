//! What a fitted model says about single rows: factors, missing cells, new rows; in the data's own units.

use super::FactorModel;
use super::groups::groups;
use super::pattern::{Pattern, deviations};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::rows::Chunk;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Posterior of the factors for the rows of a chunk.
#[derive(Debug, Clone)]
pub struct Factors {
    /// `ln p(x_n)` of the seen cells, nats.
    pub log_evidence: Vec<f64>,
    /// Posterior means, factor after factor (`H × rows`).
    pub means: Vec<f64>,
    /// Posterior standard deviations, likewise.
    pub deviations: Vec<f64>,
}

impl FactorModel {
    /// Posterior of the factors given what each row shows.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn factors(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Factors, Error> {
        let (rows, latent) = (chunk.rows, self.latent);
        let mut out = Factors {
            log_evidence: vec![0.0; rows],
            means: vec![0.0; rows * latent],
            deviations: vec![0.0; rows * latent],
        };
        self.each_pattern(at, chunk, |pattern, numbers, cells| {
            let (z, squares) = pattern.project(cells);
            for (i, &n) in numbers.iter().enumerate() {
                out.log_evidence[n] = pattern.log_top - 0.5 * squares[i];
                for h in 0..latent {
                    out.means[h * rows + n] = z[(i, h)];
                    out.deviations[h * rows + n] = pattern.covariance[(h, h)].max(0.0).sqrt();
                }
            }
        })?;
        Ok(out)
    }

    /// The chunk's cells (column after column) with missing ones filled by their expectation given the row's others.
    ///
    /// # Errors
    /// As [`factors`](Self::factors).
    pub fn impute(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Vec<f64>, Error> {
        let mut out = chunk.values.to_vec();
        self.each_pattern(at, chunk, |pattern, numbers, cells| {
            let (z, _) = pattern.project(cells);
            let gaps = (0..self.width()).filter(|d| pattern.seen.binary_search(d).is_err());
            for d in gaps {
                for (i, &n) in numbers.iter().enumerate() {
                    let along: f64 = (0..self.latent).map(|h| at.0[self.loading(d, h)] * z[(i, h)]).sum();
                    out[d * chunk.rows + n] = self.in_units(d, at.0[d] + along);
                }
            }
        })?;
        Ok(out)
    }

    /// Calls `each` with every pattern, its rows, and their deviations from the mean (`rows × O`).
    fn each_pattern(
        &self,
        at: &Point,
        chunk: &Chunk<'_>,
        mut each: impl FnMut(&Pattern, &[usize], &Matrix),
    ) -> Result<(), Error> {
        for group in groups(self, chunk, true) {
            let pattern = Pattern::new(self, at, group.seen.clone())?;
            let cells = group.cells(self, chunk);
            each(&pattern, &group.rows, &deviations(&cells, &pattern.mean));
        }
        Ok(())
    }

    /// A number in the chart as the data have it.
    fn in_units(&self, d: usize, y: f64) -> f64 {
        self.chart.centers[d] + self.chart.scales[d] * y
    }

    /// A source of rows drawn from the model.
    pub fn drawing(&self, at: &Point, seed: u64) -> Drawing<'_> {
        let noise = (0..self.width()).map(|d| self.variance(at, d).sqrt()).collect();
        Drawing { model: self, at: at.clone(), noise, rng: ChaCha8Rng::seed_from_u64(seed) }
    }
}

/// Draws rows, one after another.
#[derive(Debug)]
pub struct Drawing<'a> {
    model: &'a FactorModel,
    at: Point,
    noise: Vec<f64>,
    rng: ChaCha8Rng,
}

impl Drawing<'_> {
    /// The next row.
    pub fn row(&mut self) -> Vec<f64> {
        let model = self.model;
        let z: Vec<f64> = (0..model.latent).map(|_| StandardNormal.sample(&mut self.rng)).collect();
        (0..model.width())
            .map(|d| {
                let off: f64 = StandardNormal.sample(&mut self.rng);
                let along: f64 = (0..model.latent).map(|h| self.at.0[model.loading(d, h)] * z[h]).sum();
                model.in_units(d, self.at.0[d] + along + self.noise[d] * off)
            })
            .collect()
    }
}
