//! Amortised recognition: the net upside down, learnt beside it from samples.
//!
//! ```text
//! q(z | x) = q(z_1 | x) q(z_2 | z_1) …      ω_k = p(x, z_k)/q(z_k | x),  z_k ~ q
//! L_K = E ln (1/K) Σ_k ω_k ≤ ln p(x),   L_1 the ELBO;  L_K grows with K
//! wake:  θ along Σ_k ω̄_k ∂ ln p(x, z_k),  φ along Σ_k ω̄_k ∂ ln q(z_k | x)      sleep:  φ along ∂ ln q(z | x),  (x, z) ~ p
//! ```
//!
//! With one sample and the sleep phase alone this is wake-sleep, with several samples and the wake phase reweighted wake-sleep.
//!
//! ```text
//! row ─▶ window, shuffled ─▶ block of a minibatch ─▶ encoder ─▶ K samples ─▶ net ─▶ weights, slopes, moments ─▶ one step
//! ```
//!
//! Steps are natural gradients: a unit's block `E[σ′ z̃ z̃ᵀ]` is taken as `E[σ′] · E[z̃ z̃ᵀ]`, so that a layer needs one damped
//! inverse.
//!
//! # Source
//! Hinton, Dayan, Frey and Neal (1995) for wake-sleep; Bornschein and Bengio (2015) for the reweighted one; Várady, Volpi, Malagò
//! and Ay (2022) for natural gradients in it.

mod draws;
mod evaluate;
mod finish;
mod metric;
mod pool;
mod progress;
mod samples;
mod settings;
mod sums;
mod train;
mod window;

pub use evaluate::{EncoderBeliefs, Evaluation, evaluate, importance_bound, recognise};
pub use progress::{Amortised, EncoderStatus, Epoch, Learnt};
pub use settings::{Phases, TrainSettings};
pub use train::{Watch, train};
pub use window::check as check_cells;

use super::SigmoidBeliefNet;
use super::layout::Layout;
use crate::Error;
use crate::geometry::Point;
use crate::linalg::product::multiply;
use crate::linalg::sigmoids::slopes;
use pool::Pool;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The recognition net of a sigmoid belief net: its layers upside down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    /// The top of the net first; the visible layer, whose biases are not used, last.
    layout: Layout,
}

impl Encoder {
    /// The encoder of a net.
    pub fn new(net: &SigmoidBeliefNet) -> Self {
        let mut sizes = net.layout().sizes.clone();
        sizes.reverse();
        Encoder { layout: Layout::new(sizes) }
    }

    /// Number of weights and biases.
    pub fn len(&self) -> usize {
        self.layout.layer(self.layout.top()).start
    }

    /// Whether there is nothing to learn; never.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Coordinates of unit `unit` of hidden layer `layer` (1 is next to the visible one): weights from the layer below, bias.
    pub fn unit(&self, layer: usize, unit: usize) -> std::ops::Range<usize> {
        self.layout.unit(self.layout.top() - layer, unit)
    }

    fn check(&self, at: &Point) -> Result<(), Error> {
        if at.0.len() == self.len() && at.0.iter().all(|x| x.is_finite()) {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "encoder".into(),
            problem: format!("not {} finite numbers", self.len()),
            hint: "start from Encoder::start".into(),
        })
    }

    /// Small random weights.
    pub fn start(&self, seed: u64) -> Point {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = vec![0.0; self.len()];
        for layer in 0..self.layout.top() {
            let parents = self.layout.parents(layer);
            let size = 0.1 / (parents as f64).sqrt();
            for block in out[self.layout.layer(layer)].chunks_exact_mut(parents + 1) {
                for w in &mut block[..parents] {
                    let draw: f64 = StandardNormal.sample(&mut rng);
                    *w = size * draw;
                }
            }
        }
        Point(out)
    }
}

/// Log-odds of a layer's units, their probabilities, `ln(1 + eᵃ)` and slopes; rows × units, column-major.
struct Forward {
    logits: Vec<f64>,
    probability: Vec<f64>,
    softplus: Vec<f64>,
    slope: Vec<f64>,
}

impl Forward {
    fn recycle(self, pool: &mut Pool) {
        [self.logits, self.probability, self.softplus, self.slope].into_iter().for_each(|v| pool.give(v));
    }
}

/// A layer given the one that it hangs on.
fn forward(theta: &[f64], parents: usize, inputs: &[f64], rows: usize, pool: &mut Pool) -> Forward {
    let units = theta.len() / (parents + 1);
    let size = rows * units;
    let mut logits = pool.zeros(size);
    let mut weights = pool.empty(units * parents);
    theta.chunks_exact(parents + 1).for_each(|b| weights.extend_from_slice(&b[..parents]));
    if parents > 0 {
        multiply(&mut logits, inputs, rows, &weights, rows, parents, units, false);
    }
    pool.give(weights);
    for (column, block) in logits.chunks_exact_mut(rows).zip(theta.chunks_exact(parents + 1)) {
        column.iter_mut().for_each(|a| *a += block[parents]);
    }
    let (mut probability, mut softplus, mut slope) = (pool.zeros(size), pool.zeros(size), pool.zeros(size));
    slopes(&logits, &mut probability, &mut softplus, &mut slope);
    Forward { logits, probability, softplus, slope }
}
