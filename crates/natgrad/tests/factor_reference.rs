//! Factor analysis and p-PCA against reference answers: entropies and paths of EM, closed forms, scikit-learn, densities of
//! rows with gaps.

mod common;

use common::csv;
use natgrad::catalogue::Summary;
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings, summarise_factors};
use natgrad::diagnose::Verdict;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::model::factor::Chart;
use natgrad::rows::{Chunk, Column, ColumnKind, RowSource, Table};
use serde_json::{Value, json};

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap_or_else(|| panic!("{v} is no number"))
}

fn oracle(name: &str) -> Value {
    let file = format!("{}/../../oracles/factors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    serde_json::from_str(&text).expect("JSON")
}

fn table(data: &[Vec<f64>]) -> Table {
    let column = |d: usize| Column { name: format!("c{}", d + 1), kind: ColumnKind::Number, missing: false };
    Table::from_columns((0..data.len()).map(column).collect(), data, None).expect("a table")
}

struct Case {
    value: Value,
    table: Table,
    model: FactorAnalysis,
}

fn cases() -> Vec<Case> {
    let list = oracle("cases.json");
    let case = |value: &Value| {
        let table = table(&csv(&format!("entropy_sums/{}", value["csv"].as_str().expect("csv")), false));
        let name = if value["kind"] == "ppca" { FactorName::Ppca } else { FactorName::FactorAnalysis };
        let settings = FactorSettings::new(name, number(&value["H"]) as usize);
        let (mut model, _) = FactorAnalysis::for_data(settings, &table).expect("a model");
        model.survey(&table).expect("a survey");
        Case { value: value.clone(), table, model }
    };
    list.as_array().expect("cases").iter().map(case).collect()
}

impl Case {
    fn id(&self) -> &str {
        self.value["id"].as_str().expect("id")
    }

    fn point(&self, which: &str) -> Point {
        let p = &self.value[which];
        let noise = if self.value["kind"] == "ppca" { p["psi"][0].clone() } else { p["psi"].clone() };
        self.model.point(&json!({"mean": p["mu"], "loadings": p["W"], "noise": noise})).expect("a point")
    }

    fn summary(&self, at: &Point) -> Summary {
        let learning = self.model.learning(&self.table, None);
        let look = learning.look(&self.model.factors().canonical(at), Want::Curvature).expect("a look");
        summarise_factors(&self.model, &learning, &look, 1e-9, None).expect("a summary")
    }
}

fn verdict(s: &Summary, name: &str) -> Verdict {
    s.certificates.iter().find(|c| c.name == name).map(|c| c.verdict).expect("a certificate")
}

#[test]
fn entropies_and_residuals_agree_with_the_reference() {
    for case in cases() {
        for which in ["init", "fit"] {
            let e = &case.value[format!("eval_{which}")];
            if !e.is_object() {
                continue;
            }
            let s = case.summary(&case.point(which));
            let largest = ["F", "Hq", "Hp", "Ex"].iter().map(|k| number(&e[k]).abs()).fold(1.0, f64::max);
            let close = |a: f64, key: &str| {
                let b = number(&e[key]);
                // Rounding of sums of a few hundred terms of this size.
                assert!((a - b).abs() <= 2e-12 * largest, "{} {which} {key}: {a} and {b}", case.id());
            };
            close(s.elbo, "F");
            close(s.entropies.recognition, "Hq");
            close(s.entropies.prior, "Hp");
            close(s.entropies.observable, "Ex");
            close(s.entropy_sum, "S");
            close(s.residual.value, "R");
            close(s.residual.prior, "Rp");
        }
    }
}

#[test]
fn em_walks_the_path_of_the_reference() {
    for case in cases() {
        let Some(trace) = case.value["em_trace"].as_array() else { continue };
        let learning = case.model.learning(&case.table, None);
        let settings =
            Settings { metric: MetricChoice::Joint, tolerance: 0.0, max_iterations: 100, ..Settings::default() };
        let progress = Progress::at(case.point("init"));
        let outcome = fit(&learning, &settings, progress, &|_| Control::Continue).expect("a fit");
        for record in &outcome.progress.trace {
            if let Some(t) = trace.iter().find(|t| t["iter"].as_u64() == Some(record.iteration)) {
                let (f, s) = (number(&t["F"]), number(&t["S"]));
                // Rounding grows along a path of EM steps; a hundred keep nine digits.
                assert!((record.elbo - f).abs() < 1e-9 * f.abs(), "{} {}: {f}", case.id(), record.iteration);
                assert!((record.entropies.sum() - s).abs() < 1e-9 * s.abs(), "{} {}: {s}", case.id(), record.iteration);
            }
        }
    }
}

#[test]
fn every_metric_reaches_the_certified_maximum_and_saddles_are_told() {
    for case in cases() {
        let fit_summary = case.summary(&case.point("fit"));
        assert_eq!(verdict(&fit_summary, "entropy-sum"), Verdict::Holds, "{}", case.id());
        if case.id().contains("saddle") {
            assert_eq!(verdict(&fit_summary, "stationarity"), Verdict::Holds, "{}", case.id());
            assert_eq!(verdict(&fit_summary, "maximum"), Verdict::Fails, "{}", case.id());
            continue;
        }
        let expected = number(&case.value["eval_fit"]["F"]);
        let mut model = case.model.clone();
        let (survey, patterns) = model.survey(&case.table).expect("a survey");
        let closed = model.factors().start(&survey).expect("a start");
        for (start, metric) in [
            (case.point("init"), MetricChoice::Joint),
            (case.point("init"), MetricChoice::Evidence),
            (case.point("init"), MetricChoice::Auto),
            (model.factors().random(&survey, 9), MetricChoice::Auto),
            (closed, MetricChoice::Auto),
        ] {
            let learning = model.learning(&case.table, patterns.as_ref());
            let settings = Settings { metric, tolerance: 1e-13, ..Settings::default() };
            let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
            assert_eq!(outcome.progress.status, Some(Status::Converged), "{} {metric:?}", case.id());
            let elbo = outcome.look.elbo;
            assert!((elbo - expected).abs() < 1e-10, "{} {metric:?}: {elbo}, not {expected}", case.id());
        }
    }
}

#[test]
fn the_closed_form_of_ppca_is_its_maximum_to_the_digits_of_the_eigenvalues() {
    for case in cases().into_iter().filter(|c| c.value["eig"].is_array()) {
        let mut model = case.model.clone();
        let (survey, patterns) = model.survey(&case.table).expect("a survey");
        let start = model.factors().start(&survey).expect("a start");
        let learning = model.learning(&case.table, patterns.as_ref());
        let look = learning.look(&start, Want::Statistics).expect("a look");
        let mut eigenvalues: Vec<f64> = case.value["eig"].as_array().expect("eig").iter().map(number).collect();
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        let (d, h) = (eigenvalues.len(), model.factors().latent());
        let noise = eigenvalues[h..].iter().sum::<f64>() / (d - h) as f64;
        let ln_2_pi_e = 1.0 + (2.0 * std::f64::consts::PI).ln();
        let logs: f64 = eigenvalues[..h].iter().map(|l| l.ln()).sum();
        let evidence = -0.5 * (d as f64 * ln_2_pi_e + logs + (d - h) as f64 * noise.ln());
        let e = learning.entropies(&look);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-10, "{}: {a} and {b}", case.id());
        close(look.elbo, evidence);
        close(look.elbo, number(&case.value["eval_fit"]["S_closed_form"]));
        close(e.sum(), evidence);
        close(e.observable, 0.5 * d as f64 * (ln_2_pi_e + noise.ln()));
        close(e.prior, 0.5 * h as f64 * ln_2_pi_e);
        // Posterior precisions are λ/σ²: one factor each in the canonical position.
        let precision: f64 = eigenvalues[..h].iter().map(|l| (l / noise).ln()).sum();
        close(e.recognition, 0.5 * (h as f64 * ln_2_pi_e - precision));
    }
}

