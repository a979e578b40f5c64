//! Tables and models at the edge: collapse, floors, empty components, missing rows, weights, boundaries.

mod common;

use common::{Place, certificate, close, example, number};
use serde_json::Value;

/// The old-faithful-like table with three equal rows far away.
fn with_duplicates(place: &Place) -> String {
    let mut table = std::fs::read_to_string(example("old_faithful_like.csv")).expect("an example");
    table.push_str("9.5,200\n9.5,200\n9.5,200\n");
    place.write("t.csv", table).to_string()
}

fn finite(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(finite),
        Value::Object(map) => map.values().all(finite),
        Value::Null => false,
        _ => true,
    }
}

#[test]
fn a_collapse_is_told_with_the_way_out() {
    let place = Place::new();
    let table = with_duplicates(&place);
    let ran = place.run(&format!("fit gaussian-mixture {table} --components 6 --out run --json")).fine();
    let summary = ran.json();
    assert_eq!(summary["status"], "diverged", "{ran:#?}");
    assert!(ran.stderr.contains("warning: ") && ran.stderr.contains("collapsed"), "{ran:#?}");
    assert!(ran.stderr.contains("fewer components") && ran.stderr.contains("--covariance-floor"), "{ran:#?}");
    assert!(finite(&summary["parameters"]) && summary["elbo"].is_number(), "the last good point is kept");
    assert_eq!(place.json("run/summary.json")["status"], "diverged");
    assert!(place.path("run/model.json").exists() && !place.path("run/checkpoint").exists());
    // The words of the table are the same as those of the document.
    let shown = place.run(&format!("fit gaussian-mixture {table} --components 6")).fine();
    assert!(shown.stdout.contains("diverged"), "{shown:#?}");
}

#[test]
fn with_a_floor_it_converges_and_the_floor_explains_the_residual() {
    let place = Place::new();
    let table = with_duplicates(&place);
    let line = format!("fit gaussian-mixture {table} --components 6 --covariance-floor 0.01 --out run --json");
    let ran = place.run(&line).fine();
    let summary = ran.json();
    assert_eq!(summary["status"], "converged", "{ran:#?}");
    let (verdict, why) = certificate(&summary, "entropy-sum");
    assert_eq!(verdict, "not-applicable");
    assert!(why.contains("floor is active in component ") && !why.contains("component :"), "{why}");
    assert!(why.contains("explains") && why.contains("of the residual"), "{why}");
    let (value, known) = (number(&summary["residual"]["value"]), number(&summary["residual"]["explained_by_floor"]));
    assert!(value > 1e-3 && (value - known).abs() < 1e-5, "the floor explains {known} of {value}");
    assert!(ran.stderr.contains("rests on the floor (0.01)"), "{ran:#?}");
    let checked = place.run(&format!("check run {table} --json")).fine().json();
    assert_eq!(certificate(&checked, "entropy-sum").0, "not-applicable");
}

#[test]
fn one_row_of_counts_is_fitted() {
    let place = Place::new();
    place.write("t.csv", "n\n7\n");
    let summary = place.run("fit poisson-mixture t.csv --components 1 --json").fine().json();
    assert_eq!(summary["status"], "converged");
    // ln Poisson(7; 7)
    let expected = 7.0 * 7.0_f64.ln() - 7.0 - (1..=7).map(|i| f64::from(i).ln()).sum::<f64>();
    assert!((number(&summary["elbo"]) - expected).abs() < 1e-12);
    assert!((number(&summary["parameters"]["rates"][0][0]) - 7.0).abs() < 1e-12);
    assert!((number(&summary["entropy_sum"]) - expected).abs() < 1e-12);
}

#[test]
fn counts_that_are_all_zero_lie_on_the_boundary_and_stay_finite() {
    let place = Place::new();
    place.write("t.csv", "n,m\n0,1\n0,3\n0,2\n");
    let ran = place.run("fit poisson-mixture t.csv --components 1 --json").fine();
    let summary = ran.json();
    assert!(summary["elbo"].is_number() && summary["entropy_sum"].is_number(), "{ran:#?}");
    assert!(number(&summary["parameters"]["rates"][0][0]).abs() < 1e-9);
    assert!(ran.stderr.contains("boundary"), "{ran:#?}");
}

