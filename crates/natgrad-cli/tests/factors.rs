//! Factor models by the command line: fits, certificates, rows, files, gaps, resumption, bits and bad input.

mod common;

use common::{Place, certificate, example};
use serde_json::Value;

const FIT: &str = "fit factor-analysis wine.csv --exclude cultivar --latent-dim 2 --out run";

fn place() -> Place {
    let place = Place::new();
    place.write("wine.csv", std::fs::read(example("wine.csv")).expect("an example"));
    place
}

/// The wine data with every ninth cell missing.
fn with_gaps(place: &Place) {
    let text = place.read("wine.csv");
    let mut lines = text.lines();
    let head = lines.next().expect("a header").to_string();
    let mut number = 0;
    let rows = lines.map(|line| {
        let cells = line.split(',').map(|cell| {
            number += 1;
            if number % 9 == 0 { "" } else { cell }
        });
        cells.collect::<Vec<_>>().join(",")
    });
    let body: Vec<String> = std::iter::once(head).chain(rows).collect();
    place.write("gaps.csv", body.join("\n") + "\n");
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap_or_else(|| panic!("{v} is no number"))
}

fn held(summary: &Value) -> bool {
    summary["certificates"].as_array().expect("certificates").iter().all(|c| c["verdict"] != "fails")
}

#[test]
fn a_fit_is_certified_and_its_files_are_whole() {
    let place = place();
    let summary = place.run(&format!("{FIT} --json")).fine().json();
    assert_eq!(summary["status"], "converged");
    assert!(held(&summary), "{summary:#}");
    let p = &summary["parameters"];
    assert_eq!(
        (
            p["mean"].as_array().map(Vec::len),
            p["loadings"].as_array().map(Vec::len),
            p["noise"].as_array().map(Vec::len)
        ),
        (Some(13), Some(13), Some(13))
    );
    assert_eq!(p["loadings"][0].as_array().map(Vec::len), Some(2));
    assert_eq!(summary["gram"]["rotations"], 1);
    assert_eq!(summary["gram"]["rank_joint"], 52);
    assert_eq!(summary["gram"]["rank_visible"], 51);
    assert_eq!(summary["information"]["inertia"]["zero"], 1);
    assert!(summary["standard_errors"]["loadings"][0][0].is_number());
    for file in ["summary.json", "model.json", "trace.csv", "report.html", "loadings.svg"] {
        assert!(place.files().contains(&format!("run/{file}")), "{file} is missing");
    }
    let page = place.read("run/report.html");
    assert!(page.contains("Correlations of the columns") && page.contains("flavanoids"), "no map of loadings");
    assert_eq!(place.json("run/model.json")["model"], "factor-analysis");
}

#[test]
fn fitted_models_score_predict_sample_impute_and_check() {
    let place = place();
    with_gaps(&place);
    for model in ["ppca", "factor-analysis"] {
        let run = format!("run-{model}");
        let fit = format!("fit {model} gaps.csv --exclude cultivar --latent-dim 2 --tolerance 1e-9 --out {run} --json");
        let summary = place.run(&fit).fine().json();
        assert_eq!(summary["status"], "converged", "{model}");
        let elbo = number(&summary["elbo"]);
        let score = place.run(&format!("score {run} gaps.csv --exclude cultivar --json")).fine().json();
        assert!((number(&score["log_evidence"]) - elbo).abs() < 1e-9, "{model}");
        place.run(&format!("predict {run} gaps.csv --out p.csv")).fine();
        let rows = place.rows("p.csv");
        assert_eq!(rows[0], ["factor_1", "factor_2", "factor_1_sd", "factor_2_sd", "log_evidence"]);
        assert_eq!(rows.len(), 179);
        place.run(&format!("impute {run} gaps.csv --out full.csv")).fine();
        assert!(place.rows("full.csv").iter().all(|r| r.len() == 13 && r.iter().all(|c| !c.is_empty())));
        place.run(&format!("sample {run} --rows 3000 --seed 4 --out made.csv")).fine();
        let made = place.run(&format!("score {run} made.csv --json")).fine().json();
        // Minus the entropy of the model; three standard errors of 3000 rows are 0.15.
        let entropy = made["log_evidence"].as_f64().expect("a number");
        assert!(entropy.is_finite());
        let check = place.run(&format!("check {run} gaps.csv --json"));
        assert_eq!(check.code, Some(0), "{check:#?}");
        assert!((number(&check.json()["elbo"]) - elbo).abs() < 1e-9);
    }
}

