//! What a network answers, against the list of all its joint states: posteriors, explanations, contradictions.

use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::network::junction::{JunctionTree, MOST_BYTES, contradiction, most_probable, posteriors};
use natgrad::network::{Network, NodeSpec};

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
}

/// A random network of at most `n` nodes with one to four states and at most three parents each, in random order, often
/// in several parts. `coarse`: all entries are powers of two, so that many states are equally probable.
fn random(seed: u64, n: usize, coarse: bool) -> (Network, Point, Draw) {
    let mut draw = Draw(seed);
    let cards: Vec<usize> = (0..n).map(|_| 1 + draw.below(4)).collect();
    let mut order: Vec<usize> = (0..n).collect();
    (1..n).for_each(|i| order.swap(i, draw.below(i + 1)));
    let mut specs = vec![NodeSpec::default(); n];
    for (k, &i) in order.iter().enumerate() {
        let mut parents = Vec::new();
        for &j in &order[..k] {
            if parents.len() < 3 && draw.below(3) == 0 {
                parents.push(j);
            }
        }
        let rows = parents.iter().map(|&p| cards[p]).product::<usize>();
        let mut row = || -> Vec<f64> {
            let k = cards[i];
            if coarse {
                let mut row = vec![0.0; k];
                (0..4).for_each(|_| row[draw.below(k)] += 0.25);
                return row;
            }
            let zero = |draw: &mut Draw| draw.below(4) == 0;
            let mut row: Vec<f64> =
                (0..k).map(|_| if zero(&mut draw) { 0.0 } else { draw.below(1000) as f64 + 1.0 }).collect();
            row[draw.below(k)] += 100.0;
            let total: f64 = row.iter().sum();
            row.iter().map(|p| p / total).collect()
        };
        specs[i] = NodeSpec {
            name: format!("n{i}"),
            states: (0..cards[i]).map(|s| format!("s{s}")).collect(),
            parents: parents.iter().map(|p| format!("n{p}")).collect(),
            table: Some((0..rows).map(|_| row()).collect()),
        };
    }
    let (network, point) = Network::new(specs).expect("a network");
    (network, point.expect("tables"), draw)
}

/// All joint states that agree with the evidence, first node slowest, with their probabilities.
fn listed(network: &Network, point: &Point, evidence: &[Option<usize>]) -> Vec<(Vec<usize>, f64)> {
    let n = network.len();
    let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, point)).collect();
    let mut out = Vec::new();
    let mut x: Vec<usize> = vec![0; n];
    loop {
        if (0..n).all(|i| evidence[i].is_none_or(|e| e == x[i])) {
            let p = (0..n).map(|i| {
                let c = network.dag().parents(i).iter().fold(0, |c, &p| c * network.states(p) + x[p]);
                tables[i][c * network.states(i) + x[i]]
            });
            out.push((x.clone(), p.product()));
        }
        let Some(i) = (0..n).rev().find(|&i| x[i] + 1 < network.states(i)) else { return out };
        x[i] += 1;
        x[i + 1..].fill(0);
    }
}

fn evidence(network: &Network, draw: &mut Draw, one_in: usize) -> Vec<Option<usize>> {
    (0..network.len()).map(|i| (draw.below(one_in) == 0).then(|| draw.below(network.states(i)))).collect()
}

