//! What a user can get wrong ends with exit code 2, one line, a hint, and nothing written.

mod common;

use common::{Place, example};

const FOUR: &str = "x,y\n1,2\n3,5\n4,4\n2,7\n";

fn model(parameters: &str) -> String {
    format!(
        "{{\"format\": \"natgrad-model\", \"version\": 1, \"model\": \"gaussian-mixture\", \"settings\": {{}}, \
         \"columns\": [\"x\", \"y\"], \"parameters\": {parameters}}}"
    )
}

fn start(weights: &str, means: &str, first: &str) -> String {
    model(&format!("{{\"weights\": {weights}, \"means\": {means}, \"covariances\": [{first}, [[1, 0], [0, 1]]]}}"))
}

const UNIT: &str = "[[1, 0], [0, 1]]";

#[test]
fn a_table_that_cannot_be_read_is_refused_with_its_place() {
    let place = Place::new();
    let gaussian = |table: &str, words: &[&str]| {
        place.write("t.csv", table);
        place.refuses("fit gaussian-mixture t.csv --components 1 --out run", &[&["t.csv"], words].concat());
        place.refuses("fit gaussian-mixture t.csv --components 1 --json", words);
    };
    gaussian("x,y\n1,2\nabc,3\n", &["row 2", "column \"x\"", "\"abc\" is not a number"]);
    gaussian("x,y\n1,2\n3\n", &["row 2", "1 cells where the header has 2"]);
    gaussian("x,y\n1,2\n3,4,5\n", &["row 2", "3 cells"]);
    gaussian("x,y\n1,2\n3,inf\n", &["row 2", "column \"y\"", "\"inf\" is not a finite number"]);
    gaussian("x,y\n1,2\n-1e999,4\n", &["row 2", "column \"x\"", "-1e999"]);
    gaussian("x,y\n1,\n3,\n4,\n", &["column \"y\" has no value"]);
    gaussian("x,y\n1,2\n3,2\n4,2\n", &["column \"y\" is constant (2)", "--covariance-floor"]);
    gaussian("x,y\n", &["no rows"]);
    gaussian("", &["empty"]);
    gaussian("\n\n", &["empty"]);
    gaussian("x,x\n1,2\n3,4\n", &["both named \"x\""]);
    gaussian("x,y\n\"1,2\n3,4\n", &[]);
}

#[test]
fn a_table_without_columns_is_refused() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    place.refuses("fit gaussian-mixture t.csv --components 1 --exclude x,y --out run", &["t.csv", "no columns"]);
    place.write("w.csv", "w\n1\n2\n");
    place.refuses("fit gaussian-mixture w.csv --weights w --components 1 --out run", &["w.csv", "no columns"]);
}

#[test]
fn values_outside_the_support_are_refused_with_file_row_column_and_value() {
    let place = Place::new();
    place.write("n.csv", "n\n1\n-3\n4\n");
    place.write("f.csv", "n\n1\n2\n3.5\n");
    place.refuses("fit poisson-mixture n.csv --components 1 --out run", &["n.csv", "row 2", "column \"n\"", "-3"]);
    place.refuses("fit poisson-mixture f.csv --components 1 --out run", &["f.csv", "row 3", "column \"n\"", "3.5"]);
    place.refuses("fit exponential-mixture n.csv --components 1 --out run", &["n.csv", "row 2", "column \"n\"", "-3"]);
    place.refuses("fit geometric-mixture f.csv --components 1 --out run", &["f.csv", "row 3", "3.5"]);
    place.refuses("fit bernoulli-mixture n.csv --components 1 --out run", &["n.csv", "column \"n\""]);
    place.refuses("fit negative-binomial-mixture n.csv --components 1 --out run", &["--dispersion"]);
    place.refuses("select poisson-mixture f.csv --components 1..2", &["f.csv", "row 3", "3.5"]);
    place.write("good.csv", "n\n1\n0\n4\n");
    place.run("fit poisson-mixture good.csv --components 1 --out run").fine();
    for command in ["score run", "check run", "predict run --out p.csv", "estep run --shard 1/1 --out s"] {
        let (head, tail) = command.split_at(command.find(" run").expect("run") + 4);
        place.refuses(&format!("{head} f.csv {tail}"), &["f.csv", "row 3", "column \"n\"", "3.5"]);
    }
}

