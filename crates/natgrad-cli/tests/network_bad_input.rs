//! What a user can get wrong with networks and their rows ends with exit code 2, one line, a hint, and nothing written.

mod common;

use common::{Place, example};

const FORK: &str = r#"{"nodes": [
  {"name": "hid", "states": ["u", "v"], "table": [[0.3, 0.7]]},
  {"name": "yes", "states": ["small", "large"], "parents": ["hid"], "table": [[0.8, 0.2], [0.4, 0.6]]},
  {"name": "zed", "states": ["small", "large"], "parents": ["hid"], "table": [[0.6, 0.4], [0.1, 0.9]]},
  {"name": "wet", "states": ["a", "b", "c"], "parents": ["zed"], "table": [[0.5, 0.25, 0.25], [0.2, 0.8, 0]]}]}"#;

const ROWS: &str = "yes,zed,wet\nsmall,small,a\nlarge,large,b\nsmall,large,a\nlarge,small,b\n";

const FIT: &str = "fit bayes-net t.csv --network n.json --out new";

fn place() -> Place {
    let place = Place::new();
    place.write("n.json", FORK);
    place.write("t.csv", ROWS);
    place
}

/// As [`place`], with a run in `run`.
fn with_run() -> Place {
    let place = place();
    place.run("fit bayes-net t.csv --network n.json --out run").fine();
    place
}

#[test]
fn columns_that_are_no_nodes_are_refused_with_the_node_that_may_be_meant() {
    let place = place();
    let rows = |text: &str, words: &[&str]| {
        place.write("t.csv", text);
        place.refuses(FIT, &[&["t.csv"], words].concat());
    };
    rows("Yes,zed\nsmall,small\n", &["column \"Yes\" belongs to no node", "is it the node \"yes\"?", "--exclude"]);
    rows("yes,zedd\nsmall,small\n", &["column \"zedd\"", "is it the node \"zed\"?"]);
    rows("yes,other\nsmall,1\n", &["column \"other\"", "--exclude \"other\"", "\"hid\", \"yes\", \"zed\", \"wet\""]);
    rows("p,q\n1,2\n", &["column \"p\"", "\"wet\""]);
    rows("yes,yes\nsmall,small\n", &["both named \"yes\""]);
    // Left out, they are no obstacle; with all left out nothing is seen.
    place.write("t.csv", "yes,other\nsmall,1\nlarge,2\n");
    place.run("fit bayes-net t.csv --network n.json --exclude other").fine();
    place.refuses(&format!("{FIT} --exclude other,yes"), &["t.csv", "no column belongs to a visible node"]);
}

#[test]
fn cells_that_are_no_states_are_refused_with_row_column_and_the_state_that_may_be_meant() {
    let place = place();
    let rows = |text: &str, words: &[&str]| {
        place.write("t.csv", text);
        place.refuses(FIT, &[&["t.csv", "row 2", "column \"zed\""], words].concat());
    };
    rows("yes,zed\nsmall,small\nlarge,Small\n", &["\"Small\"", "did you mean \"small\"?"]);
    rows("yes,zed\nsmall,small\nlarge,\"sm all\"\n", &["\"sm all\"", "did you mean \"small\"?"]);
    rows("yes,zed\nsmall,small\nlarge,1\n", &["\"1\"", "the known levels are \"small\", \"large\""]);
    rows("yes,zed\nsmall,small\nlarge,medium\n", &["\"medium\"", "\"small\", \"large\""]);
}

#[test]
fn rows_without_weight_or_content_are_refused() {
    let place = place();
    let rows = |text: &str, more: &str, words: &[&str]| {
        place.write("t.csv", text);
        place.refuses(&format!("{FIT} {more}"), &[&["t.csv"], words].concat());
    };
    rows("yes,zed\n", "", &["no rows"]);
    rows("", "", &["empty"]);
    rows("yes,k\nsmall,0\n", "--weights k", &["all weights are zero"]);
    rows("yes,k\nsmall,1\nlarge,-1\n", "--weights k", &["row 2", "\"k\"", "-1"]);
    rows("yes,zed\nsmall\n", "", &["row 1", "1 cells where the header has 2"]);
}

#[test]
fn network_files_that_are_none_are_refused() {
    let place = with_run();
    let network = |name: &str, words: &[&str]| {
        place.refuses(&format!("fit bayes-net t.csv --network {name} --out new"), words);
    };
    network("none.json", &["none.json", "no such file"]);
    network("t.csv", &["t.csv", ".bif", ".json"]);
    network("run/summary.json", &["run/summary.json", "line"]);
    place.write("cut.json", &FORK[..100]);
    network("cut.json", &["cut.json", "line 3", "truncated"]);
    place.write("sum.json", FORK.replace("[0.4, 0.6]", "[0.4, 0.7]"));
    network("sum.json", &["sum.json", "\"yes\"", "row 2", "1.1"]);
    place.write("cycle.json", FORK.replacen("\"table\": [[0.3, 0.7]]", "\"parents\": [\"yes\"]", 1));
    network("cycle.json", &["cycle.json", "cycle"]);
    place.refuses("fit bayes-net t.csv --out new", &["--network FILE"]);
}

