//! Sparse coding: reference values, one maximum for every row, slopes, laws at any parameters, bars found again.

mod common;

use common::{columns_of, csv};
use natgrad::catalogue::latent::{DictionarySettings, SparseDictionary};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, StoredNote, fit};
use natgrad::geometry::{Metric, Point, Tangent};
use natgrad::model::sparse_coding::{Covariance, Dictionary, SparseCoding, Strengths, absolute_mean};
use natgrad::model::{LatentModel, Statistics, Want};
use natgrad::objective::Learning;
use natgrad::rows::{RowSource, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn flat(v: &Value) -> Vec<f64> {
    v.as_array().expect("rows").iter().flat_map(numbers).collect()
}

fn cases() -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("../../../oracles/entropy_sums/sparse_coding.json")).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

fn patches() -> Table {
    let data = csv("entropy_sums/patches.csv", false);
    Table::from_columns(columns_of(data.len(), None), &data, None).expect("a table")
}

fn point(model: &SparseCoding, p: &Value) -> Point {
    let scales = numbers(&p["llam"]).iter().map(|l| l.exp()).collect();
    let noise = p["ls2"].as_f64().expect("a number").exp();
    model.point(&Dictionary { weights: flat(&p["W"]), scales, noise }).expect("a point")
}

fn compare(model: &SparseCoding, at: &Point, s: &Statistics, expected: &Value, what: &str) {
    let e = model.entropies(at, s);
    let elbo = s.log_evidence / s.weight;
    for (name, value) in [
        ("F", elbo),
        ("Hq", e.recognition),
        ("Hp", e.prior),
        ("Ex", e.observable),
        ("S", e.sum()),
        ("R", elbo - e.sum()),
    ] {
        let expected = expected[name].as_f64().expect("a number");
        // Sums of 150 rows of terms up to 30: some hundred units in the last place.
        assert!((value - expected).abs() < 1e-12, "{what}: {name} {value} and {expected}");
    }
}

#[test]
fn entropies_agree_with_the_reference_for_given_beliefs() {
    let table = patches();
    let model = SparseCoding::new(16, 5).expect("a model");
    let all = cases();
    let beliefs = |c: &Value| -> (Vec<f64>, Vec<f64>) {
        let of = |c: &Value| if c["init"]["m"].is_array() { c["init"].clone() } else { c["fit"].clone() };
        let p = match c["q_from"].as_str() {
            Some(from) => of(all.iter().find(|c| c["id"] == from).expect("a case")),
            None => of(c),
        };
        (flat(&p["m"]), flat(&p["ls"]).iter().map(|l| l.exp()).collect())
    };
    for case in &all {
        let id = case["id"].as_str().expect("id");
        let (means, deviations) = beliefs(case);
        for which in ["init", "fit"] {
            let expected = &case[format!("eval_{which}")];
            if !expected.is_object() {
                continue;
            }
            let at = point(&model, &case[which]);
            let s = model.with_beliefs(&at, &table, &means, &deviations).expect("sums");
            compare(&model, &at, &s, expected, &format!("{id} {which}"));
            if which == "init" {
                let next = model.maximise(&at, &s).expect("a maximum").point;
                let d = model.dictionary(&next);
                let lengths: Vec<f64> =
                    (0..5).map(|h| (0..16).map(|c| d.weights[c * 5 + h].powi(2)).sum::<f64>().sqrt()).collect();
                assert!(lengths.iter().all(|l| (l - 1.0).abs() < 1e-14), "elements have length 1");
                // Undo the lengths: the reference's M-step leaves them free.
                let fitted = model.dictionary(&point(&model, &case["fit"]));
                for h in 0..5 {
                    let own = (0..16).map(|c| fitted.weights[c * 5 + h].powi(2)).sum::<f64>().sqrt();
                    assert!((d.scales[h] / (fitted.scales[h] * own) - 1.0).abs() < 1e-12);
                    assert!((0..16).all(|c| (d.weights[c * 5 + h] * own - fitted.weights[c * 5 + h]).abs() < 1e-12));
                }
                assert!((d.noise / fitted.noise - 1.0).abs() < 1e-13);
            }
        }
        if id == "sparse_patches_h5_learnt" {
            // The reference's beliefs are stationary to 1e-8: ours are the maximum.
            let at = point(&model, &case["fit"]);
            let look = Learning::new(&model, &table, 0.0).look(&at, Want::Statistics).expect("a look");
            let expected = case["eval_fit"]["F"].as_f64().expect("a number");
            // What its beliefs leave is the square of their slope.
            assert!((look.elbo - expected).abs() < 1e-12, "{} and {expected}", look.elbo);
        }
    }
}