#[test]
fn more_components_than_distinct_rows_are_refused() {
    let place = Place::new();
    place.write("t.csv", "x,y\n1,2\n3,5\n4,4\n1,2\n");
    place.refuses("fit gaussian-mixture t.csv --components 4 --out run", &["4 components for 3 distinct rows"]);
    place.refuses("fit gaussian-mixture t.csv --components 0 --out run", &["at least one component"]);
    place.refuses("fit gaussian-mixture t.csv --out run", &["--components"]);
}

#[test]
fn weights_that_are_negative_or_missing_are_refused() {
    let place = Place::new();
    place.write("t.csv", "x,y,w\n1,2,1\n3,5,-1\n4,4,2\n");
    place
        .refuses("fit gaussian-mixture t.csv --weights w --components 1 --out run", &["t.csv", "row 2", "\"w\"", "-1"]);
    place.write("m.csv", "x,y,w\n1,2,1\n3,5,2\n4,4,\n");
    place.refuses(
        "fit gaussian-mixture m.csv --weights w --components 1 --out run",
        &["m.csv", "row 3", "\"w\"", "missing"],
    );
    place.write("z.csv", "x,y,w\n1,2,0\n3,5,0\n");
    place.refuses("fit gaussian-mixture z.csv --weights w --components 1 --out run", &[]);
    place.refuses(
        "fit gaussian-mixture t.csv --weights v --components 1 --out run",
        &["no column \"v\"", "did you mean"],
    );
}

#[test]
fn a_start_that_does_not_fit_is_refused_by_its_name() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    let two = "[[0, 0], [1, 1]]";
    let refused = |text: String, more: &str, words: &[&str]| {
        place.write("start.json", text);
        place.refuses(&format!("fit gaussian-mixture t.csv --start start.json --out run {more}"), words);
    };
    refused(start("[0.3, 0.7]", two, UNIT), "--components 3", &["start.json", "weights", "3 numbers are needed, 2"]);
    refused(start("[0.3, 0.3, 0.4]", two, UNIT), "", &["start.json", "means[2]"]);
    refused(start("[0.3, 0.7]", "[[0, 0, 1], [1, 1, 1]]", UNIT), "", &["start.json", "means[0]", "2 numbers"]);
    refused(start("[0.3, 0.7]", two, "[[-1, 0], [0, 1]]"), "", &["start.json", "component 1", "not positive definite"]);
    refused(start("[0.3, 0.7]", two, "[[1, 2], [2, 1]]"), "", &["start.json", "not positive definite"]);
    refused(start("[0.3, 0.6]", two, UNIT), "", &["start.json", "weights", "sum to 1"]);
    refused(start("[-0.3, 1.3]", two, UNIT), "", &["start.json", "weights[0]", "at least 0", "-0.3"]);
    refused(start("[-0.3, 1.3]", two, UNIT), "", &["start.json", "weights", "at least 0"]);
    refused(start("[0.3, 0.7]", "[[0, 0], [1, \"a\"]]", UNIT), "", &["start.json", "means[1]"]);
    refused("{\"weights\": ".into(), "", &["start.json", "line 1"]);
    refused("{\"means\": [[1, 2]]}".into(), "", &["start.json", "weights is missing"]);
    place.refuses("fit gaussian-mixture t.csv --start none.json --out run", &["none.json", "no such file"]);
}

