//! What a learnt net answers: hidden units of rows, expected cells, and rows of its own.

use super::chain::Chain;
use super::states::moments_of_rows;
use super::unit::Workspace;
use super::{Recognition, SigmoidBeliefNet};
use crate::Error;
use crate::geometry::Point;
use crate::linalg::product::multiply;
use crate::linalg::special::logistic;
use crate::model::{LatentModel, Want};
use crate::rows::{CHUNK_ROWS, Chunk};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Most numbers of a posterior held at once: 32 MB.
const STATES_AT_ONCE: usize = 1 << 22;

/// Beliefs about the rows of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// `ln p(x_n)`, or its bound, nats.
    pub evidence: Vec<f64>,
    /// Probability that each hidden unit is on, rows × units, column-major, layer 1 first.
    pub means: Vec<f64>,
    /// Probability that each visible unit is on given what is believed about the hidden ones, rows × columns, column-major.
    pub expected: Vec<f64>,
}

impl SigmoidBeliefNet {
    /// What the net believes about the rows of a chunk.
    ///
    /// Under mean fields the expected cells are those at the mean log-odds.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn recognise(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Recognised, Error> {
        let prepared = self.prepare(at)?;
        let (rows, d) = (chunk.rows, self.layout.sizes[0]);
        let hidden: usize = self.layout.sizes[1..].iter().sum();
        let first = self.layout.sizes[1];
        let mut evidence = vec![0.0; rows];
        let mut scratch = prepared.scratch(Want::Statistics);
        let mut expected = vec![0.0; rows * d];
        let mut means = vec![0.0; rows * hidden];
        if self.recognition != Recognition::Exact {
            prepared.posterior(chunk, &mut evidence, &mut means, &mut scratch);
            for (unit, column) in expected.chunks_exact_mut(rows).enumerate() {
                let own = &at.0[self.layout.unit(0, unit)];
                column.fill(own[first]);
                for (w, m) in own[..first].iter().zip(means.chunks_exact(rows)) {
                    column.iter_mut().zip(m).for_each(|(c, m)| *c += w * m);
                }
                column.iter_mut().for_each(|a| *a = logistic(*a));
            }
            return Ok(Recognised { evidence, means, expected });
        }
        let mut ws = Workspace::new(1 << first);
        let sigma: Vec<f64> = (0..d).flat_map(|u| ws.probabilities(&at.0[self.layout.unit(0, u)]).1.to_vec()).collect();
        let chain = Chain::new(&self.layout, &at.0);
        // A posterior is a number per row and state: few rows at a time where there are many states.
        let most = (STATES_AT_ONCE >> first).max(1);
        let mut cells = Vec::new();
        for begin in (0..rows).step_by(most) {
            let count = most.min(rows - begin);
            cells.clear();
            (0..d).for_each(|c| cells.extend_from_slice(&chunk.column(c)[begin..begin + count]));
            let part = Chunk { first_row: chunk.first_row + begin as u64, rows: count, values: &cells, weights: None };
            let mut posterior = vec![0.0; count << first];
            prepared.posterior(&part, &mut evidence[begin..begin + count], &mut posterior, &mut scratch);
            // The block's cells have been read: they take what is expected.
            multiply(&mut cells, &posterior, count, &sigma, count, 1 << first, d, false);
            for (all, own) in expected.chunks_exact_mut(rows).zip(cells.chunks_exact(count)) {
                all[begin..begin + count].copy_from_slice(own);
            }
            self.units_of(&chain, posterior, count, &mut means[begin..], rows);
        }
        // Sums of probabilities may round to more than one.
        expected.iter_mut().chain(&mut means).for_each(|p| *p = p.min(1.0));
        Ok(Recognised { evidence, means, expected })
    }

    /// Probabilities of all hidden units of `rows` rows, at `out[unit · stride + row]`, from their posterior of layer 1.
    fn units_of(&self, chain: &Chain, mut posterior: Vec<f64>, rows: usize, out: &mut [f64], stride: usize) {
        let mut offset = 0;
        for l in 1..=self.layout.top() {
            let n = self.layout.sizes[l];
            if l > 1 {
                let (k, below) = (1usize << n, 1usize << self.layout.sizes[l - 1]);
                let mut next = vec![0.0; rows * k];
                multiply(&mut next, &posterior, rows, chain.above(l - 1), rows, below, k, false);
                posterior = next;
            }
            moments_of_rows(&mut posterior.clone(), rows, n, &mut out[offset * stride..], stride);
            offset += n;
        }
    }

    /// Rows that the net makes itself, from the top down: states of the visible units, and the probabilities that they were
    /// drawn with, both row by row. The same seed gives the same rows whatever the number of threads.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn sample(&self, at: &Point, rows: usize, seed: u64) -> Result<(Vec<f64>, Vec<f64>), Error> {
        let draw = |chunk: usize| self.draw(at, chunk, CHUNK_ROWS.min(rows - chunk * CHUNK_ROWS), seed);
        let parts = (0..rows.div_ceil(CHUNK_ROWS)).into_par_iter().map(draw).collect::<Result<Vec<_>, Error>>()?;
        let (cells, chances): (Vec<Vec<f64>>, Vec<Vec<f64>>) = parts.into_iter().unzip();
        Ok((cells.concat(), chances.concat()))
    }

    /// One chunk of what [`Self::sample`] draws: `rows` rows, at most [`CHUNK_ROWS`], from a random stream of their own.
    ///
    /// # Errors
    /// As [`Self::sample`].
    pub fn draw(&self, at: &Point, chunk: usize, rows: usize, seed: u64) -> Result<(Vec<f64>, Vec<f64>), Error> {
        self.check(at)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(chunk as u64);
        let (mut cells, mut chances) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let mut above: Vec<f64> = Vec::new();
            for l in (0..=self.layout.top()).rev() {
                let own: Vec<f64> = (0..self.layout.sizes[l])
                    .map(|u| {
                        let theta = &at.0[self.layout.unit(l, u)];
                        let sum: f64 = above.iter().zip(theta).map(|(z, w)| z * w).sum();
                        logistic(theta[above.len()] + sum)
                    })
                    .collect();
                above = own.iter().map(|p| f64::from(u8::from(rng.random::<f64>() < *p))).collect();
                if l == 0 {
                    chances.extend(own);
                }
            }
            cells.extend(above);
        }
        Ok((cells, chances))
    }
}
