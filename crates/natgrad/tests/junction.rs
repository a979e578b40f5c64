//! Junction trees against the sum over all joint states, on random networks with random evidence.

use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::network::junction::{JunctionTree, MOST_BYTES};
use natgrad::network::{Enumerated, Network, NodeSpec};

/// Numbers below a bound from a seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A random network with one to four states per node, at most three parents, and zeros in its tables.
fn random(seed: u64, n: usize) -> (Network, Point, Draw) {
    let mut draw = Draw(seed);
    let cards: Vec<usize> = (0..n).map(|_| 1 + draw.below(4)).collect();
    let specs = (0..n)
        .map(|i| {
            let mut parents = Vec::new();
            for j in 0..i {
                if parents.len() < 3 && draw.below(3) == 0 {
                    parents.push(j);
                }
            }
            let rows = parents.iter().map(|&p| cards[p]).product::<usize>();
            let table = (0..rows)
                .map(|_| {
                    let mut row: Vec<f64> =
                        (0..cards[i]).map(|_| if draw.below(5) == 0 { 0.0 } else { draw.unit() + 0.01 }).collect();
                    row[draw.below(cards[i])] += 0.1;
                    let total: f64 = row.iter().sum();
                    row.iter().map(|p| p / total).collect()
                })
                .collect();
            NodeSpec {
                name: format!("n{i}"),
                states: (0..cards[i]).map(|s| format!("s{s}")).collect(),
                parents: parents.iter().map(|p| format!("n{p}")).collect(),
                table: Some(table),
            }
        })
        .collect();
    let (network, point) = Network::new(specs).expect("a network");
    (network, point.expect("tables"), draw)
}

/// `log p(v)` and family marginals by summing every joint state.
fn listed(network: &Network, point: &Point, evidence: &[Option<usize>]) -> (f64, Vec<Vec<f64>>) {
    let of = Enumerated::new(network, &vec![false; network.len()]).expect("small");
    let at = of.at(point);
    let mut measure = at.joint.clone();
    let mut state = vec![0usize; network.len()];
    for m in &mut measure {
        if evidence.iter().zip(&state).any(|(e, s)| e.is_some_and(|e| e != *s)) {
            *m = 0.0;
        }
        for i in (0..network.len()).rev() {
            state[i] += 1;
            if state[i] < network.states(i) {
                break;
            }
            state[i] = 0;
        }
    }
    let total: f64 = measure.iter().sum();
    if total > 0.0 {
        measure.iter_mut().for_each(|m| *m /= total);
    }
    (total.ln(), of.families(&measure))
}

#[test]
fn every_posterior_equals_the_sum_over_joint_states() {
    let mut impossible = 0;
    for seed in 0..300 {
        let n = 1 + seed as usize % 7;
        let (network, point, mut draw) = random(seed, n);
        let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, &point)).collect();
        let given: Vec<bool> = (0..n).map(|_| draw.below(3) == 0).collect();
        let set: Vec<usize> = (0..n).filter(|_| draw.below(3) == 0).collect();
        let tree = JunctionTree::new(&network, &given, std::slice::from_ref(&set), MOST_BYTES).expect("small");
        let mut beliefs = tree.beliefs();
        for _ in 0..6 {
            let evidence: Vec<Option<usize>> =
                (0..n).map(|i| (given[i] || draw.below(3) == 0).then(|| draw.below(network.states(i)))).collect();
            let log = tree.run(&tables, &evidence, &mut beliefs).expect("evidence that fits");
            let (expected, families) = listed(&network, &point, &evidence);
            if expected == f64::NEG_INFINITY {
                impossible += 1;
                assert_eq!(log, expected, "seed {seed}");
                tree.each_family(&beliefs, |_, _, p| assert_eq!(p, 0.0, "seed {seed}"));
                continue;
            }
            // Sums of at most 4^7 positive terms: rounding stays far below.
            assert!((log - expected).abs() < 1e-12 * (1.0 + expected.abs()), "seed {seed}: {log} {expected}");
            let mut found: Vec<Vec<f64>> = tables.iter().map(|t| vec![0.0; t.len()]).collect();
            tree.add_families(&beliefs, 1.0, &mut found);
            for (node, (f, e)) in found.iter().zip(&families).enumerate() {
                for (entry, (f, e)) in f.iter().zip(e).enumerate() {
                    assert!((f - e).abs() < 1e-12, "seed {seed}, node {node}, entry {entry}: {f} {e}");
                }
            }
            let wanted = tree.wanted(0, &beliefs);
            assert!((wanted.iter().sum::<f64>() - 1.0).abs() < 1e-12, "seed {seed}");
        }
    }
    assert!(impossible > 50, "{impossible} cases with impossible evidence");
}

