//! EM on networks with hidden nodes and missing cells, against paths and posteriors that other programs computed.

mod common;

use common::{Place, number};
use natgrad::catalogue::bayes_net::{NetworkModel, NetworkSettings};
use natgrad::rows::Table;
use serde_json::Value;
use std::path::Path;

/// Path below the repository's root.
fn at(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    path.canonicalize().unwrap_or_else(|e| panic!("{name}: {e}")).display().to_string()
}

fn document(path: &str) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// Largest difference between two tables of the same shape.
fn apart(a: &Value, b: &Value) -> f64 {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "tables of different shape");
            x.iter().zip(y).map(|(x, y)| apart(x, y)).fold(0.0, f64::max)
        }
        _ => (number(a) - number(b)).abs(),
    }
}

/// Tables after 20 EM steps may have lost digits: each step passes on rounding of the last, scaled by at most 1 near a
/// maximum and by the condition of nearly empty rows elsewhere. Five digits above double precision cover that.
const TABLES: f64 = 1e-11;

/// Log-evidence per row, nats: relative rounding of sums over some hundred rows.
const EVIDENCE: f64 = 1e-12;

fn follows(case: &str) {
    let oracle = document(&at(&format!("oracles/networks/{case}.json")));
    let text = |key: &str| oracle[key].as_str().expect("a text").to_string();
    let network = text("network");
    let network = if network.contains('/') { at(&network) } else { at(&format!("oracles/networks/{network}")) };
    let data = at(&format!("oracles/networks/{}", text("data")));
    let rows = number(&oracle["rows"]);
    let place = Place::new();
    for point in oracle["path"].as_array().expect("a path") {
        let steps = point["iterations"].as_u64().expect("a count");
        // Any number of threads gives the same bits, so that both follow.
        for threads in [1, 2] {
            let out = format!("run{steps}of{threads}");
            place
                .run(&format!(
                    "fit bayes-net {data} --network {network} --start table --metric joint --tolerance 0 \
                     --max-iterations {steps} --threads {threads} --out {out}"
                ))
                .fine();
            let summary = place.json(&format!("{out}/summary.json"));
            let expected = number(&point["log_likelihood"]) / rows;
            let found = number(&summary["elbo"]);
            assert!(
                (found - expected).abs() < EVIDENCE * (1.0 + expected.abs()),
                "{case}, {steps}: {found} {expected}"
            );
            if let Some(total) = point["pyagrum_log_likelihood"].as_f64() {
                // The other program's own stop between equal tables: its path was seen 7e-13 nats per row away.
                assert!((found - total / rows).abs() < 1e-10, "{case}, {steps}: {found} {}", total / rows);
            }
            let fitted = place.json(&format!("{out}/network.json"));
            for (name, table) in point["tables"].as_object().expect("tables") {
                let nodes = fitted["nodes"].as_array().expect("nodes");
                let node = nodes.iter().find(|n| n["name"] == **name).expect("the node");
                let off = apart(&node["table"], table);
                assert!(off < TABLES, "{case}, {steps} steps, {name}: {off:e} apart");
            }
        }
    }
    // The trace of the longest run passes through the same values.
    let trace = place.rows("run20of1/trace.csv");
    let column = trace[0].iter().position(|c| c == "elbo").expect("a column");
    assert_eq!(trace.len(), 22, "start and 20 steps");
    for point in oracle["path"].as_array().expect("a path") {
        let steps = point["iterations"].as_u64().expect("a count") as usize;
        let found: f64 = trace[1 + steps][column].parse().expect("a number");
        let expected = number(&point["log_likelihood"]) / rows;
        assert!((found - expected).abs() < EVIDENCE * (1.0 + expected.abs()), "{case}, {steps}: {found} {expected}");
    }
}

#[test]
fn em_with_hidden_nodes_follows_the_path_of_elimination() {
    follows("asia_hidden");
    follows("alarm_hidden");
}

#[test]
fn em_with_missing_cells_follows_the_path_of_elimination() {
    follows("asia_missing");
    follows("alarm_missing");
}

#[test]
fn em_from_tables_with_zeros_keeps_them_and_follows_the_path_of_elimination() {
    follows("asia_zeros");
}

#[test]
fn posteriors_of_rows_are_those_of_another_program() {
    let oracle = document(&at("oracles/networks/alarm_posteriors.json"));
    let network = at(oracle["network"].as_str().expect("a path"));
    let queries = oracle["queries"].as_array().expect("queries");
    let (network, point) = {
        let nodes = natgrad_io::read_bif(Path::new(&network)).expect("a network");
        natgrad::network::Network::described(nodes.clone(), &vec![None; nodes.len()]).expect("a network")
    };
    let names = network.names();
    let cell = |query: &Value, i: usize| match query["evidence"].get(&names[i]).and_then(Value::as_str) {
        None => f64::NAN,
        Some(s) => network.nodes()[i].states.iter().position(|t| t == s).expect("a state") as f64,
    };
    let data: Vec<Vec<f64>> = (0..names.len()).map(|i| queries.iter().map(|q| cell(q, i)).collect()).collect();
    let point = point.expect("tables");
    let every: Vec<natgrad::rows::Column> = NetworkModel::levels(&network)
        .into_iter()
        .map(|(name, levels)| natgrad::rows::Column {
            name,
            kind: natgrad::rows::ColumnKind::Levels(levels),
            missing: true,
        })
        .collect();
    let table = Table::from_columns(every.clone(), &data, None).expect("rows");
    let model = NetworkModel::new(NetworkSettings::default(), network.clone(), Some(point), &every).expect("a model");
    let at = model.given().expect("tables").expect("tables");
    let mut seen = 0;
    let chunk = table.chunk(0);
    model
        .net()
        .posteriors(&at, &chunk, |n, row| {
            let query = &queries[n];
            seen += 1;
            // 37 factors of a double each, and a sum over cliques of up to 144 cells.
            let expected = number(&query["log_probability"]);
            assert!((row.log_evidence - expected).abs() < 1e-12 * (1.0 + expected.abs()), "row {n}");
            for (name, p) in query["posteriors"].as_object().expect("posteriors") {
                let i = names.iter().position(|own| own == name).expect("a node");
                for (found, expected) in row.marginals[i].iter().zip(p.as_array().expect("an array")) {
                    assert!((found - number(expected)).abs() < 1e-12, "row {n}, {name}: {found} {expected}");
                }
            }
        })
        .expect("posteriors");
    assert_eq!(seen, queries.len());
}
