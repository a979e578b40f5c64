//! Sigmoid belief nets under mean fields, factorised and structured: a lower bound with its own slope, entropies and M-step.

mod common;

use common::nets::{binary_rows, evidence, random_point};
use common::{columns_of, csv};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, fit};
use natgrad::geometry::{Point, Tangent};
use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{RowSource, Table};

fn mean_field(visible: usize, hidden: &[usize], incomplete: Vec<usize>) -> SigmoidBeliefNet {
    SigmoidBeliefNet::new(visible, hidden, incomplete, Recognition::MeanField).expect("a net")
}

fn settings() -> Vec<(SigmoidBeliefNet, Table, Point)> {
    let mut out = Vec::new();
    for (i, hidden) in [vec![1], vec![4], vec![3, 2], vec![2, 3, 1]].iter().enumerate() {
        for missing in [0.0, 0.3] {
            // Clusters that divide a layer, that do not, and that are larger.
            for recognition in [Recognition::MeanField, Recognition::Structured(2), Recognition::Structured(3 + i)] {
                // More rows than climb together, and not a multiple of them.
                let table = binary_rows(75, 5, missing, i % 2 == 1, 7 + i as u64);
                let incomplete = (0..5).filter(|&d| table.columns()[d].missing).collect();
                let net = SigmoidBeliefNet::new(5, hidden, incomplete, recognition).expect("a net");
                let at = random_point(&net, 21 + i as u64);
                out.push((net, table, at));
            }
        }
    }
    out
}

#[test]
fn the_bound_is_below_the_evidence_and_its_slope_is_its_own() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let look = learning.look(&at, Want::Statistics).expect("a look");
        let whole = evidence(&net, &at.0, &table);
        assert!(look.elbo < whole, "{} is a bound of {whole}", look.elbo);
        let g = learning.gradient(&look);
        let h = 1e-4;
        for i in 0..at.0.len() {
            let mut v = Tangent(vec![0.0; at.0.len()]);
            v.0[i] = 1.0;
            let value =
                |t: f64| learning.look(&net.shift(&at, &v, t).expect("inside"), Want::Evidence).expect("a look").elbo;
            let difference = (value(h) - value(-h)) / (2.0 * h);
            // Truncation of a central difference; means settle to 1e-8.
            assert!((difference - g.0[i]).abs() < 1e-6, "{}: {difference} and {}", net.name_of(i), g.0[i]);
        }
        let residual = look.elbo - learning.entropies(&look).sum();
        let along = g.along(&Tangent(at.0.clone()));
        assert!((residual - along).abs() < 1e-12, "tempering the bound: {residual} and {along}");
    }
}

#[test]
fn scores_along_a_direction_are_products_with_the_rows_own_scores() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let v = Tangent(random_point(&net, 99).0);
        let seen = learning.visible_along(&at, &v).expect("a sweep");
        let (mut expected, mut weight) = (vec![0.0; at.0.len()], 0.0);
        for n in 0..table.rows() as usize {
            let cells: Vec<Vec<f64>> = (0..5).map(|d| vec![table.cell(n, d)]).collect();
            let one = Table::from_columns(table.columns().to_vec(), &cells, None).expect("a row");
            let single = Learning::new(&net, &one, 0.0);
            let score = single.gradient(&single.look(&at, Want::Statistics).expect("a look"));
            let along = table.weight(n) * score.along(&v);
            expected.iter_mut().zip(&score.0).for_each(|(e, s)| *e += along * s);
            weight += table.weight(n);
        }
        for (a, b) in seen.0.iter().zip(&expected) {
            // Rows climb in blocks of other sizes: means settle to 1e-8.
            assert!((a - b / weight).abs() < 1e-6, "{a} and {}", b / weight);
        }
    }
}

#[test]
fn m_steps_raise_the_bound() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let mut look = learning.look(&at, Want::Statistics).expect("a look");
        let first = look.elbo;
        for _ in 0..30 {
            let next = net.maximise(&look.point, &look.statistics).expect("a maximum").point;
            look = learning.look(&next, Want::Statistics).expect("a look");
        }
        assert!(look.elbo > first, "{} after {first}", look.elbo);
    }
}

#[test]
fn digits_are_learnt_close_to_what_exact_recognition_finds() {
    let data = csv("entropy_sums/digits4x4_bin.csv", false);
    let table = Table::from_columns(columns_of(15, None), &data, None).expect("a table");
    let frequencies: Vec<f64> = data.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    for (hidden, steps) in [(vec![3], 600), (vec![5, 2], 60)] {
        let net = mean_field(15, &hidden, vec![]);
        let learning = Learning::new(&net, &table, 0.0);
        let settings =
            Settings { metric: MetricChoice::Joint, tolerance: 1e-9, max_iterations: steps, ..Settings::default() };
        let outcome =
            fit(&learning, &settings, Progress::at(net.start(&frequencies, 2)), &|_| Control::Continue).expect("a fit");
        let whole = evidence(&net, &outcome.look.point.0, &table);
        let residual = outcome.look.elbo - learning.entropies(&outcome.look).sum();
        assert!(outcome.look.elbo < whole && whole > -8.8, "{} below {whole}", outcome.look.elbo);
        // Where hundreds of steps were taken, little is left; the second net is stopped early.
        assert!(residual.abs() < if steps > 100 { 1e-2 } else { 1.0 }, "{residual}");
    }
}

#[test]
fn a_fit_ends_at_its_best_point_wherever_steps_fall() {
    let data = csv("entropy_sums/digits4x4_bin.csv", false);
    let table = Table::from_columns(columns_of(15, None), &data, None).expect("a table");
    let frequencies: Vec<f64> = data.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    for (hidden, recognition) in
        [(vec![6], Recognition::MeanField), (vec![5, 2], Recognition::MeanField), (vec![6], Recognition::Structured(3))]
    {
        let net = SigmoidBeliefNet::new(15, &hidden, vec![], recognition).expect("a net");
        let learning = Learning::new(&net, &table, 0.0);
        for metric in [MetricChoice::Auto, MetricChoice::Joint] {
            let settings = Settings { metric, max_iterations: 150, ..Settings::default() };
            let start = Progress::at(net.start(&frequencies, 1));
            let outcome = fit(&learning, &settings, start, &|_| Control::Continue).expect("a fit");
            let trace = outcome.progress.trace.iter().map(|r| r.elbo);
            let best = trace.fold(f64::NEG_INFINITY, f64::max);
            // Steps count as falls from 1e-9 on, relative to the bound.
            assert!(outcome.look.elbo >= best - 1e-8 * best.abs(), "{hidden:?}: {} after {best}", outcome.look.elbo);
        }
    }
}

#[test]
fn wide_nets_share_one_matrix_and_still_climb() {
    // 600 units of 120 parents: their own matrices would take 4.4 million numbers.
    let table = binary_rows(6, 600, 0.0, false, 1);
    let net = mean_field(600, &[120], vec![]);
    let learning = Learning::new(&net, &table, 0.0);
    let mut look = learning.look(&net.start(&vec![0.4; 600], 3), Want::Statistics).expect("a look");
    assert!(look.statistics.sums.len() < 100_000);
    for _ in 0..2 {
        let next = net.maximise(&look.point, &look.statistics).expect("a maximum").point;
        let after = learning.look(&next, Want::Statistics).expect("a look");
        assert!(after.elbo > look.elbo, "{} after {}", after.elbo, look.elbo);
        look = after;
    }
}
