//! Autoencoders on data as they come: columns of unlike size, words for zeros and ones, fits that diverge, models badly learnt.

mod common;

use common::{Place, Ran, example};
use serde_json::Value;

/// What a column is multiplied by, and what is added then: a map that doubles carry out nearly exactly.
const UNIT: f64 = 16_384.0;
const ZERO: f64 = 1_048_576.0;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Wines, and the same with alcohol in another unit.
fn wines(place: &Place) {
    let text = std::fs::read_to_string(example("wine.csv")).expect("wines");
    let mut lines = text.lines();
    let mut other = format!("{}\n", lines.next().expect("a header"));
    for line in lines {
        let (first, rest) = line.split_once(',').expect("columns");
        let x: f64 = first.parse().expect("a number");
        other.push_str(&format!("{},{rest}\n", ZERO + UNIT * x));
    }
    place.write("plain.csv", &text);
    place.write("other.csv", other);
}

const FIT: &str = "--exclude cultivar --latent-dim 3 --hidden-layers 16 --epochs 25 --seed 1 --json";

fn fit(place: &Place, table: &str, options: &str) -> Ran {
    place.run(&format!("fit vae {table} {FIT} {options}")).fine()
}

#[test]
fn what_is_learnt_does_not_depend_on_the_units_of_a_column() {
    let place = Place::new();
    wines(&place);
    for (optimiser, variance) in [("adam", "column"), ("adam", "network"), ("natural", "column")] {
        let options = format!("--optimiser {optimiser} --variance {variance}");
        let plain = fit(&place, "plain.csv", &options).json();
        let other = fit(&place, "other.csv", &format!("{options} --out run")).json();
        let gap = number(&plain["elbo"]) - UNIT.ln() - number(&other["elbo"]);
        // Rounding of rows grows along fifty steps in single precision.
        assert!(gap.abs() < 0.05, "{optimiser} {variance}: {gap}");
        let gap = number(&plain["entropy_sum"]) - UNIT.ln() - number(&other["entropy_sum"]);
        assert!(gap.abs() < 0.2, "{optimiser} {variance}: {gap}");
        let scored = place.run("score run other.csv --json").fine().json();
        // Draws of its own: a few standard errors of the ELBO.
        assert!((number(&scored["elbo"]) - number(&other["elbo"])).abs() < 4.0 * number(&other["elbo_error"]));
        // Fifty steps are not the end, and `check` says so.
        let checked = place.run("check run other.csv --json");
        let verdicts = checked.json()["certificates"].clone();
        assert_eq!((verdicts[0]["verdict"].as_str(), checked.code), (Some("holds"), Some(1)), "{verdicts}");
        place.run("sample run --rows 200 --seed 3 --out made.csv").fine();
        let made: Vec<f64> = place.rows("made.csv")[1..].iter().map(|r| r[0].parse().expect("a number")).collect();
        let mean = made.iter().sum::<f64>() / 200.0;
        // Wine has 13 % of alcohol, give or take one.
        assert!((mean - ZERO - 13.0 * UNIT).abs() < UNIT, "{mean}");
    }
    // A start keeps its own units; a file may say that there are none, but not leave them out (`autoencoder_starts`).
    fit(&place, "other.csv", "--variance column --start run --out again");
    let mut old = place.json("run/model.json");
    assert_eq!(old["settings"]["units"]["scales"].as_array().map(Vec::len), Some(13));
    old["settings"]["units"] = serde_json::Value::Null;
    place.write("run/model.json", old.to_string());
    let scored = place.run("score run plain.csv --json").fine().json();
    assert!(number(&scored["elbo"]).is_finite());
}

#[test]
fn one_variance_for_columns_of_unlike_size_is_remarked_on() {
    let place = Place::new();
    wines(&place);
    let other = fit(&place, "other.csv", "").json();
    assert!(number(&other["elbo"]).is_finite() && other["status"] == "iteration-limit");
    let warnings = other["warnings"].to_string();
    assert!(warnings.contains("--variance column") && warnings.contains("alcohol"), "{warnings}");
}

#[test]
fn a_fit_that_diverges_ends_with_two_and_leaves_what_was_finite() {
    let place = Place::new();
    wines(&place);
    place.run(&format!("fit vae plain.csv {FIT} --learning-rate 1e30 --out run")).refused(&[
        "diverged after",
        "run holds the last that were finite",
        "--learning-rate",
    ]);
    assert_eq!(place.json("run/summary.json")["status"], "diverged");
    place.run("score run plain.csv").fine();
    // A count far from all others: it is learnt, or the end says what is the matter.
    let mut text = String::from("a,b\n");
    for i in 0..200 {
        text.push_str(&format!("{},{}\n", if i == 7 { 1_000_000 } else { i % 4 }, i * 5 % 7 % 3));
    }
    place.write("counts.csv", text);
    for optimiser in ["adam", "natural"] {
        let line = "fit vae counts.csv --latent-dim 1 --hidden-layers 8 --observable poisson --epochs 30 --seed 2";
        let ran = place.run(&format!("{line} --optimiser {optimiser} --json"));
        match ran.code {
            Some(0) => assert!(number(&ran.json()["elbo"]).is_finite(), "{ran:#?}"),
            _ => drop(ran.refused(&["a count far from all others"])),
        }
    }
}

