//! Networks whose hidden nodes are too many to list: junction trees give the sums and matrices of enumeration.

mod learnt;

use learnt::{Case, Kind, case, listed, with_rows};
use natgrad::geometry::Point;
use natgrad::linalg::Matrix;
use natgrad::model::bayes_net::Sharing;
use natgrad::model::{LatentModel, Want};
use natgrad::network::{Network, NodeSpec, random_point};
use natgrad::objective::Learning;
use natgrad::rows::RowSource;

/// `edges[i]`: parents of node `i`; random tables.
fn network(cards: &[usize], edges: &[&[usize]], seed: u64) -> (Network, Point) {
    let specs = cards
        .iter()
        .zip(edges)
        .enumerate()
        .map(|(i, (&k, parents))| NodeSpec {
            name: format!("n{i}"),
            states: (0..k).map(|s| format!("s{s}")).collect(),
            parents: parents.iter().map(|p| format!("n{p}")).collect(),
            table: None,
        })
        .collect();
    let (network, _) = Network::new(specs).expect("a network");
    let point = random_point(&network, seed);
    (network, point)
}

/// A hidden chain of `n` nodes of three states, each with a visible node of two: `3ⁿ` joint hidden states.
fn chain(n: usize, rows: usize, sharing: &Sharing, seed: u64) -> Case {
    let cards: Vec<usize> = (0..2 * n).map(|i| if i % 2 == 0 { 3 } else { 2 }).collect();
    let parents: Vec<Vec<usize>> = (0..2 * n)
        .map(|i| {
            if i == 0 {
                vec![]
            } else if i % 2 == 0 {
                vec![i - 2]
            } else {
                vec![i - 1]
            }
        })
        .collect();
    let edges: Vec<&[usize]> = parents.iter().map(Vec::as_slice).collect();
    let (network, mut point) = network(&cards, &edges, seed);
    for group in &sharing.ties {
        let first = point.0[network.range(group[0])].to_vec();
        group.iter().for_each(|&i| point.0[network.range(i)].copy_from_slice(&first));
    }
    let never: Vec<bool> = (0..2 * n).map(|i| i % 2 == 0).collect();
    with_rows(network, &point, &never, 0.2, rows, sharing, seed)
}

/// A loop of eight hidden nodes with four visible ones on it: no tree in itself, 2⁷·3 joint hidden states.
fn ring(seed: u64) -> Case {
    let cards = [2, 2, 2, 3, 2, 2, 2, 2, 2, 3, 2, 2];
    let edges: [&[usize]; 12] = [&[], &[0], &[1], &[2], &[0], &[4], &[5], &[3, 6], &[0, 2], &[3], &[6, 7], &[5]];
    let (network, point) = network(&cards, &edges, seed);
    let never: Vec<bool> = (0..12).map(|i| i < 8).collect();
    with_rows(network, &point, &never, 0.2, 8, &Sharing::default(), seed)
}