#[test]
fn a_model_file_of_another_kind_is_refused() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    let refused = |text: &str, words: &[&str]| {
        place.write("m.json", text);
        for command in [
            "score m.json t.csv",
            "check m.json t.csv",
            "sample m.json --rows 3 --out s.csv",
            "mstep m.json s --out n.json",
        ] {
            place.refuses(command, &[&["m.json"], words].concat());
        }
    };
    refused("{\"format\": \"other\", \"version\": 1}", &["its format is \"other\""]);
    refused("{\"format\": \"natgrad-model\", \"version\": 9, \"model\": \"new\"}", &["its version is 9"]);
    refused("{\"format\": \"natgrad-model\"}", &["version"]);
    refused("{}", &["not a model file"]);
    refused("[1, 2]", &["not a model file"]);
    refused("{\"format\": ", &["line 1"]);
    refused("nonsense", &["line 1"]);
    refused("", &["line 1"]);
    refused(&model("{}"), &["weights is missing"]);
    refused(&model("{}").replace("gaussian", "cubist"), &["cubist-mixture"]);
    place.refuses("score none.json t.csv", &["none.json", "no such file"]);
    place.refuses("predict t.csv t.csv --out p.csv", &["t.csv"]);
}

#[test]
fn a_damaged_checkpoint_is_refused_and_kept() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    place.run("fit gaussian-mixture t.csv --components 1 --out run").fine();
    place.refuses("fit --resume run", &["run", "the run has ended", "--start RUN/model.json"]);
    // A statistics file has the form of a checkpoint, with other contents.
    place.run("estep run t.csv --shard 1/1 --out shard").fine();
    let whole = place.bytes("shard");
    place.write("run/checkpoint", &whole);
    place.refuses("fit --resume run", &["run/checkpoint", "another kind"]);
    place.write("run/checkpoint", &whole[..whole.len() - 5]);
    place.refuses("fit --resume run", &["run/checkpoint", "truncated"]);
    place.write("run/checkpoint", &whole[..15]);
    place.refuses("fit --resume run", &["run/checkpoint", "truncated"]);
    let mut damaged = whole.clone();
    *damaged.last_mut().expect("a byte") ^= 1;
    place.write("run/checkpoint", &damaged);
    place.refuses("fit --resume run", &["run/checkpoint", "damaged"]);
    place.write("run/checkpoint", b"garbage");
    place.refuses("fit --resume run", &["run/checkpoint", "not a checkpoint"]);
    place.write("run/checkpoint", b"");
    place.refuses("fit --resume run", &["run/checkpoint"]);
    place.refuses("fit --resume nowhere", &["nowhere", "no such folder"]);
    place.refuses("fit --resume t.csv", &["t.csv"]);
}

#[test]
fn what_a_checkpoint_has_settled_cannot_be_given_with_resume() {
    let place = Place::new();
    for option in
        ["--out other", "--start m.json", "--components 3", "--tolerance 1e-9", "--max-iterations 5", "--seed 1"]
    {
        place.refuses(&format!("fit --resume run {option}"), &["--resume", "cannot be used with"]);
    }
    place.refuses("fit gaussian-mixture t.csv --resume run", &["cannot be used with"]);
}

