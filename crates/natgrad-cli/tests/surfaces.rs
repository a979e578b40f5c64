//! What other programs rely on: JSON, run folders, tables, exit codes, pipes.

mod common;

use common::{Place, certificate, example, number};
use serde_json::Value;

/// A place with a converged run of the slow example and one of latent classes.
fn fitted() -> Place {
    let place = Place::new();
    place.run(&format!("fit gaussian-mixture {} --components 2 --out run", example("slow_em.csv"))).fine();
    let votes = example("votes.csv");
    place.run(&format!("fit latent-class {votes} --classes 2 --exclude party --restarts 2 --out votes")).fine();
    place
}

#[test]
fn every_subcommand_prints_one_json_document() {
    let place = fitted();
    let slow = example("slow_em.csv");
    for line in [
        format!("fit gaussian-mixture {slow} --components 2"),
        format!("fit gaussian-mixture {slow} --components 2 --out again"),
        format!("check run {slow}"),
        format!("score run {slow}"),
        format!("score run {slow} --per-row --out rows.csv"),
        format!("predict run {slow} --out p.csv"),
        format!("impute run {slow} --out i.csv"),
        "sample run --rows 5 --out s.csv".into(),
        format!("select gaussian-mixture {slow} --components 1..2"),
        format!("estep run {slow} --shard 1/1 --out s1"),
        "mstep run s1 --out m.json".into(),
        "report run --out r.html".into(),
        "list".into(),
        "explain entropy-sum".into(),
    ] {
        let after = place.run(&format!("{line} --json")).fine();
        assert!(after.json().is_object(), "{after:#?}");
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let before = place.run(&format!("--json {command} {rest}")).fine();
        assert!(before.json().is_object(), "{before:#?}");
    }
}

#[test]
fn the_summary_has_every_field_of_the_contract() {
    let place = fitted();
    let s = place.json("run/summary.json");
    for field in [
        "model",
        "rows",
        "columns",
        "status",
        "iterations",
        "passes",
        "elbo",
        "log_evidence",
        "entropy_sum",
        "entropies",
        "remaining",
        "stationarity",
        "information",
        "certificates",
        "parameters",
        "standard_errors",
        "restarts",
        "seed",
        "version",
    ] {
        assert!(!s[field].is_null(), "{field}");
    }
    let e = |name: &str| number(&s["entropies"][name]);
    let sum = e("recognition") - e("prior") - e("observable") + e("base_measure");
    assert!((number(&s["entropy_sum"]) - sum).abs() < 1e-12);
    assert!((number(&s["elbo"]) + 4.509675).abs() < 1e-6);
    assert_eq!(s["elbo"], s["log_evidence"]);
    assert_eq!((&s["rows"], &s["status"], &s["model"]), (&400.into(), &"converged".into(), &"gaussian-mixture".into()));
    assert_eq!(s["columns"], serde_json::json!(["x", "y"]));
    for field in ["eigenvalues", "inertia", "defect"] {
        assert!(!s["information"][field].is_null(), "information.{field}");
    }
    assert_eq!(s["information"]["inertia"], serde_json::json!({"negative": 0, "zero": 0, "positive": 11}));
    for c in s["certificates"].as_array().expect("certificates") {
        for field in ["name", "verdict", "tolerance", "why", "source"] {
            assert!(!c[field].is_null(), "{field} of {c}");
        }
        assert!(c.get("value").is_some(), "value of {c}");
    }
    for field in ["tried", "agreeing", "elbos"] {
        assert!(!s["restarts"][field].is_null(), "restarts.{field}");
    }
    for of in ["parameters", "standard_errors"] {
        let p = &s[of];
        assert_eq!(p["weights"].as_array().map(Vec::len), Some(2), "{of}");
        assert_eq!(p["means"][1].as_array().map(Vec::len), Some(2), "{of}");
        assert_eq!(p["covariances"][1][1].as_array().map(Vec::len), Some(2), "{of}");
    }
    let printed = place.run(&format!("fit gaussian-mixture {} --components 2 --json", example("slow_em.csv"))).fine();
    assert_eq!(printed.json(), s, "--json prints the summary");
}

