//! The angle between ELBO and evidence that learning measures on rows, against the geometry of the model itself.
//!
//! Rows are all visible states with weights `p*(v)`. Learning's matrices are empirical: complete information by expected
//! counts under `p*(v) p(h|v)`, visible information by outer products of scores under `p*`. They are the model's own only
//! where the model's visible distribution is `p*`, and there the slope is zero. So away from that point the angle is
//! compared with the same empirical matrices, computed directly, and towards it with those of the model.

use natgrad::diagnose::Assessment;
use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::model::Want;
use natgrad::model::bayes_net::{BayesNet, Sharing};
use natgrad::network::{Enumerated, Network, NodeSpec, Target, compare, cylinder, random_point};
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind, Table};

/// Nodes of two states with these parents.
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

fn inside(network: &Network, seed: u64) -> Point {
    Point(random_point(network, seed).0.iter().map(|x| 0.2 + 0.6 * x).collect())
}

/// Every visible state once, the first visible node slowest; only the first node is hidden.
fn rows(network: &Network, weights: &[f64]) -> Table {
    let visible = network.len() - 1;
    let header = (1..network.len())
        .map(|i| Column {
            name: format!("n{i}"),
            kind: ColumnKind::Levels(vec!["a".into(), "b".into()]),
            missing: true,
        })
        .collect();
    let data: Vec<Vec<f64>> =
        (0..visible).map(|d| (0..1 << visible).map(|v: usize| (v >> (visible - 1 - d) & 1) as f64).collect()).collect();
    Table::from_columns(header, &data, Some(weights.to_vec())).expect("rows")
}

/// The assessment of learning from `weights` at a point.
fn assess(network: &Network, at: &Point, weights: &[f64]) -> Assessment {
    let columns = (0..network.len()).map(|i| i.checked_sub(1)).collect();
    let mut net = BayesNet::new(network.clone(), columns, &Sharing::default()).expect("a model");
    let table = rows(network, weights);
    net.survey(&table).expect("a survey");
    let learning = Learning::new(&net, &table, 0.0);
    let look = learning.look(&net.point(network, at).expect("a point"), Want::Curvature).expect("a look");
    Assessment::of(&learning, &look).expect("an assessment")
}

fn enumerated(network: &Network) -> Enumerated<'_> {
    let hidden: Vec<bool> = (0..network.len()).map(|i| i == 0).collect();
    Enumerated::new(network, &hidden).expect("few states")
}

/// The cosine with the empirical matrices, from scores of visible states in the tables' own probabilities.
fn direct(network: &Network, at: &Point, weights: &[f64]) -> f64 {
    let of = enumerated(network);
    let at = of.at(at);
    let jacobian = of.visible_jacobian(&at);
    let (states, parameters) = (jacobian.nrows(), jacobian.ncols());
    let score = |v: usize, j: usize| jacobian[(v, j)] / at.visible[v];
    let slope: Vec<f64> = (0..parameters).map(|j| (0..states).map(|v| weights[v] * score(v, j)).sum()).collect();
    // Nodes of two states have one parameter per parent configuration: the complete information is diagonal,
    // N(c)/(θ (1 − θ)) by expected counts.
    let q: Vec<f64> =
        of.map().conditional(&at.joint).iter().zip(of.map().visible_of()).map(|(g, &v)| g * weights[v]).collect();
    let counts: Vec<f64> =
        of.families(&q).iter().flat_map(|f| f.chunks(2).map(|c| c[0] + c[1]).collect::<Vec<_>>()).collect();
    let elbo: Vec<f64> =
        (0..parameters).map(|j| slope[j] * at.point.0[j] * (1.0 - at.point.0[j]) / counts[j]).collect();
    // Along u the visible states' logarithms change by S u. The natural gradient of the evidence in the empirical metric
    // projects 1 on these changes, group by group: between groups learning takes the metric as 0, which it is for the
    // observed information, and for outer products of scores in expectation.
    let product = |a: &[f64], b: &[f64]| (0..states).map(|v| weights[v] * a[v] * b[v]).sum::<f64>();
    let (mut both, mut moved, mut evidence) = (0.0, 0.0, 0.0);
    for group in groups(network) {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for &j in &group {
            let mut own: Vec<f64> = (0..states).map(|v| score(v, j)).collect();
            let before = product(&own, &own);
            for _ in 0..2 {
                for b in &basis {
                    let c = product(&own, b);
                    own.iter_mut().zip(b).for_each(|(x, y)| *x -= c * y);
                }
            }
            let left = product(&own, &own);
            if left > 1e-16 * before {
                own.iter_mut().for_each(|x| *x /= left.sqrt());
                basis.push(own);
            }
        }
        let change: Vec<f64> = (0..states).map(|v| group.iter().map(|&j| score(v, j) * elbo[j]).sum()).collect();
        evidence += basis.iter().map(|b| product(b, &vec![1.0; states]).powi(2)).sum::<f64>();
        moved += product(&change, &change);
        both += group.iter().map(|&j| slope[j] * elbo[j]).sum::<f64>();
    }
    both / (moved * evidence).sqrt()
}