#[test]
fn samples_have_the_density_of_their_model() {
    let place = place();
    place.run(FIT).fine();
    place.run("sample run --rows 20000 --seed 4 --out made.csv").fine();
    let own = number(&place.json("run/summary.json")["entropy_sum"]);
    let made = number(&place.run("score run made.csv --json").fine().json()["log_evidence"]);
    // Both are minus the entropy of a row; the mean of 20 000 has a standard error of √(13/2)/141 = 0.018.
    assert!((made - own).abs() < 0.08, "{made} and {own}");
}

#[test]
fn metrics_and_starts_agree_and_a_fit_goes_on_from_its_file() {
    let place = place();
    with_gaps(&place);
    let mut elbos = Vec::new();
    for option in ["--metric joint", "--metric evidence", "--restarts 4", ""] {
        let fit =
            format!("fit factor-analysis gaps.csv --exclude cultivar --latent-dim 2 --tolerance 1e-9 --json {option}");
        let summary = place.run(fit.trim_end()).fine().json();
        if option.starts_with("--restarts") {
            assert_eq!(summary["restarts"]["agreeing"], 4, "{:#}", summary["restarts"]);
        }
        elbos.push(number(&summary["elbo"]));
    }
    assert!(elbos.iter().all(|e| (e - elbos[0]).abs() < 1e-8), "{elbos:?}");
    place.run("fit factor-analysis gaps.csv --exclude cultivar --latent-dim 2 --max-iterations 2 --out short").fine();
    let on = place
        .run("fit factor-analysis gaps.csv --exclude cultivar --start short --tolerance 1e-9 --json")
        .fine()
        .json();
    assert!((number(&on["elbo"]) - elbos[0]).abs() < 1e-8);
}

#[test]
fn threads_and_chunks_of_a_stream_change_no_bit() {
    let place = place();
    with_gaps(&place);
    for data in ["wine.csv", "gaps.csv"] {
        let fit = |threads: u8, out: &str| {
            let command = format!(
                "fit factor-analysis {data} --exclude cultivar --latent-dim 2 --restarts 2 --threads {threads} --out {out}"
            );
            place.run(&command).fine();
            (place.bytes(&format!("{out}/model.json")), place.bytes(&format!("{out}/summary.json")))
        };
        assert_eq!(fit(1, &format!("one-{data}")), fit(2, &format!("two-{data}")), "{data}");
    }
}

#[test]
fn a_model_fitted_elsewhere_is_certified() {
    let place = place();
    place.run(FIT).fine();
    let mut model = place.json("run/model.json");
    let map = model.as_object_mut().expect("an object");
    map.remove("settings");
    map.remove("natural");
    place.write("foreign.json", model.to_string());
    assert_eq!(place.run("check foreign.json wine.csv --json").code, Some(0));
    // A noise that is a tenth too large is no maximum.
    let noise = number(&model["parameters"]["noise"][0]);
    model["parameters"]["noise"][0] = serde_json::json!(1.1 * noise);
    place.write("off.json", model.to_string());
    let refused = place.run("check off.json wine.csv --json");
    assert_eq!(refused.code, Some(1), "{refused:#?}");
}

#[cfg(unix)]
#[test]
fn a_killed_fit_goes_on_to_the_same_bytes() {
    let place = place();
    with_gaps(&place);
    for model in ["factor-analysis", "ppca"] {
        let fit = format!(
            "fit {model} gaps.csv --exclude cultivar --latent-dim 2 --metric joint --tolerance 0 --max-iterations 1500"
        );
        place.survives_a_kill(model, &fit);
    }
}

