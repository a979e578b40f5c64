//! Networks with hidden nodes against reference values, and the theorems as laws on random networks.

use natgrad::geometry::simplex::{Distribution, Marginalisation, SignedMeasure, simplex_gradients};
use natgrad::geometry::{Metric, Point};
use natgrad::graph::{Change, Dag, Essential, criterion, smallest_change};
use natgrad::network::local::{LocalSpec, Logistic, NoisyOr, Softmax};
use natgrad::network::{
    Comparison, CylinderAtPoint, Enumerated, Network, NodeSpec, Target, compare, cylinder, random_point, visible_fisher,
};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

fn oracle(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../oracles/geometry").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn indices(v: &Value) -> Vec<usize> {
    v.as_array().expect("an array").iter().map(|x| x.as_u64().expect("an index") as usize).collect()
}

fn network(cards: &[usize], parents: &[Vec<usize>]) -> Network {
    let specs = (0..cards.len())
        .map(|i| NodeSpec {
            name: format!("n{i}"),
            states: (0..cards[i]).map(|s| format!("s{s}")).collect(),
            parents: parents[i].iter().map(|p| format!("n{p}")).collect(),
            table: None,
        })
        .collect();
    Network::new(specs).expect("a network").0
}

fn hide(n: usize, hidden: &[usize]) -> Vec<bool> {
    (0..n).map(|i| hidden.contains(&i)).collect()
}

/// Largest difference relative to the largest entry (1 at least where `floor` says so).
fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3, |m: f64, x| m.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * scale, "{what}[{i}]: {f} where {e} is expected");
    }
}

struct Case {
    network: Network,
    hidden: Vec<bool>,
    point: Point,
    q: Vec<f64>,
    value: Value,
}

fn cases() -> Vec<Case> {
    let all = oracle("networks.json");
    ["special", "random"]
        .iter()
        .flat_map(|kind| all[kind].as_array().expect("cases").clone())
        .map(|value| {
            let cards = indices(&value["cards"]);
            let parents: Vec<Vec<usize>> = value["parents"].as_array().expect("parents").iter().map(indices).collect();
            Case {
                network: network(&cards, &parents),
                hidden: hide(cards.len(), &indices(&value["hidden"])),
                point: Point(numbers(&value["theta"])),
                q: numbers(&value["q"]),
                value,
            }
        })
        .collect()
}

