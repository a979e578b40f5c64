//! Structured mean fields of sigmoid belief nets: what clusters of hidden units change, and what they leave as it is.

mod common;

use common::nets::{binary_rows, evidence, hidden_states, log_joint, log_odds, random_point};
use natgrad::geometry::Point;
use natgrad::linalg::special::log_sum_exp;
use natgrad::model::sigmoid_belief_net::{MOST_JOINT, Recognition, SigmoidBeliefNet};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::{Learning, Look};
use natgrad::rows::{Chunk, RowSource, Table};

const SHAPES: [&[usize]; 4] = [&[5], &[4, 3], &[3, 2, 2], &[2]];

fn net(visible: usize, hidden: &[usize], table: &Table, recognition: Recognition) -> SigmoidBeliefNet {
    let incomplete = (0..visible).filter(|&d| table.columns()[d].missing).collect();
    SigmoidBeliefNet::new(visible, hidden, incomplete, recognition).expect("a net")
}

fn bounds(net: &SigmoidBeliefNet, at: &Point, table: &Table) -> Vec<f64> {
    (0..table.chunks()).flat_map(|c| net.recognise(at, &table.chunk(c)).expect("beliefs").evidence).collect()
}

fn look<'t>(net: &'t SigmoidBeliefNet, at: &Point, table: &'t Table) -> (Learning<'t>, Look) {
    let learning = Learning::new(net, table, 0.0);
    let look = learning.look(at, Want::Residuals).expect("a look");
    (learning, look)
}

#[test]
fn clusters_of_one_unit_are_the_factorised_field() {
    for (i, hidden) in SHAPES.iter().enumerate() {
        let table = binary_rows(70, 6, 0.2, true, 3 + i as u64);
        let fields = [Recognition::MeanField, Recognition::Structured(1)].map(|r| net(6, hidden, &table, r));
        let at = random_point(&fields[0], 8 + i as u64);
        let [one, other] = [0, 1].map(|f| look(&fields[f], &at, &table));
        assert_eq!(one.1.elbo, other.1.elbo);
        assert_eq!(one.0.gradient(&one.1), other.0.gradient(&other.1));
        assert_eq!(one.0.entropies(&one.1), other.0.entropies(&other.1));
    }
}

#[test]
fn no_row_is_below_its_factorised_bound_nor_above_its_evidence() {
    for (i, hidden) in SHAPES.iter().enumerate() {
        for missing in [0.0, 0.3] {
            let table = binary_rows(70, 6, missing, false, 13 + i as u64);
            let factorised = net(6, hidden, &table, Recognition::MeanField);
            let at = random_point(&factorised, 31 + i as u64);
            let least = bounds(&factorised, &at, &table);
            let exact = bounds(&net(6, hidden, &table, Recognition::Exact), &at, &table);
            let mut gained = 0.0;
            for units in 2..=MOST_JOINT {
                let own = bounds(&net(6, hidden, &table, Recognition::Structured(units)), &at, &table);
                for ((own, least), exact) in own.iter().zip(&least).zip(&exact) {
                    // Joint beliefs begin where independent ones end; rows of one block sweep on until all have settled, to 1e-8.
                    assert!(own >= &(least - 1e-12), "{hidden:?} by {units}: {own} after {least}");
                    assert!(own <= exact, "{hidden:?} by {units}: {own} above {exact}");
                    gained += own - least;
                }
            }
            assert!(gained > 0.1, "{hidden:?}: clusters gained {gained}");
        }
    }
}

/// The quadratic bound of one row by itself: all states listed, `λ` and beliefs in turns until they have settled.
fn listed(net: &SigmoidBeliefNet, at: &Point, cells: &[f64]) -> f64 {
    let visible = cells.len();
    let states = hidden_states(net);
    let odds: Vec<Vec<f64>> = states.iter().map(|z| log_odds(net, &at.0, z)).collect();
    // Of the top alone: of a row without cells.
    let prior: Vec<f64> = states.iter().map(|z| log_joint(net, &at.0, &vec![f64::NAN; visible], z)).collect();
    let mut q: Vec<f64> = prior.iter().map(|p| p.exp()).collect();
    let mut bound = f64::NAN;
    for _ in 0..2000 {
        let mut logits = prior.clone();
        for (d, x) in cells.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            let square: f64 = q.iter().zip(&odds).map(|(q, a)| q * a[d] * a[d]).sum();
            let root = square.sqrt();
            let (phi, lambda) = ((2.0 * (0.5 * root).cosh()).ln(), (0.5 * root).tanh() / (4.0 * root));
            for (l, a) in logits.iter_mut().zip(&odds) {
                *l += (x - 0.5) * a[d] - phi - lambda * (a[d] * a[d] - square);
            }
        }
        bound = log_sum_exp(&logits);
        q = logits.iter().map(|l| (l - bound).exp()).collect();
    }
    bound
}

#[test]
fn one_cluster_of_all_units_is_the_posterior_under_the_quadratic_bound() {
    for (hidden, seed) in [(1, 1), (3, 2), (5, 3)] {
        let table = binary_rows(20, 6, 0.2, false, seed);
        let net = net(6, &[hidden], &table, Recognition::Structured(hidden.max(2)));
        let at = random_point(&net, 40 + seed);
        for (n, own) in bounds(&net, &at, &table).into_iter().enumerate() {
            let cells: Vec<f64> = (0..6).map(|d| table.cell(n, d)).collect();
            let expected = listed(&net, &at, &cells);
            // Beliefs settle to 1e-8, and the bound is flat there.
            assert!((own - expected).abs() < 1e-10, "{own} and {expected}");
        }
    }
}