/// Evidence, counts, and both information matrices against enumeration.
fn agrees(mut c: Case, name: &str) {
    let (_, pieces) = c.net.survey(&c.table).expect("a survey");
    let expected = listed(&c, true);
    let pieces = pieces.expect("few pieces");
    let weight: f64 = (0..c.table.rows() as usize).map(|n| c.table.weight(n)).sum();
    let [means, squares] = expected.moments.as_ref().expect("moments");
    // Coordinates are ln θ, entry by entry, so that ∂ ln θ_e/∂ξ_i = δ_ei − θ_i within a row.
    let total = means.nrows();
    let mut project = Matrix::zeros(total, total);
    let mut complete = Matrix::zeros(total, total);
    let mut first = 0;
    for (i, table) in c.tables.iter().enumerate() {
        let k = c.network.states(i);
        for row in (0..table.len()).step_by(k) {
            let count: f64 = expected.counts[i][row..row + k].iter().sum();
            for a in 0..k {
                for b in 0..k {
                    let delta = f64::from(u8::from(a == b));
                    project[(first + row + a, first + row + b)] = delta - table[row + a];
                    complete[(first + row + a, first + row + b)] = count * table[row + a] * (delta - table[row + b]);
                }
            }
        }
        first += table.len();
    }
    let across = |m: &Matrix| &project * m * project.transpose();
    let visible = across(means);
    let observed = &complete - across(&(squares - means));
    for digest in [None, Some(pieces.as_digest())] {
        let learning = Learning::new(&c.net, &c.table, 0.0).with_digest(digest);
        let merged_without = digest.is_some_and(|d| !d.has_curvature());
        let want = if merged_without { Want::Statistics } else { Want::Curvature };
        let look = learning.look(&c.at, want).expect("a look");
        let s = &look.statistics;
        // Rounding of sums of some thousand products.
        assert!((s.log_evidence - expected.log).abs() < 1e-12 * (1.0 + expected.log.abs()), "{name}");
        for (i, counts) in expected.counts.iter().enumerate() {
            for (a, b) in c.net.counts(i, s).iter().zip(counts) {
                assert!((a - b).abs() < 1e-12 * (1.0 + s.weight), "{name}, node {i}: {a} {b}");
            }
        }
        let Some(information) = c.net.information(&c.at, s) else {
            assert!(merged_without, "{name}");
            continue;
        };
        let mut seen = vec![usize::MAX; total];
        for (b, block) in information.blocks.iter().enumerate() {
            for (x, &i) in block.index.iter().enumerate() {
                seen[i] = b;
                for (y, &j) in block.index.iter().enumerate() {
                    let (v, o) = (visible[(i, j)] / weight, observed[(i, j)] / weight);
                    assert!((block.visible[(x, y)] - v).abs() < 1e-12, "{name}: {} {v}", block.visible[(x, y)]);
                    assert!((block.observed[(x, y)] - o).abs() < 1e-12, "{name}: {} {o}", block.observed[(x, y)]);
                }
            }
        }
        // What lies between blocks is nothing.
        for i in 0..total {
            for j in (0..total).filter(|&j| seen[i] != seen[j]) {
                assert!(observed[(i, j)].abs() < 1e-12 * weight, "{name}: {i} and {j} are coupled");
            }
        }
    }
}

#[test]
fn junction_trees_give_the_sums_and_matrices_of_enumeration() {
    for seed in 0..3 {
        agrees(chain(5, 12, &Sharing::default(), seed), "chain of 5");
        agrees(ring(seed), "ring");
    }
    // 6561 joint states: more than are ever listed.
    agrees(chain(8, 5, &Sharing::default(), 8), "chain of 8");
}

#[test]
fn listed_states_give_the_matrices_of_enumeration() {
    for seed in 0..40 {
        agrees(case(seed, Kind { zeros: seed % 2 == 0, ..Kind::default() }), &format!("case {seed}"));
    }
}

#[test]
fn a_chain_with_shared_tables_counts_for_all_its_nodes() {
    // A hidden Markov model: one transition table, one of emissions.
    let n = 6;
    let ties = vec![(1..n).map(|t| 2 * t).collect(), (0..n).map(|t| 2 * t + 1).collect()];
    let sharing = Sharing { ties, ..Sharing::default() };
    let mut c = chain(n, 20, &sharing, 3);
    c.net.survey(&c.table).expect("a survey");
    let expected = listed(&c, false);
    let learning = Learning::new(&c.net, &c.table, 0.0);
    let look = learning.look(&c.at, Want::Statistics).expect("a look");
    assert!((look.statistics.log_evidence - expected.log).abs() < 1e-12 * expected.log.abs());
    for group in &sharing.ties {
        let len = expected.counts[group[0]].len();
        let sum: Vec<f64> = (0..len).map(|e| group.iter().map(|&i| expected.counts[i][e]).sum()).collect();
        for &i in group {
            for (a, b) in c.net.counts(i, &look.statistics).iter().zip(&sum) {
                assert!((a - b).abs() < 1e-12 * (1.0 + b), "node {i}: {a} {b}");
            }
        }
    }
    let next = c.net.maximise(&c.at, &look.statistics).expect("a step").point;
    for group in &sharing.ties {
        assert!(group.iter().all(|&i| c.net.table(i, &next) == c.net.table(group[0], &next)), "tables stay shared");
    }
    let after = learning.look(&next, Want::Evidence).expect("a look").elbo;
    assert!(after > look.elbo, "{after} {}", look.elbo);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let mut c = chain(8, 300, &Sharing::default(), 2);
    let (_, pieces) = c.net.survey(&c.table).expect("a survey");
    let pieces = pieces.expect("few pieces");
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            [None, Some(pieces.as_digest())].map(|digest| {
                let learning = Learning::new(&c.net, &c.table, 0.0).with_digest(digest);
                let look = learning.look(&c.at, Want::Residuals).expect("a look");
                let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                (look.elbo.to_bits(), bits(&look.statistics.sums), bits(&learning.gradient(&look).0))
            })
        })
    };
    assert_eq!(run(1), run(2));
}