#[test]
fn bernoulli_columns_may_hold_words() {
    let place = Place::new();
    let (mut words, mut digits) = (String::from("a,b,c\n"), String::from("a,b,c\n"));
    for i in 0..80 {
        let cells = [i % 2 == 0, i % 3 == 0, i % 2 == 0 && i % 5 != 0];
        let line = |on: &str, off: &str| cells.map(|c| if c { on } else { off }).join(",") + "\n";
        words.push_str(&line("yes", "no"));
        digits.push_str(&line("1", "0"));
    }
    place.write("words.csv", words);
    place.write("digits.csv", digits);
    let line = "--observable bernoulli --latent-dim 1 --hidden-layers 4 --epochs 4 --json";
    let as_words = place.run(&format!("fit vae words.csv {line} --out run")).fine().json();
    let as_digits = place.run(&format!("fit vae digits.csv {line}")).fine().json();
    assert_eq!(as_words["elbo"], as_digits["elbo"]);
    let scored = place.run("score run words.csv --json").fine().json();
    assert!(number(&scored["elbo"]).is_finite());
    place.run("sample run --rows 9 --out made.csv").fine();
    assert!(place.rows("made.csv")[1..].iter().flatten().all(|w| w == "yes" || w == "no"));
    place.run("select vae words.csv --observable bernoulli --latent-dim 1 --hidden-layers 4 --epochs 2").fine();
    place.write("three.csv", "a,b\nyes,1\nno,0\nperhaps,1\n");
    place.run(&format!("fit vae three.csv {line}")).refused(&["three.csv", "\"a\"", "3 levels", "a vae of Bernoulli"]);
}

#[test]
fn weights_are_counts_in_standard_errors() {
    let place = Place::new();
    let rows: Vec<(f64, f64)> =
        (0..40).map(|i| (f64::from(i * 7 % 11) - 5.0, f64::from(i * 5 % 7) * 0.5 - 0.1 * f64::from(i))).collect();
    let line = |(a, b): &(f64, f64)| format!("{a},{b}");
    let weighted: Vec<String> = rows.iter().enumerate().map(|(i, r)| format!("{},{}", line(r), i % 3)).collect();
    let repeated: Vec<String> = rows.iter().enumerate().flat_map(|(i, r)| vec![line(r); i % 3]).collect();
    place.write("weighted.csv", format!("a,b,w\n{}\n", weighted.join("\n")));
    place.write("repeated.csv", format!("a,b\n{}\n", repeated.join("\n")));
    // A linear one takes no draws: the same rows give the same numbers.
    place.run("fit vae repeated.csv --latent-dim 1 --hidden-layers none --epochs 30 --out run").fine();
    let error = |line: &str| number(&place.run(line).fine().json()["elbo_error"]);
    let (a, b) = (error("score run weighted.csv --weights w --json"), error("score run repeated.csv --json"));
    assert!((a - b).abs() < 1e-9 * b, "{a} {b}");
    // An encoder's draws are those of its rows: errors agree up to chance.
    let bits = |rows: &[String]| rows.iter().map(|r| r.replace('-', "")).collect::<Vec<_>>();
    let on = |r: &String| -> String {
        let mut cells: Vec<String> = r.split(',').map(str::to_string).collect();
        cells[..2].iter_mut().for_each(|c| *c = u8::from(c.parse::<f64>().expect("a number") > 1.5).to_string());
        cells.join(",")
    };
    let (weighted, repeated) = (bits(&weighted), bits(&repeated));
    place.write("wb.csv", format!("a,b,w\n{}\n", weighted.iter().map(on).collect::<Vec<_>>().join("\n")));
    place.write("rb.csv", format!("a,b\n{}\n", repeated.iter().map(on).collect::<Vec<_>>().join("\n")));
    place.run("fit sigmoid-belief-net rb.csv --layers 1 --recognition encoder --epochs 5 --out net").fine();
    let (a, b) = (error("score net wb.csv --weights w --json"), error("score net rb.csv --json"));
    assert!((a / b - 1.0).abs() < 0.15, "{a} {b}");
}