#[test]
fn a_run_folder_holds_what_is_promised_and_no_more() {
    let place = fitted();
    let mut files: Vec<String> =
        place.files().into_iter().filter_map(|f| f.strip_prefix("run/").map(str::to_string)).collect();
    files.sort();
    assert_eq!(files, ["model.json", "report.html", "summary.json", "trace.csv"]);
    let rows = place.rows("run/trace.csv");
    assert_eq!(
        rows[0].join(","),
        "iteration,passes,seconds,elbo,entropy_sum,recognition,prior,observable,base_measure,remaining,stationarity,\
         step_size,cosine,metric"
    );
    let summary = place.json("run/summary.json");
    assert_eq!(rows.len() as u64, summary["iterations"].as_u64().expect("a number") + 2, "start and iterations");
    let last = rows.last().expect("a row");
    assert_eq!(last[3].parse::<f64>().expect("a number"), number(&summary["elbo"]));
    let elbos: Vec<f64> = rows[1..].iter().map(|r| r[3].parse().expect("a number")).collect();
    assert!(elbos.windows(2).all(|w| w[1] >= w[0] - 1e-12), "the ELBO rises");
    let model = place.json("run/model.json");
    assert_eq!((&model["format"], &model["version"]), (&"natgrad-model".into(), &1.into()));
    assert_eq!(model["parameters"], summary["parameters"]);
    let report = place.read("run/report.html");
    assert!(report.contains("</html>") && !report.contains("<script src") && !report.contains("href=\"http"));
    place.run("report run --out r.html").fine();
    assert_eq!(place.read("r.html"), report);
    // A former run is replaced.
    place.run(&format!("fit gaussian-mixture {} --components 1 --out run", example("slow_em.csv"))).fine();
    assert_eq!(place.json("run/summary.json")["parameters"]["weights"], serde_json::json!([1.0]));
}

#[test]
fn check_answers_with_its_exit_code() {
    let place = fitted();
    let slow = example("slow_em.csv");
    let stopped = place.run(&format!("check {} {slow} --json", example("slow_em_default_stop.json")));
    assert_eq!(stopped.code, Some(1), "{stopped:#?}");
    let answer = stopped.json();
    for field in ["elbo", "entropies", "entropy_sum", "stationarity", "information", "certificates"] {
        assert!(!answer[field].is_null(), "{field}");
    }
    assert!(answer["certificates"].as_array().expect("certificates").iter().any(|c| c["verdict"] == "fails"));
    let fine = place.run(&format!("check run {slow} --json")).fine().json();
    let summary = place.json("run/summary.json");
    for field in ["elbo", "entropies", "entropy_sum", "information"] {
        assert_eq!(fine[field], summary[field], "{field}");
    }
    assert_eq!(certificate(&fine, "maximum").0, "holds");
    place.run(&format!("check run/model.json {slow}")).fine();
    place.run(&format!("check votes {}", example("votes.csv"))).fine();
}

#[test]
fn scores_agree_with_the_summary_and_with_their_rows() {
    let place = fitted();
    for (run, data) in [("run", example("slow_em.csv")), ("votes", example("votes.csv"))] {
        let score = place.run(&format!("score {run} {data} --json --per-row --out rows.csv")).fine().json();
        let summary = place.json(&format!("{run}/summary.json"));
        assert!((number(&score["log_evidence"]) - number(&summary["elbo"])).abs() < 1e-12);
        assert_eq!(score["rows"], summary["rows"]);
        let rows = place.rows("rows.csv");
        assert_eq!(rows[0], ["log_evidence"]);
        let values: Vec<f64> = rows[1..].iter().map(|r| r[0].parse().expect("a number")).collect();
        assert_eq!(values.len() as u64, score["rows"].as_u64().expect("a number"));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean - number(&score["log_evidence"])).abs() < 1e-12);
    }
}

#[test]
fn predictions_are_probabilities() {
    let place = fitted();
    place.run(&format!("predict run {} --out p.csv", example("slow_em.csv"))).fine();
    place.run(&format!("predict votes {} --out q.csv", example("votes.csv"))).fine();
    for (file, noun, rows) in [("p.csv", "component", 400), ("q.csv", "class", 435)] {
        let table = place.rows(file);
        assert_eq!(table[0], [format!("{noun}_1"), format!("{noun}_2"), noun.into(), "log_evidence".into()]);
        assert_eq!(table.len(), rows + 1);
        for row in &table[1..] {
            let v: Vec<f64> = row.iter().map(|c| c.parse().expect("a number")).collect();
            assert!((v[0] + v[1] - 1.0).abs() < 1e-12 && v[0] >= 0.0 && v[1] >= 0.0, "{row:?}");
            assert_eq!(v[2], if v[1] > v[0] { 2.0 } else { 1.0 }, "{row:?}");
        }
    }
}

#[test]
fn samples_have_the_columns_of_the_data_and_the_bytes_of_their_seed() {
    let place = fitted();
    for (run, columns) in [("run", place.json("run/model.json")), ("votes", place.json("votes/model.json"))] {
        for (seed, file) in [(1, "a.csv"), (1, "b.csv"), (2, "c.csv")] {
            place.run(&format!("sample {run} --rows 1500 --seed {seed} --out {file}")).fine();
        }
        let names: Vec<&str> =
            columns["columns"].as_array().expect("columns").iter().filter_map(Value::as_str).collect();
        let table = place.rows("a.csv");
        assert_eq!(table[0], names);
        assert_eq!(table.len(), 1501);
        assert_eq!(place.read("a.csv"), place.read("b.csv"));
        assert_ne!(place.read("a.csv"), place.read("c.csv"));
    }
    place.run("sample votes --rows 20 --out v.csv").fine();
    assert!(place.rows("v.csv")[1..].iter().flatten().all(|c| c == "y" || c == "n"));
    // A shorter sample is the beginning of a longer one.
    place.run("sample run --rows 10 --seed 1 --out short.csv").fine();
    place.run("sample run --rows 1500 --seed 1 --out long.csv").fine();
    assert!(place.read("long.csv").starts_with(&place.read("short.csv")));
}

