//! Where learning starts: biases that give each column its frequency, and small random weights.

use super::SigmoidBeliefNet;
use crate::geometry::Point;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Standard deviation of the log-odds that the weights of one unit add up to at the start: enough to tell states apart, not
/// enough to decide for them.
const SPREAD: f64 = 0.5;

/// Log-odds of a column at the start are at most this.
const MOST: f64 = 4.0;

impl SigmoidBeliefNet {
    /// A starting point for columns of these frequencies (of ones among seen cells; 0.5 where nothing is seen).
    pub fn start(&self, frequencies: &[f64], seed: u64) -> Point {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = vec![0.0; self.layout.len()];
        for (layer, unit) in self.layout.units() {
            let parents = self.layout.parents(layer);
            let own = &mut out[self.layout.unit(layer, unit)];
            // Half of the units above are on, give or take half.
            let size = if parents > 0 { 2.0 * SPREAD / (parents as f64).sqrt() } else { 0.0 };
            let mut middle = 0.0;
            for w in &mut own[..parents] {
                let draw: f64 = StandardNormal.sample(&mut rng);
                *w = size * draw;
                middle += 0.5 * *w;
            }
            let odds = if layer == 0 {
                let p = frequencies[unit];
                (p.ln() - (1.0 - p).ln()).clamp(-MOST, MOST)
            } else {
                0.0
            };
            own[parents] = odds - middle;
        }
        Point(out)
    }
}