#[test]
fn more_draws_than_a_machine_holds_are_refused() {
    let place = Place::new();
    wines(&place);
    let draws = "--draws 1000000000000";
    place.refuses(&format!("fit vae plain.csv --latent-dim 1 {draws}"), &["1000000000000 draws", "1 to 4096"]);
    place.write("bits.csv", "a,b\n0,1\n1,1\n1,0\n");
    let net = "fit sigmoid-belief-net bits.csv --layers 1 --recognition encoder";
    place.refuses(&format!("{net} {draws}"), &["1000000000000 draws", "1 to 4096"]);
    fit(&place, "plain.csv", "--out run");
    let mut model = place.json("run/model.json");
    model["settings"]["learning"]["expectation"]["draws"] = 1_000_000_000_000_u64.into();
    place.write("run/model.json", model.to_string());
    for command in ["score", "check"] {
        place.refuses(&format!("{command} run plain.csv"), &["1000000000000 draws"]);
    }
}

#[test]
fn files_of_a_run_are_not_written_over() {
    let place = Place::new();
    wines(&place);
    fit(&place, "plain.csv", "--out run");
    let before = place.bytes("run/model.json");
    for (line, said) in [
        ("report run --out run/model.json", "a page is .html"),
        ("report run --out plain.csv", "a page is .html"),
        ("sample run --rows 3 --out run/trace.csv", "belongs to a run"),
        ("predict run plain.csv --out run/trace.csv", "belongs to a run"),
        ("select vae plain.csv --latent-dim 1 --plot run/samples.svg", "belongs to a run"),
    ] {
        place.refuses(line, &[said]);
    }
    assert_eq!(place.bytes("run/model.json"), before);
    place.run("report run --out run/report.html").fine();
}

#[test]
fn check_says_what_a_short_climb_gains() {
    let place = Place::new();
    wines(&place);
    fit(&place, "plain.csv", "--variance column --out run");
    let check = |run: &str, more: &str| place.run(&format!("check {run} plain.csv --json {more}"));
    let found = check("run", "");
    let (early, verdict) = (found.json()["short_climb"].clone(), found.json()["certificates"][1].clone());
    assert!(number(&early["gain"]) > 3.0 * number(&early["gain_error"]), "{early}");
    assert_eq!((verdict["name"].as_str(), verdict["verdict"].as_str()), (Some("remaining"), Some("fails")));
    assert_eq!((&verdict["value"], found.code), (&early["gain"], Some(1)), "{verdict}");
    let words = place.run("check run plain.csv");
    assert_eq!(words.code, Some(1));
    let said = words.stdout.contains("natural steps from here gain") && words.stdout.contains("learning has not ended");
    assert!(said, "{words:#?}");
    // Who tolerates as much is told that it holds.
    let tolerant = check("run", "--tolerance 100").fine().json();
    assert_eq!(tolerant["certificates"][1]["verdict"], "holds", "{tolerant}");
    // A linear one is at its maximum: nothing is left but rounding.
    let line = "fit vae plain.csv --exclude cultivar --latent-dim 1 --hidden-layers none --out flat";
    place.run(line).fine();
    let late = check("flat", "").fine().json()["short_climb"].clone();
    assert!(number(&late["gain"]) < 0.01, "{late}");
}

#[test]
fn rows_without_a_finite_elbo_are_named_and_have_no_standard_error() {
    let place = Place::new();
    place.write("d.csv", "a,b\n1,2\n2,1\n3,5\n4,2\n5,4\n");
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers 4 --epochs 5 --out run").fine();
    place.write("far.csv", "a,b,w\n1,2,1\n2,1e300,1\n3,1e200,1\n1,1e300,0\n");
    let ran = place.run("score run far.csv --weights w --json").fine();
    let warned = "the ELBO of row 2 is not finite, nor is that of 1 further";
    assert!(ran.stderr.contains(warned), "{ran:#?}");
    assert!(ran.json()["elbo"].is_null() && ran.json()["elbo_error"].is_null(), "{ran:#?}");
    let said = place.run("score run far.csv").fine().stdout;
    assert!(!said.contains('±') && said.contains("standard error not known"), "{said}");
    let checked = place.run("check run far.csv --json").fine().json();
    assert_eq!(checked["certificates"][0]["verdict"], "not-applicable", "{checked}");
    assert!(checked["warnings"].to_string().contains("the ELBO of row 2"), "{checked}");
    // A row without weight leaves the others as they are.
    place.write("none.csv", "a,b,w\n1,2,1\n2,1,1\n3,1e300,0\n");
    let scored = place.run("score run none.csv --weights w --json").fine().json();
    assert!(number(&scored["elbo"]).is_finite() && number(&scored["elbo_error"]) > 0.0, "{scored}");
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers 4 --observable poisson --epochs 5 --out counts").fine();
    place.write("wrong.csv", "a,b\n1,2\n2,-1\n");
    for command in ["score", "check"] {
        place.run(&format!("{command} counts wrong.csv")).refused(&["wrong.csv", "row 2", "\"b\"", "-1"]);
    }
}