#[test]
fn unknown_names_are_refused_with_the_known_ones() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    place.refuses("fit gausian-mixture t.csv --components 2 --out run", &["\"gausian-mixture\"", "gaussian-mixture"]);
    place.refuses("select gausian-mixture t.csv --components 2", &["\"gausian-mixture\"", "gaussian-mixture"]);
    place.refuses(
        "fit gaussian-mixture t.csv --components 1 --columns x,z --out run",
        &["no column \"z\"", "did you mean \"x\"?"],
    );
    let penguins = example("penguins.csv");
    place.refuses(
        &format!("fit gaussian-mixture {penguins} --components 1 --columns bill_lenght_mm --out run"),
        &["penguins.csv", "did you mean \"bill_length_mm\"?"],
    );
    place.refuses("fit gaussian-mixture t.csv --components 1 --exclude z --out run", &["no column \"z\""]);
    place.refuses("fit mixture t.csv --components 1 --family x=norml --out run", &["\"norml\"", "normal"]);
    place.refuses("fit mixture t.csv --components 1 --family z=normal --out run", &["\"z\"", "the columns are x, y"]);
    place.refuses("fit mixture t.csv --components 1 --family z=categorical --out run", &["\"z\""]);
    place.refuses("fit mixture t.csv --components 1 --family x --out run", &["\"x\" is not COLUMN=FAMILY"]);
    place.refuses("fit gaussian-mixture t.csv --components 1 --family x=normal --out run", &["--family", "mixture"]);
    place.refuses("explain entropy", &["\"entropy\"", "entropy-sum"]);
    place.refuses("fitt gaussian-mixture t.csv", &["'fitt'", "fit"]);
    place.refuses("fit gaussian-mixture t.csv --component 2", &["--component", "--components"]);
}

#[test]
fn numbers_out_of_range_are_refused_before_anything_is_written() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    for (option, value) in [
        ("--tolerance", "-1"),
        ("--tolerance", "nan"),
        ("--tolerance", "inf"),
        ("--tolerance", "small"),
        ("--step-size", "0"),
        ("--step-size", "2"),
        ("--step-size", "-0.5"),
        ("--step-size", "nan"),
        ("--covariance-floor", "-1"),
        ("--covariance-floor", "nan"),
        ("--covariance-floor", "inf"),
        ("--checkpoint-every", "-1"),
        ("--threads", "0"),
        ("--threads", "-1"),
        ("--threads", "many"),
        ("--restarts", "0"),
        ("--batch", "0"),
        ("--metric", "euclid"),
        ("--covariance", "round"),
        ("--seed", "-1"),
        ("--max-iterations", "1.5"),
    ] {
        place.refuses(&format!("fit gaussian-mixture t.csv --components 1 --out run {option} {value}"), &[option]);
    }
    for (option, value) in [("--tolerance", "nan"), ("--step-size", "3"), ("--covariance-floor", "-1")] {
        place.refuses(&format!("select gaussian-mixture t.csv --components 1..2 {option} {value}"), &[option]);
    }
    place.refuses("select gaussian-mixture t.csv --components 3..1", &["3..1", "1..12"]);
    place.refuses("select gaussian-mixture t.csv --components 0..1", &["0..1"]);
    place.write("m.json", start("[0.3, 0.7]", "[[0, 0], [1, 1]]", UNIT));
    place.refuses("check m.json t.csv --tolerance 0", &["--tolerance 0"]);
    place.refuses("check m.json t.csv --tolerance -1", &["--tolerance -1"]);
}

#[test]
fn what_is_missing_on_the_command_line_is_named() {
    let place = Place::new();
    place.refuses("fit", &["MODEL"]);
    place.refuses("fit gaussian-mixture", &["DATA"]);
    place.refuses("predict run t.csv", &["--out"]);
    place.refuses("estep run t.csv --out s", &["--shard"]);
    place.refuses("score run t.csv --per-row", &["--out"]);
    place.refuses("mstep run --out s", &["STATISTICS"]);
}

#[test]
fn a_folder_with_other_files_is_not_touched() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    std::fs::create_dir(place.path("mine")).expect("a folder");
    place.write("mine/notes.txt", "keep");
    place.refuses("fit gaussian-mixture t.csv --components 1 --out mine", &["mine", "nothing was changed"]);
    place.write("mine/summary.json", "{}");
    place.refuses("fit gaussian-mixture t.csv --components 1 --out mine", &["mine", "nothing was changed"]);
    place.refuses("fit gaussian-mixture t.csv --components 1 --out t.csv", &["t.csv", "not a folder"]);
}

