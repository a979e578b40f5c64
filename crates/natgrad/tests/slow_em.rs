//! The worked example: two overlapping normals on which EM crawls.

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec, summarise};
use natgrad::diagnose::Verdict;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::model::Want;
use natgrad::rows::{Column, ColumnKind, Table};
use serde_json::Value;

fn data() -> (Table, Value) {
    let text = include_str!("../../../oracles/mixtures/slow_em.csv");
    let mut columns = vec![Vec::new(), Vec::new()];
    for line in text.lines().skip(1) {
        for (c, v) in columns.iter_mut().zip(line.split(',')) {
            c.push(v.parse::<f64>().expect("a number"));
        }
    }
    let named = ["x", "y"].map(|n| Column { name: n.into(), kind: ColumnKind::Number, missing: false });
    let table = Table::from_columns(named.to_vec(), &columns, None).expect("a table");
    (table, serde_json::from_str(include_str!("../../../oracles/mixtures/slow_em.json")).expect("JSON"))
}

fn spec() -> Spec {
    Spec {
        model: ModelName::GaussianMixture,
        components: 2,
        families: vec![FamilyName::Normal; 2],
        covariance: CovarianceShape::Full,
        covariance_floor: 0.0,
        tie_items: false,
        freeze_weights: false,
        freeze_covariances: false,
        charts: vec![],
    }
}

fn close(a: &Value, b: &Value, tolerance: f64, what: &str) {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{what}");
            x.iter().zip(y).for_each(|(x, y)| close(x, y, tolerance, what));
        }
        _ => {
            let (x, y) = (a.as_f64().expect("number"), b.as_f64().expect("number"));
            assert!((x - y).abs() <= tolerance * y.abs().max(1.0), "{what}: {x} and {y}");
        }
    }
}

struct Example {
    table: Table,
    reference: Value,
    described: Described,
    base: f64,
}

fn example() -> Example {
    let (table, reference) = data();
    let (described, base, _) = Described::for_data(spec(), &table).expect("a model");
    Example { table, reference, described, base }
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[test]
fn the_evidence_metric_finds_the_maximum_to_nine_digits_in_a_fraction_of_the_passes() {
    let e = example();
    let maximum = &e.reference["maximum"];
    for metric in [MetricChoice::Auto, MetricChoice::Evidence] {
        let start = e.described.point(&e.reference["start"]).expect("a start");
        let learning = e.described.learning(&e.table, e.base);
        let settings = Settings { metric, tolerance: 1e-20, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
        assert_eq!(outcome.progress.status, Some(Status::Converged));
        // EM takes 1465 iterations to 1e-15.
        assert!(outcome.progress.passes < 30.0, "{} passes", outcome.progress.passes);
        let s = summarise(&e.described, &learning, &outcome.look, 1e-9, None).expect("a summary");
        for name in ["weights", "means", "covariances"] {
            close(&s.parameters[name], &maximum[name], 1e-9, name);
        }
        assert!((s.elbo - maximum["elbo"].as_f64().expect("number")).abs() < 1e-12);
        for (name, ours) in [
            ("recognition", s.entropies.recognition),
            ("prior", s.entropies.prior),
            ("observable", s.entropies.observable),
        ] {
            close(&Value::from(ours), &maximum["entropies"][name], 1e-9, name);
        }
        let observed = s.information.eigenvalues.expect("a spectrum");
        let visible = s.information.empirical_fisher.expect("a spectrum");
        for (ours, name) in
            [(observed, "information_eigenvalues_observed"), (visible, "information_eigenvalues_empirical_fisher")]
        {
            for (a, b) in ours.iter().zip(numbers(&maximum[name])) {
                assert!((a - b).abs() < 1e-9, "{name}: {a} and {b}");
            }
        }
        assert_eq!(s.information.inertia.map(|i| (i.negative, i.zero, i.positive)), Some((0, 0, 11)));
        assert!(s.certificates.iter().all(|c| c.verdict == Verdict::Holds), "{:?}", s.certificates);
    }
}

#[test]
fn em_walks_the_published_path() {
    let e = example();
    let start = e.described.point(&e.reference["start"]).expect("a start");
    let learning = e.described.learning(&e.table, e.base);
    let settings =
        Settings { metric: MetricChoice::Joint, tolerance: 0.0, max_iterations: 1000, ..Settings::default() };
    let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
    for entry in e.reference["em_trace_iteration_elbo_weight0"].as_array().expect("a trace") {
        let (t, elbo) = (entry[0].as_u64().expect("t") as usize, entry[1].as_f64().expect("elbo"));
        let found = outcome.progress.trace[t].elbo;
        assert!((found - elbo).abs() < 1e-12, "after {t} steps: {found} and {elbo}");
    }
}

#[test]
fn the_default_stop_of_a_common_library_is_refuted() {
    let e = example();
    let stop = &e.reference["scikit_learn_default_stop"];
    let at = e.described.point(stop).expect("a point");
    let learning = e.described.learning(&e.table, e.base);
    let look = learning.look(&at, Want::Curvature).expect("a look");
    let s = summarise(&e.described, &learning, &look, 1e-6, None).expect("a summary");
    let expected = |name: &str| stop[name].as_f64().expect("a number");
    assert!((s.residual.value - expected("entropy_sum_residual")).abs() < 1e-12);
    assert!((0.5 * s.stationarity - expected("remaining_joint")).abs() < 1e-12);
    let remaining = s.remaining.expect("an estimate");
    assert!((remaining - expected("remaining_empirical_fisher")).abs() < 1e-9, "{remaining}");
    let lowest = s.information.eigenvalues.as_ref().expect("a spectrum")[0];
    assert!((lowest - numbers(&stop["lowest_eigenvalues_observed"])[0]).abs() < 1e-9, "{lowest}");
    for c in &s.certificates {
        // No weight is near zero: the boundary has nothing to say against it.
        let expected = if c.name == "boundary" { Verdict::Holds } else { Verdict::Fails };
        assert_eq!(c.verdict, expected, "{}: {}", c.name, c.why);
    }
}