#[test]
fn minibatches_come_near_the_maximum() {
    let place = place();
    let best = number(&place.run(&format!("{FIT} --json")).fine().json()["elbo"]);
    let batch =
        "fit factor-analysis wine.csv --exclude cultivar --latent-dim 2 --batch 1024 --max-iterations 40 --json";
    let found = number(&place.run(batch).fine().json()["elbo"]);
    assert!(found <= best + 1e-9 && found > best - 0.05, "{found} and {best}");
}

#[test]
fn bad_input_is_named_with_a_way_out() {
    let place = place();
    place.write("few.csv", "a,b,c\n1,2,3\n2,1,5\n4,4,4\n0,1,2\n");
    place.write("one.csv", "a,b,c\n1,2,3\n");
    place.write("flat.csv", "a,b,c\n1,2,3\n2,2,5\n4,2,4\n0,2,2\n");
    place.write("same.csv", "a,b,c\n1,2,3\n1,2,3\n1,2,3\n");
    place.write("words.csv", "a,b,c\n1,2,x\n2,1,y\n4,4,z\n");
    place.write("empty.csv", "a,b,c\n1,2,\n2,1,\n4,4,\n");
    place.write("line.csv", "a,b,c\n1,2,3\n2,4,6\n3,6,9\n4,8,12\n");
    for (command, words) in [
        ("fit ppca few.csv", vec!["latent dimensions is missing", "--latent-dim"]),
        ("fit ppca few.csv --latent-dim 0", vec!["0 latent dimensions", "1 to 2"]),
        ("fit ppca few.csv --latent-dim 3", vec!["3 latent dimensions for 3 columns"]),
        ("fit factor-analysis few.csv --latent-dim 9", vec!["9 latent dimensions for 3 columns"]),
        ("fit factor-analysis few.csv --latent-dim 1 --columns a", vec!["for 1 column", "three columns"]),
        ("fit ppca few.csv --latent-dim 1 --components 2", vec!["--components does nothing in ppca"]),
        ("fit ppca few.csv --latent-dim 1 --network x.bif", vec!["--network does nothing in ppca"]),
        ("fit ppca few.csv --latent-dim 1 --recognition mean-field", vec!["--recognition does nothing"]),
        (
            "fit gaussian-mixture few.csv --components 2 --latent-dim 1",
            vec!["--latent-dim does nothing in a gaussian-mixture", "ppca"],
        ),
        ("fit ppca one.csv --latent-dim 1", vec!["one row says nothing"]),
        ("fit ppca same.csv --latent-dim 1", vec!["every column is constant"]),
        ("fit factor-analysis flat.csv --latent-dim 1", vec!["column \"b\" is constant"]),
        ("fit factor-analysis words.csv --latent-dim 1", vec!["words.csv", "x"]),
        ("fit factor-analysis empty.csv --latent-dim 1", vec!["column \"c\" has no value"]),
        ("fit ppca line.csv --latent-dim 1", vec!["no more than 1 dimension", "no maximum"]),
    ] {
        place.refuses(command, &words);
    }
    // p-PCA takes a constant column: all noise is one.
    place.run("fit ppca flat.csv --latent-dim 1").fine();
}

#[test]
fn data_are_never_written_over() {
    let place = place();
    with_gaps(&place);
    place.run("fit ppca gaps.csv --exclude cultivar --latent-dim 2 --out run").fine();
    let before = place.bytes("gaps.csv");
    for command in ["predict run gaps.csv", "impute run ./gaps.csv", "score run gaps.csv --per-row"] {
        place.refuses(&format!("{command} --out gaps.csv"), &["gaps.csv", "holds the data", "--out"]);
    }
    assert_eq!(place.bytes("gaps.csv"), before);
}

#[test]
fn ppca_takes_columns_of_unlike_units() {
    let place = Place::new();
    // Three columns of ten thousands, three of tenths, all of them with noise of their own.
    let rows = (0..200).map(|n| {
        let (a, b) = (f64::from(n % 7) - 3.0, f64::from(n % 11) - 5.0);
        let noise = |k: i32| f64::from((n * 37 + k * 101) % 29 - 14);
        let large = [1e4 * a + noise(1), 1e4 * b + noise(2), 1e4 * (a - b) + 1e3 * noise(3)];
        let small = [0.1 * noise(4), 0.1 * noise(5), 0.1 * noise(6)];
        let cells: Vec<String> = large.iter().chain(&small).map(f64::to_string).collect();
        cells.join(",")
    });
    let text: Vec<String> = std::iter::once("a,b,c,d,e,f".to_string()).chain(rows).collect();
    place.write("units.csv", text.join("\n") + "\n");
    let summary = place.run("fit ppca units.csv --latent-dim 3 --json").fine().json();
    assert_eq!(summary["status"], "converged");
    assert!(held(&summary), "{summary:#}");
    assert!(summary["warnings"].as_array().is_some_and(Vec::is_empty), "{summary:#}");
}