/// `n` children of one hidden cause, all in their first state, with the given probabilities of it.
fn star(n: usize, given_first: f64, given_second: f64) -> (Network, Vec<Vec<f64>>) {
    let node = |i: usize, table| NodeSpec {
        name: format!("n{i}"),
        states: vec!["a".into(), "b".into()],
        parents: if i == 0 { vec![] } else { vec!["n0".into()] },
        table: Some(table),
    };
    let mut specs = vec![node(0, vec![vec![0.5, 0.5]])];
    let rows = vec![vec![given_first, 1.0 - given_first], vec![given_second, 1.0 - given_second]];
    specs.extend((1..=n).map(|i| node(i, rows.clone())));
    let (network, point) = Network::new(specs).expect("a network");
    let point = point.expect("tables");
    let tables = (0..=n).map(|i| network.table(i, &point)).collect();
    (network, tables)
}

#[test]
fn nothing_underflows() {
    for given in [true, false] {
        let n = 2000;
        let (network, mut tables) = star(n, 1e-3, 2e-3);
        let mut flags = vec![given; n + 1];
        flags[0] = false;
        let tree = JunctionTree::new(&network, &flags, &[], MOST_BYTES).expect("small");
        let mut evidence = vec![Some(0); n + 1];
        evidence[0] = None;
        let mut beliefs = tree.beliefs();
        let log = tree.run(&tables, &evidence, &mut beliefs).expect("evidence that fits");
        // ln ½(1e-3^n + 2e-3^n) = n ln 2e-3 + ln ½ up to 2^-2000.
        let expected = n as f64 * 2e-3f64.ln() + 0.5f64.ln();
        assert!((log - expected).abs() < 1e-12 * expected.abs(), "{log} {expected}");
        // The cause that is unlikelier by 2^2000 is the only one left once the other has become impossible.
        tables[n][2] = 0.0;
        tables[n][3] = 1.0;
        let log = tree.run(&tables, &evidence, &mut beliefs).expect("evidence that fits");
        let expected = n as f64 * 1e-3f64.ln() + 0.5f64.ln();
        assert!((log - expected).abs() < 1e-12 * expected.abs(), "{log} {expected}");
        let mut first = 0.0;
        tree.family(0, &beliefs, |entry, p| first += if entry == 0 { p } else { 0.0 });
        assert!((first - 1.0).abs() < 1e-12, "{first}");
    }
}

#[test]
fn what_is_out_of_reach_is_said_before_anything_is_allocated() {
    // One child of forty causes would do, but its table has no room: a grid of 40 × 40 has width 40 instead.
    let side = 40;
    let specs = (0..side * side)
        .map(|i| {
            let mut parents = Vec::new();
            if i % side > 0 {
                parents.push(format!("n{}", i - 1));
            }
            if i >= side {
                parents.push(format!("n{}", i - side));
            }
            NodeSpec { name: format!("n{i}"), states: vec!["a".into(), "b".into()], parents, ..NodeSpec::default() }
        })
        .collect();
    let (network, _) = Network::new(specs).expect("a network");
    let all = vec![false; side * side];
    let cost = JunctionTree::cost_of(&network, &all, &[]);
    assert!(cost.width >= side && cost.bytes > 1e12, "{cost:?}");
    let e = JunctionTree::new(&network, &all, &[], MOST_BYTES).expect_err("too large");
    let Error::Setting { problem, hint } = &e else { panic!("{e}") };
    assert!(problem.contains(&format!("width {}", cost.width)) && problem.contains("bytes"), "{problem}");
    assert!(hint.contains("visible"), "{hint}");
    // With every other row seen it falls into chains.
    let given: Vec<bool> = (0..side * side).map(|i| (i / side) % 2 == 0).collect();
    assert!(JunctionTree::cost_of(&network, &given, &[]).width <= 2);
}

#[test]
fn evidence_that_does_not_fit_is_refused() {
    let (network, tables) = star(2, 0.25, 0.5);
    let tree = JunctionTree::new(&network, &[false, true, false], &[], MOST_BYTES).expect("small");
    let mut beliefs = tree.beliefs();
    for (evidence, word) in [
        (vec![None; 2], "2 states"),
        (vec![None, None, None], "node 2 is given"),
        (vec![None, Some(2), None], "no state 3"),
    ] {
        let e = tree.run(&tables, &evidence, &mut beliefs).expect_err("evidence that does not fit").to_string();
        assert!(e.contains(word), "{e}");
    }
}
