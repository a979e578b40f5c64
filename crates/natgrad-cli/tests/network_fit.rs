//! Bayesian networks learnt on the command line: the shipped examples from fit to query, and what every option promises.

mod common;

use common::{Place, certificate, example, number};
use serde_json::Value;

/// Path of an example network.
fn network(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/networks").join(name);
    path.canonicalize().expect("an example").display().to_string()
}

fn asia(more: &str) -> String {
    format!("fit bayes-net {} --network {} {more}", example("asia.csv"), network("asia.bif"))
}

/// A node of a written network.
fn node(document: &Value, name: &str) -> Value {
    let nodes = document["nodes"].as_array().expect("nodes");
    nodes.iter().find(|n| n["name"] == name).unwrap_or_else(|| panic!("no node {name}")).clone()
}

/// All probabilities of a written network.
fn entries(document: &Value) -> Vec<f64> {
    let mut out = Vec::new();
    for node in document["nodes"].as_array().expect("nodes") {
        for row in node["table"].as_array().expect("a table") {
            out.extend(row.as_array().expect("a row").iter().map(number));
        }
    }
    out
}

const FORK: &str = r#"{"nodes": [
  {"name": "h", "states": ["u", "v"], "table": [[0.3, 0.7]]},
  {"name": "y", "states": ["a", "b"], "parents": ["h"], "table": [[0.8, 0.2], [0.4, 0.6]]},
  {"name": "z", "states": ["a", "b"], "parents": ["h"], "table": [[0.6, 0.4], [0.1, 0.9]]},
  {"name": "w", "states": ["a", "b", "c"], "parents": ["h"], "table": [[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]]}]}"#;

const ROWS: &str = "y,z,w\na,a,a\nb,b,b\na,b,a\nb,a,b\na,a,c\nb,b,a\na,,b\n,b,b\nb,b,c\nb,b,c\n";

#[test]
fn the_examples_go_from_fit_to_query() {
    let place = Place::new();
    for (name, file, asked) in [("asia", "asia.bif", "either"), ("alarm", "alarm.bif", "HYPOVOLEMIA")] {
        let data = example(&format!("{name}.csv"));
        place.run(&format!("fit bayes-net {data} --network {} --out {name}", network(file))).fine();
        let summary = place.json(&format!("{name}/summary.json"));
        for sound in ["stationarity", "entropy-sum", "remaining", "maximum"] {
            assert_eq!(certificate(&summary, sound).0, "holds", "{name}: {sound}");
        }
        let scored = place.run(&format!("score {name} {data} --json")).fine().json();
        // The same sums, rows one by one.
        assert!((number(&scored["log_evidence"]) - number(&summary["elbo"])).abs() < 1e-12, "{name}");
        place.run(&format!("check {name} {data}")).fine();
        place.run(&format!("predict {name} {data} --out p.csv")).fine();
        let header = &place.rows("p.csv")[0];
        assert!(header.contains(&asked.to_string()) && header.last().is_some_and(|c| c == "log_evidence"));
        place.run(&format!("impute {name} {data} --out i.csv")).fine();
        assert!(place.rows("i.csv").iter().all(|r| r.iter().all(|c| !c.is_empty())), "{name}: gaps are left");
        place.run(&format!("sample {name} --rows 200 --seed 4 --out s.parquet")).fine();
        place.run(&format!("score {name} s.parquet --json")).fine();
        let told = place.run(&format!("query {name} --ask {asked} --json")).fine().json();
        // The mean posterior of an EM fixed point is what the network says of the node: P(h) where h has no parents.
        let sum: f64 = told["posteriors"][asked].as_object().map_or(1.0, |p| p.values().map(number).sum());
        assert!((sum - 1.0).abs() < 1e-12, "{told}");
        // Both files of the network give the score of the run.
        for written in ["network.json", "network.bif"] {
            let again = place.run(&format!("score {name}/{written} {data} --json")).fine().json();
            // Ratios written with 17 digits, logarithms taken again.
            assert!((number(&again["log_evidence"]) - number(&summary["elbo"])).abs() < 1e-12, "{name}: {written}");
        }
    }
}