#[test]
fn networks_without_tables_are_refused_where_tables_are_needed() {
    let place = place();
    place.write("bare.json", FORK.replace(", \"table\": [[0.3, 0.7]]", ""));
    let fit = "fit bayes-net t.csv --network bare.json --out new";
    place.refuses(&format!("{fit} --start table"), &["lacks tables", "--start random"]);
    place.refuses(&format!("{fit} --freeze yes"), &["\"yes\" is frozen", "lacks tables"]);
    for command in
        ["score bare.json t.csv", "predict bare.json t.csv --out p.csv", "sample bare.json --rows 3 --out s.csv"]
    {
        place.refuses(command, &["bare.json", "lacks tables", "learn them"]);
    }
}

#[test]
fn impossible_rows_are_refused_with_the_row_and_what_makes_them_so() {
    let place = place();
    place.write("t.csv", "yes,zed,wet\nsmall,small,a\nlarge,large,c\n");
    place.refuses(FIT, &["t.csv", "row 2", "P(wet = c | zed = large) = 0", "--prior", "--start random"]);
    place.refuses("check n.json t.csv", &["t.csv", "row 2", "P(wet = c | zed = large) = 0"]);
    // What the hint says helps.
    place.run("fit bayes-net t.csv --network n.json --prior 1").fine();
    place.run("fit bayes-net t.csv --network n.json --start random").fine();
    // Through a hidden node.
    place.write("t.csv", "yes,zed,wet\nsmall,small,a\nlarge,large,b\n");
    place.write("n.json", FORK.replace("[[0.8, 0.2], [0.4, 0.6]]", "[[1, 0], [1, 0]]"));
    place.refuses(FIT, &["t.csv", "row 2", "no states of hid fit yes = large, zed = large"]);
    // A row of weight 0 need not be possible.
    place.write("n.json", FORK);
    place.write("t.csv", "yes,zed,wet,k\nsmall,small,a,1\nlarge,large,c,0\n");
    place.run("fit bayes-net t.csv --network n.json --weights k").fine();
    // Scores tell it; a posterior there is none, nor is a gap filled.
    place.write("t.csv", "yes,zed,wet\nsmall,small,a\n,large,c\n");
    let told = place.run("score n.json t.csv --json").fine();
    assert_eq!(told.json()["impossible"], 1, "{told:#?}");
    assert!(told.stderr.contains("1 rows have probability zero"), "{told:#?}");
    place.run("predict n.json t.csv --out p.csv").fine();
    assert_eq!(place.rows("p.csv")[2][..3], ["0", "0", ""]);
    place.run("impute n.json t.csv --out i.csv").fine();
    assert_eq!(place.rows("i.csv")[2], ["", "large", "c"]);
}

#[test]
fn options_that_name_no_node_or_fit_no_table_are_refused() {
    let place = place();
    let fit = |more: &str, words: &[&str]| place.refuses(&format!("{FIT} {more}"), words);
    fit("--hidden wer", &["no node \"wer\" to hide", "hid, yes, zed, wet"]);
    fit("--hidden Zed", &["no node \"Zed\"", "did you mean \"zed\"?"]);
    fit("--freeze q", &["no node \"q\" to freeze", "hid, yes, zed, wet"]);
    fit("--tie yes=Zed", &["no node \"Zed\" to tie", "did you mean \"zed\"?"]);
    fit("--tie yes", &["--tie \"yes\" names one node", "A=B"]);
    fit("--tie yes=wet", &["\"yes\" and \"wet\" cannot share a table"]);
    fit("--tie hid=yes", &["\"hid\" and \"yes\" cannot share a table"]);
    fit("--tie yes=zed", &["\"zed\"", "differs from that of \"yes\"", "--start random"]);
    fit("--tie yes=zed --freeze yes --start random", &["only one of them is frozen"]);
    fit("--prior -1", &["--prior -1", "at least 0"]);
    fit("--prior inf", &["--prior", "at least 0"]);
    fit("--memory 0", &["--memory", "above 0"]);
    fit("--memory lots", &["'lots'", "--memory"]);
    fit("--hidden yes,zed,wet", &["t.csv", "no column belongs to a visible node"]);
    fit("--restarts 2 --start table", &["--restarts"]);
    fit("--start none.json", &["none.json", "no such file"]);
    place.write("other.json", FORK.replace("\"c\"", "\"d\""));
    fit("--start other.json", &["other.json", "other nodes, states or parents"]);
}