#[test]
fn every_reference_network_is_reproduced() {
    for case in cases() {
        let v = &case.value;
        let name = v["name"].as_str().expect("a name");
        let of = Enumerated::new(&case.network, &case.hidden).expect("small");
        let at = of.at(&case.point);
        close(&at.joint, &numbers(&v["p"]), 1e-12, name);
        close(&at.visible, &numbers(&v["p_V"]), 1e-12, name);
        let g = cylinder(&of, &at).expect("inside");
        // What carries a condition number is allowed it.
        let condition = v["cond_G_V"].as_f64().unwrap_or(1.0);
        let loose = (1e-9f64).max(condition * 1e-14);
        close(&g.eigenvalues, &numbers(&v["sin2"]), 1e-11, name);
        assert_eq!(g.rank_joint as u64, v["dim_T"].as_u64().expect("dim_T"), "{name}");
        assert_eq!(g.rank_visible as u64, v["rank_G_V"].as_u64().expect("rank"), "{name}");
        assert_eq!(g.vertical as u64, v["dim_T_cap_V"].as_u64().expect("vertical"), "{name}");
        assert_eq!(g.horizontal as u64, v["dim_T_cap_H"].as_u64().expect("horizontal"), "{name}");
        let defect = v["defect"].as_f64().expect("defect");
        assert!((g.defect - defect).abs() < 1e-11, "{name}: defect {} where {defect} is expected", g.defect);
        assert_eq!(g.cylindrical, v["cylindrical_at_point"].as_bool().expect("a verdict"), "{name}");
        assert_eq!(
            criterion(case.network.dag(), &case.hidden).is_ok(),
            v["graph_cylindrical"].as_bool().expect("a verdict"),
            "{name}"
        );
        assert_eq!(g.admissible, name != "fork_at_independent_point", "{name}");
        let flat = |m: &Value| m.as_array().expect("rows").iter().flat_map(numbers).collect::<Vec<_>>();
        let d = case.network.parameters();
        let visible = visible_fisher(&g.visible_jacobian, &at.visible);
        let mut joint = vec![0.0; d * d];
        for (index, block) in g.joint_metric.blocks() {
            for (u, &i) in index.iter().enumerate() {
                for (w, &j) in index.iter().enumerate() {
                    joint[i * d + j] = block.matrix()[(u, w)];
                }
            }
        }
        close(&joint, &flat(&v["G"]), 1e-12, name);
        let visible: Vec<f64> = (0..d).flat_map(|i| (0..d).map(move |j| (i, j))).map(|ij| visible[ij]).collect();
        close(&visible, &flat(&v["G_V"]), 1e-12, name);
        let essential = Essential::of(case.network.dag());
        let edges = |v: &Value| v.as_array().expect("edges").iter().map(indices).collect::<Vec<_>>();
        let mut directed: Vec<Vec<usize>> = essential.directed_edges().into_iter().map(|(a, b)| vec![a, b]).collect();
        let mut expected = edges(&v["essential_directed"]);
        directed.sort();
        expected.sort();
        assert_eq!(directed, expected, "{name}");
        let undirected: Vec<Vec<usize>> = essential.undirected_edges().into_iter().map(|(a, b)| vec![a, b]).collect();
        let mut expected = edges(&v["essential_undirected"]);
        expected.iter_mut().for_each(|e| e.sort_unstable());
        expected.sort();
        assert_eq!(undirected, expected, "{name}");

        let target = Target::Joint(Distribution::new(case.q.clone()).expect("a target"));
        let c = compare(&of, &at, &g, &target).expect("a comparison");
        close(
            &[c.divergence_evidence, c.divergence_elbo],
            &numbers(&Value::from(vec![v["D_evidence"].clone(), v["D_elbo"].clone()])),
            1e-11,
            name,
        );
        for (found, key, tolerance) in [
            (&c.evidence.parameter.0, "euclid_evidence", 1e-9),
            (&c.elbo.parameter.0, "euclid_elbo", 1e-9),
            (&c.evidence.natural.0, "nat_evidence", loose),
            (&c.recognition.natural.0, "nat_rec", 1e-9),
            (&c.elbo.natural.0, "nat_elbo", 1e-9),
            (&c.evidence.pushforward.0, "push_evidence", loose),
            (&c.recognition.pushforward.0, "push_rec", 1e-9),
            (&c.elbo.pushforward.0, "push_elbo", 1e-9),
        ] {
            close(found, &numbers(&v[key]), tolerance, &format!("{name} {key}"));
        }
        for (found, key) in [
            (Some(c.evidence.norm), "norm_evidence"),
            (Some(c.recognition.norm), "norm_rec"),
            (Some(c.elbo.norm), "norm_elbo"),
            (Some(c.error), "err_elbo"),
            (Some(c.error_metric), "err_rec"),
            (c.cosines.elbo_evidence, "cos_elbo"),
            (c.cosines.recognition_evidence, "cos_rec"),
            (c.cosines.elbo_recognition, "cos_gap"),
        ] {
            match (found, v[key].as_f64()) {
                (Some(f), Some(e)) => assert!((f - e).abs() <= loose * e.abs().max(1e-3), "{name} {key}: {f} {e}"),
                (f, e) => assert_eq!(f.is_some(), e.is_some(), "{name} {key}"),
            }
        }
    }
}

#[test]
fn the_graph_criterion_decides_every_graph_with_up_to_four_nodes() {
    let table = oracle("dag_table.json");
    let mut disagree = 0;
    for row in table["rows"].as_array().expect("rows") {
        let n = row["n"].as_u64().expect("n") as usize;
        let mut parents = vec![Vec::new(); n];
        for e in row["edges"].as_array().expect("edges") {
            let e = indices(e);
            parents[e[1]].push(e[0]);
        }
        parents.iter_mut().for_each(|p| p.sort_unstable());
        let hidden = hide(n, &indices(&row["hidden"]));
        let dag = Dag::new(parents.clone()).expect("a DAG");
        let expected = row["cylindrical"].as_bool().expect("a verdict");
        assert_eq!(criterion(&dag, &hidden).is_ok(), expected, "{row}");
        // The point's own verdict, at a random table.
        let net = network(&vec![2; n], &parents);
        let of = Enumerated::new(&net, &hidden).expect("small");
        let g = cylinder(&of, &of.at(&random_point(&net, 7))).expect("inside");
        disagree += usize::from(g.cylindrical != expected);
        assert!(g.admissible, "{row}");
        let changes = smallest_change(&dag, &hidden).expect("a change");
        assert_eq!(changes.is_empty(), expected, "{row}: {changes:?}");
    }
    assert_eq!(disagree, 0);
}