#[test]
fn an_empty_component_is_told_and_the_numbers_stay_finite() {
    let place = Place::new();
    place.write("t.csv", "x\n1\n2\n3\n5\n4\n2\n");
    // The second component is so far away that no row has any share in it.
    let parameters = r#"{"weights": [0.5, 0.5], "means": [[3], [1e6]], "covariances": [[[1]], [[1]]]}"#;
    place.write("start.json", parameters);
    let line = "fit gaussian-mixture t.csv --start start.json --metric joint --json --out run";
    let ran = place.run(line);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let summary = ran.json();
    assert!(finite(&summary["parameters"]) && summary["elbo"].is_number(), "{ran:#?}");
    assert!(number(&summary["parameters"]["weights"][1]) < 1e-9, "{ran:#?}");
    assert!(ran.stderr.contains("component 2 holds no rows"), "{ran:#?}");
    assert!(place.read("run/report.html").contains("</html>"));
}

#[test]
fn a_row_without_any_value_changes_no_estimate() {
    let place = Place::new();
    place.write("t.csv", "x,y\n1,2\n,\n3,5\n4,1\n2,2\n");
    place.write("u.csv", "x,y\n1,2\n3,5\n4,1\n2,2\n");
    let with = place.run("fit gaussian-mixture t.csv --components 1 --json --tolerance 1e-14 --out run").fine().json();
    let without = place.run("fit gaussian-mixture u.csv --components 1 --json --tolerance 1e-14").fine().json();
    assert_eq!(with["rows"], 5);
    assert!(close(&with["parameters"], &without["parameters"], 1e-6), "{with:#} {without:#}");
    // Nothing is said of it: its evidence is 1.
    assert!((number(&with["elbo"]) * 5.0 - number(&without["elbo"]) * 4.0).abs() < 1e-9);
    place.run("predict run t.csv --out p.csv").fine();
    assert_eq!(place.rows("p.csv")[2], ["1", "1", "0"]);
    place.run("impute run t.csv --out i.csv").fine();
    let mean = &with["parameters"]["means"][0];
    let filled: Vec<f64> = place.rows("i.csv")[2].iter().map(|c| c.parse().expect("a number")).collect();
    assert!((filled[0] - number(&mean[0])).abs() < 1e-9 && (filled[1] - number(&mean[1])).abs() < 1e-9);
}

#[test]
fn rows_of_weight_zero_are_as_if_absent() {
    let place = Place::new();
    let rows = ["1,2", "3,5", "4,1", "2,2.5", "0.5,1"];
    let (mut with, mut without) = ("x,y,w\n".to_string(), "x,y,w\n".to_string());
    for row in rows {
        with.push_str(&format!("{row},1\n99,-99,0\n"));
        without.push_str(&format!("{row},1\n"));
    }
    place.write("with.csv", with);
    place.write("without.csv", without);
    let run = |table: &str| {
        place.run(&format!("fit gaussian-mixture {table} --weights w --components 1 --json")).fine().json()
    };
    let (mut a, b) = (run("with.csv"), run("without.csv"));
    assert_eq!((&a["rows"], &b["rows"]), (&10.into(), &5.into()));
    a["rows"] = b["rows"].clone();
    // The defect takes the root of what is zero up to rounding.
    a["information"]["defect"] = b["information"]["defect"].clone();
    let differ: Vec<&String> = a
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(k, v)| !close(v, &b[k.as_str()], 1e-10))
        .map(|(k, _)| k)
        .collect();
    // Reasons hold rounded numbers of rounding errors; everything else agrees.
    assert!(differ.iter().all(|k| *k == "certificates"), "{differ:?}\n{a:#}\n{b:#}");
}