#[test]
fn hidden_nodes_too_entangled_for_the_memory_are_refused_with_width_bytes_and_names() {
    let place = Place::new();
    let node = |i: usize, j: usize| {
        let up = (i > 0).then(|| format!("\"n{}_{j}\"", i.wrapping_sub(1)));
        let left = (j > 0).then(|| format!("\"n{i}_{}\"", j.wrapping_sub(1)));
        let parents: Vec<String> = up.into_iter().chain(left).collect();
        format!("{{\"name\": \"n{i}_{j}\", \"states\": [\"a\", \"b\", \"c\"], \"parents\": [{}]}}", parents.join(","))
    };
    let side = 8;
    let nodes: Vec<String> = (0..side * side).map(|k| node(k / side, k % side)).collect();
    place.write("n.json", format!("{{\"nodes\": [{}]}}", nodes.join(",")));
    place.write("t.csv", "n0_0,n7_7\na,b\nc,\n");
    place.refuses(
        "fit bayes-net t.csv --network n.json --memory 0.0001 --out new",
        &["n0_1", "width", "bytes", "more", "--memory"],
    );
}

#[test]
fn options_of_other_models_are_refused() {
    let place = with_run();
    for option in [
        "--components 2",
        "--covariance full",
        "--covariance-floor 1",
        "--family yes=normal",
        "--dispersion 2",
        "--no-header",
    ] {
        let name = option.split(' ').next().unwrap_or_default();
        place.refuses(&format!("{FIT} {option}"), &[name, "does nothing in a bayes-net"]);
    }
    for option in ["--network n.json", "--hidden yes", "--prior 1", "--memory 1"] {
        let name = option.split(' ').next().unwrap_or_default();
        place.refuses(
            &format!("fit latent-class t.csv --classes 2 {option} --out new"),
            &[name, "latent-class", "bayes-net"],
        );
    }
    place.refuses("select bayes-net t.csv --components 1..2", &["bayes-net", "natgrad score"]);
    for command in [
        "estep run t.csv --shard 1/1 --out s",
        "mstep run s --out m.json",
        "estep run/model.json t.csv --shard 1/1 --out s",
    ] {
        place.refuses(command, &["run/model.json", "bayes-net", "mixtures"]);
    }
    place.refuses("fit latent-class t.csv --classes 2 --start run --out new", &["run/model.json", "bayes-net"]);
    place.refuses("fit bayes-net t.csv --network n.json --start slow.json --out new", &["slow.json"]);
    place.write("slow.json", std::fs::read(example("slow_em_default_stop.json")).expect("an example"));
    place.refuses("fit bayes-net t.csv --network n.json --start slow.json --out new", &["slow.json"]);
}

#[test]
fn predicting_where_nothing_is_hidden_is_refused() {
    let place = place();
    place.write("full.csv", "hid,yes,zed,wet\nu,small,small,a\n");
    place.refuses("predict n.json full.csv --out p.csv", &["full.csv", "nothing is hidden", "impute"]);
}

#[test]
fn model_files_edited_to_nonsense_are_refused() {
    let place = with_run();
    let model = place.read("run/model.json");
    let edited = |from: &str, to: &str, words: &[&str]| {
        assert!(model.contains(from), "{from}");
        place.write("run/model.json", model.replacen(from, to, 1));
        for command in
            ["score run t.csv", "sample run --rows 2 --out s.csv", "check run t.csv", "impute run t.csv --out i.csv"]
        {
            place.refuses(command, &[&["run/model.json"], words].concat());
        }
    };
    edited("\"version\": 1", "\"version\": 2", &["version is 2"]);
    edited("\"natgrad-model\"", "\"other\"", &["format is \"other\""]);
    edited("\"bayes-net\"", "\"bayes-nets\"", &["bayes-nets"]);
    edited("\"parameters\"", "\"parametres\"", &["parameters"]);
    edited("\"nodes\": [", "\"nodes\": 3, \"knots\": [", &[]);
    edited("\"parents\": [\n          \"hid\"", "\"parents\": [\n          \"had\"", &["unknown parent \"had\""]);
    edited("\"u\"", "\"v\"", &["\"hid\"", "\"v\" twice"]);
    edited("\"table\": [\n          [\n", "\"table\": [\n          [ 3,\n", &["\"hid\""]);
    place.write("run/model.json", "[]");
    place.refuses("score run t.csv", &["run/model.json", "not a model file"]);
    place.write("run/model.json", &model[..model.len() / 2]);
    place.refuses("score run t.csv", &["run/model.json", "line"]);
    // Settings that name what is not there.
    place.write("run/model.json", model.replacen("\"freeze\": []", "\"freeze\": [\"nobody\"]", 1));
    place.refuses("score run t.csv", &["\"nobody\""]);
}