/// The parameters of tables with a hidden member together, every other row of a table by itself.
fn groups(network: &Network) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new()];
    for i in 0..network.len() {
        if i == 0 || network.dag().parents(i).contains(&0) {
            out[0].extend(network.range(i));
        } else {
            out.extend(network.range(i).map(|j| vec![j]));
        }
    }
    out
}

/// A hidden cause of two (three) effects; a hidden cause of adjacent nodes with a tail; a hidden effect.
const FORK: &[&[usize]] = &[&[], &[0], &[0]];
const TREE: &[&[usize]] = &[&[], &[0], &[0], &[0]];
const CYLINDER: &[&[usize]] = &[&[], &[0], &[0, 1], &[2]];
const EFFECT: &[&[usize]] = &[&[1, 2], &[], &[1]];

#[test]
fn the_cosine_of_learning_is_that_of_the_empirical_matrices() {
    for graph in [FORK, TREE, CYLINDER, EFFECT] {
        let network = network(graph);
        for seed in 0..10 {
            let weights = enumerated(&network).at(&inside(&network, seed)).visible;
            let at = inside(&network, seed + 500);
            let found = assess(&network, &at, &weights).cosine().expect("a slope");
            let expected = direct(&network, &at, &weights);
            // Directions with an eigenvalue below 1e-8 are left out of the one and not of the other.
            assert!((found - expected).abs() < 1e-6, "{graph:?}, seed {seed}: {found} {expected}");
        }
    }
}

#[test]
fn towards_the_rows_own_model_the_angle_becomes_the_models() {
    for graph in [FORK, TREE] {
        let network = network(graph);
        let of = enumerated(&network);
        for seed in 0..6 {
            let (target, other) = (inside(&network, seed), inside(&network, seed + 900));
            let weights = of.at(&target).visible;
            let off = |share: f64| {
                let mixed = target.0.iter().zip(&other.0).map(|(a, b)| a + share * (b - a)).collect();
                let at = of.at(&Point(mixed));
                let geometry = cylinder(&of, &at).expect("inside");
                let q = Target::Posterior(Distribution::new(weights.clone()).expect("a distribution"));
                let told = compare(&of, &at, &geometry, &q).expect("a comparison").cosines.recognition_evidence;
                let found = assess(&network, &at.point, &weights).cosine().expect("a slope");
                (found - told.expect("a slope")).abs()
            };
            // The matrices differ by the order of the distance, so do the angles.
            let (far, near) = (off(1e-2), off(1e-3));
            assert!(near < 0.2 * far + 1e-7 && near < 1e-2, "{graph:?}, seed {seed}: {far} {near}");
        }
    }
}

#[test]
fn at_the_rows_own_model_the_shares_are_those_of_the_cylinder() {
    for (graph, cylindrical) in [(FORK, false), (TREE, false), (CYLINDER, true), (EFFECT, true)] {
        let network = network(graph);
        let of = enumerated(&network);
        for seed in 0..6 {
            let at = of.at(&inside(&network, seed));
            let reading = assess(&network, &at.point, &at.visible).reading.expect("matrices");
            let expected = cylinder(&of, &at).expect("inside");
            assert_eq!(expected.cylindrical, cylindrical, "{graph:?}");
            for found in [&reading.visible, &reading.observed] {
                let mut found = found.eigenvalues.clone();
                found.sort_by(f64::total_cmp);
                assert_eq!(found.len(), expected.eigenvalues.len(), "{graph:?}");
                for (a, b) in found.iter().zip(&expected.eigenvalues) {
                    // Both informations are the model's there; whitening costs a few digits.
                    assert!((a - b).abs() < 1e-10, "{graph:?}, seed {seed}: {a} {b}");
                    assert!(!cylindrical || a.abs() < 1e-10 || (a - 1.0).abs() < 1e-10, "{graph:?}: {a}");
                }
            }
        }
    }
}

#[test]
fn on_cylindrical_networks_the_angle_closes_with_the_square_of_the_distance() {
    // Away from p* the shares of the empirical matrices are not 0 and 1, hidden nodes or not: a row's outer product of
    // scores has its own variance. So the cosine is below 1 there; it differs from 1 by the square of an angle that is of
    // the order of the distance.
    for graph in [CYLINDER, EFFECT] {
        let network = network(graph);
        let of = enumerated(&network);
        for seed in 0..6 {
            let (target, other) = (inside(&network, seed), inside(&network, seed + 900));
            let weights = of.at(&target).visible;
            let short = |share: f64| {
                let mixed = target.0.iter().zip(&other.0).map(|(a, b)| a + share * (b - a)).collect();
                1.0 - assess(&network, &Point(mixed), &weights).cosine().expect("a slope")
            };
            let (far, near) = (short(1e-1), short(1e-2));
            assert!(far < 0.2 && near < 0.03 * far + 1e-10, "{graph:?}, seed {seed}: {far:e} {near:e}");
        }
    }
}