#[test]
fn imputing_fills_the_holes_and_nothing_else() {
    let place = fitted();
    let votes = example("votes.csv");
    let columns = place.json("votes/model.json")["columns"].as_array().expect("columns").len();
    let said = place.run(&format!("impute votes {votes} --out full.csv --json")).fine().json();
    let text = std::fs::read_to_string(&votes).expect("an example");
    let mut holes = 0;
    let full = place.rows("full.csv");
    for (before, after) in text.lines().zip(&full) {
        let before: Vec<&str> = before.split(',').skip(1).collect();
        assert_eq!((before.len(), after.len()), (columns, columns));
        for (b, a) in before.iter().zip(after) {
            assert!(!a.is_empty());
            holes += usize::from(b.is_empty());
            assert!(b.is_empty() || b == a, "{b} became {a}");
        }
    }
    assert_eq!(said["filled"], holes);
    assert!(holes > 100);
    let again = place.run("impute votes full.csv --out fuller.csv --json").fine().json();
    assert_eq!(again["filled"], 0);
    assert_eq!(place.read("full.csv"), place.read("fuller.csv"));
}

#[test]
fn select_recommends_a_size_and_says_why() {
    let place = Place::new();
    let table = example("old_faithful_like.csv");
    let answer = place.run(&format!("select gaussian-mixture {table} --components 1..3 --json")).fine().json();
    let sizes = answer["sizes"].as_array().expect("sizes");
    assert_eq!(sizes.len(), 3);
    for (i, size) in sizes.iter().enumerate() {
        assert_eq!(size["size"], i + 1);
        for field in ["elbo", "log_evidence", "parameters", "bic", "icl", "held_out", "status"] {
            assert!(!size[field].is_null(), "{field} of {size}");
        }
    }
    assert_eq!([&sizes[0]["parameters"], &sizes[2]["parameters"]], [5, 17]);
    let best = number(&answer["recommended"]["size"]) as usize;
    let bic = |k: usize| number(&sizes[k - 1]["bic"]);
    assert!((1..=3).all(|k| bic(best) <= bic(k)));
    assert_eq!(best, 2, "eruptions are short or long");
    assert!(answer["recommended"]["why"].as_str().is_some_and(|w| w.contains("size 2") && w.contains("BIC")));
    let shown = place.run(&format!("select gaussian-mixture {table} --components 2")).fine();
    assert!(shown.stdout.contains("recommended: size 2"), "{shown:#?}");
}

#[test]
fn everything_that_is_listed_is_explained() {
    for word in ["ELBO", "log_evidence", "entropy sum", "BIC", "short_climb"] {
        Place::new().run_each(&["explain", word]).fine();
    }
    let place = Place::new();
    let list = place.run("list --json").fine().json();
    let names = |of: &str| -> Vec<String> {
        let items = list[of].as_array().unwrap_or_else(|| panic!("{of}"));
        items.iter().map(|i| i["name"].as_str().expect("a name").to_string()).collect()
    };
    for of in ["certificates", "models", "families", "messages"] {
        assert!(!names(of).is_empty());
        for name in names(of) {
            let name = name.split(':').next().expect("a name").to_string();
            let told = place.run(&format!("explain {name} --json")).fine().json();
            assert!(told["text"].as_str().is_some_and(|t| t.len() > 10), "{name}");
            assert!(of != "certificates" || told["source"].as_str().is_some_and(|s| !s.is_empty()), "{name}");
            let plain = place.run(&format!("explain {name}")).fine().stdout;
            assert!(plain.starts_with(&name) && plain.lines().all(|l| l.chars().count() <= 130), "{plain}");
        }
    }
    // Every certificate of a run can be explained.
    let place = fitted();
    for c in place.json("run/summary.json")["certificates"].as_array().expect("certificates") {
        assert!(names("certificates").contains(&c["name"].as_str().expect("a name").to_string()), "{c}");
    }
}