#[test]
fn the_worked_example_of_eigenvalues_five_three_one_and_a_half() {
    // Eight rows whose covariance is diag(5, 3, 1, ½).
    let root = |l: f64| (4.0 * l).sqrt();
    let data: Vec<Vec<f64>> = [5.0, 3.0, 1.0, 0.5]
        .iter()
        .enumerate()
        .map(|(d, l)| {
            (0..8).map(|n| if n / 2 == d { root(*l) * if n % 2 == 0 { 1.0 } else { -1.0 } } else { 0.0 }).collect()
        })
        .collect();
    let table = table(&data);
    let (mut model, _) = FactorAnalysis::for_data(FactorSettings::new(FactorName::Ppca, 2), &table).expect("a model");
    let (survey, patterns) = model.survey(&table).expect("a survey");
    let start = model.factors().start(&survey).expect("a start");
    let learning = model.learning(&table, patterns.as_ref());
    let look = learning.look(&start, Want::Statistics).expect("a look");
    // The published value has ten digits.
    assert!((look.elbo + 6.7420971609).abs() < 1e-10, "{}", look.elbo);
    assert!((learning.entropies(&look).sum() - look.elbo).abs() < 1e-12);
    assert!((number(&model.parameters(&start)["noise"]) - 0.75).abs() < 1e-12);
}