#[test]
fn posteriors_of_nodes_and_sets_are_sums_over_joint_states_and_need_only_ancestors() {
    let (mut impossible, mut pruned) = (0, 0);
    for seed in 0..400 {
        let n = 1 + seed as usize % 7;
        let (network, point, mut draw) = random(seed, n, false);
        for _ in 0..3 {
            let seen = evidence(&network, &mut draw, 4);
            let mut asked: Vec<Vec<usize>> = (0..n).filter(|_| draw.below(3) == 0).map(|i| vec![i]).collect();
            let mut set: Vec<usize> = (0..n).filter(|_| draw.below(3) == 0).collect();
            set.reverse();
            asked.push(set);
            let told = posteriors(&network, &point, &seen, &asked, MOST_BYTES).expect("small");
            pruned += usize::from(told.nodes < n);
            let all = listed(&network, &point, &seen);
            let total: f64 = all.iter().map(|(_, p)| p).sum();
            if total == 0.0 {
                impossible += 1;
                assert_eq!(told.log_evidence, f64::NEG_INFINITY, "seed {seed}");
                continue;
            }
            // Sums of at most 4^7 positive terms: rounding stays far below.
            assert!((told.log_evidence - total.ln()).abs() < 1e-12, "seed {seed}: {} {total}", told.log_evidence);
            for (set, table) in asked.iter().zip(&told.tables) {
                let mut expected = vec![0.0; table.len()];
                for (x, p) in &all {
                    expected[set.iter().fold(0, |c, &i| c * network.states(i) + x[i])] += p / total;
                }
                for (f, e) in table.iter().zip(&expected) {
                    assert!((f - e).abs() < 1e-12, "seed {seed}, set {set:?}: {f} {e}");
                }
            }
            // The same from the whole network.
            let given = vec![false; n];
            let tree = JunctionTree::new(&network, &given, &asked, MOST_BYTES).expect("small");
            let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, &point)).collect();
            let mut beliefs = tree.beliefs();
            let log = tree.run(&tables, &seen, &mut beliefs).expect("evidence that fits");
            assert!((log - told.log_evidence).abs() < 1e-12, "seed {seed}");
            for (k, table) in told.tables.iter().enumerate() {
                for (a, b) in tree.wanted(k, &beliefs).iter().zip(table) {
                    assert!((a - b).abs() < 1e-12, "seed {seed}: {a} {b}");
                }
            }
        }
    }
    assert!(impossible > 30 && pruned > 200, "{impossible} impossible, {pruned} pruned");
}

#[test]
fn the_most_probable_explanation_is_the_first_of_the_best_joint_states() {
    let (mut impossible, mut ties) = (0, 0);
    for seed in 0..600 {
        let n = 1 + seed as usize % 7;
        let (network, point, mut draw) = random(seed, n, seed % 2 == 0);
        for _ in 0..3 {
            let seen = evidence(&network, &mut draw, 5);
            let told = most_probable(&network, &point, &seen, MOST_BYTES).expect("small");
            let all = listed(&network, &point, &seen);
            let top = all.iter().map(|(_, p)| *p).fold(0.0, f64::max);
            let Some(told) = told else {
                impossible += 1;
                assert_eq!(top, 0.0, "seed {seed}");
                continue;
            };
            // Products of at most seven numbers; those of powers of two are exact.
            let mut best = all.iter().filter(|(_, p)| *p >= top * (1.0 - 1e-13));
            assert_eq!(told.states, best.next().expect("one").0, "seed {seed}");
            ties += usize::from(best.next().is_some());
            assert!((told.log_probability - top.ln()).abs() < 1e-12, "seed {seed}: {} {top}", told.log_probability);
        }
    }
    assert!(impossible > 30 && ties > 100, "{impossible} impossible, {ties} ties");
}

/// A chain of `n` nodes with two states that stay with probability `stay`.
fn chain(n: usize, stay: f64) -> (Network, Point) {
    let specs = (0..n)
        .map(|i| NodeSpec {
            name: format!("n{i}"),
            states: vec!["a".into(), "b".into()],
            parents: if i == 0 { vec![] } else { vec![format!("n{}", i - 1)] },
            table: Some(if i == 0 {
                vec![vec![0.5, 0.5]]
            } else {
                vec![vec![stay, 1.0 - stay], vec![1.0 - stay, stay]]
            }),
        })
        .collect();
    let (network, point) = Network::new(specs).expect("a network");
    (network, point.expect("tables"))
}

#[test]
fn explanations_of_many_nodes_do_not_underflow_and_ties_go_to_the_lowest_states() {
    let n = 1200;
    let (network, point) = chain(n, 0.5 + 1e-3);
    // Both ends seen in different states: there is one change, anywhere, and "b" as early as possible is not the first.
    let mut seen = vec![None; n];
    (seen[0], seen[n - 1]) = (Some(0), Some(1));
    let told = most_probable(&network, &point, &seen, MOST_BYTES).expect("narrow").expect("possible");
    assert_eq!(told.states.iter().position(|s| *s == 1), Some(n - 1), "the change comes last");
    let expected = 0.5f64.ln() + (n - 2) as f64 * 0.501f64.ln() + 0.499f64.ln();
    // A sum of 1200 logarithms.
    assert!((told.log_probability - expected).abs() < 1e-12 * expected.abs() * 10.0, "{told:?} {expected}");
    assert!(told.log_probability < -800.0, "exp underflows");
    // Nothing seen and every state as good as any other: all in the first.
    let (network, point) = chain(60, 0.5);
    let told = most_probable(&network, &point, &[None; 60], MOST_BYTES).expect("narrow").expect("possible");
    assert_eq!(told.states, [0; 60]);
}

