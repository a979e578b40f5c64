//! States drawn from a network, parents first.

use super::super::Network;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// `count` independent states of all nodes from the network's tables; the same seed gives the same states, and a larger
/// count the same states first.
pub fn sample_states(network: &Network, tables: &[Vec<f64>], count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| {
            let mut state = vec![0; network.len()];
            for &i in network.dag().order() {
                let k = network.states(i);
                let c = network.dag().parents(i).iter().fold(0, |c, &p| c * network.states(p) + state[p]);
                let row = &tables[i][c * k..(c + 1) * k];
                let mut left = rng.random::<f64>() * row.iter().sum::<f64>();
                // Rounding may leave a remainder after the last state: the last possible one is taken then.
                let last = row.iter().rposition(|p| *p > 0.0).unwrap_or(0);
                state[i] = last;
                for (a, p) in row[..last].iter().enumerate() {
                    left -= p;
                    if left < 0.0 {
                        state[i] = a;
                        break;
                    }
                }
            }
            state
        })
        .collect()
}