/// A random DAG on `n` nodes (edges from lower to higher numbers of a hidden order) with up to three states.
fn random_network(seed: u64, n: usize) -> (Network, Vec<bool>) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: u64| {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let mut order: Vec<usize> = (0..n).collect();
    (1..n).for_each(|i| order.swap(i, next(i as u64 + 1) as usize));
    let mut parents = vec![Vec::new(); n];
    for j in 1..n {
        for i in 0..j {
            if next(2) == 0 {
                parents[order[j]].push(order[i]);
            }
        }
    }
    let cards: Vec<usize> = (0..n).map(|_| 2 + next(2) as usize).collect();
    let mask = 1 + next((1 << n) - 2);
    (network(&cards, &parents), (0..n).map(|i| mask >> i & 1 == 1).collect())
}

fn random_target(states: usize, seed: u64) -> Distribution {
    let net = network(&[states], &[vec![]]);
    Distribution::new(net.table(0, &random_point(&net, seed))).expect("a distribution")
}

fn looked(net: &Network, hidden: &[bool], seed: u64) -> (CylinderAtPoint, Comparison) {
    let of = Enumerated::new(net, hidden).expect("small");
    let at = of.at(&random_point(net, seed));
    let g = cylinder(&of, &at).expect("inside");
    let target = Target::Joint(random_target(at.joint.len(), seed + 1));
    let c = compare(&of, &at, &g, &target).expect("a comparison");
    (g, c)
}

#[test]
fn on_cylindrical_networks_the_three_gradients_move_the_visible_distribution_alike_elsewhere_not() {
    let (mut cylindrical, mut not) = (0, 0);
    for seed in 0..400 {
        let (net, hidden) = random_network(seed, 2 + seed as usize % 4);
        let (g, c) = looked(&net, &hidden, seed);
        let of_graph = criterion(net.dag(), &hidden).is_ok();
        assert_eq!(g.cylindrical, of_graph, "seed {seed}: defect {}", g.defect);
        // Theorems 3, 5 and 6. Errors are bounded by rounding times the condition of the metrics.
        let scale = 1.0 + c.evidence.norm + c.elbo.norm;
        if of_graph {
            cylindrical += 1;
            assert!(c.error <= 1e-10 * scale && c.error_metric <= 1e-10 * scale, "seed {seed}: {}", c.error);
        } else {
            not += 1;
            assert!(c.error > 1e-9 * scale, "seed {seed}: {}", c.error);
        }
        // Proposition 1 and the spectral bound.
        let (x, y, pushed) = (c.recognition_joint_norm, c.evidence.norm, c.recognition.norm);
        assert!(pushed <= x * (1.0 + 1e-9) && x <= y * (1.0 + 1e-9), "seed {seed}: {pushed} {x} {y}");
        let cosine = c.cosines.recognition_evidence.expect("a slope");
        assert!((cosine * y * pushed - x * x).abs() <= 1e-9 * y * y, "seed {seed}");
        assert!(cosine >= g.cosine_bound - 1e-9, "seed {seed}: {cosine} {}", g.cosine_bound);
        assert!(g.eigenvalues.iter().all(|l| (-1e-12..=1.0 + 1e-12).contains(l)), "seed {seed}");
    }
    assert!(cylindrical > 60 && not > 60, "{cylindrical} {not}");
}