#[test]
fn contradictions_are_as_small_as_they_can_be() {
    let mut named = 0;
    for seed in 0..400 {
        let n = 1 + seed as usize % 7;
        let (network, point, mut draw) = random(seed, n, seed % 2 == 0);
        let seen = evidence(&network, &mut draw, 2);
        let list: Vec<(usize, usize)> = (0..n).rev().filter_map(|i| seen[i].map(|s| (i, s))).collect();
        let possible = |of: &[usize]| {
            let mut seen = vec![None; n];
            of.iter().for_each(|&k| seen[list[k].0] = Some(list[k].1));
            listed(&network, &point, &seen).iter().any(|(_, p)| *p > 0.0)
        };
        let found = contradiction(&network, &point, &list, MOST_BYTES).expect("small");
        let all: Vec<usize> = (0..list.len()).collect();
        let Some(found) = found else {
            assert!(possible(&all), "seed {seed}");
            continue;
        };
        assert!(!possible(&found.observations), "seed {seed}");
        for k in &found.observations {
            let rest: Vec<usize> = found.observations.iter().copied().filter(|o| o != k).collect();
            assert!(possible(&rest), "seed {seed}: {found:?}");
        }
        assert!(possible(&all[..*found.observations.last().expect("one")]), "seed {seed}: the shortest beginning");
        if let Some((node, entry)) = found.entry {
            named += 1;
            assert_eq!(network.table(node, &point)[entry], 0.0, "seed {seed}");
        }
    }
    assert!(named > 20, "{named} with a table entry");
}

#[test]
fn what_is_out_of_reach_in_one_tree_is_answered_set_by_set_or_refused() {
    // A grid: two places far apart have a quarter of it each for ancestors.
    let side = 12;
    let specs = (0..side * side)
        .map(|i| {
            let mut parents = Vec::new();
            if i % side > 0 {
                parents.push(format!("n{}", i - 1));
            }
            if i >= side {
                parents.push(format!("n{}", i - side));
            }
            let rows = 1usize << parents.len();
            let table = (0..rows).map(|r| vec![0.3 + 0.1 * r as f64, 0.7 - 0.1 * r as f64]).collect();
            NodeSpec { name: format!("n{i}"), states: vec!["a".into(), "b".into()], parents, table: Some(table) }
        })
        .collect();
    let (network, point) = Network::new(specs).expect("a network");
    let point = point.expect("tables");
    let none = vec![None; network.len()];
    let sets = [vec![3 * side + side - 1], vec![side * (side - 1) + 3]];
    let together = posteriors(&network, &point, &none, &sets, MOST_BYTES).expect("narrow");
    let apart = posteriors(&network, &point, &none, &sets, together.cost.bytes - 1.0).expect("narrower");
    assert!(apart.cost.bytes < together.cost.bytes);
    for (a, b) in together.tables.iter().flatten().zip(apart.tables.iter().flatten()) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
    let e = posteriors(&network, &point, &none, &sets, 1000.0).expect_err("too large");
    assert!(matches!(&e, Error::Setting { problem, .. } if problem.contains("width")), "{e}");
    let e = most_probable(&network, &point, &none, 1000.0).expect_err("too large");
    assert!(e.to_string().contains("bytes"), "{e}");
    let e = posteriors(&network, &point, &none, &[vec![1, 1]], MOST_BYTES).expect_err("twice").to_string();
    assert!(e.contains("twice"), "{e}");
    assert!(posteriors(&network, &point, &none, &[vec![200]], MOST_BYTES).is_err());
    assert!(posteriors(&network, &point, &none[1..], &[], MOST_BYTES).is_err());
}
