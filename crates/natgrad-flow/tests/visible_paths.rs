//! What the flows of ELBO and evidence do to the visible distribution: the same on cylindrical networks, not elsewhere.

mod common;

use common::*;
use natgrad::geometry::Point;
use natgrad::geometry::simplex;
use natgrad::graph::criterion;
use natgrad::network::{Enumerated, Network, NodeSpec, compare, cylinder, random_point};
use natgrad_flow::{Domain, Flow, Objective, Settings, flow};

/// Binary nodes with these parents; the first is hidden.
fn network(parents: &[&[usize]]) -> Network {
    let nodes = parents
        .iter()
        .enumerate()
        .map(|(i, parents)| NodeSpec {
            name: format!("n{i}"),
            states: vec!["a".into(), "b".into()],
            parents: parents.iter().map(|p| format!("n{p}")).collect(),
            table: None,
        })
        .collect();
    Network::new(nodes).expect("a network").0
}

/// Networks on which the criterion holds: a hidden effect, a hidden cause of two neighbours, and one of three.
fn cylindrical() -> Vec<Network> {
    let graphs: [&[&[usize]]; 4] = [
        // A hidden effect of two causes.
        &[&[1, 2], &[], &[]],
        // Its visible neighbours are adjacent, and a third node hangs on one of them.
        &[&[], &[0], &[0, 1], &[2]],
        // The same with the hidden node in the middle of a complete graph.
        &[&[1], &[], &[0, 1], &[2]],
        // An edge that the hidden node shares in neither direction.
        &[&[1], &[], &[1]],
    ];
    graphs.iter().map(|g| network(g)).collect()
}

fn hidden(network: &Network) -> Vec<bool> {
    (0..network.len()).map(|i| i == 0).collect()
}

/// A point well inside, and the joint distribution of another.
fn from_and_to(network: &Network, seed: u64) -> (Point, Vec<f64>) {
    let inside = |p: Point| Point(p.0.iter().map(|x| 0.2 + 0.6 * x).collect());
    let of = Enumerated::new(network, &hidden(network)).expect("few states");
    (inside(random_point(network, seed)), of.at(&inside(random_point(network, seed + 1000))).joint)
}

fn go(network: &Network, objective: Objective, from: &Point, q: &[f64], settings: &Settings) -> Flow {
    let of = Enumerated::new(network, &hidden(network)).expect("few states");
    flow(&of, objective, &joint(q.to_vec()), from, settings).expect("a flow")
}

/// The visible distributions along a flow.
fn visible(network: &Network, flow: &Flow) -> Vec<Vec<f64>> {
    let of = Enumerated::new(network, &hidden(network)).expect("few states");
    flow.parameters.iter().map(|p| of.at(&Point(p.clone())).visible).collect()
}

#[test]
fn on_cylindrical_networks_elbo_and_evidence_take_the_same_visible_path() {
    for (n, network) in cylindrical().iter().enumerate() {
        assert!(criterion(network.dag(), &hidden(network)).is_ok(), "graph {n}");
        for seed in 0..3 {
            let (from, q) = from_and_to(network, seed);
            let settings = adaptive(1.5, 0.25, Domain::Keep);
            let paths = [Objective::Elbo, Objective::Evidence].map(|objective| {
                let found = go(network, objective, &from, &q, &settings);
                assert_eq!(found.left_domain_at, None, "graph {n}, seed {seed}");
                visible(network, &found)
            });
            // The integrator keeps each path to about 1e-10; the two are different curves in the parameters.
            let off = apart(&paths[0], &paths[1]);
            assert!(off < 1e-7, "graph {n}, seed {seed}: {off:e}");
            // They go somewhere.
            assert!(apart(&paths[0][..1], &paths[0][paths[0].len() - 1..]) > 1e-2, "graph {n}, seed {seed}");
        }
    }
}

#[test]
fn eulers_paths_part_by_no_more_than_his_steps() {
    for (n, network) in cylindrical().iter().enumerate() {
        let (from, q) = from_and_to(network, 7);
        let gap = |steps: usize| {
            let settings = euler(1.0 / steps as f64, steps, Domain::Keep);
            let paths = [Objective::Elbo, Objective::Evidence]
                .map(|objective| visible(network, &go(network, objective, &from, &q, &settings)));
            apart(&paths[0], &paths[1])
        };
        let gaps = [50, 100, 200].map(gap);
        // Of first order: half the step, half the error; where the visible path is straight both are exact.
        for pair in gaps.windows(2) {
            assert!(pair[1] < 0.6 * pair[0] || pair[1] < 1e-12, "graph {n}: {gaps:?}");
        }
    }
}

#[test]
fn on_a_fork_they_part_at_the_angle_that_the_comparison_says() {
    let network = network(&[&[], &[0], &[0]]);
    assert!(criterion(network.dag(), &hidden(&network)).is_err());
    let of = Enumerated::new(&network, &hidden(&network)).expect("few states");
    for seed in 0..8 {
        let (from, q) = from_and_to(&network, seed);
        let at = of.at(&from);
        let geometry = cylinder(&of, &at).expect("inside");
        let told = compare(&of, &at, &geometry, &joint(q.clone())).expect("a comparison").cosines;
        let told = told.elbo_evidence.expect("a slope");
        // Truncation is of the order of the step, rounding 1e-16 over it.
        let dt = 1e-7;
        let moved = [Objective::Elbo, Objective::Evidence].map(|objective| {
            let path = visible(&network, &go(&network, objective, &from, &q, &euler(dt, 1, Domain::Free)));
            path[1].iter().zip(&path[0]).map(|(a, b)| (a - b) / dt).collect::<Vec<f64>>()
        });
        let product = |a: &[f64], b: &[f64]| simplex::product(&at.visible, a, b);
        let (a, b) = (&moved[0], &moved[1]);
        let found = product(a, b) / (product(a, a) * product(b, b)).sqrt();
        assert!((found - told).abs() < 1e-6, "seed {seed}: {found} {told}");
        assert!(told < 1.0 - 1e-6, "seed {seed}: the fork is not cylindrical, {told}");
        // And their paths stay apart.
        let settings = adaptive(1.0, 0.5, Domain::Keep);
        let paths = [Objective::Elbo, Objective::Evidence]
            .map(|objective| visible(&network, &go(&network, objective, &from, &q, &settings)));
        assert!(apart(&paths[0][..2], &paths[1][..2]) > 1e-5, "seed {seed}");
    }
}