#[test]
fn an_unknown_level_is_refused_with_the_known_ones() {
    let place = Place::new();
    place.write("t.csv", "a,b\nyes,1\nno,2\nyes,1\nno,1\n");
    place.write("u.csv", "a,b\nyes,1\nYes,2\n");
    place.run("fit latent-class t.csv --classes 1 --out run").fine();
    for command in
        ["score run u.csv", "check run u.csv", "predict run u.csv --out p.csv", "impute run u.csv --out p.csv"]
    {
        place.refuses(command, &["u.csv", "row 2", "column \"a\"", "\"Yes\"", "did you mean \"yes\"?"]);
    }
    place.write("v.csv", "a,c\nyes,1\n");
    place.refuses("predict run v.csv --out p.csv", &["v.csv", "no column \"b\""]);
}

#[test]
fn shards_that_do_not_make_a_whole_are_refused() {
    let place = Place::new();
    place.write("m.json", start("[0.3, 0.7]", "[[0, 0], [3, 1]]", UNIT));
    place.run("sample m.json --rows 3000 --out t.csv").fine();
    for seed in ["1", "2"] {
        let fit = format!("fit gaussian-mixture t.csv --components 2 --seed {seed} --max-iterations 0 --out run{seed}");
        place.run(&fit).fine();
    }
    for shard in ["3/2", "0/2", "2", "1/0", "a/b", "-1/2", "1/2/3"] {
        place.refuses(&format!("estep run1 t.csv --out s --shard {shard}"), &[shard]);
    }
    for i in 1..=3 {
        place.run(&format!("estep run1 t.csv --shard {i}/3 --out s{i}")).fine();
    }
    place.run("estep run2 t.csv --shard 2/3 --out other").fine();
    let tell = "estep";
    place.refuses("mstep run1 s1 s3 --out n.json", &[]);
    place.refuses("mstep run1 s2 s3 --out n.json", &[]);
    place.refuses("mstep run1 s1 s2 --out n.json", &[]);
    place.refuses("mstep run1 s1 s2 s2 s3 --out n.json", &[]);
    place.refuses("mstep run1 s1 other s3 --out n.json", &["other parameters", tell]);
    place.refuses("mstep run2 s1 s2 s3 --out n.json", &["other parameters", tell]);
    place.refuses("mstep run1 s1 t.csv s3 --out n.json", &["t.csv", "not a statistics file", tell]);
    place.refuses("mstep run1 s1 none s3 --out n.json", &["none", "no such file", tell]);
    place.run("mstep run1 s3 s1 s2 --out n.json").fine();
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    place.write("m.json", start("[0.3, 0.7]", "[[0, 0], [3, 1]]", UNIT));
    place.refuses("fit gaussian-mixture none.csv --components 1 --out run", &["none.csv", "no such file"]);
    place.refuses("fit gaussian-mixture . --components 1 --out run", &["Parquet"]);
    place.refuses("fit gaussian-mixture m.json --components 1 --out run", &["m.json"]);
    place.refuses("predict m.json t.csv --out p.xyz", &["p.xyz", ".csv"]);
    place.refuses("predict m.json t.csv --out nowhere/p.csv", &["nowhere/p.csv", "folder"]);
    place.refuses("sample m.json --rows 3 --out nowhere/p.npy", &["nowhere/p.npy", "folder"]);
    place.refuses("report nowhere --out r.html", &["nowhere", "no such folder"]);
    place.write("t.parquet", "not parquet at all");
    place.refuses("score m.json t.parquet", &["t.parquet"]);
    place.write("t.npy", "not numpy at all");
    place.refuses("score m.json t.npy", &["t.npy"]);
    place.write("other.csv", "y,x\n1,2\n");
    place.refuses("fit gaussian-mixture t.csv other.csv --components 1 --out run", &["other.csv", "t.csv"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("t.csv", FOUR);
    std::fs::set_permissions(place.path("t.csv"), std::fs::Permissions::from_mode(0o000)).expect("rights");
    if std::fs::read(place.path("t.csv")).is_ok() {
        return; // the superuser reads everything
    }
    place.refuses("fit gaussian-mixture t.csv --components 1 --out run", &["t.csv", "hint"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_behind_standard_output_is_an_error() {
    let place = Place::new();
    place.write("t.csv", FOUR);
    place.write("m.json", start("[0.3, 0.7]", "[[0, 0], [3, 1]]", UNIT));
    for command in ["score m.json t.csv --json", "score m.json t.csv", "list", "explain maximum"] {
        place.shell(&format!("natgrad {command} > /dev/full")).refused(&["standard output"]);
    }
}

#[test]
fn starts_and_columns_belong_to_a_model() {
    let place = Place::new();
    place.write("t.csv", "x,y\n1,9\n2,8\n3,9.5\n1.5,7\n");
    place.run("fit gaussian-mixture t.csv --components 1 --covariance diagonal --out run").fine();
    place.refuses("score run t.csv --columns y,x", &["y,x", "x,y"]);
    place.refuses(
        "fit gaussian-mixture t.csv --columns y,x --start run/model.json --covariance diagonal",
        &["x, y", "y, x", "--columns x,y"],
    );
    place.refuses("fit exponential-mixture t.csv --start run/model.json", &["gaussian-mixture", "exponential-mixture"]);
    place.refuses("fit gaussian-mixture t.csv --components 99999999999999", &["99999999999999", "4 rows"]);
    place.refuses("fit gaussian-mixture t.csv --components 1 --checkpoint-every 1e300", &["--checkpoint-every"]);
    // Two rows of two columns: diagonal or tied cannot be told apart.
    place.write(
        "either.json",
        r#"{"format": "natgrad-model", "version": 1, "model": "gaussian-mixture", "columns": ["x", "y"],
            "parameters": {"weights": [0.5, 0.5], "means": [[1, 9], [2, 8]], "covariances": [[1, 0.5], [0.5, 1]]}}"#,
    );
    place.refuses("score either.json t.csv", &["either.json", "diagonal or tied", "settings.covariance"]);
}

#[test]
fn a_cell_outside_the_support_is_named_by_its_row_in_the_file() {
    let place = Place::new();
    let mut rows = "a,b\n".to_string();
    (0..50).for_each(|i| rows.push_str(if i == 40 { "1,2\n" } else { "1,0\n" }));
    place.write("t.csv", &rows);
    place.refuses("fit bernoulli-mixture t.csv --components 2", &["row 41", "\"b\"", "2"]);
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let place = Place::new();
    place.write("d.csv", "x,y\n1,2\n2,0\n3,1\n0,0\n5,2\n");
    place.refuses("fit poisson-mixture d.csv --components 2 --covariance full", &["--covariance", "poisson-mixture"]);
    place.refuses("fit poisson-mixture d.csv --components 2 --dispersion 3", &["--dispersion", "poisson-mixture"]);
    place.refuses("fit negative-binomial-mixture d.csv --components 2 --dispersion -2", &["-2", "out of range"]);
    place.refuses("fit mixture d.csv --components 2 --family x=poisson,x=normal", &["\"x\"", "two families"]);
    place.run("fit poisson-mixture d.csv --components 1 --out run").fine();
    place.refuses(
        "fit poisson-mixture d.csv --components 1 --start run/model.json --restarts 5",
        &["--start", "--restarts"],
    );
}

#[test]
fn charts_without_a_scale_are_refused() {
    let place = Place::new();
    place.write("d.csv", "x\n1\n2\n5\n");
    place.run("fit gaussian-mixture d.csv --components 1 --out run").fine();
    let mut model: serde_json::Value = serde_json::from_str(&place.read("run/model.json")).expect("JSON");
    model["settings"]["charts"] = serde_json::json!([[0.0, -1.0]]);
    place.write("m.json", model.to_string());
    place.refuses("score m.json d.csv", &["chart", "\"x\"", "-1"]);
}