fn made(rows: usize, weighted: bool, seed: u64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let data: Vec<Vec<f64>> = (0..4)
        .map(|_| {
            (0..rows)
                .map(|_| {
                    let x: f64 = StandardNormal.sample(&mut rng);
                    x * x * x
                })
                .collect()
        })
        .collect();
    let weights = weighted.then(|| (0..rows).map(|n| [1.0, 0.0, 2.5][n % 3]).collect());
    Table::from_columns(columns_of(4, None), &data, weights).expect("a table")
}

fn random_point(model: &SparseCoding, seed: u64) -> Point {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Point((0..model.free()).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect())
}

/// Fewer and more elements than columns, with and without weights.
fn settings(covariance: Covariance) -> Vec<(SparseCoding, Table, Point)> {
    [1, 3, 7]
        .iter()
        .map(|&h| {
            let model = SparseCoding::new(4, h).expect("a model").believing(covariance);
            let at = random_point(&model, h as u64);
            (model, made(31, h == 3, 40 + h as u64), at)
        })
        .collect()
}

fn both() -> impl Iterator<Item = (SparseCoding, Table, Point)> {
    [Covariance::Diagonal, Covariance::Full].into_iter().flat_map(settings)
}

#[test]
fn expected_absolute_values_have_their_derivatives() {
    for (m, s) in [(0.0, 1.0), (0.3, 0.2), (-2.0, 0.5), (40.0, 0.01), (-1e-8, 3.0)] {
        let h = 1e-5 * s;
        let f = |m: f64, s: f64| absolute_mean(m, s).value;
        let e = absolute_mean(m, s);
        // Truncation of central differences, and rounding of two values of about |m|.
        let tolerance = 1e-8 + 1e-15 * f64::abs(m) / h;
        assert!(((f(m + h, s) - f(m - h, s)) / (2.0 * h) - e.by_mean).abs() < tolerance);
        assert!(((f(m, s + h) - f(m, s - h)) / (2.0 * h) - e.by_deviation).abs() < tolerance);
        assert!(e.value >= f64::abs(m));
    }
}

