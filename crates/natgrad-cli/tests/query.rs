//! Asking a network on the command line: answers against listed joint states and an independent program, bad input.

mod common;

use common::{Place, number};
use natgrad::network::Network;
use serde_json::Value;

/// Path of an example network.
fn network(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/networks").join(name);
    path.canonicalize().expect("an example").display().to_string()
}

/// Every joint state of a small network with its probability.
fn listed(path: &str) -> (Network, Vec<(Vec<usize>, f64)>) {
    let nodes = natgrad_io::read_bif(std::path::Path::new(path)).expect("a network");
    let (network, point) = Network::new(nodes).expect("a network");
    let point = point.expect("tables");
    let n = network.len();
    let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, &point)).collect();
    let mut all = vec![(Vec::new(), 1.0)];
    for i in 0..n {
        let longer =
            |(x, _): &(Vec<usize>, f64)| (0..network.states(i)).map(|s| [&x[..], &[s]].concat()).collect::<Vec<_>>();
        all = all.iter().flat_map(longer).map(|x| (x, 1.0)).collect();
    }
    for (x, p) in &mut all {
        for (i, table) in tables.iter().enumerate() {
            let c = network.dag().parents(i).iter().fold(0, |c, &p| c * network.states(p) + x[p]);
            *p *= table[c * network.states(i) + x[i]];
        }
    }
    (network, all)
}

#[test]
fn asia_answers_as_its_joint_states_do() {
    let place = Place::new();
    let asia = network("asia.bif");
    let (of, all) = listed(&asia);
    for (given, line) in [
        (vec![], ""),
        (vec![(2, 0), (6, 0)], "--given smoke=yes,xray=yes"),
        (vec![(6, 0), (7, 1), (0, 0)], "--given xray=yes,dysp=no --given asia=yes"),
    ] {
        let told = place.run(&format!("query {asia} {line} --mpe --ask lung,tub --json")).fine().json();
        let all: Vec<_> = all.iter().filter(|(x, _)| given.iter().all(|&(i, s)| x[i] == s)).collect();
        let total: f64 = all.iter().map(|(_, p)| p).sum();
        // Sums of 256 products of eight numbers.
        let close = |a: &Value, b: f64| assert!((number(a) - b).abs() < 1e-12, "{line}: {a} {b}");
        close(&told["log_evidence"], total.ln());
        for (node, name) in [(3, "lung"), (1, "tub")] {
            let yes: f64 = all.iter().filter(|(x, _)| x[node] == 0).map(|(_, p)| p).sum();
            close(&told["posteriors"][name]["yes"], yes / total);
            close(&told["posteriors"][name]["no"], 1.0 - yes / total);
        }
        assert_eq!(told["posteriors"].as_object().map(serde_json::Map::len), Some(2));
        let best = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("one");
        close(&told["most_probable"]["log_probability"], best.1.ln());
        close(&told["most_probable"]["share"], best.1 / total);
        for (i, node) in of.nodes().iter().enumerate() {
            let state = &told["most_probable"]["states"][&node.name];
            let open = given.iter().all(|g| g.0 != i);
            assert_eq!(state.as_str(), open.then(|| node.states[best.0[i]].as_str()), "{line}: {told}");
        }
        let joint = place.run(&format!("query {asia} {line} --ask lung,tub --joint --json")).fine().json();
        assert_eq!(joint["joint"]["nodes"], serde_json::json!(["lung", "tub"]));
        for cell in 0..4 {
            let p: f64 = all.iter().filter(|(x, _)| (x[3], x[1]) == (cell / 2, cell % 2)).map(|(_, p)| p).sum();
            close(&joint["joint"]["probabilities"][cell], p / total);
        }
        assert!(joint.get("posteriors").is_none() && joint.get("most_probable").is_none(), "{joint}");
    }
}

