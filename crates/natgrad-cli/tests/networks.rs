//! Networks with hidden nodes on the command line: answers, conversions, and what is refused.

mod common;

use common::Place;
use serde_json::Value;

const FORK: &str = r#"{"nodes": [
  {"name": "x", "states": ["a", "b"], "table": [[0.3, 0.7]]},
  {"name": "y", "states": ["a", "b"], "parents": ["x"], "table": [[0.8, 0.2], [0.4, 0.6]]},
  {"name": "z", "states": ["a", "b"], "parents": ["x"], "table": [[0.6, 0.4], [0.1, 0.9]]}]}"#;

#[test]
fn networks_that_are_none_are_refused_with_the_place() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.refuses("geometry n.json --hidden w", &["\"w\"", "x, y, z"]);
    place.refuses("geometry n.json --hidden x,y,z", &["every node is hidden"]);
    place.refuses("geometry n.csv --hidden x", &["n.csv", ".bif", ".json"]);
    let changed = |name: &str, from: &str, to: &str, needles: &[&str]| {
        assert!(FORK.contains(from), "{from}");
        place.write(name, FORK.replace(from, to));
        place.refuses(&format!("geometry {name} --hidden x"), needles);
    };
    changed("sum.json", "[0.4, 0.6]", "[0.4, 0.7]", &["sum.json", "\"y\"", "row 2", "x = b", "1.1"]);
    changed("size.json", ", [0.4, 0.6]]", "]", &["size.json", "\"y\"", "1 rows", "2 configurations"]);
    changed("long.json", "[0.3, 0.7]", "[0.3, 0.3, 0.4]", &["long.json", "\"x\"", "3 entries", "2 states"]);
    changed("negative.json", "[0.3, 0.7]", "[-0.3, 1.3]", &["negative.json", "\"x\"", "-0.3"]);
    changed("parent.json", r#"["x"], "table": [[0.8"#, r#"["w"], "table": [[0.8"#, &["parent.json", "\"w\"", "\"y\""]);
    changed(
        "cycle.json",
        r#""a", "b"], "table": [[0.3"#,
        r#""a", "b"], "parents": ["y"], "table": [[0.3"#,
        &["cycle.json", "cycle"],
    );
    changed("twice.json", r#""name": "z""#, r#""name": "y""#, &["twice.json", "\"y\""]);
    changed("cut.json", "0.9]]}]}", "", &["cut.json", "line 4"]);
    place.write("n.bif", "network n { }\nvariable x {\n  type discrete [ 3 ] { a, b };\n}\n");
    place.refuses("geometry n.bif --hidden x", &["n.bif", "line 3", "2 states where 3"]);
    // The boundary of the simplex: no metric, but a criterion.
    place.write("edge.json", FORK.replace("[0.4, 0.6]", "[0, 1]"));
    let told = place.run("geometry edge.json --hidden x --json").fine().json();
    assert_eq!(told["cylindrical_graph"], false);
    assert!(
        told["no_metric"].as_str().is_some_and(|t| t.contains("boundary")) && told.get("defect").is_none(),
        "{told}"
    );
    // Targets.
    place.write("short.json", r#"{"joint": [0.5, 0.5]}"#);
    place.refuses("geometry n.json --hidden x --target short.json", &["short.json", "2 entries", "8 joint states"]);
    place.write("visible.json", r#"{"visible": [0.25, 0.25, 0.25, 0.25]}"#);
    place.refuses("geometry n.json --hidden x --target visible.json", &["visible.json", "--recognition"]);
    place.write("sum.q.json", r#"{"visible": [0.25, 0.25, 0.25, 0.35]}"#);
    place.refuses("geometry n.json --hidden x --target sum.q.json --recognition start", &["sum.q.json", "1.1"]);
    place.refuses("geometry n.json --hidden x --target edge.json", &["edge.json", "line"]);
}

#[test]
fn a_network_says_how_far_the_elbo_is_from_the_evidence() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write(
        "q.json",
        r#"{"joint": [0.181584, 0.005616, 0.575016, 0.017784, 0.174988, 0.005412, 0.038412, 0.001188]}"#,
    );
    let told = place.run("geometry n.json --hidden x --target q.json --json").fine().json();
    // Computed independently (numpy, 40-digit arithmetic); directions ascend.
    let at = |path: &str| told.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {told}"));
    for (path, expected) in [
        ("/eigenvalues/2", 0.3607574367),
        ("/defect", 2.0 * 0.4802202709),
        ("/cosine_bound", 0.8827890253),
        ("/cosines/recognition_evidence", 0.9392840707),
        ("/cosines/elbo_evidence", 0.9853470559),
        ("/gradients/evidence/natural/0", -0.0086394781),
        ("/gradients/recognition/natural/3", 0.7671782871),
        ("/gradients/elbo/natural/1", -1.456),
        ("/gradients/elbo/pushforward/0", 0.2658),
        ("/gradients/evidence/parameter/4", 3.8548452967),
    ] {
        assert!((at(path) - expected).abs() < 1e-9, "{path}: {} where {expected} is expected", at(path));
    }
    assert_eq!(told["why"], "hidden x has two visible neighbours y, z that are not adjacent");
    assert_eq!(told["smallest_change"][0], "add the edge y -> z");
    let shown = place.run("geometry n.json --hidden x --target q.json").fine().stdout;
    assert!(shown.contains("not cylindrical") && shown.contains("0.985347"), "{shown}");
    // Through BIF and back: the same answer, bit for bit.
    place.run("convert n.json n.bif").fine();
    place.run("convert n.bif again.json").fine();
    let again = place.run("geometry again.json --hidden x --target q.json --json").fine().json();
    assert_eq!(told, again);
    let random =
        |seed: u32| place.run(&format!("geometry n.bif --hidden y --at random --seed {seed} --json")).fine().json();
    assert_eq!(random(3), random(3));
    assert_eq!(random(3)["cylindrical_at_point"], true);
}

/// Path of an example network.
fn network(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/networks").join(name);
    path.canonicalize().expect("an example").display().to_string()
}

#[test]
fn a_network_of_thirty_seven_nodes_is_looked_at_by_parts() {
    let place = Place::new();
    let alarm = network("alarm.bif");
    let line = format!("geometry {alarm} --hidden HYPOVOLEMIA,LVFAILURE,ANAPHYLAXIS,INTUBATION --json");
    let exact = place.run(&line).fine().json();
    assert_eq!(exact["parameters"], 509);
    assert_eq!(exact["sampled"], Value::Null);
    assert!(exact["boundary"]["zeros"].as_u64().is_some_and(|n| n > 0), "{}", exact["boundary"]);
    let numbers = |v: &Value| -> Vec<f64> {
        v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
    };
    let values = numbers(&exact["eigenvalues"]);
    assert_eq!(values.len() as u64, exact["rank_joint"].as_u64().expect("a rank"));
    assert!(values.is_sorted() && values.iter().all(|l| (0.0..=1.0 + 1e-9).contains(l)));
    assert!(numbers(&exact["standard_error"]["eigenvalues"]).iter().all(|e| *e == 0.0));
    assert!(exact["fisher_joint"]["blocks"].as_array().is_some_and(|b| b.len() > 37));
    // The same from samples: less is seen, and the error bars hold the truth.
    let sampled = place.run(&format!("{line} --samples 2000 --seed 5")).fine().json();
    assert_eq!(sampled["sampled"]["samples"], 2000);
    let (found, truth) = (&sampled["defect"].as_f64(), &exact["defect"].as_f64());
    let (Some(found), Some(truth)) = (found, truth) else { panic!("{sampled}") };
    assert!((0.0..=1.0).contains(found) && (found - truth).abs() < 0.2, "{found} {truth}");
    assert!(numbers(&sampled["standard_error"]["eigenvalues"]).iter().any(|e| *e > 0.0));
    assert_eq!(sampled, place.run(&format!("{line} --samples 2000 --seed 5")).fine().json());
    let shown = place.run(&line.replace(" --json", "")).fine().stdout;
    assert!(shown.contains("partly visible at HYPOVOLEMIA") && shown.contains("boundary"), "{shown}");
    place.write("q.json", r#"{"visible": [1]}"#);
    place.refuses(&format!("{line} --target q.json"), &["q.json", "rows of visible states"]);
}

#[test]
fn rows_of_visible_states_are_a_target() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("rows.csv", "z,y\na,a\na,b\nb,b\nb,b\n");
    let asked = |more: &str| {
        place
            .run(&format!("geometry n.json --hidden x --target rows.csv --recognition uniform --json{more}"))
            .fine()
            .json()
    };
    let listed = asked("");
    place.write("q.json", r#"{"visible": [0.25, 0, 0.25, 0.5]}"#);
    let same = place.run("geometry n.json --hidden x --target q.json --recognition uniform --json").fine().json();
    assert_eq!(listed, same);
    // Part by part, with all the visible states sampled: the joint metric does not depend on the sample.
    let parts = asked(" --samples 4000");
    for path in
        ["/divergence/evidence", "/divergence/elbo", "/gradients/elbo/natural/1", "/gradients/recognition/natural/0"]
    {
        let at = |v: &Value| v.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {v}"));
        assert!((at(&parts) - at(&listed)).abs() < 1e-12, "{path}: {} {}", at(&parts), at(&listed));
    }
    place.refuses("geometry n.json --hidden x --target rows.csv", &["rows.csv", "--recognition"]);
    place.write("rows.csv", "z,y\na,\n");
    place.refuses("geometry n.json --hidden x --target rows.csv --recognition start", &["rows.csv", "row 1", "\"y\""]);
    place.write("rows.csv", "z,y\na,c\n");
    place.refuses("geometry n.json --hidden x --target rows.csv --recognition start", &["rows.csv", "\"c\""]);
}

#[test]
fn sigmoid_nodes_are_read_looked_at_and_become_tables_in_bif() {
    let place = Place::new();
    let sigmoid =
        FORK.replace(r#""table": [[0.6, 0.4], [0.1, 0.9]]"#, r#""logistic": {"weights": [[2.5]], "bias": -0.4}"#);
    place.write("n.json", &sigmoid);
    place.run("convert n.json again.json").fine();
    assert_eq!(place.json("again.json")["nodes"][2]["logistic"]["bias"], -0.4);
    place.run("convert n.json n.bif").fine();
    let asked = |name: &str| place.run(&format!("geometry {name} --hidden x --json")).fine().json();
    assert_eq!(asked("n.json"), asked("again.json"));
    // With one parent a sigmoid is a table in other coordinates: the same spectrum.
    let (a, b) = (asked("n.json"), asked("n.bif"));
    assert!(common::close(&a["eigenvalues"], &b["eigenvalues"], 1e-9), "{a} {b}");
    place.write("bad.json", sigmoid.replace("[[2.5]]", "[[2.5, 1]]"));
    place.refuses("geometry bad.json --hidden x", &["bad.json", "\"z\"", "2 weights", "2 states"]);
}

#[test]
fn noisy_or_nodes_are_looked_at_and_become_tables_in_bif() {
    let place = Place::new();
    let noisy =
        FORK.replace(r#""table": [[0.6, 0.4], [0.1, 0.9]]"#, r#""noisy_or": {"weights": [[0.75]], "leak": 0.2}"#);
    place.write("n.json", &noisy);
    place.run("convert n.json again.json").fine();
    assert_eq!(place.json("again.json")["nodes"][2]["noisy_or"]["leak"], 0.2);
    place.run("convert n.json n.bif").fine();
    // With one parent a noisy-or is a table in other coordinates: the same spectrum.
    let asked = |name: &str| place.run(&format!("geometry {name} --hidden x --json")).fine().json();
    let (a, b) = (asked("n.json"), asked("n.bif"));
    assert!(common::close(&a["eigenvalues"], &b["eigenvalues"], 1e-9), "{a} {b}");
    place.write("bad.json", noisy.replace("[[0.75]]", "[[1.75]]"));
    place.refuses("geometry bad.json --hidden x", &["bad.json", "\"z\"", "1.75 is no probability"]);
}

#[test]
fn a_network_is_drawn_with_its_hidden_nodes_and_compelled_edges() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.run("graph n.json --out n.svg").fine();
    assert!(place.read("n.svg").contains(">x<") && !place.read("n.svg").contains("hidden"));
    let said = place.run("graph n.json --hidden x --out n.svg --json").fine().json();
    assert_eq!((said["nodes"].as_u64(), said["edges"].as_u64()), (Some(3), Some(2)));
    assert!(place.read("n.svg").contains("hidden"));
    std::fs::create_dir(place.path("run")).expect("a folder");
    place.write("run/network.json", FORK);
    place.run("graph run --out n.png").fine();
    place.refuses("graph n.json --out n.gif", &["n.gif", ".svg or .png"]);
    place.refuses("graph n.json --hidden w --out n.svg", &["\"w\""]);
    place.refuses("graph none.json --out n.svg", &["none.json"]);
}

#[test]
fn what_would_not_fit_or_not_come_back_is_refused() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("q.json", r#"{"visible": [0.25, 0.25, 0.25, 0.25]}"#);
    place.write("rows.csv", "y,z\na,b\n");
    let volume = "geometry n.json --hidden x --recognition start";
    place.refuses(
        &format!("{volume} --target q.json --over-volume 4000000000"),
        &["--over-volume 4000000000", "memory", "at most"],
    );
    place.refuses(&format!("{volume} --target rows.csv --over-volume 10"), &["rows.csv", ".json"]);
    place.refuses(&format!("{volume} --target q.json --over-volume 10 --samples 100"), &["--samples"]);
    place.write("quotes.json", FORK.replace(r#""states": ["a", "b"], "table""#, r#""states": ["a\"", "b"], "table""#));
    place.refuses("convert quotes.json q.bif", &["q.bif", "a\"", "double quote"]);
    // A hidden node with one state is a constant: its effects are independent.
    let constant = FORK
        .replace(r#""states": ["a", "b"], "table": [[0.3, 0.7]]"#, r#""states": ["a"], "table": [[1]]"#)
        .replace(", [0.4, 0.6]]", "]")
        .replace(", [0.1, 0.9]]", "]");
    place.write("constant.json", constant);
    let told = place.run("geometry constant.json --hidden x --json").fine().json();
    assert_eq!((&told["cylindrical_graph"], &told["cylindrical_at_point"]), (&true.into(), &true.into()), "{told}");
}
