//! The hidden layers among themselves: a Markov chain from the top down, the same for every row.
//!
//! ```text
//! p(z_l) = Σ p(z_l | z_{l+1}) p(z_{l+1})      q(z_{l+1} | z_l, x) = p(z_{l+1} | z_l)
//! ```
//!
//! What is seen tells of the layers above only through layer 1, so that a row costs as much as layer 1 has states, and the
//! layers above are filled in once for all rows.

use super::layout::Layout;
use super::states::{moments, spread};
use super::unit::Workspace;
use crate::linalg::simd::responsibilities;

/// Everything about the states of the hidden layers at one point.
pub(super) struct Chain {
    layout: Layout,
    /// Of layers 1, 2, …: `ln p(z_l)` of every state.
    prior: Vec<Vec<f64>>,
    /// Of layers 1, 2, … but the top: `p(z_{l+1} | z_l)`, states of `l` × states of `l+1`, column-major.
    above: Vec<Vec<f64>>,
    /// Of every state of layer 1: entropy of the layers above given it.
    pub entropy_above: Vec<f64>,
    /// Of every state of layer 1: expected sum of the entropies of all hidden units given their parents.
    pub unit_entropies: Vec<f64>,
}

/// Sums over rows, layer by layer: expected states of the parents, and of units with their parents.
pub(super) struct Aggregate {
    /// Of layers 0, 1, …: expected rows in each state of the layer above.
    pub mass: Vec<Vec<f64>>,
    /// Of layers 0, 1, …: `Σ_n E[x_n z̃_n]` of each unit.
    pub cross: Vec<Vec<f64>>,
}

impl Chain {
    pub fn new(layout: &Layout, theta: &[f64]) -> Self {
        let top = layout.top();
        let mut prior = vec![Vec::new(); top];
        let mut above = vec![Vec::new(); top.saturating_sub(1)];
        let bias: Vec<f64> = layout.layer(top).map(|i| theta[i]).collect();
        let mut ws = Workspace::new(1);
        let (mut base, mut own) = (0.0, 0.0);
        for &b in &bias {
            let (_, softplus, entropy) = ws.entropies(&[b]);
            base -= softplus[0];
            own += entropy[0];
        }
        let states = 1 << layout.sizes[top];
        prior[top - 1] = vec![0.0; states];
        spread(&bias, base, &mut prior[top - 1]);
        let mut entropy_above = vec![0.0; states];
        let mut unit_entropies = vec![own; states];
        for l in (1..top).rev() {
            let (n, k) = (1usize << layout.sizes[l], 1usize << layout.sizes[l + 1]);
            let (logits, softplus, entropies) = link(layout, theta, l);
            let mut joint = vec![0.0; n * k];
            for s in 0..k {
                let weights: Vec<f64> = (0..layout.sizes[l]).map(|u| logits[u * k + s]).collect();
                spread(&weights, prior[l][s] - softplus[s], &mut joint[s * n..(s + 1) * n]);
            }
            let (mut evidence, mut entropy, mut scratch) = (vec![0.0; n], vec![0.0; n], vec![0.0; 2 * n]);
            responsibilities(&mut joint, n, k, &mut evidence, &mut entropy, &mut scratch);
            let mut units = vec![0.0; n];
            for s in 0..k {
                let here = entropies[s] + unit_entropies[s];
                for (i, r) in joint[s * n..(s + 1) * n].iter().enumerate() {
                    entropy[i] += r * entropy_above[s];
                    units[i] += r * here;
                }
            }
            prior[l - 1] = evidence;
            above[l - 1] = joint;
            entropy_above = entropy;
            unit_entropies = units;
        }
        Chain { layout: layout.clone(), prior, above, entropy_above, unit_entropies }
    }

    /// `ln p(z_1)` of every state.
    pub fn log_prior(&self) -> &[f64] {
        &self.prior[0]
    }

    /// `p(z_{l+1} | z_l)` for states of layer `l ≥ 1`, column-major.
    pub fn above(&self, layer: usize) -> &[f64] {
        &self.above[layer - 1]
    }

    /// Fills in the layers above: sums for every layer from those of the visible one.
    pub fn aggregate(&self, mass: &[f64], cross: &[f64]) -> Aggregate {
        let top = self.layout.top();
        let mut out = Aggregate { mass: vec![mass.to_vec()], cross: vec![cross.to_vec()] };
        for l in 1..top {
            let (n, k) = (1usize << self.layout.sizes[l], 1usize << self.layout.sizes[l + 1]);
            let (units, parents) = (self.layout.sizes[l], self.layout.sizes[l + 1]);
            let own = &out.mass[l - 1];
            let mut next = vec![0.0; k];
            // Of each unit, the mass of states of the parents in which it is on.
            let mut on = vec![0.0; units * k];
            let mut weighted = vec![0.0; n];
            let mut sums = vec![0.0; units + 1];
            for s in 0..k {
                let column = &self.above[l - 1][s * n..(s + 1) * n];
                weighted.iter_mut().zip(column.iter().zip(own)).for_each(|(w, (r, m))| *w = r * m);
                moments(&mut weighted, &mut sums);
                next[s] = sums[units];
                (0..units).for_each(|u| on[u * k + s] = sums[u]);
            }
            let mut cross = vec![0.0; units * (parents + 1)];
            for (on, cross) in on.chunks_exact_mut(k).zip(cross.chunks_exact_mut(parents + 1)) {
                moments(on, cross);
            }
            out.mass.push(next);
            out.cross.push(cross);
        }
        let mut sums = vec![0.0; self.layout.sizes[top] + 1];
        moments(&mut out.mass[top - 1].clone(), &mut sums);
        out.mass.push(vec![sums[self.layout.sizes[top]]]);
        sums.pop();
        out.cross.push(sums);
        out
    }
}

/// Log-odds of every unit of a layer in every state of the layer above (`units × states`), and the sums over units of
/// `ln(1 + eᵃ)` and of entropies.
fn link(layout: &Layout, theta: &[f64], layer: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let states = 1usize << layout.parents(layer);
    let mut ws = Workspace::new(states);
    let mut logits = vec![0.0; layout.sizes[layer] * states];
    let (mut softplus, mut entropies) = (vec![0.0; states], vec![0.0; states]);
    for u in 0..layout.sizes[layer] {
        let (a, s, h) = ws.entropies(&theta[layout.unit(layer, u)]);
        logits[u * states..(u + 1) * states].copy_from_slice(a);
        softplus.iter_mut().zip(s).for_each(|(x, s)| *x += s);
        entropies.iter_mut().zip(h).for_each(|(x, h)| *x += h);
    }
    (logits, softplus, entropies)
}