#[test]
fn documents_have_the_order_of_the_network_and_words_the_same_numbers() {
    let place = Place::new();
    let asia = network("asia.bif");
    let text = place.run(&format!("query {asia} --given dysp=yes --json")).fine().stdout;
    let at = |word: &str| text.find(&format!("\"{word}\": {{")).unwrap_or_else(|| panic!("{word}: {text}"));
    assert!(["asia", "tub", "smoke", "lung", "bronc", "either", "xray"].map(at).is_sorted(), "{text}");
    assert!(text.find("\"yes\"") < text.find("\"no\""), "{text}");
    assert_eq!(text, place.run(&format!("query {asia} --given dysp=yes --json --threads 1")).fine().stdout);
    let shown = place.run(&format!("query {asia} --given dysp=yes --ask bronc --most-probable")).fine().stdout;
    for word in ["bronc", "yes", "0.833", "most probable together", "log p(given)", "p = 0.43"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    // The explanation alone, all given, and nothing given.
    let alone = place.run(&format!("query {asia} --mpe --json")).fine().json();
    assert!(alone.get("posteriors").is_none(), "{alone}");
    assert_eq!(alone["log_evidence"], 0.0);
    place.write("one.json", r#"{"nodes": [{"name": "x", "states": ["a", "b"], "table": [[0.25, 0.75]]}]}"#);
    let told = place.run("query one.json --given x=a --mpe --json").fine().json();
    assert_eq!(told["most_probable"]["states"], serde_json::json!({}));
    assert!(common::close(&told["most_probable"]["share"], &1.0.into(), 1e-15), "{told}");
    place.run("query one.json --given x=a --mpe").fine();
    place.run("query one.json --joint").fine();
}

#[test]
fn a_folder_of_a_run_is_asked_like_its_network() {
    let place = Place::new();
    std::fs::create_dir(place.path("run")).expect("a folder");
    place.refuses("query run --ask x", &["run", "network.json"]);
    place.run(&format!("convert {} run/network.json", network("asia.bif"))).fine();
    let told = place.run("query run --given smoke=no --json").fine().stdout;
    assert_eq!(told, place.run("query run/network.json --given smoke=no --json").fine().stdout);
}

#[test]
fn alarm_answers_as_an_independent_program_does() {
    let place = Place::new();
    let alarm = network("alarm.bif");
    // Computed by an independent program for exact inference, from the same file in double precision.
    /// Node, state, posterior.
    type Answers = &'static [(&'static str, &'static str, f64)];
    let cases: [(&str, f64, Answers); 3] = [
        (
            "INTUBATION=NORMAL,CO=HIGH,MINVOL=ZERO,PAP=NORMAL",
            -0.8779978724704303,
            &[
                ("PRESS", "ZERO", 0.022129181021),
                ("INSUFFANESTH", "TRUE", 0.100162196418),
                ("TPR", "NORMAL", 0.409773973486),
                ("ARTCO2", "NORMAL", 0.021352875838),
                ("VENTALV", "ZERO", 0.966468255024),
                ("PCWP", "NORMAL", 0.770274512191),
                ("HRSAT", "NORMAL", 0.106576135585),
            ],
        ),
        (
            "CVP=NORMAL,STROKEVOLUME=NORMAL",
            -0.464430643220386,
            &[
                ("CATECHOL", "NORMAL", 0.100134284314),
                ("DISCONNECT", "TRUE", 0.1),
                ("HRBP", "NORMAL", 0.060575544776),
                ("VENTALV", "LOW", 0.074136332314),
                ("PCWP", "LOW", 0.040497445126),
                ("HRSAT", "LOW", 0.169438876784),
            ],
        ),
        (
            "PVSAT=LOW,PCWP=NORMAL,MINVOL=ZERO,ANAPHYLAXIS=FALSE,INSUFFANESTH=FALSE,MINVOLSET=NORMAL,VENTALV=ZERO,\
             PAP=NORMAL,SAO2=LOW,VENTTUBE=ZERO,LVEDVOLUME=NORMAL",
            -3.880851065796982,
            &[
                ("CATECHOL", "NORMAL", 0.04092),
                ("KINKEDTUBE", "TRUE", 0.118567278074),
                ("HRBP", "NORMAL", 0.0607762812),
                ("CO", "HIGH", 0.778248013269),
            ],
        ),
    ];
    for (given, log_evidence, values) in cases {
        let told = place.run(&format!("query {alarm} --given {given} --json")).fine().json();
        assert!((number(&told["log_evidence"]) - log_evidence).abs() < 1e-9, "{told}");
        for (node, state, p) in values {
            assert!((number(&told["posteriors"][node][state]) - p).abs() < 1e-9, "{node} {state}: {told}");
        }
    }
    let told = place.run(&format!("query {alarm} --given HRBP=HIGH --mpe --json")).fine().json();
    assert_eq!(told["most_probable"]["states"].as_object().map(serde_json::Map::len), Some(36));
}

const ODD: &str = r#"{"nodes": [
  {"name": "a", "states": ["<5", "x,y", "5=6", "x,y=z"], "table": [[0.25, 0.25, 0.25, 0.25]]},
  {"name": "b c", "states": ["Asy/Patch", "no one"], "parents": ["a"], "table": [[1, 0], [0.5, 0.5], [0.25, 0.75], [0, 1]]},
  {"name": "long name", "states": ["yes", "no"], "parents": ["b c"], "table": [[0.5, 0.5], [0.125, 0.875]]}]}"#;

#[test]
fn names_may_hold_commas_equals_signs_and_spaces() {
    let place = Place::new();
    place.write("odd.json", ODD);
    let asked = |more: &[&str]| {
        let mut line = vec!["query", "odd.json", "--json"];
        line.extend(more);
        place.run_each(&line).fine().json()
    };
    for (given, state) in
        [("a=<5", "<5"), ("a=x,y", "x,y"), ("a=5=6", "5=6"), ("a=x,y=z", "x,y=z"), ("a=x,y,b c=no one", "x,y")]
    {
        assert_eq!(asked(&["--given", given])["given"]["a"], state);
    }
    let told = asked(&["--given", "a=x,y , b c=Asy/Patch", "--ask", "long name"]);
    assert_eq!(told["posteriors"]["long name"]["yes"], 0.5);
    assert_eq!(told["log_evidence"], 0.125f64.ln());
    assert_eq!(told, asked(&["--given", "a=x,y", "--given", "b c=Asy/Patch", "--ask", "long name"]));
    // The state of the most bytes that fits is taken: "x,y=z" is one state, not two entries.
    assert_eq!(asked(&["--given", "a=x,y=z,b c=no one"])["given"]["b c"], "no one");
}

