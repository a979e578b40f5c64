//! Pages of Bayesian networks: picture, nodes, tables, and nothing that runs or loads.

use natgrad_report::{Run, page, trace_from_csv};
use serde_json::{Value, json};

const PICTURE: &str = r##"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><path d="M0 0" fill="#fff"/></svg>"##;

fn summary() -> Value {
    let node = |name: &str, hidden: bool, unvisited: Value| {
        json!({"node": name, "hidden": hidden, "frozen": false, "residual": 1e-9, "unvisited": unvisited, "zeros": 1,
               "visible": {"rank": 1, "eigenvalues": [0.5], "alone": 0.5, "with_others": 0.25}})
    };
    json!({
        "model": "bayes-net", "rows": 10, "columns": ["y"], "status": "converged", "elbo": -1.5,
        "nodes": [node("y<", false, json!(["P(y< | x = b, n = on)"])), node("x", true, json!([])), node("n", false, json!([]))],
        "parameters": {"nodes": [
            {"name": "y<", "states": ["a", "b"], "parents": ["x", "n"],
             "table": [[0.25, 0.75], [1.0, 1e-15], [0.5, 0.5], [0.1, 0.9]]},
            {"name": "x", "states": ["a", "b"], "parents": [], "table": [[0.5, 0.5]]},
            {"name": "n", "states": ["off", "on"], "parents": ["x"], "noisy_or": {"weights": [[0.7]], "leak": 0.125}}]},
        "standard_errors": {"nodes": [
            {"name": "y<", "table": [[0.01, 0.01], [null, null], [0.1, 0.1], [0.1, 0.1]]},
            {"name": "x", "table": [[0.2, 0.2]]}, {"name": "n", "table": []}]},
    })
}

fn run(picture: Option<&str>) -> Run {
    let trace = trace_from_csv("iteration,passes,elbo,cosine\n0,1,-2,\n1,2,-1.6,0.5\n2,3,-1.5,1\n").expect("a trace");
    Run { picture: picture.map(String::from), ..Run::from_folder(&summary(), trace) }
}

#[test]
fn nodes_and_tables_are_shown_hidden_ones_first() {
    let html = page(&run(Some(PICTURE)));
    assert!(html.contains("viewBox=\"0 0 40 30\"") && html.contains("<path d=\"M0 0\""), "the picture is inside");
    assert!(html.contains("3 nodes, 1 hidden: x") && html.contains("50.0 %") && html.contains("25.0 %"));
    let caption = |name: &str| html.find(&format!("<caption>{name}")).expect("a table");
    assert!(caption("x") < caption("y&lt;") && caption("x") < caption("n"), "hidden nodes come first");
    assert!(html.contains("≈ 0") && html.contains("± 0.010"));
    assert_eq!(html.matches("<tr class=\"never\"").count(), 1, "one row is never reached");
    assert!(html.contains("leak") && html.contains("0.125") && html.contains("0.7"));
    assert!(html.contains("Angle between") && !html.contains("component"));
    for forbidden in ["src=", "url(", "<script", "http://", "NaN", "<?xml", "y< "] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn pictures_that_run_or_load_are_left_out() {
    let with = |inside: &str| PICTURE.replace("<path", &format!("{inside}<path"));
    for inside in ["<script>1</script>", "<image href=\"x\"/>", "<g onload=\"x\"/>", "<g style=\"fill:url(x)\"/>"] {
        let html = page(&run(Some(&with(inside))));
        assert!(!html.contains(inside) && !html.contains("class=\"sheet\""), "{inside}");
    }
    for odd in ["", "<svg", "<svg>", "<svg width=\"-1\" height=\"NaN\"></svg>", "no picture"] {
        assert!(!page(&run(Some(odd))).contains("class=\"sheet\""), "{odd}");
    }
    // The word "only" is no handler.
    assert!(page(&run(Some(&with("<text>only on a day</text>")))).contains("class=\"sheet\""));
}

#[test]
fn large_networks_are_cut_short_with_a_word() {
    let mut s = summary();
    let node = |i: usize| json!({"name": format!("v{i}"), "states": ["a", "b"], "parents": [], "table": [[0.5, 0.5]]});
    s["parameters"]["nodes"] = (0..60).map(node).collect();
    s["standard_errors"] = Value::Null;
    let html = page(&Run::from_folder(&s, Vec::new()));
    assert_eq!(html.matches("<table class=\"cpt\"").count(), 40);
    assert!(html.contains("20 tables more in network.json"));
}
