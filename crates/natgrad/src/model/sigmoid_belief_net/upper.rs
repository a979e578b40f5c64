//! Scores of the hidden units given a state of layer 1: means and second moments over the layers above.

use super::SigmoidBeliefNet;
use super::chain::Chain;
use super::unit::Workspace;
use crate::geometry::Point;

/// Every joint state of the hidden layers with its scores.
pub(super) struct Upper {
    /// Number of the hidden units' coordinates.
    size: usize,
    /// States of layer 1 × coordinates, row-major: `E[t | z_1]`.
    means: Vec<f64>,
    /// Of every joint state: state of layer 1, probability given it, scores.
    joint: Vec<(usize, f64, Vec<f64>)>,
}

impl Upper {
    pub fn new(net: &SigmoidBeliefNet, at: &Point, chain: &Chain) -> Self {
        let layout = &net.layout;
        let (top, first) = (layout.top(), layout.layer(0).end);
        let size = layout.len() - first;
        let states = 1usize << layout.sizes[1];
        // Probability of every unit in every state of its parents, layer by layer.
        let sigma: Vec<Vec<f64>> = (1..=top)
            .map(|l| {
                let mut ws = Workspace::new(1 << layout.parents(l));
                (0..layout.sizes[l]).flat_map(|u| ws.probabilities(&at.0[layout.unit(l, u)]).1.to_vec()).collect()
            })
            .collect();
        let hidden: usize = layout.sizes[1..].iter().sum();
        let mut joint = Vec::with_capacity(1 << hidden);
        let mut means = vec![0.0; states * size];
        for code in 0..1usize << hidden {
            let mut rest = code;
            let each: Vec<usize> = layout.sizes[1..]
                .iter()
                .map(|&n| {
                    let own = rest & ((1 << n) - 1);
                    rest >>= n;
                    own
                })
                .collect();
            let mut weight = 1.0;
            for l in 1..top {
                weight *= chain.above(l)[(each[l] << layout.sizes[l]) + each[l - 1]];
            }
            let mut scores = vec![0.0; size];
            for l in 1..=top {
                let (parents, k) = (layout.parents(l), 1usize << layout.parents(l));
                let above = each.get(l).copied().unwrap_or(0);
                for u in 0..layout.sizes[l] {
                    let residual = (each[l - 1] >> u & 1) as f64 - sigma[l - 1][u * k + above];
                    let own = &mut scores[layout.unit(l, u).start - first..][..parents + 1];
                    own[parents] = residual;
                    (0..parents).filter(|h| above >> h & 1 == 1).for_each(|h| own[h] = residual);
                }
            }
            let mean = &mut means[each[0] * size..(each[0] + 1) * size];
            mean.iter_mut().zip(&scores).for_each(|(m, t)| *m += weight * t);
            joint.push((each[0], weight, scores));
        }
        Upper { size, means, joint }
    }

    /// `E[t | z_1 = state]`.
    pub fn means(&self, state: usize) -> &[f64] {
        &self.means[state * self.size..(state + 1) * self.size]
    }

    /// Adds `Σ_s M_s E[t tᵀ | s]` to the square of `free` coordinates, from coordinate `first` on.
    pub fn add_second(&self, mass: &[f64], out: &mut [f64], first: usize, free: usize) {
        for (state, weight, scores) in &self.joint {
            let m = mass[*state] * weight;
            for (i, a) in scores.iter().enumerate().filter(|(_, a)| **a != 0.0) {
                for (j, b) in scores.iter().enumerate() {
                    out[(first + i) * free + first + j] += m * a * b;
                }
            }
        }
    }
}
