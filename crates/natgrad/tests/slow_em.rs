//! The worked example: two overlapping normals on which EM crawls.

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec, summarise};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
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

#[test]
fn the_evidence_metric_reaches_the_maximum_in_few_passes() {
    let (table, reference) = data();
    let (described, base, _) = Described::for_data(spec(), &table).expect("a model");
    let start = described.point(&reference["start"]).expect("a start");
    for metric in [MetricChoice::Auto, MetricChoice::Evidence, MetricChoice::Joint] {
        let learning = described.learning(&table, base);
        let settings = Settings { metric, tolerance: 1e-13, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(start.clone()), &|_| Control::Continue).expect("a fit");
        for r in &outcome.progress.trace {
            if metric != MetricChoice::Joint {
                println!(
                    "{} {:.1} {:.15} {:?} {:?} {} {}",
                    r.iteration, r.passes, r.elbo, r.remaining, r.stationarity, r.step_size, r.metric
                );
            }
        }
        println!("{metric:?}: {} iterations, {} passes", outcome.progress.iteration, outcome.progress.passes);
        assert_eq!(outcome.progress.status, Some(Status::Converged));
        let summary = summarise(&described, &learning, &outcome.look, 1e-9, None, None).expect("a summary");
        println!("{}", serde_json::to_string_pretty(&summary).expect("JSON"));
        let maximum = &reference["maximum"];
        close(&summary.parameters["weights"], &maximum["weights"], 1e-7, "weights");
        close(&summary.parameters["means"], &maximum["means"], 1e-6, "means");
        assert!((outcome.look.elbo - maximum["elbo"].as_f64().expect("number")).abs() < 1e-11);
    }
}