#[test]
fn maxima_are_those_of_scikit_learn() {
    for expected in oracle("sklearn.json")["maxima"].as_array().expect("maxima") {
        let name = expected["data"].as_str().expect("data");
        let data = csv(&format!("../examples/data/{name}"), true);
        let table = table(&data[..data.len() - 1]); // the last column is the kind
        let model: FactorName = expected["model"].as_str().expect("model").parse().expect("a model");
        let latent = number(&expected["latent_dim"]) as usize;
        let (mut model, _) = FactorAnalysis::for_data(FactorSettings::new(model, latent), &table).expect("a model");
        let (survey, patterns) = model.survey(&table).expect("a survey");
        let start = model.factors().start(&survey).expect("a start");
        let learning = model.learning(&table, patterns.as_ref());
        let settings = Settings { tolerance: 1e-12, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
        let what = format!("{name} {} {latent}", expected["model"]);
        // What scikit-learn's tolerance leaves; where a noise goes to zero its steps shorten without end, and it stays below.
        let elbo = number(&expected["elbo"]);
        let heywood = !model.factors().without_noise(&outcome.look.point).is_empty();
        let above = outcome.look.elbo - elbo;
        assert!(above > -1e-8 && above < if heywood { 1e-4 } else { 1e-8 }, "{what}: {above:e} above");
        let at = model.factors().canonical(&outcome.look.point);
        if let Some(signal) = expected["signal"].as_array().filter(|_| !heywood) {
            for (own, theirs) in model.factors().signal(&at).iter().zip(signal) {
                // The likelihood is flat to second order: roots of its tolerance.
                assert!((own - number(theirs)).abs() < 1e-3 * own, "{what}: {own} and {theirs}");
            }
        }
    }
}

#[test]
fn rows_with_gaps_have_the_density_of_what_they_show() {
    let gaps = &oracle("sklearn.json")["gaps"];
    let rows = gaps["rows"].as_array().expect("rows");
    let width = rows[0].as_array().expect("a row").len();
    let values: Vec<f64> =
        (0..width).flat_map(|d| rows.iter().map(move |r| r[d].as_f64().unwrap_or(f64::NAN))).collect();
    for noise in [Chart::identity(width), Chart { centers: vec![3.0; width], scales: vec![0.25; width] }] {
        let mut settings = FactorSettings::new(FactorName::FactorAnalysis, 2);
        settings.chart = Some(noise);
        let column = |d: usize| Column { name: format!("c{d}"), kind: ColumnKind::Number, missing: true };
        let model = FactorAnalysis::new(settings, (0..width).map(column).collect()).expect("a model");
        let at = model.point(gaps).expect("a point");
        let chunk = Chunk { first_row: 0, rows: rows.len(), values: &values, weights: None };
        let factors = model.factors().factors(&at, &chunk).expect("a posterior");
        let filled = model.factors().impute(&at, &chunk).expect("cells");
        for n in 0..rows.len() {
            let expected = number(&gaps["log_evidence"][n]);
            assert!((factors.log_evidence[n] - expected).abs() < 1e-12 * (1.0 + expected.abs()), "row {n}");
            for d in 0..width {
                let cell = number(&gaps["filled"][n][d]);
                assert!((filled[d * rows.len() + n] - cell).abs() < 1e-12 * (1.0 + cell.abs()), "row {n}, column {d}");
            }
        }
    }
}

#[test]
fn a_noise_that_goes_to_zero_is_named_and_the_entropy_sum_says_what_is_missing() {
    // The third column is the factor itself.
    let z: Vec<f64> = (0..60).map(|n| ((n * 37) % 60) as f64 / 30.0 - 1.0).collect();
    let wave = |k: f64| -> Vec<f64> { (0..60).map(|n| (k * n as f64).sin()).collect() };
    let mix = |a: &[f64], b: &[f64], s: f64| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + s * b).collect() };
    let data = [mix(&z, &wave(1.0), 0.8), mix(&z, &wave(2.3), 0.9), z.clone(), mix(&z, &wave(4.1), 1.1)];
    let table = table(&data);
    let settings = FactorSettings::new(FactorName::FactorAnalysis, 1);
    let (mut model, _) = FactorAnalysis::for_data(settings, &table).expect("a model");
    let (survey, patterns) = model.survey(&table).expect("a survey");
    let learning = model.learning(&table, patterns.as_ref());
    let start = model.factors().start(&survey).expect("a start");
    let outcome = fit(&learning, &Settings::default(), Progress::at(start), &|_| Control::Continue).expect("a fit");
    assert_eq!(outcome.progress.status, Some(Status::Converged));
    let s = summarise_factors(&model, &learning, &outcome.look, 1e-6, None).expect("a summary");
    let certificate = s.certificates.iter().find(|c| c.name == "entropy-sum").expect("a certificate");
    assert_eq!(certificate.verdict, Verdict::NotApplicable, "{}", certificate.why);
    assert!(certificate.why.contains("\"c3\""), "{}", certificate.why);
    assert!(s.warnings.iter().any(|w| w.contains("Heywood") && w.contains("\"c3\"")), "{:?}", s.warnings);
    assert!(s.standard_errors.is_some_and(|e| e["noise"][2].is_null()));
}

