//! What a run of a Bayesian network shows: its picture, its page, and the graph criterion only where it applies.

mod common;

use common::Place;
use serde_json::Value;

const DATA: &str = "y,z\na,a\na,a\na,b\nb,b\nb,b\nb,a\n,b\na,\n";

fn fork(y: &str) -> String {
    format!(
        r#"{{"nodes": [
  {{"name": "x", "states": ["a", "b"], "table": [[0.3, 0.7]]}},
  {{"name": "w", "states": ["a", "b"], "table": [[0.5, 0.5]]}},
  {{"name": "y", "states": ["a", "b"], "parents": ["x", "w"], {y}}},
  {{"name": "z", "states": ["a", "b"], "parents": ["x"], "table": [[0.6, 0.4], [0.1, 0.9]]}}]}}"#
    )
}

const TABLE: &str = r#""table": [[0.8, 0.2], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]"#;
const NOISY: &str = r#""noisy_or": {"weights": [[0.6], [0.4]], "leak": 0.1}"#;

#[test]
fn a_run_folder_has_the_picture_and_the_page_shows_it() {
    let place = Place::new();
    place.write("n.json", fork(TABLE));
    place.write("d.csv", DATA);
    place.run("fit bayes-net d.csv --network n.json --angles --out run").fine();
    let svg = place.read("run/network.svg");
    // Outlines of hidden nodes are of another width, and cut into dashes.
    assert!(svg.contains("<svg") && svg.contains("stroke-width=\"1.8\"") && svg.contains("% visible"));
    let page = place.read("run/report.html");
    for needle in ["4 nodes, 2 hidden: x, w", "% visible", "With others learnt", "x</span> hidden", "Angle between"] {
        let needle = needle.replace("</span>", "<span class=\"quiet\">");
        assert!(page.contains(&needle), "{needle}");
    }
    assert!(!page.contains("component"), "networks have no components");
    assert_eq!(page.matches("<table class=\"cpt\"").count(), 4);
    // Without the picture the page is whole.
    std::fs::remove_file(place.path("run/network.svg")).expect("removed");
    place.run("report run --out again.html").fine();
    assert!(place.read("again.html").contains("With others learnt"));
}

#[test]
fn the_criterion_is_for_free_tables() {
    let place = Place::new();
    place.write("table.json", fork(TABLE));
    place.write("noisy.json", fork(NOISY));
    let geometry = |file: &str, hidden: &str| -> Value {
        let ran = place.run(&format!("geometry {file} --hidden {hidden} --json")).fine();
        ran.json()
    };
    assert_eq!(geometry("table.json", "x")["cylindrical_graph"], false);
    let noisy = geometry("noisy.json", "x");
    assert_eq!(noisy["cylindrical_graph"], Value::Null);
    assert_eq!(noisy["smallest_change"], Value::Null);
    assert!(noisy["why"].as_str().is_some_and(|w| w.contains("free tables") && w.contains("y (noisy-or)")), "{noisy}");
    assert!(noisy["defect"].as_f64().is_some_and(|d| d > 0.0));
    // Without an edge from a hidden to a visible node the model is cylindrical whatever its local models are.
    for file in ["table.json", "noisy.json"] {
        let leaf = geometry(file, "y");
        assert_eq!((&leaf["cylindrical_graph"], &leaf["cylindrical_at_point"]), (&true.into(), &true.into()), "{file}");
    }
    let red = |file: &str| -> usize {
        let ran = place.run(&format!("graph {file} --hidden x --out p.svg --json")).fine();
        ran.json()["compelled"].as_array().map_or(0, Vec::len)
    };
    assert!(red("table.json") > 0);
    assert_eq!(red("noisy.json"), 0);
    place.write("d.csv", DATA);
    let ran = place.run("fit bayes-net d.csv --network noisy.json --max-iterations 3").fine();
    assert!(ran.stderr.contains("free tables"), "{}", ran.stderr);
    let ran = place.run("fit bayes-net d.csv --network table.json --freeze x --max-iterations 3").fine();
    assert!(ran.stderr.contains("x is frozen"), "{}", ran.stderr);
}