#[test]
fn no_other_beliefs_give_a_row_more() {
    for (model, table, at) in settings(Covariance::Diagonal) {
        let learning = Learning::new(&model, &table, 0.0);
        let best = learning.look(&at, Want::Statistics).expect("a look");
        let Strengths { bounds, means, deviations } = model.recognise(&at, &table.chunk(0)).expect("beliefs");
        // Rows' bounds, added up in another order.
        let chunk = table.chunk(0);
        let weight: f64 = (0..bounds.len()).map(|n| chunk.weight(n)).sum();
        let mean = bounds.iter().enumerate().map(|(n, b)| chunk.weight(n) * b).sum::<f64>() / weight;
        assert!((mean - best.elbo).abs() < 1e-12 * best.elbo.abs());
        let (rows, h) = (table.rows() as usize, model.elements());
        let by_row = |v: &[f64]| -> Vec<f64> { (0..rows * h).map(|i| v[(i % h) * rows + i / h]).collect() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for size in [0.0, 1e-4, 1e-2, 0.5] {
            let near = |v: &[f64], rng: &mut ChaCha8Rng| -> Vec<f64> {
                by_row(v).iter().map(|x| x + size * (rng.random::<f64>() - 0.5) * x.abs()).collect()
            };
            let (m, s) = (near(&means, &mut rng), near(&deviations, &mut rng));
            let other = model.with_beliefs(&at, &table, &m, &s).expect("sums");
            let value = other.log_evidence / other.weight;
            assert!(value <= best.elbo + 1e-13 * best.elbo.abs(), "{value} above {}", best.elbo);
            if size == 0.0 {
                assert!((value - best.elbo).abs() < 1e-12 * best.elbo.abs());
            }
        }
    }
}

#[test]
fn covariances_give_a_better_bound_but_where_strengths_are_independent() {
    for ((model, table, at), (full, ..)) in settings(Covariance::Diagonal).into_iter().zip(settings(Covariance::Full)) {
        let look = |model: &SparseCoding, at: &Point| {
            Learning::new(model, &table, 0.0).look(at, Want::Evidence).expect("a look").elbo
        };
        let gain = look(&full, &at) - look(&model, &at);
        let alone = model.elements() == 1;
        assert!(if alone { gain.abs() < 1e-12 * look(&model, &at).abs() } else { gain > 1e-3 }, "{gain}");
        // Elements at right angles: nothing to gain.
        let mut d = model.dictionary(&at);
        d.weights.iter_mut().enumerate().for_each(|(i, w)| {
            let (column, element) = (i / model.elements(), i % model.elements());
            *w = if column == element { 1.3 } else { 0.0 };
        });
        let at = model.point(&d).expect("a point");
        let gain = look(&full, &at) - look(&model, &at);
        // Two ways to the same maximum: some units in the last place.
        assert!(gain.abs() < 1e-12 * look(&model, &at).abs(), "{gain}");
    }
}

#[test]
fn slopes_and_the_residual_at_any_point() {
    for (model, table, at) in both() {
        let learning = Learning::new(&model, &table, 0.0);
        let look = learning.look(&at, Want::Statistics).expect("a look");
        let g = learning.gradient(&look);
        let h = 1e-5;
        for i in 0..model.free() {
            let mut v = Tangent(vec![0.0; model.free()]);
            v.0[i] = 1.0;
            let value =
                |t: f64| learning.look(&model.shift(&at, &v, t).expect("inside"), Want::Evidence).expect("a look").elbo;
            let difference = (value(h) - value(-h)) / (2.0 * h);
            // Truncation h² and rounding 1e-14/h, times slopes up to a hundred.
            assert!((difference - g.0[i]).abs() < 1e-7 * (1.0 + g.0[i].abs()), "{}", model.name_of(i));
        }
        // The closed form of the residual, and tempering: log scales and the log noise all fall by one.
        let residual = look.elbo - learning.entropies(&look).sum();
        let n = model.columns() * model.elements();
        let tempering: f64 = -g.0[n..].iter().sum::<f64>();
        assert!((residual - tempering).abs() < 1e-11 * look.elbo.abs(), "{residual} and {tempering}");
        let objective = model.entropy_objective(&at, &look.statistics).expect("an objective");
        assert!(objective >= look.elbo - 1e-12 * look.elbo.abs(), "the best scales are at least as good");
    }
}

#[test]
fn scores_along_a_direction_are_products_with_the_rows_own_scores() {
    for (model, table, at) in both() {
        let learning = Learning::new(&model, &table, 0.0);
        let v = Tangent(random_point(&model, 99).0);
        let seen = learning.visible_along(&at, &v).expect("a sweep");
        let (mut expected, mut weight) = (vec![0.0; model.free()], 0.0);
        for n in 0..table.rows() as usize {
            let cells: Vec<Vec<f64>> = (0..4).map(|d| vec![table.cell(n, d)]).collect();
            let one = Table::from_columns(table.columns().to_vec(), &cells, None).expect("a row");
            let single = Learning::new(&model, &one, 0.0);
            let score = single.gradient(&single.look(&at, Want::Statistics).expect("a look"));
            let along = table.weight(n) * score.along(&v);
            expected.iter_mut().zip(&score.0).for_each(|(e, s)| *e += along * s);
            weight += table.weight(n);
        }
        let scale = expected.iter().fold(0.0, |m: f64, e| m.max(e.abs())) / weight;
        for (a, b) in seen.0.iter().zip(&expected) {
            assert!((a - b / weight).abs() < 1e-11 * scale, "{a} and {}", b / weight);
        }
    }
}

/// Learning by the bound and by entropies alone.
#[test]
fn both_objectives_have_the_same_optimum_on_patches() {
    let table = patches();
    let model = SparseCoding::new(16, 5).expect("a model");
    let learning = Learning::new(&model, &table, 0.0);
    let square = (0..150 * 16).map(|i| table.cell(i / 16, i % 16).powi(2)).sum::<f64>() / (150.0 * 16.0);
    let start = model.start(square, 1).expect("a start");
    let settings =
        Settings { metric: MetricChoice::Auto, tolerance: 1e-10, max_iterations: 2000, ..Settings::default() };
    let outcome = fit(&learning, &settings, Progress::at(start.clone()), &|_| Control::Continue).expect("a fit");
    let by_bound = outcome.look.elbo;
    let residual = by_bound - learning.entropies(&outcome.look).sum();
    let metric = learning.joint_metric(&outcome.look).expect("a metric");
    assert!(residual.abs() < 1e-4, "{residual}");
    assert!(metric.raise(&learning.gradient(&outcome.look)).square < 1e-6);
    let mut at = start;
    let (mut objective, mut last) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for _ in 0..1500 {
        let look = learning.look(&at, Want::Statistics).expect("a look");
        let step = model.entropy_step(&at, &look.statistics, 1.0).expect("a step");
        assert!(step.objective >= last - 1e-9, "{} after {last}", step.objective);
        last = step.objective;
        objective = objective.max(step.objective);
        at = step.point;
    }
    let after = learning.look(&at, Want::Statistics).expect("a look");
    assert!(
        (after.elbo - objective).abs() < 1e-5,
        "at the optimum the entropies are the bound: {} {objective}",
        after.elbo
    );
    assert!((by_bound - objective).abs() < 2e-3, "{by_bound} by the bound, {objective} by entropies");
    // The reference's maximum from another start.
    assert!(by_bound > -19.4 && objective > -19.4, "{by_bound}, {objective}");
}

/// Five horizontal and five vertical bars on 5 × 5 pixels, each there one time in five, strengths from a Laplace distribution.
#[test]
fn bars_are_found_again() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let rows = 300;
    let noise = 0.3;
    let pixel = |bar: usize, i: usize| if bar < 5 { 5 * bar + i } else { 5 * i + bar - 5 };
    let mut data = vec![vec![0.0; rows]; 25];
    for n in 0..rows {
        for bar in 0..10 {
            if rng.random::<f64>() >= 0.2 {
                continue;
            }
            let u: f64 = rng.random::<f64>() - 0.5;
            let strength = -2.0 * u.signum() * (1.0 - 2.0 * u.abs()).ln();
            (0..5).for_each(|i| data[pixel(bar, i)][n] += strength);
        }
        for column in &mut data {
            let e: f64 = StandardNormal.sample(&mut rng);
            column[n] += noise * e;
        }
    }
    let square = data.iter().flatten().map(|x| x * x).sum::<f64>() / (25.0 * rows as f64);
    let table = Table::from_columns(columns_of(25, None), &data, None).expect("a table");
    let model = SparseCoding::new(25, 10).expect("a model").believing(Covariance::Full);
    let learning = Learning::new(&model, &table, 0.0);
    let mut found = Vec::new();
    for start in model.starts(&table, square, &[0, 1]).expect("starts") {
        let settings =
            Settings { metric: MetricChoice::Auto, tolerance: 1e-5, max_iterations: 100, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
        let d = model.dictionary(&outcome.look.point);
        // How close some element is to each bar: 1 is the bar itself.
        let recovered: Vec<f64> = (0..10)
            .map(|bar| {
                let along = |h: usize| (0..5).map(|i| d.weights[pixel(bar, i) * 10 + h]).sum::<f64>() / 5f64.sqrt();
                (0..10).map(|h| along(h).abs()).fold(0.0, f64::max)
            })
            .collect();
        found.push((outcome.look.elbo, recovered, d.noise.sqrt()));
    }
    let best = found.iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("a fit");
    // Ten bars span nine dimensions: all horizontal ones together are all vertical ones together.
    assert!(best.1.iter().all(|c| *c > 0.98), "{found:?}");
    assert!((best.2 - noise).abs() < 0.1 * noise, "{found:?}");
}

#[test]
fn with_covariances_too_the_bound_becomes_the_entropy_sum() {
    let data = csv("entropy_sums/patches.csv", false);
    let table = Table::from_columns(columns_of(6, None), &data[..6], None).expect("a table");
    let square = data[..6].iter().flatten().map(|x| x * x).sum::<f64>() / (6.0 * 150.0);
    let model = SparseCoding::new(6, 3).expect("a model").believing(Covariance::Full);
    let learning = Learning::new(&model, &table, 0.0);
    let start = model.starts(&table, square, &[1]).expect("a start").remove(0);
    let settings =
        Settings { metric: MetricChoice::Auto, tolerance: 1e-11, max_iterations: 500, ..Settings::default() };
    let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
    let residual = outcome.look.elbo - learning.entropies(&outcome.look).sum();
    // The slope along six logarithms where 1e-11 nats are left: its square is of that size times 2 V = 12.
    assert!(residual.abs() < 2e-5, "{residual}");
}

#[test]
fn starts_are_rows_of_which_none_are_alike() {
    let table = patches();
    let model = SparseCoding::new(16, 5).expect("a model");
    let starts = model.starts(&table, 0.3, &[3, 4, 3]).expect("starts");
    assert_eq!(starts[0], starts[2]);
    assert_ne!(starts[0], starts[1]);
    let weights = model.dictionary(&starts[1]).weights;
    for h in 0..5 {
        let along = |x: &dyn Fn(usize) -> f64| (0..16).map(|c| x(c) * weights[c * 5 + h]).sum::<f64>().abs();
        let row =
            |n: usize| along(&|c| table.cell(n, c)) / (0..16).map(|c| table.cell(n, c).powi(2)).sum::<f64>().sqrt();
        // A product of unit vectors, rounded.
        assert!((0..150).any(|n| (row(n) - 1.0).abs() < 1e-12), "element {h} is no row");
        assert!((0..h).all(|o| along(&|c| weights[c * 5 + o]) <= 0.9));
    }
    // One row again and again, and rows of nothing: the other elements are random.
    let columns = [vec![1.0, 1.0, 0.0, -1.0], vec![2.0, 2.0, 0.0, -2.0]];
    let same = Table::from_columns(columns_of(2, None), &columns, None).expect("a table");
    let model = SparseCoding::new(2, 3).expect("a model");
    let d = model.dictionary(&model.starts(&same, 1.0, &[1]).expect("starts")[0]);
    assert!((d.weights[0] * 2.0 - d.weights[3]).abs() < 1e-12, "{:?}", d.weights);
    assert!((1..3).all(|h| (d.weights[h] * 2.0 - d.weights[3 + h]).abs() > 1e-3), "{:?}", d.weights);
}

#[test]
fn the_canonical_dictionary_is_the_same_model_whatever_the_order_and_signs() {
    let table = patches();
    let model = SparseCoding::new(table.columns().len(), 4).expect("a model");
    let start = model.start(0.3, 5).expect("a start");
    let mut d = model.dictionary(&start);
    d.scales = vec![0.2, 0.9, 0.4, 0.1];
    // An element whose cubes sum to nothing.
    d.weights.chunks_exact_mut(4).enumerate().for_each(|(c, w)| w[3] = [-0.5, 0.5, 0.0][c.min(2)]);
    let at = model.point(&d).expect("a point");
    let mut turned = d.clone();
    for (own, w) in turned.weights.chunks_exact_mut(4).zip(d.weights.chunks_exact(4)) {
        own.copy_from_slice(&[-w[2], w[0], -w[3], w[1]]);
    }
    turned.scales = vec![0.4, 0.2, 0.1, 0.9];
    let other = model.point(&turned).expect("a point");
    let canonical = model.canonical(&at);
    assert_eq!(canonical, model.canonical(&other));
    assert_eq!(canonical, model.canonical(&canonical));
    assert_eq!(
        model.dictionary(&canonical).scales.iter().map(|b| (b * 10.0).round()).collect::<Vec<_>>(),
        [9.0, 4.0, 2.0, 1.0]
    );
    let learning = Learning::new(&model, &table, 0.0);
    let elbo = |at: &Point| learning.look(at, Want::Evidence).expect("a look").elbo;
    // Sums over elements in another order.
    assert!((elbo(&at) - elbo(&canonical)).abs() < 1e-11 * elbo(&at).abs());
}

#[test]
fn degenerate_rows_have_a_defined_answer() {
    assert!(SparseCoding::new(0, 3).is_err() && SparseCoding::new(3, 0).is_err());
    let model = SparseCoding::new(2, 3).expect("a model");
    assert!(model.start(0.0, 1).is_err(), "nothing to explain");
    let table = Table::from_columns(columns_of(2, None), &[vec![0.0; 3], vec![0.0; 3]], None).expect("a table");
    let learning = Learning::new(&model, &table, 0.0);
    let look = learning.look(&model.start(1.0, 1).expect("a start"), Want::Statistics).expect("a look");
    assert!(look.elbo.is_finite());
    // One element whose weights are all zero takes its prior, and a row of zero weight counts for nothing.
    let at = model.point(&Dictionary { weights: vec![0.0; 6], scales: vec![0.5; 3], noise: 1.0 }).expect("a point");
    let look = learning.look(&at, Want::Statistics).expect("a look");
    assert!(look.elbo.is_finite());
    let nothing = model.maximise(&at, &look.statistics).expect_err("no noise is left");
    assert!(nothing.to_string().contains("noise"), "{nothing}");
}

/// Rows that are sums of four Laplace strengths on random directions.
fn sums_of_strengths(rows: usize, seed: u64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let directions: Vec<f64> = (0..16).map(|_| StandardNormal.sample(&mut rng)).collect();
    let mut data = vec![vec![0.0; rows]; 4];
    for n in 0..rows {
        for own in directions.chunks_exact(4) {
            let u: f64 = rng.random::<f64>() - 0.5;
            let strength = -u.signum() * (1.0 - 2.0 * u.abs()).ln();
            (0..4).for_each(|c| data[c][n] += own[c] * strength);
        }
        data.iter_mut().for_each(|column| column[n] += 0.3 * rng.random::<f64>());
    }
    Table::from_columns(columns_of(4, None), &data, None).expect("a table")
}

fn settled_settings() -> DictionarySettings {
    DictionarySettings { latent_dim: 5, covariance: Covariance::Diagonal }
}

#[test]
fn an_element_that_is_not_used_rests_and_is_named_by_its_place_in_the_file() {
    let table = sums_of_strengths(200, 3);
    let (described, square) = SparseDictionary::for_data(settled_settings(), &table).expect("a model");
    let model = described.model();
    let centred = described.centred(&table);
    let learning = Learning::new(model, &centred, 0.0);
    let mut start = model.starts(&centred, square, &[0]).expect("starts").remove(0);
    // The second element's scale has left all reason.
    start.0[4 * 5 + 1] = 1e-154f64.ln();
    let lifted = model.lifted(&start);
    let d = model.dictionary(&lifted);
    assert!((d.scales[1] / (1e-8 * d.noise.sqrt()) - 1.0).abs() < 1e-12);
    assert_eq!(model.lifted(&lifted), lifted);
    // It tells nothing of where it rests: an element a hundred times larger gives the same bound.
    let elbo = |at: &Point| learning.look(at, Want::Evidence).expect("a look").elbo;
    let mut larger = lifted.clone();
    larger.0[4 * 5 + 1] += 100f64.ln();
    assert!((elbo(&lifted) - elbo(&larger)).abs() < 1e-11, "{} {}", elbo(&lifted), elbo(&larger));
    let settings = Settings { max_iterations: 400, ..Settings::default() };
    let outcome = fit(&learning, &settings, Progress::at(lifted), &|_| Control::Continue).expect("a fit");
    assert_eq!(outcome.progress.status, Some(Status::Converged), "{:?}", outcome.progress.why);
    let settled = described.settled(&outcome.progress);
    let d = model.dictionary(&settled.point);
    // Those of the smallest scales, which stand last.
    let rests = |h: &usize| d.scales[*h] < 1e-4 * d.noise.sqrt();
    let note = |h| StoredNote::Boundary(h, format!("element {} is not used: its scale goes to 0", h + 1));
    let unused: Vec<usize> = (0..5).filter(rests).collect();
    assert!(unused.contains(&4) && !unused.contains(&0), "{:?}", d.scales);
    assert_eq!(settled.notes, unused.into_iter().map(note).collect::<Vec<_>>(), "{:?}", d.scales);
    assert!(d.scales.iter().all(|b| *b >= 0.99e-8 * d.noise.sqrt()), "{:?}", d.scales);
    assert!((elbo(&settled.point) - outcome.look.elbo).abs() < 1e-10);
}

#[test]
fn canonical_elements_have_length_one() {
    let table = sums_of_strengths(60, 5);
    let model = SparseCoding::new(4, 3).expect("a model");
    let learning = Learning::new(&model, &table, 0.0);
    let at = random_point(&model, 8);
    let canonical = model.canonical(&at);
    let d = model.dictionary(&canonical);
    for h in 0..3 {
        let length = (0..4).map(|c| d.weights[c * 3 + h].powi(2)).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 1e-12, "element {h} has length {length}");
    }
    let elbo = |at: &Point| learning.look(at, Want::Evidence).expect("a look").elbo;
    assert!((elbo(&at) - elbo(&canonical)).abs() < 1e-11 * elbo(&at).abs());
    assert_eq!(canonical, model.canonical(&canonical));
}