#[test]
fn columns_that_follow_from_one_another_end_as_diverged_with_their_names() {
    let wave = |k: f64| -> Vec<f64> { (0..40).map(|n| (k * n as f64).sin() + 0.1 * n as f64).collect() };
    let data = [wave(1.0), wave(2.0), wave(3.0), wave(1.0), wave(5.0)];
    let table = table(&data);
    let settings = FactorSettings::new(FactorName::FactorAnalysis, 1);
    let (mut model, _) = FactorAnalysis::for_data(settings, &table).expect("a model");
    let (survey, patterns) = model.survey(&table).expect("a survey");
    let learning = model.learning(&table, patterns.as_ref());
    let start = model.factors().start(&survey).expect("a start");
    let outcome = fit(&learning, &Settings::default(), Progress::at(start), &|_| Control::Continue).expect("a fit");
    assert_eq!(outcome.progress.status, Some(Status::Diverged));
    let why = outcome.progress.why.expect("why");
    assert!(why.contains("\"c1\"") && why.contains("\"c4\"") && why.contains("hint:"), "{why}");
    assert!(!why.contains("component"), "{why}");
}

#[test]
fn ppca_of_rows_in_too_few_dimensions_is_refused() {
    let data = [vec![1.0, 2.0, 4.0], vec![0.5, -1.0, 3.0], vec![2.0, 2.5, 0.0], vec![1.0, 1.0, 7.0]];
    let table = table(&data);
    let start = |latent: usize| {
        let (mut model, _) =
            FactorAnalysis::for_data(FactorSettings::new(FactorName::Ppca, latent), &table).expect("a model");
        let (survey, _) = model.survey(&table).expect("a survey");
        model.factors().start(&survey)
    };
    // Three rows span two dimensions: one factor leaves noise, two leave none.
    assert!(start(1).is_ok());
    let error = start(2).expect_err("no maximum").to_string();
    assert!(error.contains("2 dimensions") && error.contains("hint:"), "{error}");
    assert_eq!(table.rows(), 3);
}
