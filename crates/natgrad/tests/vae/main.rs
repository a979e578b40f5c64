//! Variational autoencoders: reference values, laws of slopes and residuals, learning, degenerate data.

#[path = "../common/mod.rs"]
mod common;
mod edges;
mod exact;
mod laws;
mod learning;
mod natural;
mod reference;
mod units;

use natgrad::model::vae::{
    Architecture, Deviations, Expectation, Inputs, Nodes, ObservableName, Pass, PriorName, Sweep, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::Table;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Plain columns without weights.
pub fn table(columns: &[Vec<f64>]) -> Table {
    Table::from_columns(common::columns_of(columns.len(), None), columns, None).expect("a table")
}

/// Sums and slope of all rows.
pub fn sweep(vae: &Vae, rows: &Table, at: &[f64], expectation: &Expectation) -> Sweep {
    Pass::<f64, Processor>::sweep(vae, &Processor, rows, at, expectation, (7, 0), true).expect("a sweep")
}

/// A small model of each kind, with rows that it can produce (some of other weights) and random parameters.
pub fn every_kind() -> Vec<(Vae, Table, Vec<f64>)> {
    let gaussian = [Variance::Fixed(0.7), Variance::Scalar, Variance::Column, Variance::Network]
        .map(|v| (ObservableName::Gaussian, v));
    let others = [ObservableName::Bernoulli, ObservableName::Poisson].map(|o| (o, Variance::Scalar));
    let activations = [Activation::Tanh, Activation::Softplus, Activation::Relu];
    let mut out = Vec::new();
    for (kind, (observable, variance)) in gaussian.into_iter().chain(others).enumerate() {
        for prior in [PriorName::Fixed, PriorName::Learnt] {
            for (deviations, hidden) in [(Deviations::Network, vec![4]), (Deviations::Shared, vec![])] {
                let vae = Vae::new(Architecture {
                    columns: 3,
                    latents: 2,
                    encoder: if hidden.is_empty() { vec![] } else { vec![5, 4] },
                    decoder: hidden.clone(),
                    activation: activations[kind % 3],
                    observable,
                    variance,
                    prior,
                    deviations,
                    // Both kinds of inputs for counts.
                    inputs: if hidden.is_empty() { Inputs::Values } else { observable.inputs() },
                })
                .expect("a model");
                let mut rng = ChaCha8Rng::seed_from_u64(out.len() as u64);
                let mut draw = || rng.random::<f64>() * 2.0 - 1.0;
                let columns: Vec<Vec<f64>> = (0..3)
                    .map(|_| {
                        (0..7)
                            .map(|_| match observable {
                                ObservableName::Gaussian => 2.0 * draw(),
                                ObservableName::Bernoulli => f64::from(u8::from(draw() > 0.0)),
                                ObservableName::Poisson => (2.0 + 2.0 * draw()).floor(),
                            })
                            .collect()
                    })
                    .collect();
                let weights = (0..7).map(|i| 1.0 + 0.25 * f64::from(i % 3)).collect();
                let rows = Table::from_columns(common::columns_of(3, None), &columns, Some(weights)).expect("a table");
                // Small, so that no rate is astronomical and differences keep their digits.
                let at = (0..vae.parameters()).map(|_| 0.5 * draw()).collect();
                out.push((vae, rows, at));
            }
        }
    }
    out
}

/// Three nodes of unequal weights: any rule will do where laws hold for every one.
pub fn few_nodes() -> Expectation {
    Expectation::Nodes(Nodes {
        weights: vec![0.5, 0.2, 0.3],
        nodes: vec![vec![0.3, -0.8], vec![-1.1, 0.4], vec![0.9, 1.3]],
    })
}