#[test]
fn softmax_and_logistic_nodes_move_the_model_as_tables_do() {
    for seed in 0..40 {
        let (net, hidden) = random_network(seed + 1000, 4);
        let soft =
            net.with_local(|i, n| Some(Arc::new(Softmax { states: n.states(i), configurations: n.configurations(i) })));
        let of = (Enumerated::new(&net, &hidden).expect("small"), Enumerated::new(&soft, &hidden).expect("small"));
        let point = random_point(&net, seed);
        let tables: Vec<Vec<f64>> = (0..net.len()).map(|i| net.table(i, &point)).collect();
        let at = (of.0.at(&point), of.1.at(&soft.point(&tables).expect("logits")));
        let g = (cylinder(&of.0, &at.0).expect("inside"), cylinder(&of.1, &at.1).expect("inside"));
        // One redundant logit per configuration: more parameters, the same tangent space.
        assert!(soft.parameters() > net.parameters());
        assert_eq!(g.1.rank_joint, net.parameters());
        close(&g.1.eigenvalues, &g.0.eigenvalues, 1e-9, "spectrum");
        let target = Target::Joint(random_target(at.0.joint.len(), seed));
        let c = (
            compare(&of.0, &at.0, &g.0, &target).expect("a comparison"),
            compare(&of.1, &at.1, &g.1, &target).expect("a comparison"),
        );
        close(&c.1.elbo.pushforward.0, &c.0.elbo.pushforward.0, 1e-9, "elbo");
        close(&c.1.evidence.pushforward.0, &c.0.evidence.pushforward.0, 1e-7, "evidence");
    }
    // A sigmoid node with two parents: additive log-odds, so one dimension less than the table.
    let net = network(&[2, 2, 2], &[vec![], vec![], vec![0, 1]]);
    let sigmoid = net.with_local(|i, _| (i == 2).then(|| Arc::new(Logistic { parents: vec![2, 2] }) as _));
    assert_eq!(sigmoid.parameters(), 5);
    let of = Enumerated::new(&sigmoid, &hide(3, &[0])).expect("small");
    let at = of.at(&Point(vec![0.3, 0.6, 1.2, -0.7, 0.4]));
    let table = sigmoid.table(2, &at.point);
    let sigma = |z: f64| 1.0 / (1.0 + (-z).exp());
    close(
        &table,
        &[
            1.0 - sigma(0.4),
            sigma(0.4),
            1.0 - sigma(-0.3),
            sigma(-0.3),
            1.0 - sigma(1.6),
            sigma(1.6),
            1.0 - sigma(0.9),
            sigma(0.9),
        ],
        1e-15,
        "table",
    );
    // Block and slope against the closed form: G = Σ p(c) σ' x xᵀ, −c = Σ q(c)(…).
    let g = of.joint_metric(&at).expect("inside");
    let slope = of.gradient(&at, &at.joint).expect("finite");
    assert!(slope.iter().all(|c| c.abs() < 1e-14), "the score has mean 0: {slope:?}");
    let v = natgrad::geometry::Tangent(vec![0.0, 0.0, 1.0, 1.0, 1.0]);
    let families = of.families(&at.joint);
    let expected: f64 = (0..4)
        .map(|c| {
            let p: f64 = families[2][2 * c..2 * c + 2].iter().sum();
            let x = (c >> 1) as f64 + (c & 1) as f64 + 1.0;
            p * table[2 * c] * table[2 * c + 1] * x * x
        })
        .sum();
    assert!((g.square(&v) - expected).abs() < 1e-14);
}

