//! Minibatch steps: stochastic approximation in expectation coordinates, with a step size that is sure to converge.
//!
//! ```text
//! S ← (1 − ρ_t) S + ρ_t S_batch,   ρ_t = (t + t₀)^(−κ),   ½ < κ ≤ 1       (Robbins and Monro)
//! ```
//!
//! # Source
//! Robbins and Monro (1951); Cappé and Moulines (2009) for EM.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Step sizes `ρ_t = (t + delay)^(−power)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// `t₀`: larger values make the first steps shorter.
    pub delay: f64,
    /// `κ` in (½, 1].
    pub power: f64,
}

impl Default for Schedule {
    /// `t₀ = 2`, `κ = 0.6`: steps short enough to settle, long enough for averages over the last half to be efficient.
    fn default() -> Self {
        Schedule { delay: 2.0, power: 0.6 }
    }
}

impl Schedule {
    /// Step size of batch `t` (from 0).
    pub fn step(&self, t: u64) -> f64 {
        (t as f64 + self.delay).powf(-self.power)
    }
}

/// The order in which an epoch visits the chunks: a permutation drawn from the seed and the epoch's number alone.
pub fn epoch_order(chunks: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch);
    let mut order: Vec<usize> = (0..chunks).collect();
    for i in (1..chunks).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    order
}