#[test]
fn a_graph_without_tables_is_learnt_from_random_starts() {
    let place = Place::new();
    let line = format!(
        "fit bayes-net {} --network {} --restarts 2 --max-iterations 30 --seed 3 --quiet",
        example("social_survey.csv"),
        network("social_survey.json")
    );
    for threads in [1, 2] {
        place.run(&format!("{line} --threads {threads} --out run{threads}")).fine();
    }
    for file in ["summary.json", "model.json", "network.json", "network.bif"] {
        assert_eq!(place.read(&format!("run1/{file}")), place.read(&format!("run2/{file}")), "{file}");
    }
    // Hidden states come in falling order of probability.
    let summary = place.json("run1/summary.json");
    place.run(&format!("predict run1 {} --out p.csv", example("social_survey.csv"))).fine();
    let rows = place.rows("p.csv");
    for hidden in ["stage", "circle"] {
        let columns: Vec<usize> =
            (0..rows[0].len()).filter(|&c| rows[0][c].starts_with(&format!("{hidden}="))).collect();
        let mean = |c: usize| -> f64 { rows[1..].iter().map(|r| r[c].parse::<f64>().expect("a number")).sum() };
        let means: Vec<f64> = columns.iter().map(|&c| mean(c)).collect();
        assert!(means.len() >= 3 && means.is_sorted_by(|a, b| a >= b), "{hidden}: {means:?}");
    }
    assert!(number(&summary["elbo"]) > -8.6, "{}", summary["elbo"]);
    // Another seed starts elsewhere.
    let other = line.replace("--seed 3", "--seed 9").replace("--max-iterations 30", "--max-iterations 0");
    place.run(&format!("{other} --out other")).fine();
    assert_ne!(entries(&place.json("other/network.json")), entries(&place.json("run1/network.json")));
}

#[test]
fn threads_and_interruptions_change_no_byte() {
    let place = Place::new();
    let fit = asia("--metric joint --tolerance 0");
    for threads in [1, 2] {
        place.run(&format!("{fit} --max-iterations 60 --threads {threads} --out t{threads}")).fine();
    }
    for file in ["summary.json", "model.json", "network.json", "network.bif"] {
        assert_eq!(place.read(&format!("t1/{file}")), place.read(&format!("t2/{file}")), "{file}");
    }
    for metric in ["auto", "evidence"] {
        for threads in [1, 2] {
            let line = asia(&format!("--metric {metric} --threads {threads} --out {metric}{threads}"));
            place.run(&line).fine();
        }
        let summary = |t: u32| place.read(&format!("{metric}{t}/summary.json"));
        assert_eq!(summary(1), summary(2), "{metric}");
    }
}

#[test]
fn minibatches_come_near_the_maximum() {
    let place = Place::new();
    // Several chunks of 1024 rows, or every batch is all rows.
    place.run(&format!("sample {} --rows 6000 --seed 2 --out all.csv", network("asia.bif"))).fine();
    let fit = format!("fit bayes-net all.csv --network {} --exclude either --start table", network("asia.bif"));
    place.run(&format!("{fit} --tolerance 1e-9 --out whole")).fine();
    let run = |threads: u32| {
        let line = format!("{fit} --batch 1024 --max-iterations 30 --threads {threads} --out batch{threads}");
        place.run(&line).fine();
        place.json(&format!("batch{threads}/summary.json"))
    };
    let (batch, whole) = (run(1), place.json("whole/summary.json"));
    let short = number(&whole["elbo"]) - number(&batch["elbo"]);
    // Nats per row; never above the maximum but for its own tolerance.
    assert!((-1e-8..1e-3).contains(&short), "{short}");
    run(2);
    assert_eq!(place.read("batch1/model.json"), place.read("batch2/model.json"));
}