#[test]
fn columns_of_too_unlike_size_are_told_and_never_a_negative_variance() {
    let plain = sums_of_strengths(100, 7);
    let scaled = |factors: [f64; 4]| {
        let column = |c: usize| (0..100).map(|n| factors[c] * plain.cell(n, c)).collect::<Vec<f64>>();
        Table::from_columns(columns_of(4, None), &[column(0), column(1), column(2), column(3)], None).expect("a table")
    };
    let settings = DictionarySettings { latent_dim: 2, covariance: Covariance::Full };
    for factor in [1e7, 1e12, 1e16, 1e150] {
        let table = scaled([1.0, factor, 1.0, 1.0]);
        let problem = SparseDictionary::for_data(settings.clone(), &table).expect_err("unlike").to_string();
        let name = &table.columns()[1].name;
        assert!(
            problem.contains("unlike size") && problem.contains(&format!("\"{name}\" is the largest")),
            "{problem}"
        );
        assert!(problem.contains("hint: give"), "{problem}");
    }
    assert!(SparseDictionary::for_data(settings.clone(), &scaled([1.0, 1e4, 1.0, 1.0])).is_ok());
    // A constant column is no small one.
    assert!(SparseDictionary::for_data(settings.clone(), &scaled([1.0, 1.0, 0.0, 0.0])).is_ok());
    for factor in [1e100, 1e-100] {
        let table = scaled([factor; 4]);
        let problem = SparseDictionary::for_data(settings.clone(), &table).expect_err("no numbers").to_string();
        assert!(problem.contains("range") && problem.contains("other units"), "{problem}");
    }
    // The model by itself finds out on its way.
    for factor in [1e7, 1e12] {
        let table = scaled([1.0, factor, 1.0, 1.0]);
        let model = SparseCoding::new(4, 2).expect("a model").believing(Covariance::Full);
        let square = (0..400).map(|i| table.cell(i / 4, i % 4).powi(2)).sum::<f64>() / 400.0;
        let start = model.starts(&table, square, &[0]).expect("starts").remove(0);
        let learning = Learning::new(&model, &table, 0.0);
        let settings = Settings { max_iterations: 200, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
        assert_eq!(outcome.progress.status, Some(Status::Diverged));
        let why = outcome.progress.why.expect("a reason");
        assert!(why.contains("column 2 is the largest") && why.contains("other units"), "{why}");
        assert!(!why.contains("fell to"), "{why}");
    }
}
