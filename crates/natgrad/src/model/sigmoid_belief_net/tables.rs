//! What all rows need of the visible units: their log-partitions and entropies in every state of layer 1.

use super::SigmoidBeliefNet;
use super::chain::Chain;
use super::unit::Workspace;
use rayon::prelude::*;

/// The visible units are summed in so many groups at most, whatever the number of threads.
const GROUPS: usize = 8;

/// Sums over visible units for every state of layer 1, and single units where cells are missing.
pub(super) struct Tables {
    /// The layers above.
    pub chain: Chain,
    /// `ln p(z_1) − Σ_d softplus(a_d)`.
    pub constant: Vec<f64>,
    /// `Σ_d H(a_d)`.
    pub entropy: Vec<f64>,
    /// Of each unit whose column has missing cells: `softplus(a)` in every state.
    pub softplus_missing: Vec<f64>,
    /// Of the same units: entropies.
    pub entropy_missing: Vec<f64>,
}

impl Tables {
    pub fn new(net: &SigmoidBeliefNet, theta: &[f64]) -> Self {
        let layout = &net.layout;
        let (visible, states) = (layout.sizes[0], 1usize << layout.sizes[1]);
        let chain = Chain::new(layout, theta);
        let size = visible.div_ceil(GROUPS).max(1);
        let units: Vec<usize> = (0..visible).collect();
        let parts: Vec<(Vec<f64>, Vec<f64>)> = units
            .par_chunks(size)
            .map(|units| {
                let mut ws = Workspace::new(states);
                let (mut constant, mut entropy) = (vec![0.0; states], vec![0.0; states]);
                for &d in units {
                    let (_, softplus, h) = ws.entropies(&theta[layout.unit(0, d)]);
                    constant.iter_mut().zip(softplus).for_each(|(c, s)| *c -= s);
                    entropy.iter_mut().zip(h).for_each(|(e, h)| *e += h);
                }
                (constant, entropy)
            })
            .collect();
        let mut constant = chain.log_prior().to_vec();
        let mut entropy = vec![0.0; states];
        for (c, h) in &parts {
            constant.iter_mut().zip(c).for_each(|(a, b)| *a += b);
            entropy.iter_mut().zip(h).for_each(|(a, b)| *a += b);
        }
        let (mut softplus_missing, mut entropy_missing) = (Vec::new(), Vec::new());
        let mut ws = Workspace::new(states);
        for &d in &net.incomplete {
            let (_, s, h) = ws.entropies(&theta[layout.unit(0, d)]);
            softplus_missing.extend_from_slice(s);
            entropy_missing.extend_from_slice(h);
        }
        Tables { chain, constant, entropy, softplus_missing, entropy_missing }
    }
}