#[test]
fn the_share_of_each_row_in_the_residual_is_its_own() {
    let table = binary_rows(70, 5, 0.3, true, 5);
    let net = net(5, &[4, 3], &table, Recognition::Structured(3));
    let at = random_point(&net, 6);
    let (_, whole) = look(&net, &at, &table);
    let (mut sum, mut square) = (0.0, 0.0);
    for n in 0..table.rows() as usize {
        let cells: Vec<Vec<f64>> = (0..5).map(|d| vec![table.cell(n, d)]).collect();
        let one = Table::from_columns(table.columns().to_vec(), &cells, None).expect("a row");
        let (learning, own) = look(&net, &at, &one);
        let residual = own.elbo - learning.entropies(&own).sum();
        sum += table.weight(n) * residual;
        square += table.weight(n) * residual * residual;
    }
    let learning = Learning::new(&net, &table, 0.0);
    let residual = whole.elbo - learning.entropies(&whole).sum();
    // Rows climb in blocks of other sizes: beliefs settle to 1e-8.
    assert!((sum / whole.statistics.weight - residual).abs() < 1e-6);
    assert!((square - whole.statistics.residual_square).abs() < 1e-5 * square);
}

#[test]
fn without_weights_the_bound_is_the_evidence() {
    let table = binary_rows(30, 5, 0.3, true, 9);
    for recognition in [Recognition::MeanField, Recognition::Structured(2), Recognition::Structured(4)] {
        let net = net(5, &[4, 3], &table, recognition);
        let mut at = random_point(&net, 4);
        for (layer, unit) in net.layout().units() {
            let parents = net.layout().parents(layer);
            at.0[net.layout().unit(layer, unit)][..parents].fill(0.0);
        }
        let (learning, found) = look(&net, &at, &table);
        // Rounding of forty terms.
        assert!((found.elbo - evidence(&net, &at.0, &table)).abs() < 1e-12);
        // No unit knows of another: beliefs are the prior's.
        let prior: f64 =
            net.layout().layer(1).chain(net.layout().layer(2)).map(|i| at.0[i]).filter(|b| *b != 0.0).map(h).sum();
        assert!((learning.entropies(&found).recognition - prior).abs() < 1e-12);
    }
}

/// Entropy of a unit of log-odds `b`, nats.
fn h(b: f64) -> f64 {
    let p = 1.0 / (1.0 + (-b).exp());
    -p * p.ln() - (1.0 - p) * (1.0 - p).ln()
}

#[test]
fn certain_units_huge_weights_and_empty_rows_have_defined_answers() {
    for recognition in [Recognition::MeanField, Recognition::Structured(2), Recognition::Structured(5)] {
        let mut table = binary_rows(12, 4, 0.0, false, 2);
        // Rows of which nothing is seen.
        let cells: Vec<Vec<f64>> =
            (0..4).map(|d| (0..12).map(|n| if n < 3 { f64::NAN } else { table.cell(n, d) }).collect()).collect();
        let mut columns = table.columns().to_vec();
        columns.iter_mut().for_each(|c| c.missing = true);
        table = Table::from_columns(columns, &cells, None).expect("a table");
        let net = net(4, &[3, 2], &table, recognition);
        let mut at = random_point(&net, 3);
        // Unit 1 of the top is never on, unit 2 always; one weight decides a column by itself.
        at.0[net.layout().unit(2, 0)].fill(-1500.0);
        at.0[net.layout().unit(2, 1)].fill(1500.0);
        at.0[net.layout().unit(0, 1)][1] = 1e4;
        let believed = net.recognise(&at, &table.chunk(0)).expect("beliefs");
        assert!(believed.evidence.iter().all(|e| e.is_finite() && *e <= 1e-9), "{:?}", believed.evidence);
        assert!(believed.means.iter().all(|m| (0.0..=1.0).contains(m)));
        let (learning, found) = look(&net, &at, &table);
        assert!(learning.gradient(&found).0.iter().all(|g| g.is_finite()));
        assert!(net.maximise(&at, &found.statistics).expect("a maximum").point.0.iter().all(|x| x.is_finite()));
    }
    let sizes = |k| SigmoidBeliefNet::new(4, &[30], vec![], Recognition::Structured(k));
    assert!(sizes(MOST_JOINT).is_ok());
    for none in [0, MOST_JOINT + 1] {
        let message = sizes(none).expect_err("no such cluster").to_string();
        assert!(message.contains(&format!("clusters of {none}")) && message.contains("--cluster"), "{message}");
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    // More rows than a chunk.
    let table = binary_rows(2100, 6, 0.1, true, 4);
    let net = net(6, &[5, 2], &table, Recognition::Structured(3));
    let at = random_point(&net, 2);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let (learning, found) = look(&net, &at, &table);
            (found.elbo.to_bits(), learning.gradient(&found).0.iter().map(|g| g.to_bits()).collect::<Vec<_>>())
        })
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn expected_cells_and_beliefs_are_those_of_the_rows_alone() {
    let table = binary_rows(5, 4, 0.0, false, 8);
    let net = net(4, &[4], &table, Recognition::Structured(4));
    let at = random_point(&net, 5);
    let all = net.recognise(&at, &table.chunk(0)).expect("beliefs");
    let cells: Vec<f64> = (0..4).map(|d| table.cell(2, d)).collect();
    let chunk = Chunk { first_row: 0, rows: 1, values: &cells, weights: None };
    let one = net.recognise(&at, &chunk).expect("beliefs");
    for h in 0..4 {
        // Rows climb in blocks of other sizes: beliefs settle to 1e-8.
        assert!((one.means[h] - all.means[h * 5 + 2]).abs() < 1e-6);
        assert!((one.expected[h] - all.expected[h * 5 + 2]).abs() < 1e-6);
    }
}
