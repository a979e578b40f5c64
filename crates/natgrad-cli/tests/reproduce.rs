//! `natgrad reproduce` and `natgrad geometry --over-volume`: what is written, what is told, what is refused.

mod common;

use common::{Place, number};

const FORK: &str = r#"{"nodes": [
  {"name": "x", "states": ["a", "b"]},
  {"name": "y", "states": ["a", "b"], "parents": ["x"]},
  {"name": "z", "states": ["a", "b"], "parents": ["x"]}]}"#;
const TARGET: &str = r#"{"joint": [0.07, 0.01, 0.04, 0.06, 0.59, 0.01, 0.01, 0.21]}"#;

#[test]
fn a_paper_is_recomputed_into_a_folder() {
    let place = Place::new();
    let told = place.run("reproduce natural-gradient-elbo --out paper --json --quiet").fine().json();
    assert_eq!(told["holds"], true);
    assert_eq!(place.json("paper/comparison.json"), told);
    let claims = told["claims"].as_array().expect("claims");
    assert!(claims.len() > 50);
    for claim in claims {
        for key in ["claim", "source", "expected", "found", "difference", "holds"] {
            assert!(!claim[key].is_null(), "{key} of {claim}");
        }
    }
    let names = |key: &str| {
        let of = told[key].as_array().expect("names");
        of.iter().map(|n| n.as_str().expect("a name").to_string()).collect::<Vec<_>>()
    };
    for name in names("figures").into_iter().chain(names("tables")) {
        assert!(!place.bytes(&format!("paper/{name}")).is_empty(), "{name}");
    }
    // Another number of threads: the same bytes, pictures included.
    place.run("reproduce natural-gradient-elbo --out again --threads 1 --quiet").fine();
    for name in names("figures").into_iter().chain(names("tables")).chain(["comparison.json".into()]) {
        assert!(place.bytes(&format!("paper/{name}")) == place.bytes(&format!("again/{name}")), "{name} differs");
    }
}

#[test]
fn what_cannot_be_recomputed_is_refused_with_the_list() {
    let place = Place::new();
    place.refuses("reproduce everything --out paper", &["\"everything\"", "natural-gradient-elbo", "all"]);
    place.refuses("reproduce natural-gradient-elbo", &["--out"]);
}

#[test]
fn angles_are_told_over_the_volume() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("q.json", TARGET);
    let line = "geometry n.json --hidden x --target q.json --over-volume 5000 --seed 3";
    let ran = place.run(&format!("{line} --json --out points.csv --plot angles.svg")).fine();
    let told = ran.json();
    for pair in ["elbo_evidence", "recognition_evidence", "elbo_recognition"] {
        let of = &told["cosines"][pair];
        let counts = of["histogram"]["counts"].as_array().expect("counts");
        let total: f64 = counts.iter().map(number).sum();
        assert_eq!(total + number(&of["undefined"]), 5000.0, "{pair}");
        assert_eq!(of["histogram"]["edges"].as_array().expect("edges").len(), 21, "{pair}");
        assert!(number(&of["quantiles"]["0.5"]) <= number(&of["quantiles"]["0.95"]), "{pair}");
    }
    assert_eq!(told["cosines"]["recognition_evidence"]["negative"], 0.0);
    assert!(number(&told["cosines"]["elbo_evidence"]["negative"]) > 0.02);
    assert_eq!(place.rows("points.csv").len(), 5001);
    assert!(place.read("angles.svg").contains("ELBO and evidence"));
    assert_eq!(place.run(&format!("{line} --json --threads 1")).fine().json(), told);
    place.run(line).fine();
}

#[test]
fn samples_that_make_no_sense_are_refused() {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("q.json", TARGET);
    place.refuses("geometry n.json --hidden x --over-volume 10", &["--target"]);
    place.refuses("geometry n.json --hidden x --target q.json --over-volume 0", &["0"]);
    place.refuses("geometry n.json --hidden x --target q.json --over-volume 10 --margin 0.6", &["0.6", "2 states"]);
    place.refuses(
        "geometry n.json --hidden x --target q.json --over-volume 10 --plot a.pdf",
        &["a.pdf", ".svg", ".png"],
    );
    place.refuses("geometry n.json --hidden x --target q.json --over-volume 10 --out a.txt", &["a.txt"]);
}
