//! Small sigmoid belief nets for several tests: all states written out, and random nets and rows.

use super::columns_of;
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::SigmoidBeliefNet;
use natgrad::rows::{RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of zeros and ones with a share of missing cells, and weights where wanted.
pub fn binary_rows(rows: usize, width: usize, missing: f64, weighted: bool, seed: u64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let data: Vec<Vec<f64>> = (0..width)
        .map(|d| {
            (0..rows)
                .map(|n| {
                    if d % 2 == 1 && rng.random::<f64>() < missing {
                        return f64::NAN;
                    }
                    let p = if (n + d) % 3 == 0 { 0.8 } else { 0.3 };
                    f64::from(u8::from(rng.random::<f64>() < p))
                })
                .collect()
        })
        .collect();
    let weights = weighted.then(|| (0..rows).map(|n| [1.0, 0.0, 2.5][n % 3]).collect());
    Table::from_columns(columns_of(width, None), &data, weights).expect("a table")
}

/// Random parameters of moderate size.
pub fn random_point(net: &SigmoidBeliefNet, seed: u64) -> Point {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Point((0..net.layout().len()).map(|_| 3.0 * rng.random::<f64>() - 1.5).collect())
}

fn log_bernoulli(x: f64, a: f64) -> f64 {
    if x > 0.5 { -(-a).exp().ln_1p() } else { -a.exp().ln_1p() }
}

/// All states of all hidden units, layer 1 first: every joint state as one vector of zeros and ones.
pub fn hidden_states(net: &SigmoidBeliefNet) -> Vec<Vec<f64>> {
    let units: usize = net.layout().sizes[1..].iter().sum();
    (0..1usize << units).map(|s| (0..units).map(|h| (s >> h & 1) as f64).collect()).collect()
}

/// Log-odds of every unit in a joint state, the visible ones first.
pub fn log_odds(net: &SigmoidBeliefNet, at: &[f64], hidden: &[f64]) -> Vec<f64> {
    let layout = net.layout();
    let mut first = 0;
    let mut out = Vec::new();
    for layer in 0..layout.sizes.len() {
        let parents = layout.parents(layer);
        let above = &hidden[first..first + parents];
        for u in 0..layout.sizes[layer] {
            let own = &at[layout.unit(layer, u)];
            out.push(own[parents] + above.iter().zip(own).map(|(z, w)| z * w).sum::<f64>());
        }
        first += parents;
    }
    out
}

/// `ln p(x, z)` of seen cells and a joint hidden state.
pub fn log_joint(net: &SigmoidBeliefNet, at: &[f64], cells: &[f64], hidden: &[f64]) -> f64 {
    let a = log_odds(net, at, hidden);
    let values = cells.iter().chain(hidden);
    values.zip(&a).filter(|(x, _)| !x.is_nan()).map(|(x, a)| log_bernoulli(*x, *a)).sum()
}

/// Evidence per unit weight, by writing out all states.
pub fn evidence(net: &SigmoidBeliefNet, at: &[f64], table: &Table) -> f64 {
    let states = hidden_states(net);
    let (mut sum, mut weight) = (0.0, 0.0);
    for n in 0..table.rows() as usize {
        let cells: Vec<f64> = (0..table.columns().len()).map(|d| table.cell(n, d)).collect();
        let joint: Vec<f64> = states.iter().map(|z| log_joint(net, at, &cells, z)).collect();
        sum += table.weight(n) * natgrad::linalg::special::log_sum_exp(&joint);
        weight += table.weight(n);
    }
    sum / weight
}