#[test]
fn one_row_has_no_standard_error_and_proves_nothing() {
    let place = Place::new();
    place.write("one.csv", "a,b\n1,2\n");
    let fitted =
        place.run("fit vae one.csv --latent-dim 1 --hidden-layers 4 --epochs 5 --out run --json").fine().json();
    for found in [fitted, place.run("check run one.csv --json").fine().json()] {
        assert!(found["elbo_error"].is_null() && number(&found["elbo"]).is_finite(), "{found}");
        let certificate = &found["certificates"][0];
        assert_eq!(certificate["verdict"], "not-applicable", "{found}");
        assert!(certificate["why"].as_str().is_some_and(|w| w.contains("one row")), "{found}");
    }
    assert!(place.run("check run one.csv --json").json()["short_climb"]["gain_error"].is_null());
    let said = place.run("score run one.csv").fine().stdout;
    assert!(said.starts_with("1 row,") && said.contains("standard error not known: one row"), "{said}");
    assert!(!place.read("run/trace.csv").contains("inf"));
    place.write("bits.csv", "a,b\n1,0\n");
    let net = "fit sigmoid-belief-net bits.csv --layers 1 --recognition encoder --epochs 2 --json";
    assert_eq!(place.run(net).fine().json()["certificates"][0]["verdict"], "not-applicable");
    // Where nothing is drawn there is nothing to know.
    let exact = place.run("fit vae one.csv --latent-dim 1 --hidden-layers none --json").fine().json();
    assert_ne!(exact["certificates"][0]["value"], Value::Null, "{exact}");
}

#[test]
fn model_files_without_a_part_of_the_shape_say_which() {
    let place = Place::new();
    place.write("d.csv", "a,b\n1,2\n2,1\n3,5\n");
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers none --out run").fine();
    let whole = place.json("run/model.json");
    let mut partial = whole.clone();
    partial["settings"]["architecture"].as_object_mut().expect("a shape").remove("deviations");
    place.write("run/model.json", partial.to_string());
    place.run("score run d.csv").refused(&[
        "settings.architecture.deviations is missing",
        "encoder.log_deviations",
        "natgrad fit vae",
    ]);
    let mut none = whole;
    none["settings"].as_object_mut().expect("settings").remove("architecture");
    place.write("run/model.json", none.to_string());
    place.run("score run d.csv").refused(&["settings.architecture is missing"]);
}

#[test]
fn options_without_use_and_wrong_numbers_are_one_clear_line() {
    let place = Place::new();
    wines(&place);
    place.write("bits.csv", "a,b\n1,0\n0,1\n1,1\n0,0\n1,0\n");
    place.write("huge.csv", "a,b\n1,2\n3,1e17\n");
    for (line, words) in [
        ("fit vae plain.csv --exclude cultivar --latent-dim 1 --tolerance 1e-3", vec!["--tolerance does nothing"]),
        ("fit vae plain.csv --latent-dim 1 --recognition exact", vec!["--recognition does nothing", "its encoder"]),
        ("fit vae plain.csv --latent-dim 1 --recognition mean-field", vec!["--recognition does nothing"]),
        ("fit vae plain.csv --latent-dim 1 --layers 2", vec!["--layers"]),
        ("select vae plain.csv --latent-dim 1 --tolerance 1e-3", vec!["--tolerance does nothing"]),
        ("fit sigmoid-belief-net bits.csv --layers 2 --recognition encoder --tolerance 1e-3", vec!["--tolerance"]),
        ("select sigmoid-belief-net bits.csv --latent-dim 1..2 --epochs 3", vec!["--epochs does nothing"]),
        ("fit sigmoid-belief-net bits.csv --layers a,b", vec!["'a'", "whole numbers"]),
        ("fit ppca plain.csv --latent-dim -1", vec!["'-1'", "whole numbers"]),
        ("fit ppca plain.csv --latent-dim 1 --tolerance x", vec!["'x'", "give a number"]),
        ("fit vae huge.csv --latent-dim 1 --observable poisson", vec!["row 2", "\"b\"", "9e15"]),
        ("fit vae plain.csv --exclude cultivar --latent-dim 2000000000", vec!["weights", "fewer latents"]),
        ("fit sigmoid-belief-net bits.csv --layers 2000000000 --recognition encoder", vec!["weights", "fewer units"]),
        (
            "fit sigmoid-belief-net bits.csv --layers 2000000000 --recognition structured",
            vec!["weights", "fewer units"],
        ),
        ("fit sparse-coding plain.csv --latent-dim 2000000000", vec!["numbers", "fewer elements"]),
    ] {
        place.run(line).refused(&words);
    }
}