#[test]
fn whole_weights_are_repeated_rows() {
    let place = Place::new();
    let rows = [("1,2", 3), ("3,5", 1), ("4,1", 2), ("2,2.5", 4), ("0.5,1", 1), ("6,7", 2), ("6.5,6", 2), ("7,8", 1)];
    let (mut weighted, mut repeated) = ("x,y,w\n".to_string(), "x,y\n".to_string());
    for (row, times) in rows {
        weighted.push_str(&format!("{row},{times}\n"));
        repeated.push_str(&format!("{row}\n").repeat(times));
    }
    place.write("w.csv", weighted);
    place.write("r.csv", repeated);
    place.write("start.json", r#"{"weights": [0.5, 0.5], "means": [[2, 2], [6, 7]], "covariances": [[2, 2], [1, 1]]}"#);
    let common = "--start start.json --covariance diagonal --metric joint --tolerance 0 --max-iterations 40 --json";
    let a = place.run(&format!("fit gaussian-mixture w.csv --weights w {common}")).fine().json();
    let b = place.run(&format!("fit gaussian-mixture r.csv {common}")).fine().json();
    assert_eq!((&a["rows"], &b["rows"]), (&8.into(), &16.into()));
    assert_eq!(number(&a["weight"]), 16.0);
    for key in ["elbo", "entropy_sum", "entropies", "parameters", "standard_errors"] {
        assert!(close(&a[key], &b[key], 1e-12), "{key}: {:#} {:#}", a[key], b[key]);
    }
}

#[test]
fn a_level_that_a_class_never_shows_is_a_boundary_not_an_error() {
    let place = Place::new();
    let mut table = "a,b,c\n".to_string();
    for i in 0..40 {
        // Two classes that agree with themselves: "z" is seen in the second one only.
        let c = ["u", "v"][i % 2];
        table.push_str(&if i < 20 { format!("x,l,{c}\n") } else { format!("{},r,{c}\n", ["y", "z"][i % 3 % 2]) });
    }
    place.write("t.csv", table);
    let ran = place.run("fit latent-class t.csv --classes 2 --restarts 3 --json --out run").fine();
    let summary = ran.json();
    assert!(ran.stderr.contains("warning: ") && ran.stderr.contains("boundary"), "{ran:#?}");
    assert!(finite(&summary["parameters"]), "{summary:#}");
    for key in ["elbo", "entropy_sum", "entropies"] {
        assert!(finite(&summary[key]), "{key}: {:#}", summary[key]);
    }
    let (p, e) = (&summary["parameters"]["probabilities"], &summary["standard_errors"]["probabilities"]);
    let mut on_boundary = 0;
    for k in 0..2 {
        for d in 0..3 {
            for (s, p) in p[k][d].as_array().expect("levels").iter().enumerate() {
                if number(p) < 1e-9 {
                    on_boundary += 1;
                    let error = &e[k][d][s];
                    assert!(error.is_null() || number(error) < 1e-6, "{error} at {p}: {summary:#}");
                }
            }
        }
    }
    assert!(on_boundary > 0, "{summary:#}");
    place.run("check run t.csv --json").fine();
    assert!(!place.read("run/summary.json").contains("NaN"));
}

#[test]
fn identical_rows_of_levels_are_fitted_by_one_class() {
    let place = Place::new();
    place.write("t.csv", "a,b\nx,1\nx,1\nx,1\n");
    let ran = place.run("fit latent-class t.csv --classes 1 --json");
    // Certainty has evidence 1; a refusal of columns with one level would do as well.
    if ran.code == Some(0) {
        assert!(number(&ran.json()["elbo"]).abs() < 1e-9, "{ran:#?}");
    } else {
        ran.refused(&["t.csv"]);
    }
}

#[test]
fn levels_that_nearly_vanish_leave_a_basis_of_the_right_size() {
    let place = Place::new();
    let table = place.write("t.csv", "q1,q2\na,b\nd,e\nd,a\n,c\n").to_string();
    let summary = place.run(&format!("fit latent-class {table} --classes 2 --restarts 5 --json")).fine().json();
    assert_eq!(summary["status"], "converged");
    // Four different rows, each of its own: −ln 4 is the best there is.
    assert!((number(&summary["elbo"]) + 4f64.ln()).abs() < 1e-6, "{summary}");
}

#[test]
fn a_density_without_bound_is_a_collapse_even_where_steps_do_not_see_it() {
    let place = Place::new();
    let table = place.write("t.csv", "x\n1.5\n1.5\n1.5\n2.5\n2.5\n0.3\n0.9\n4\n7\n").to_string();
    let ran = place.run(&format!("fit gamma-mixture {table} --components 2 --restarts 3 --json")).fine();
    assert_eq!(ran.json()["status"], "diverged", "{ran:#?}");
    // Components are counted from 1, in words as in the table.
    assert!(ran.stderr.contains("component 1 collapsed") || ran.stderr.contains("component 2 collapsed"), "{ran:#?}");
}

#[test]
fn a_column_of_one_level_is_imputed() {
    let place = Place::new();
    let table = place.write("t.csv", "a,b\nyes,1\nyes,2\nyes,\n,4\nyes,5.5\n").to_string();
    place.run(&format!("fit mixture {table} --components 1 --family a=categorical --out run")).fine();
    place.run(&format!("impute run {table} --out full.csv")).fine();
    let text = std::fs::read_to_string(place.path("full.csv")).expect("written");
    assert_eq!(text.lines().nth(4), Some("yes,4"), "{text}");
}