#[test]
fn noisy_or_nodes_with_one_parent_are_tables_and_with_more_keep_the_theorems() {
    for seed in 0..40 {
        let (net, hidden) = random_network(seed + 2000, 4);
        let chosen = |i: usize| net.states(i) == 2 && net.dag().parents(i).len() <= 1;
        let states = |i: usize| net.dag().parents(i).iter().map(|&p| net.states(p)).collect::<Vec<_>>();
        let noisy = net.with_local(|i, _| chosen(i).then(|| Arc::new(NoisyOr { parents: states(i) }) as _));
        // A point of the noisy network, and its tables in the other.
        let point = random_point(&noisy, seed);
        let tables: Vec<Vec<f64>> = (0..net.len()).map(|i| noisy.table(i, &point)).collect();
        let of = (Enumerated::new(&net, &hidden).expect("small"), Enumerated::new(&noisy, &hidden).expect("small"));
        let at = (of.0.at(&net.point(&tables).expect("tables")), of.1.at(&point));
        let g = (cylinder(&of.0, &at.0).expect("inside"), cylinder(&of.1, &at.1).expect("inside"));
        assert_eq!(noisy.parameters(), net.parameters());
        // Other coordinates of the same model: eigenvalues differ by rounding times the condition of the metrics.
        close(&g.1.eigenvalues, &g.0.eigenvalues, 1e-7, "spectrum");
        assert_eq!(noisy.labels().len(), noisy.parameters());
    }
    for seed in 0..100 {
        let (net, hidden) = random_network(seed + 3000, 4);
        let states = |i: usize| net.dag().parents(i).iter().map(|&p| net.states(p)).collect::<Vec<_>>();
        let noisy = net.with_local(|i, n| (n.states(i) == 2).then(|| Arc::new(NoisyOr { parents: states(i) }) as _));
        let (g, c) = looked(&noisy, &hidden, seed);
        assert!(g.eigenvalues.iter().all(|l| (-1e-9..=1.0 + 1e-9).contains(l)), "seed {seed}: {:?}", g.eigenvalues);
        let (x, y, pushed) = (c.recognition_joint_norm, c.evidence.norm, c.recognition.norm);
        // Noisy-or tables are near 1: lengths carry the condition of the metrics.
        assert!(pushed <= x * (1.0 + 1e-7) && x <= y * (1.0 + 1e-7), "seed {seed}: {pushed} {x} {y}");
    }
}

#[test]
fn noisy_or_nodes_are_written_down_and_read_again() {
    let node = |name: &str, parents: &[&str], table| NodeSpec {
        name: name.into(),
        states: vec!["off".into(), "on".into()],
        parents: parents.iter().map(|p| (*p).into()).collect(),
        table,
    };
    let specs = vec![
        node("a", &[], Some(vec![vec![0.7, 0.3]])),
        node("b", &[], Some(vec![vec![0.4, 0.6]])),
        node("c", &["a", "b"], None),
    ];
    let local = vec![None, None, Some(LocalSpec::NoisyOr { weights: vec![vec![0.5], vec![0.25]], leak: 0.5 })];
    let (net, point) = Network::described(specs, &local).expect("a network");
    let point = point.expect("parameters");
    close(&net.table(2, &point), &[0.5, 0.5, 0.375, 0.625, 0.25, 0.75, 0.1875, 0.8125], 1e-15, "table");
    let Some(LocalSpec::NoisyOr { weights, leak }) = &net.local_specs(&point)[2] else { panic!("another kind") };
    assert!((weights[1][0] - 0.25).abs() < 1e-15 && (leak - 0.5).abs() < 1e-15);
    assert_eq!(
        net.labels()[2..],
        ["log-odds of the weight of a = on on c", "log-odds of the weight of b = on on c", "log-odds of the leak of c",]
    );
}

#[test]
fn the_full_simplex_splits_into_what_is_seen_and_what_is_not() {
    let map = Marginalisation::new(vec![0, 0, 1, 1, 2, 0], 3).expect("a map");
    for seed in 0..50 {
        let p = random_target(6, seed);
        let q = random_target(6, seed + 100);
        let a = SignedMeasure(random_target(6, seed + 200).probabilities().iter().map(|x| x - 1.0 / 6.0).collect());
        let (h, v) = (map.horizontal(&p, &a), map.vertical(&p, &a));
        assert!(p.product(&h, &v).abs() < 1e-14);
        assert!(map.push(&v).0.iter().all(|x| x.abs() < 1e-15));
        close(&map.horizontal(&p, &h).0, &h.0, 1e-14, "idempotent");
        let visible = map.marginal(&p);
        let seen = visible.product(&map.push(&a), &map.push(&a));
        assert!((seen - p.product(&h, &h)).abs() < 1e-13, "lifting is an isometry");
        assert!(seen <= p.product(&a, &a) + 1e-14, "monotone");
        let g = simplex_gradients(&p, &q, &map);
        let expected: Vec<f64> =
            map.marginal(&q).probabilities().iter().zip(visible.probabilities()).map(|(q, p)| q - p).collect();
        close(&map.push(&g.elbo).0, &expected, 1e-14, "elbo");
        close(&map.push(&g.recognition).0, &expected, 1e-14, "recognition");
        assert!(map.push(&g.gap).0.iter().all(|x| x.abs() < 1e-15), "the gap is vertical");
    }
}

