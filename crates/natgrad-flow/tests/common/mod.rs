//! The two three-node models of the paper and their flows, as the tests use them.
#![allow(dead_code)] // each test file uses its share

use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::network::{Enumerated, Network, NodeSpec, Target};
use natgrad_flow::{Domain, Flow, Method, Objective, Settings, flow};

/// Binary nodes x, y, z with these parents; x is hidden.
pub fn model(parents: [&[&str]; 3]) -> Network {
    let nodes = ["x", "y", "z"]
        .iter()
        .zip(parents)
        .map(|(name, parents)| NodeSpec {
            name: name.to_string(),
            states: vec!["a".into(), "b".into()],
            parents: parents.iter().map(|p| p.to_string()).collect(),
            table: None,
        })
        .collect();
    Network::new(nodes).expect("a network").0
}

/// x, y, z independent: cylindrical.
pub fn independent() -> Network {
    model([&[], &[], &[]])
}

/// x → y, x → z: not cylindrical.
pub fn fork() -> Network {
    model([&[], &["x"], &["x"]])
}

/// x → y, x → z, y → z: every distribution, so cylindrical.
pub fn complete() -> Network {
    model([&[], &["x"], &["x", "y"]])
}

pub const HIDDEN: [bool; 3] = [true, false, false];

pub fn joint(q: Vec<f64>) -> Target {
    Target::Joint(Distribution::new(q).expect("a distribution"))
}

/// The joint distribution at given parameters.
pub fn at(network: &Network, theta: &[f64]) -> Vec<f64> {
    Enumerated::new(network, &HIDDEN).expect("few states").at(&Point(theta.to_vec())).joint
}

pub fn euler(dt: f64, steps: usize, domain: Domain) -> Settings {
    Settings { method: Method::Euler { dt, steps }, domain, every: 1, tolerance: 0.0 }
}

pub fn adaptive(until: f64, spacing: f64, domain: Domain) -> Settings {
    let method = Method::Adaptive { until, spacing, relative: 1e-11, absolute: 1e-12 };
    Settings { method, domain, every: 1, tolerance: 0.0 }
}

pub fn run(network: &Network, objective: Objective, q: &[f64], start: &[f64], settings: &Settings) -> Flow {
    let of = Enumerated::new(network, &HIDDEN).expect("few states");
    flow(&of, objective, &joint(q.to_vec()), &Point(start.to_vec()), settings).expect("a flow")
}

/// Largest difference of two lists of lists.
pub fn apart(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

pub const FORK_TARGET: [f64; 5] = [0.78, 0.24, 0.82, 0.97, 0.97];
pub const FORK_START: [f64; 5] =
    [0.035036524101437316, 0.2984494708891794, 0.058512491882074746, 0.8570609425871989, 0.3728540278748075];
pub const INDEPENDENT_TARGET: [f64; 3] = [0.95, 0.1, 0.9];
pub const INDEPENDENT_START: [f64; 3] = [0.02, 0.95, 0.02];