#[test]
fn bad_questions_are_refused_with_the_way_out() {
    let place = Place::new();
    place.write("odd.json", ODD);
    let refuse = |arguments: &[&str], words: &[&str]| {
        let mut line = vec!["query", "odd.json"];
        line.extend(arguments);
        place.run_each(&line).refused(words);
    };
    refuse(&["--given", "A=<5"], &["no node \"A\"", "did you mean \"a\"?", "odd.json"]);
    refuse(&["--given", "b_C=no one"], &["no node \"b_C\"", "did you mean \"b c\"?"]);
    refuse(&["--given", "b c=No  One"], &["\"b c\" has no state \"No  One\"", "did you mean \"no one\"?"]);
    refuse(&["--given", "b c=Asy/Pacth"], &["did you mean \"Asy/Patch\"?", "Asy/Patch, no one"]);
    refuse(&["--given", "a=q,r,b c=no one"], &["\"a\" has no state \"q,r\"", "<5"]);
    refuse(&["--given", "a"], &["\"a\" names no state", "NODE=STATE"]);
    refuse(&["--given", ""], &["names no state"]);
    refuse(&["--given", "a=<5,"], &["names no state"]);
    refuse(&["--given", "a=<5", "--given", "a=x,y"], &["\"a\" is given twice", "<5", "x,y"]);
    refuse(&["--ask", "a,a"], &["\"a\" is asked twice"]);
    refuse(&["--ask", "a", "--given", "a=<5"], &["\"a\" is given (<5) and asked"]);
    refuse(&["--ask", "Long Name"], &["no node \"Long Name\"", "did you mean \"long name\"?"]);
    refuse(&["--ask", "a=<5"], &["\"a=<5\" is a state", "--given a=<5"]);
    refuse(&["--ask", "q"], &["no node \"q\"", "the nodes are a, b c, long name"]);
    // Impossible: the entry of a table, two nodes apart, and one alone.
    refuse(&["--given", "long name=no,a=<5,b c=no one"], &["impossible", "P(b c = no one | a = <5) is 0", "leave one"]);
    place.write("chain.json", ODD.replace("[[0.5, 0.5], [0.125, 0.875]]", "[[0, 1], [0.125, 0.875]]"));
    place
        .run_each(&["query", "chain.json", "--given", "a=<5,long name=yes"])
        .refused(&["chain.json", "a = <5 and long name = yes cannot all be true"]);
    place.write("never.json", ODD.replace("[[0.25, 0.25, 0.25, 0.25]]", "[[0, 0.5, 0.25, 0.25]]"));
    place.run_each(&["query", "never.json", "--given", "long name=no,a=<5"]).refused(&["P(a = <5) is 0"]);
    // Tables that are missing, and questions that are too large.
    place.write(
        "bare.json",
        r#"{"nodes": [{"name": "x", "states": ["a"], "table": [[1]]}, {"name": "y", "states": ["b"]}]}"#,
    );
    place.refuses("query bare.json", &["bare.json", "1 of the nodes have no table", "\"y\""]);
    let alarm = network("alarm.bif");
    place.refuses(&format!("query {alarm} --joint"), &["37 nodes", "cells", "2^20"]);
    place.refuses("query none.bif", &["none.bif"]);
    place.refuses(&format!("query {alarm} --ask HRBp,CO --joint"), &["\"HRBp\"", "did you mean \"HRBP\"?"]);
}

#[test]
fn a_tree_that_is_too_large_is_refused_with_width_and_bytes() {
    let place = Place::new();
    // A grid of 30 × 30: every diagonal would be a clique.
    let side = 30;
    let mut text = String::new();
    for i in 0..side * side {
        text.push_str(&format!("variable n{i} {{ type discrete [ 2 ] {{ a, b }}; }}\n"));
    }
    for i in 0..side * side {
        let mut parents = Vec::new();
        if i % side > 0 {
            parents.push(format!("n{}", i - 1));
        }
        if i >= side {
            parents.push(format!("n{}", i - side));
        }
        let bar = if parents.is_empty() { String::new() } else { format!("| {}", parents.join(", ")) };
        text.push_str(&format!("probability ( n{i} {bar} ) {{ default 0.5, 0.5; }}\n"));
    }
    place.write("grid.bif", text);
    place.refuses("query grid.bif --ask n899", &["grid.bif", "width", "bytes", "ask fewer"]);
    place.refuses("query grid.bif --mpe", &["width", "bytes"]);
    // A corner has few ancestors.
    let told = place.run("query grid.bif --ask n65 --given n3=a --json").fine().json();
    assert!(common::close(&told["posteriors"]["n65"]["a"], &0.5.into(), 1e-12), "{told}");
}
