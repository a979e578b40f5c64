//! Expectations over the beliefs: fixed nodes, or draws that depend on seed, epoch and row alone.

use crate::Error;
use crate::linalg::Matrix;
use crate::linalg::real::Real;
use crate::linalg::symmetric;
use crate::model::draws::check_draws;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Nodes `ε_j` and weights of a rule for expectations under `N(0, I)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nodes {
    /// Weights, which add up to 1.
    pub weights: Vec<f64>,
    /// `nodes[j][h]`.
    pub nodes: Vec<Vec<f64>>,
}

/// Most nodes of a product rule.
const MOST_NODES: usize = 4096;

impl Nodes {
    /// `2 h` nodes that are exact for quadratic functions: `± √h e_i`.
    pub fn quadratic(latents: usize) -> Self {
        let length = (latents as f64).sqrt();
        let node = |i: usize, sign: f64| (0..latents).map(|k| if k == i { sign * length } else { 0.0 }).collect();
        let nodes: Vec<Vec<f64>> = (0..latents).flat_map(|i| [node(i, 1.0), node(i, -1.0)]).collect();
        Nodes { weights: vec![1.0 / nodes.len() as f64; nodes.len()], nodes }
    }

    /// The product of Gauss–Hermite rules with `per_latent` nodes each, exact for polynomials of degree `2 per_latent − 1`
    /// in each latent.
    ///
    /// # Errors
    /// [`Error::Setting`] where that makes more than 4096 nodes, or none.
    pub fn hermite(latents: usize, per_latent: usize) -> Result<Self, Error> {
        let many = u32::try_from(latents).ok().and_then(|l| per_latent.checked_pow(l)).filter(|m| *m <= MOST_NODES);
        let Some(many) = many.filter(|m| *m > 0) else {
            return Err(Error::Setting {
                problem: format!(
                    "{per_latent} nodes for each of {latents} latents make no rule of 1 to {MOST_NODES} nodes"
                ),
                hint: "take fewer nodes per latent, or draws".into(),
            });
        };
        // Nodes are eigenvalues of the recurrence's matrix, weights the squares of the eigenvectors' first entries.
        let recurrence =
            Matrix::from_fn(
                per_latent,
                per_latent,
                |i, j| {
                    if i.abs_diff(j) == 1 { (i.max(j) as f64).sqrt() } else { 0.0 }
                },
            );
        let Some(eigen) = symmetric::eigen(&recurrence) else {
            return Ok(Nodes::quadratic(latents));
        };
        let (mut nodes, mut weights) = (Vec::with_capacity(many), Vec::with_capacity(many));
        for mut j in 0..many {
            let (mut node, mut weight) = (Vec::with_capacity(latents), 1.0);
            for _ in 0..latents {
                let k = j % per_latent;
                node.push(eigen.values[k]);
                weight *= eigen.vectors[(0, k)].powi(2);
                j /= per_latent;
            }
            nodes.push(node);
            weights.push(weight);
        }
        Ok(Nodes { weights, nodes })
    }
}

/// How expectations over the beliefs are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// So many draws per row.
    Draws(usize),
    /// At fixed nodes: the objective is deterministic.
    Nodes(Nodes),
}

impl Expectation {
    /// Whether it can be taken.
    ///
    /// # Errors
    /// [`Error::Setting`] for no draw, or more than [`MOST_DRAWS`](crate::model::MOST_DRAWS).
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Expectation::Draws(draws) => check_draws(*draws),
            Expectation::Nodes(_) => Ok(()),
        }
    }

    /// Number of points per row.
    pub fn copies(&self) -> usize {
        match self {
            Expectation::Draws(draws) => (*draws).max(1),
            Expectation::Nodes(nodes) => nodes.weights.len(),
        }
    }

    /// Whether the same parameters give the same number always.
    pub fn is_deterministic(&self) -> bool {
        matches!(self, Expectation::Nodes(_))
    }

    /// The points' weights.
    pub fn shares(&self) -> Vec<f64> {
        match self {
            Expectation::Draws(_) => vec![1.0 / self.copies() as f64; self.copies()],
            Expectation::Nodes(nodes) => nodes.weights.clone(),
        }
    }

    /// Fills `noise` for rows with these numbers.
    ///
    /// A row's draws come from a stream of its own; `epoch` says which part of it.
    ///
    /// # Shapes
    /// `noise`: latents × copies × rows, the last fastest.
    pub fn fill<T: Real>(&self, rows: &[u64], latents: usize, seed: u64, epoch: u64, noise: &mut [T]) {
        let (n, copies) = (rows.len(), self.copies());
        match self {
            Expectation::Nodes(nodes) => {
                for (l, noise) in noise.chunks_exact_mut(n * copies).take(latents).enumerate() {
                    for (noise, node) in noise.chunks_exact_mut(n).zip(&nodes.nodes) {
                        noise.fill(T::of(node[l]));
                    }
                }
            }
            Expectation::Draws(_) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                for (i, row) in rows.iter().enumerate() {
                    rng.set_stream(*row);
                    // A row's draws of one epoch never reach the next one's: 2³² words lie between them.
                    rng.set_word_pos(u128::from(epoch) << 32);
                    for c in 0..copies {
                        for l in 0..latents {
                            let x: f64 = StandardNormal.sample(&mut rng);
                            noise[(l * copies + c) * n + i] = T::of(x);
                        }
                    }
                }
            }
        }
    }
}