#[test]
fn quiet_is_quiet_and_colour_is_asked_for() {
    let place = fitted();
    let slow = example("slow_em.csv");
    let limited = format!("fit gaussian-mixture {slow} --components 2 --max-iterations 1 --out short");
    let told = place.run(&limited).fine();
    assert!(told.stderr.contains("warning: ") && !told.stderr.contains('\u{1b}'), "{told:#?}");
    assert!(!told.stdout.contains("warning"), "{told:#?}");
    let coloured = place.run(&format!("{limited} --color always")).fine();
    assert!(coloured.stderr.contains("\u{1b}[33mwarning:\u{1b}[0m"), "{coloured:#?}");
    for line in [
        limited,
        "sample run --rows 3 --out s.csv".into(),
        format!("predict run {slow} --out p.csv"),
        format!("impute run {slow} --out i.csv"),
        format!("estep run {slow} --shard 1/1 --out s1"),
        "mstep run s1 --out m.json".into(),
        "report run --out r.html".into(),
    ] {
        let ran = place.run(&format!("{line} --quiet")).fine();
        assert_eq!(ran.stderr, "", "{ran:#?}");
    }
    // Errors are said all the same.
    place.run("explain nothing --quiet").refused(&["nothing"]);
    let error = place.run("explain nothing --color always");
    assert!(error.stderr.starts_with("\u{1b}[1;31merror:"), "{error:#?}");
    let never = place.run("explain nothing --color never");
    assert!(!never.stderr.contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let place = fitted();
    for command in ["list", "list --json", "explain maximum", "--help", "fit --help"] {
        // The exit code of the program itself, not of the pipe.
        let ran = place.shell(&format!("{{ natgrad {command} ; echo $? > code; }} | head -1 > first")).fine();
        assert_eq!(place.read("code").trim(), "0", "{command}");
        assert_eq!(ran.stderr, "", "{command}");
        let closed = place.shell(&format!("{{ sleep 0.1; natgrad {command} ; echo $? > code; }} | true")).fine();
        assert_eq!(place.read("code").trim(), "0", "{command}");
        assert_eq!(closed.stderr, "", "{command}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let place = Place::new();
    assert!(place.run("--version").fine().stdout.starts_with("natgrad "));
    for command in [
        "fit", "check", "score", "predict", "impute", "sample", "select", "estep", "mstep", "report", "list", "explain",
    ] {
        let help = place.run(&format!("{command} --help")).fine();
        assert!(help.stdout.contains("Usage: natgrad") && help.stderr.is_empty(), "{help:#?}");
    }
}

#[test]
fn select_counts_latent_dimensions_names_collapsed_ones_and_draws() {
    let place = Place::new();
    // Two things behind five columns; a third factor finds next to nothing.
    let mut text = String::from("a,b,c,d,e\n");
    let mut state = 7u64;
    let mut normal = || {
        // The sum of twelve uniform numbers: near enough to normal.
        (0..12)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            })
            .sum::<f64>()
            - 6.0
    };
    for _ in 0..600 {
        let (u, v) = (normal(), normal());
        let row = [2.0 * u, 2.0 * u + v, u - v, 2.0 * v, u + v].map(|m| format!("{}", m + 0.5 * normal()));
        text.push_str(&(row.join(",") + "\n"));
    }
    place.write("five.csv", &text);
    let answer = place.run("select ppca five.csv --latent-dim 1..4 --plot sizes.svg --json").fine().json();
    let sizes = answer["sizes"].as_array().expect("sizes");
    assert_eq!(sizes.len(), 4);
    for (i, size) in sizes.iter().enumerate() {
        assert_eq!(size["latents"].as_array().map(Vec::len), Some(i + 1));
        // ICL is about discrete hidden variables.
        assert!(size["icl"].is_null() && size["entropies"]["prior"].is_number(), "{size}");
        // D mean, D·H loadings less their rotations, one variance.
        let h = i as i64 + 1;
        assert_eq!(size["parameters"], 5 + 5 * h - h * (h - 1) / 2 + 1);
    }
    assert_eq!(answer["recommended"]["size"], 2);
    let preferred = &answer["recommended"]["held_out"];
    assert!(number(&preferred["within_one_error"]) <= number(&preferred["best"]), "{preferred}");
    for size in sizes {
        let behind = &size["held_out_behind"];
        assert!(number(&behind["mean"]) >= 0.0 && number(&size["held_out_error"]) > 0.0, "{size}");
        let best = size["size"] == preferred["best"];
        assert_eq!(best, number(&behind["error"]) == 0.0, "the best is behind itself by nothing: {size}");
    }
    // A factor less loses much, row by row.
    let one = &sizes[0]["held_out_behind"];
    assert!(number(&one["mean"]) > 3.0 * number(&one["error"]), "{one}");
    assert!(place.read("sizes.svg").contains("<svg"));
    place.refuses("select ppca five.csv --components 1..2", &["--components", "--latent-dim"]);
    place.refuses("select ppca five.csv", &["--latent-dim"]);
    place.refuses("select ppca five.csv --latent-dim 1..2 --plot x.gif", &["x.gif", ".svg"]);
}