#[test]
fn a_prior_keeps_tables_positive_and_its_part_of_the_residual_is_told() {
    let place = Place::new();
    // Tables with zeros start inside: the prior forbids zeros.
    place.run(&asia("--prior 1 --tolerance 1e-9 --out run")).fine();
    let summary = place.json("run/summary.json");
    assert_eq!(certificate(&summary, "entropy-sum").0, "holds");
    assert!(certificate(&summary, "entropy-sum").1.contains("what the prior explains"), "{summary}");
    let explained = number(&summary["residual"]["explained_by_prior"]);
    assert!(explained > 0.0, "a prior of equal counts makes rows flatter than the data: {explained}");
    assert!(entries(&place.json("run/network.json")).iter().all(|p| *p > 0.0));
    // Without it the zeros of `either` stay.
    place.run(&asia("--out plain")).fine();
    let plain = place.json("plain/network.json");
    let zeros =
        |name: &str| entries(&serde_json::json!({"nodes": [node(&plain, name)]})).iter().filter(|p| **p == 0.0).count();
    assert_eq!(zeros("either"), 4);
    // The higher the prior, the lower the likelihood at the maximum.
    place.run(&asia("--prior 10 --out more")).fine();
    let evidence = |run: &str| number(&place.json(&format!("{run}/summary.json"))["elbo"]);
    assert!(evidence("plain") > evidence("run") && evidence("run") > evidence("more"));
}

#[test]
fn frozen_tables_stay_bit_for_bit_and_tied_ones_are_equal() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("t.csv", ROWS);
    // Tables are kept without their last state, so that 0.2 may come back as 1 − 0.8: at the start, and never after.
    place.run("fit bayes-net t.csv --network n.json --freeze h,z --max-iterations 0 --out begin").fine();
    place.run("fit bayes-net t.csv --network n.json --freeze h,z --out frozen").fine();
    let (given, found) = (place.json("begin/network.json"), place.json("frozen/network.json"));
    let same = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-16);
    assert!(same(&entries(&given), &entries(&place.json("n.json"))));
    for name in ["h", "z"] {
        assert_eq!(node(&given, name)["table"], node(&found, name)["table"], "{name} moved");
    }
    assert_ne!(node(&given, "y")["table"], node(&found, "y")["table"]);
    place.run("fit bayes-net t.csv --network n.json --tie y=z --start random --out tied").fine();
    let found = place.json("tied/network.json");
    assert_eq!(node(&found, "y")["table"], node(&found, "z")["table"]);
    place.run("score tied t.csv").fine();
    // A tie can only lower the maximum.
    let best = |more: &str| {
        let line =
            format!("fit bayes-net t.csv --network n.json --start random --restarts 4 --seed 1 --json --quiet {more}");
        number(&place.run(&line).fine().json()["elbo"])
    };
    assert!(best("") >= best("--tie y=z") - 1e-6);
    // Everything frozen: nothing to learn, and nothing moves.
    place.run("fit bayes-net t.csv --network n.json --freeze h,y,z,w --out still").fine();
    let still = place.json("still/network.json");
    for name in ["h", "y", "z", "w"] {
        assert_eq!(node(&given, name)["table"], node(&still, name)["table"], "{name}");
    }
}

#[test]
fn starts_are_the_tables_or_drawn() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("t.csv", ROWS);
    let start = |more: &str, out: &str| {
        place.run(&format!("fit bayes-net t.csv --network n.json --max-iterations 0 {more} --out {out}")).fine();
        entries(&place.json(&format!("{out}/network.json")))
    };
    let given = entries(&place.json("n.json"));
    // A logarithm and back.
    let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
    assert!(same(&start("", "a"), &given) && same(&start("--start table", "b"), &given));
    let drawn = start("--start random --seed 5", "c");
    assert!(!same(&drawn, &given));
    assert_eq!(drawn, start("--start random --seed 5", "d"));
    assert_ne!(drawn, start("--start random --seed 6", "e"));
    // A run, its network, and the model file are one start, to the last bit.
    place
        .run("fit bayes-net t.csv --network n.json --max-iterations 7 --metric joint --tolerance 0 --out seven")
        .fine();
    let went = entries(&place.json("seven/network.json"));
    for (from, out) in [("seven", "f"), ("seven/model.json", "g")] {
        assert_eq!(start(&format!("--start {from}"), out), went, "{from}");
    }
    assert!(same(&start("--start seven/network.bif", "i"), &went));
}