#[test]
fn the_criterion_says_why_and_what_would_help() {
    let net = network(&[2, 2, 2], &[vec![], vec![0], vec![0]]);
    let why = criterion(net.dag(), &hide(3, &[0])).expect_err("a fork").describe(&net.names());
    assert_eq!(why, "hidden n0 has two visible neighbours n1, n2 that are not adjacent");
    assert_eq!(smallest_change(net.dag(), &hide(3, &[0])), Some(vec![Change::Add(1, 2)]));
}

#[test]
fn the_boundary_of_the_simplex_is_said_to_be_one() {
    let net = network(&[2, 2], &[vec![], vec![0]]);
    let of = Enumerated::new(&net, &hide(2, &[0])).expect("small");
    let at = of.at(&Point(vec![0.5, 0.0, 0.4]));
    let e = of.joint_metric(&at).expect_err("no metric").to_string();
    assert!(e.contains("\"n1\"") && e.contains("row 1") && e.contains("boundary"), "{e}");
    assert!(of.gradient(&at, &[0.25; 4]).is_none(), "an infinite divergence has no slope");
    assert!(of.gradient(&at, &[0.0, 0.5, 0.25, 0.25]).is_some());
}

#[test]
fn the_graph_criterion_decides_random_graphs_with_five_nodes() {
    let (mut cylindrical, mut not) = (0, 0);
    for seed in 0..300 {
        let (net, hidden) = random_network(seed + 5000, 5);
        let of = Enumerated::new(&net, &hidden).expect("small");
        let expected = criterion(net.dag(), &hidden).is_ok();
        let g = cylinder(&of, &of.at(&random_point(&net, seed + 1))).expect("inside");
        assert_eq!(g.cylindrical, expected, "seed {seed}: defect {} at a generic point", g.defect);
        // Between what rounding leaves and what generic tables show lie several orders of magnitude.
        assert!(if expected { g.defect < 1e-11 } else { g.defect > 1e-6 }, "seed {seed}: {}", g.defect);
        *(if expected { &mut cylindrical } else { &mut not }) += 1;
    }
    assert!(cylindrical > 60 && not > 60, "{cylindrical} {not}");
}

#[test]
fn the_inequalities_hold_at_ten_thousand_points() {
    let mut points = 0;
    for seed in 0..200 {
        let (net, hidden) = random_network(seed + 9000, 2 + seed as usize % 3);
        let of = Enumerated::new(&net, &hidden).expect("small");
        for point in 0..50 {
            points += 1;
            let place = format!("seed {seed}, point {point}");
            let at = of.at(&random_point(&net, seed * 100 + point));
            let g = cylinder(&of, &at).expect("inside");
            let target = Target::Joint(random_target(at.joint.len(), seed * 100 + point + 7));
            let c = compare(&of, &at, &g, &target).expect("a comparison");
            // 0 ≤ λ ≤ 1, up to rounding of a whitened matrix.
            assert!(g.eigenvalues.iter().all(|l| (-1e-12..=1.0 + 1e-9).contains(l)), "{place}: {:?}", g.eigenvalues);
            // |dπ X| ≤ |X| ≤ |Y|, and the cosine is at least |X|/|Y| and Kantorovich's bound. The lengths carry the
            // condition of the visible metric, at random points up to 1e6.
            let (x, y, pushed) = (c.recognition_joint_norm, c.evidence.norm, c.recognition.norm);
            assert!(pushed <= x * (1.0 + 1e-9) && x <= y * (1.0 + 1e-9), "{place}: {pushed} {x} {y}");
            if let Some(cosine) = c.cosines.recognition_evidence {
                assert!(cosine >= x / y - 1e-9, "{place}: {cosine} {}", x / y);
                assert!(cosine >= g.cosine_bound - 1e-9, "{place}: {cosine} {}", g.cosine_bound);
            }
        }
    }
    assert_eq!(points, 10_000);
}
