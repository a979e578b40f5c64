//! `natgrad flow`: its JSON, its files and pictures, and what is refused.

mod common;

use common::{Place, close, number};
use serde_json::Value;

const FORK: &str = r#"{"nodes": [
  {"name": "x", "states": ["a", "b"], "table": [[0.035036524101437316, 0.9649634758985627]]},
  {"name": "y", "states": ["a", "b"], "parents": ["x"],
   "table": [[0.2984494708891794, 0.7015505291108206], [0.058512491882074746, 0.9414875081179253]]},
  {"name": "z", "states": ["a", "b"], "parents": ["x"],
   "table": [[0.8570609425871989, 0.1429390574128011], [0.3728540278748075, 0.6271459721251925]]}]}"#;
const TARGET: &str = r#"{"joint": [0.181584, 0.005616, 0.575016, 0.017784, 0.174988, 0.005412, 0.038412, 0.001188]}"#;
const FLOW: &str = "flow n.json --hidden x --target q.json";

fn place() -> Place {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("q.json", TARGET);
    place
}

fn last(of: &Value) -> f64 {
    number(of.as_array().and_then(|a| a.last()).expect("an array"))
}

#[test]
fn the_published_settings_are_the_default() {
    let place = place();
    let told = place.run(&format!("{FLOW} --every 100 --json")).fine().json();
    // Computed independently (numpy).
    for (objective, after_400, at_end) in [
        ("elbo", 0.0023337463, 0.0004066179),
        ("recognition", 0.0027187057, 0.0012881918),
        ("evidence", 0.0020357733, 0.0003284204),
    ] {
        let flow = &told["flows"][objective];
        assert_eq!(flow["step"], serde_json::json!([0, 100, 200, 300, 400, 499]));
        // The reference has ten decimals.
        assert!((number(&flow["divergence"][4]) - after_400).abs() < 1e-9, "{objective}");
        assert!((last(&flow["divergence"]) - at_end).abs() < 1e-9, "{objective}");
        assert_eq!((&flow["ended"], flow["parameters"][0].as_array().map(Vec::len)), (&"completed".into(), Some(5)));
        assert_eq!(flow["visible"][5].as_array().map(Vec::len), Some(4));
    }
    assert_eq!(told["flows"]["evidence"]["left_domain_at"], 0.76);
    assert!(told["flows"]["elbo"]["left_domain_at"].is_null());
    let kept = place.run(&format!("{FLOW} --domain keep --method adaptive --until 20 --objective evidence --json"));
    let kept = kept.fine().json();
    assert!(kept["flows"]["evidence"]["left_domain_at"].is_null() && kept["flows"].get("elbo").is_none());
    assert!(last(&kept["flows"]["evidence"]["divergence"]) < 1e-12);
    let shown = place.run(FLOW).fine().stdout;
    assert!(shown.contains("time 0.76") && shown.contains("P(y = a | x = b)"), "{shown}");
}

#[test]
fn points_and_pictures_are_written() {
    let place = place();
    for file in ["p.svg", "p.png", "p.html"] {
        place.run(&format!("{FLOW} --every 50 --plot {file} --out o.csv")).fine();
        assert!(place.bytes(file).len() > 2000, "{file}");
    }
    let rows = place.rows("o.csv");
    // Three flows of eleven points: 0, 50, …, 450 and the last.
    assert_eq!(rows.len(), 1 + 3 * 11);
    assert!(rows[0].starts_with(&["objective".into(), "step".into(), "time".into(), "divergence".into()]));
    assert_eq!((rows[1][0].as_str(), rows[33][0].as_str(), rows[33][1].as_str()), ("evidence", "elbo", "499"));
    place.run(&format!("{FLOW} --every 50 --out o.parquet")).fine();
    assert_eq!(&place.bytes("o.parquet")[..4], b"PAR1");
    assert!(place.read("p.html").contains("application/json"));
    // The same bytes again, for any number of threads.
    let before = (place.bytes("p.png"), place.bytes("o.csv"));
    place.run(&format!("{FLOW} --every 50 --plot p.png --out o.csv --threads 1")).fine();
    assert!(before == (place.bytes("p.png"), place.bytes("o.csv")));
}