#[test]
fn rows_without_a_finite_evidence_are_named() {
    let place = place();
    place.run(FIT).fine();
    let text = place.read("wine.csv");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for row in [3, 5] {
        let (first, rest) = lines[row].split_once(',').expect("cells");
        assert!(first.parse::<f64>().is_ok());
        lines[row] = format!("1e300,{rest}");
    }
    place.write("huge.csv", lines.join("\n"));
    let ran = place.run("score run huge.csv").fine();
    assert!(ran.stderr.contains("warning: row 3 (and of 1 more) has no finite log-evidence"), "{ran:#?}");
}

#[test]
fn a_column_given_twice_has_no_maximum_and_no_certificate_says_otherwise() {
    let place = Place::new();
    let row = |n: i32| {
        let z = f64::from(n % 13) - 6.0;
        let cells: Vec<f64> = (1..5).map(|k| z * f64::from(k) + f64::from((n * 31 * k + k) % 17) / 3.0).collect();
        format!("{},{},{},{},{}", cells[0], cells[1], cells[2], cells[3], cells[0])
    };
    let rows: Vec<String> = (0..120).map(row).collect();
    place.write("twice.csv", format!("a,b,c,d,again\n{}\n", rows.join("\n")));
    let summary = place.run("fit factor-analysis twice.csv --latent-dim 2 --out run --json").fine().json();
    assert_eq!(summary["status"], "diverged");
    let checked = place.run("check run twice.csv --json");
    assert_eq!(checked.code, Some(1));
    for summary in [summary, checked.json()] {
        let (verdict, why) = certificate(&summary, "maximum");
        assert_eq!(verdict, "fails", "{why}");
        assert!(why.contains("\"a\", \"again\""), "{why}");
        assert_eq!(certificate(&summary, "remaining").0, "not-applicable");
    }
}

#[test]
fn broken_model_files_are_named_with_what_is_wrong() {
    let place = place();
    place.run(FIT).fine();
    let model = place.json("run/model.json");
    let broken = |change: &dyn Fn(&mut Value)| -> String {
        let mut other = model.clone();
        other.as_object_mut().expect("an object").remove("natural");
        change(&mut other);
        other.to_string()
    };
    let cases: [(&str, String); 7] = [
        ("no finite covariance", broken(&|m| m["parameters"]["loadings"][0][0] = serde_json::json!(1e300))),
        ("noise", broken(&|m| m["parameters"]["noise"][3] = serde_json::json!(-1.0))),
        ("loadings[2]", broken(&|m| m["parameters"]["loadings"][2] = serde_json::json!([1.0]))),
        ("mean", broken(&|m| m["parameters"]["mean"] = Value::Null)),
        ("loadings", broken(&|m| m["parameters"]["loadings"] = serde_json::json!([[1.0, 2.0]]))),
        ("version", broken(&|m| m["version"] = serde_json::json!(9))),
        ("columns", broken(&|m| drop(m.as_object_mut().map(|m| m.remove("columns"))))),
    ];
    for (what, text) in cases {
        place.write("broken.json", text);
        place.refuses("score broken.json wine.csv", &["broken.json", what]);
    }
    place.refuses("fit ppca wine.csv --exclude cultivar --start run", &["factor-analysis", "does not fit ppca"]);
    place.refuses("fit factor-analysis wine.csv --start run", &["cultivar"]);
    place.refuses("estep run/model.json wine.csv --shard 1/2 --out s", &["it is a factor-analysis"]);
    place.refuses("select ppca wine.csv --components 1..3", &["--components does nothing in ppca"]);
}
