//! ELBO, entropies and certificates of every family on real data, against values computed by other programs.

mod common;

use common::{columns_of, csv, described};
use natgrad::catalogue::{Described, Ended, Summary, summarise};
use natgrad::diagnose::Verdict;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::rows::Table;
use serde_json::{Value, json};

fn cases() -> Vec<Value> {
    let text = include_str!("../../../oracles/entropy_sums/cases.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

fn number(v: &Value) -> f64 {
    v.as_f64().expect("a number")
}

/// The reference's parameters in the form of model files.
fn parameters(case: &Value, which: &str) -> Value {
    let p = &case[which];
    let weights = &p["pi"];
    match case["family"].as_str().expect("family") {
        "gmm_full" | "gmm_tied" | "gmm_diag" | "gmm_spherical" => {
            json!({"weights": weights, "means": p["mu"], "covariances": p["cov"]})
        }
        "poisson" | "exponential" => json!({"weights": weights, "rates": p["rate"]}),
        "gamma" => json!({"weights": weights, "shapes": p["shape"], "rates": p["rate"]}),
        "bernoulli" | "geometric" | "categorical" | "negbin" => json!({"weights": weights, "probabilities": p["p"]}),
        "binomial" => blocks(case, weights, &[("probabilities", &p["p"])]),
        "lognormal" => blocks(case, weights, &[("log_means", &p["mu"]), ("log_variances", &p["var"])]),
        other => panic!("no family {other}"),
    }
}

/// `[k][d]` arrays turned into one entry per column.
fn blocks(case: &Value, weights: &Value, arrays: &[(&str, &Value)]) -> Value {
    let (d, k) = (number(&case["D"]) as usize, number(&case["K"]) as usize);
    let entries: Vec<Value> = (0..d)
        .map(|d| {
            let mut entry = serde_json::Map::new();
            for (name, array) in arrays {
                entry.insert((*name).into(), json!((0..k).map(|k| array[k][d].clone()).collect::<Vec<_>>()));
            }
            Value::Object(entry)
        })
        .collect();
    json!({"weights": weights, "blocks": entries})
}

struct Set {
    case: Value,
    table: Table,
    described: Described,
    base: f64,
}

fn set(case: Value) -> Set {
    let file = case["csv"].as_str().expect("csv");
    let data = csv(&format!("entropy_sums/{file}"), false);
    let family = case["family"].as_str().expect("family").to_string();
    let levels = case["hyper"]["L"].as_u64().map(|l| l as usize);
    let table = Table::from_columns(columns_of(data.len(), levels), &data, None).expect("a table");
    let (described, base) = described(&family, number(&case["K"]) as usize, &case["hyper"], &table, &case);
    Set { case, table, described, base }
}

impl Set {
    fn id(&self) -> &str {
        self.case["id"].as_str().expect("id")
    }

    fn point(&self, which: &str) -> Point {
        self.described.point(&parameters(&self.case, which)).expect("a point")
    }

    fn summary(&self, at: &Point) -> Summary {
        let learning = self.described.learning(&self.table, self.base);
        let look = learning.look(at, Want::Curvature).expect("a look");
        summarise(&self.described, &learning, &look, 1e-9, None).expect("a summary")
    }

    fn compare(&self, s: &Summary, e: &Value, which: &str) {
        let id = self.id();
        let largest = ["F", "Hq", "Hp", "Ex", "LH"].iter().map(|k| number(&e[k]).abs()).fold(1.0, f64::max);
        let tolerance = 2e-12 * largest;
        let close = |a: f64, b: f64, what: &str| {
            assert!((a - b).abs() <= tolerance, "{id} {which} {what}: {a} and {b}, difference {:e}", a - b);
        };
        close(s.elbo, number(&e["F"]), "F");
        if self.case["family"] == "lognormal" {
            // The reference takes h = 1, we take h = 1/x: the entropies differ by a constant of the data, and the
            // residuals agree where they vanish.
            assert!(which == "init" || s.residual.value.abs() < 1e-9, "{id}: {}", s.residual.value);
            return;
        }
        close(s.entropies.recognition, number(&e["Hq"]), "Hq");
        close(s.entropies.prior, number(&e["Hp"]), "Hp");
        close(s.entropies.observable, number(&e["Ex"]), "Ex");
        close(s.entropies.base_measure, number(&e["LH"]), "LH");
        close(s.residual.value, number(&e["R"]), "R");
        close(s.residual.prior, number(&e["Rp"]), "Rp");
        for (k, r) in s.residual.components.iter().enumerate() {
            close(*r, number(&e["Rk"][k]), "Rk");
        }
        let (v, expected) = (s.residual.variance, number(&e["V"]));
        assert!((v - expected).abs() <= 1e-9 * expected.max(1.0), "{id} {which} V: {v} and {expected}");
        let (n, se) = (s.rows as f64, number(&e["R_se"]));
        // The reference divides by n − 1.
        let ours = s.residual.standard_error * (n / (n - 1.0)).sqrt();
        assert!((ours - se).abs() <= 1e-6 * se.max(1e-3), "{id} {which} R_se: {ours} and {se}");
    }
}

#[test]
fn entropies_and_residuals_of_every_family_agree_with_the_reference() {
    for set in cases().into_iter().map(set) {
        for which in ["init", "fit"] {
            let expected = &set.case[format!("eval_{which}")];
            if expected.is_object() && set.case[which].is_object() {
                set.compare(&set.summary(&set.point(which)), expected, which);
            }
        }
    }
}

#[test]
fn em_walks_the_path_of_the_reference() {
    for set in cases().into_iter().map(set) {
        let trace = set.case["trace"].as_array().cloned().unwrap_or_default();
        if trace.is_empty() || set.case["kind"] == "sklearn_default_stop" {
            continue;
        }
        let learning = set.described.learning(&set.table, set.base);
        let settings =
            Settings { metric: MetricChoice::Joint, tolerance: 0.0, max_iterations: 50, ..Settings::default() };
        let outcome =
            fit(&learning, &settings, Progress::at(set.point("init")), &|_| Control::Continue).expect("a fit");
        for record in &outcome.progress.trace {
            if let Some(t) = trace.iter().find(|t| t["iter"].as_u64() == Some(record.iteration)) {
                let expected = number(&t["F"]);
                // Rounding grows along a path of EM steps by at most its condition; 50 steps keep nine digits.
                assert!(
                    (record.elbo - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                    "{} after {} steps: {} and {expected}",
                    set.id(),
                    record.iteration,
                    record.elbo
                );
            }
        }
    }
}

#[test]
fn stationary_points_hold_and_default_stops_are_refuted() {
    for set in cases().into_iter().map(set) {
        let kind = set.case["kind"].as_str().expect("kind");
        let verdict = |s: &Summary, name: &str| {
            s.certificates.iter().find(|c| c.name == name).map(|c| c.verdict).expect("a certificate")
        };
        if kind == "mixture" {
            let s = set.summary(&set.point("fit"));
            assert_eq!(verdict(&s, "stationarity"), Verdict::Holds, "{}", set.id());
            assert_eq!(verdict(&s, "entropy-sum"), Verdict::Holds, "{}", set.id());
            assert!(s.residual.value.abs() < 1e-7, "{}: residual {}", set.id(), s.residual.value);
        }
        if kind == "sklearn_default_stop" {
            let s = set.summary(&set.point("init"));
            let left = number(&set.case["gap_nats_total"]);
            let fails = s.certificates.iter().any(|c| c.verdict == Verdict::Fails);
            assert!(fails, "{}: {left} nats are left", set.id());
        }
        if set.case["id"] == "saddle_iris_identical_components" {
            let s = set.summary(&set.point("fit"));
            assert_eq!(verdict(&s, "entropy-sum"), Verdict::Holds, "entropy sums hold at saddles");
            assert_eq!(verdict(&s, "stationarity"), Verdict::Holds);
            assert_eq!(verdict(&s, "maximum"), Verdict::Fails, "the signs of the information tell a saddle");
        }
        if set.case["id"] == "false_certificate_iris" {
            let s = set.summary(&set.point("fit"));
            assert_eq!(verdict(&s, "entropy-sum"), Verdict::Holds, "the residual is blind to a wrong mean");
            assert_eq!(verdict(&s, "stationarity"), Verdict::Fails);
        }
        if set.case["id"] == "counter_iris_fixed_variance" || set.case["id"] == "counter_iris_weights_fixed_nonuniform"
        {
            let s = set.summary(&set.point("fit"));
            assert_eq!(verdict(&s, "entropy-sum"), Verdict::NotApplicable, "{}", set.id());
        }
    }
}

#[test]
fn natural_gradients_reach_a_certified_maximum_from_every_start() {
    for set in cases().into_iter().map(set) {
        let which = if set.case["init"].is_object() { "init" } else { "fit" };
        let kind = set.case["kind"].as_str().expect("kind");
        if kind == "gmm_regularised" || kind == "gmm_counter" {
            continue;
        }
        let learning = set.described.learning(&set.table, set.base);
        let settings = Settings { tolerance: 1e-14, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(set.point(which)), &|_| Control::Continue).expect("a fit");
        let s = summarise(
            &set.described,
            &learning,
            &outcome.look,
            1e-10,
            Some(Ended { progress: &outcome.progress, restarts: None, seed: 0 }),
        )
        .expect("a summary");
        let id = set.id();
        assert_eq!(outcome.progress.status, Some(Status::Converged), "{id}");
        assert!(s.remaining.is_some_and(|r| r <= 1e-14), "{id}: {:?} is left", s.remaining);
        assert!(s.residual.value.abs() < 1e-7, "{id}: ELBO and entropy sum differ by {}", s.residual.value);
        for c in &s.certificates {
            assert_ne!(c.verdict, Verdict::Fails, "{id}: {} {}", c.name, c.why);
        }
        // Passes never exceed what EM needed by more than the checks at the end.
        let em = set.case["iterations"].as_f64().unwrap_or(f64::INFINITY);
        assert!(outcome.progress.passes <= em + 5.0, "{id}: {} passes where EM takes {em}", outcome.progress.passes);
    }
}

#[test]
fn identical_components_are_left_along_their_escape_direction() {
    let case = cases().into_iter().find(|c| c["id"] == "saddle_iris_identical_components").expect("the case");
    let set = set(case);
    let learning = set.described.learning(&set.table, set.base);
    let start = learning.look(&set.point("fit"), Want::Evidence).expect("a look").elbo;
    let outcome =
        fit(&learning, &Settings::default(), Progress::at(set.point("fit")), &|_| Control::Continue).expect("a fit");
    assert!(outcome.look.elbo > start + 0.5, "{} from {start}", outcome.look.elbo);
    assert!(outcome.progress.trace.iter().any(|r| r.metric == "escape"));
}