#[test]
fn starts_are_files_or_random() {
    let place = place();
    place.write("s.json", FORK.replace("0.035036524101437316, 0.9649634758985627", "0.5, 0.5"));
    let at_start = |more: &str| {
        let told = place.run(&format!("{FLOW} --steps 2 --objective elbo --json {more}")).fine().json();
        told["flows"]["elbo"]["parameters"][0].clone()
    };
    assert_eq!(at_start("--start s.json")[0], 0.5);
    assert_eq!(at_start("--start random --seed 4"), at_start("--start random --seed 4"));
    assert_ne!(at_start("--start random --seed 4"), at_start("--start random --seed 5"));
    place.write("v.json", r#"{"visible": [0.4, 0.1, 0.2, 0.3]}"#);
    for recognition in ["uniform", "start"] {
        let line = format!("flow n.json --hidden x --target v.json --recognition {recognition} --steps 9 --json");
        // Summed over the hidden states again.
        let target = &place.run(&line).fine().json()["target"];
        assert!(close(target, &serde_json::json!([0.4, 0.1, 0.2, 0.3]), 1e-15), "{target}");
    }
}

#[test]
fn bad_input_is_refused() {
    let place = place();
    let refuses = |more: &str, words: &[&str]| {
        place.refuses(&format!("{FLOW} {more}"), words);
    };
    refuses("--objective entropy", &["entropy", "evidence", "elbo"]);
    refuses("--dt 0", &["--dt is 0"]);
    refuses("--dt -0.1", &["--dt is -0.1"]);
    refuses("--dt nan", &["--dt is NaN"]);
    refuses("--method adaptive --until 0", &["--until is 0"]);
    refuses("--method adaptive --accuracy -1", &["tolerance"]);
    refuses("--until 3", &["--until", "adaptive"]);
    refuses("--steps 3 --method adaptive", &["--steps"]);
    refuses("--every 0", &["0"]);
    refuses("--out o.xlsx", &["o.xlsx", ".csv"]);
    refuses("--plot p.pdf", &["p.pdf", ".svg"]);
    refuses("--plot p", &["p: ", ".html"]);
    refuses("--plot nowhere/p.svg --out o.csv", &["nowhere/p.svg"]);
    assert!(!place.files().iter().any(|f| f.ends_with("o.csv")));
    refuses("--steps 0", &["--steps is 0"]);
    refuses("--steps 100000000", &["memory", "--every"]);
    refuses("--every 0", &["--every is 0"]);
    refuses("--settle -1", &["--settle is -1"]);
    refuses("--method adaptive --until -1", &["--until is -1"]);
    refuses("--method adaptive --accuracy 0", &["--accuracy is 0"]);
    refuses("--out nowhere/o.csv", &["nowhere/o.csv", "folder"]);
    refuses("--start absent.json", &["absent.json"]);
    refuses("--recognition uniform", &["--recognition"]);
    place.write("other.json", FORK.replace("\"z\"", "\"w\""));
    refuses("--start other.json", &["other.json", "nodes"]);
    place.write("edge.json", FORK.replace("0.2984494708891794, 0.7015505291108206", "1, 0"));
    refuses("--start edge.json --domain keep", &["\"y\"", "not positive"]);
    place.write("short.json", r#"{"joint": [0.5, 0.5]}"#);
    place.refuses("flow n.json --hidden x --target short.json", &["short.json", "2 entries"]);
    place.write("impossible.json", FORK.replace("0.2984494708891794, 0.7015505291108206", "1, 0"));
    refuses("--start impossible.json", &["q.json", "probability 0"]);
    place.refuses("flow n.json --hidden x --target absent.json", &["absent.json"]);
    place.refuses("flow n.json --hidden x,y --target q.json --plot p.html", &["p.html", "4 visible states", "2"]);
    place.run("flow n.json --hidden x,y --target q.json --plot p.svg").fine();
    assert!(place.read("p.svg").contains("divergence") || place.read("p.svg").contains("nats"));
}
