//! Random tables with a seed.

use super::Network;
use crate::geometry::Point;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Tables whose rows are uniform on their simplex; where a local model cannot take the form of a table, its parameters
/// are uniform in (−2, 2).
pub fn random_point(network: &Network, seed: u64) -> Point {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut out = Vec::with_capacity(network.parameters());
    for i in 0..network.len() {
        let k = network.states(i);
        let mut table = Vec::with_capacity(network.configurations(i) * k);
        for _ in 0..network.configurations(i) {
            // Exponential variates, normalised.
            let row: Vec<f64> = (0..k).map(|_| -(1.0 - rng.random::<f64>()).ln() + f64::MIN_POSITIVE).collect();
            let total: f64 = row.iter().sum();
            table.extend(row.into_iter().map(|e| e / total));
        }
        match network.nodes()[i].local.inverse(&table) {
            Some(xi) => out.extend(xi),
            None => out.extend(network.range(i).map(|_| 4.0 * rng.random::<f64>() - 2.0)),
        }
    }
    Point(out)
}