#[test]
fn rows_may_be_one_or_alike_or_empty_and_carry_weights() {
    let place = Place::new();
    place.write("n.json", FORK);
    let fit = |rows: &str, more: &str| {
        place.write("t.csv", rows);
        let line = format!("fit bayes-net t.csv --network n.json --json --quiet --tolerance 1e-12 {more}");
        place.run(&line).fine().json()
    };
    // Nothing seen: evidence 1, and the tables stay.
    let nothing = fit("y,z,w\n,,\n,,\n", "--out none");
    assert_eq!(number(&nothing["elbo"]), 0.0);
    let off = entries(&place.json("none/network.json"));
    assert!(off.iter().zip(entries(&place.json("n.json"))).all(|(a, b)| (a - b).abs() < 1e-14), "{off:?}");
    // One row can be made certain.
    let one = fit("y,z,w\na,b,c\n", "");
    assert!(number(&one["elbo"]).abs() < 1e-9, "{}", one["elbo"]);
    // Twice the same rows, the rows with weight 2, and the rows: one maximum.
    let body = ROWS.split_once('\n').expect("a header").1;
    let weighted: String =
        ROWS.lines().enumerate().map(|(i, l)| format!("{l},{}\n", if i == 0 { "k" } else { "2" })).collect();
    let once = fit(ROWS, "");
    for other in [fit(&format!("{ROWS}{body}"), ""), fit(&weighted, "--weights k")] {
        // Sums in another order, passed through some tens of steps.
        assert!((number(&other["elbo"]) - number(&once["elbo"])).abs() < 1e-9, "{} {}", other["elbo"], once["elbo"]);
        assert_eq!(number(&other["weight"]), 20.0);
    }
}

const ODD: &str = r#"{"nodes": [
  {"name": "age, 'in' years = x", "states": ["<5", "5 to 11", "12+"]},
  {"name": "only", "states": ["one"], "parents": []},
  {"name": "hid den", "states": ["lone"], "parents": ["only"]},
  {"name": "größe|x", "states": ["ja", "nein"], "parents": ["age, 'in' years = x", "hid den"]}]}"#;

#[test]
fn names_of_any_kind_and_nodes_of_one_state_survive_every_file() {
    let place = Place::new();
    place.write("n.json", ODD);
    place.write("t.csv", "\"age, 'in' years = x\",only,größe|x\n<5,one,ja\n12+,,nein\n5 to 11,one,\n5 to 11,one,ja\n");
    place.run("fit bayes-net t.csv --network n.json --out run").fine();
    place.run("sample run --rows 40 --out s.parquet").fine();
    place.run("sample run --rows 40 --out s.csv").fine();
    let score = |model: &str, rows: &str| place.run(&format!("score {model} {rows} --json")).fine().stdout;
    assert_eq!(score("run", "s.csv"), score("run", "s.parquet"));
    let scored = |model: &str| {
        let told: Value = serde_json::from_str(&score(model, "t.csv")).expect("JSON");
        number(&told["log_evidence"])
    };
    // Tables are written with 17 digits.
    assert!((scored("run") - scored("run/network.bif")).abs() < 1e-14);
    place.run("fit bayes-net s.parquet --network run/network.bif --out from_bif").fine();
    place.run("fit bayes-net s.csv --network run/network.bif --out from_csv").fine();
    assert_eq!(place.read("from_bif/model.json"), place.read("from_csv/model.json"));
    place.run("predict run t.csv --out p.parquet").fine();
    place.run("predict run t.csv --out p.csv").fine();
    assert_eq!(place.rows("p.csv")[0][..2], ["hid den=lone", "hid den"]);
    assert_eq!(place.rows("p.csv")[1][..2], ["1", "lone"]);
    place.run("impute run t.csv --out i.csv").fine();
    assert!(!place.read("i.csv").contains(",,"), "{}", place.read("i.csv"));
    place.run("query run --given only=one").fine();
    place.run("check run t.csv").fine();
    // BIF cannot write a double quote: learning does not fail for it, the run holds the JSON file alone.
    place.write("q.json", ODD.replace('\'', "\\\""));
    place.write("q.csv", place.read("t.csv").replace('\'', "\"\""));
    place.run("fit bayes-net q.csv --network q.json --out quoted").fine();
    assert!(place.path("quoted/network.json").exists() && !place.path("quoted/network.bif").exists());
    let evidence = |run: &str| number(&place.json(&format!("{run}/summary.json"))["elbo"]);
    assert_eq!(evidence("quoted"), evidence("run"));
}
