//! Autoencoders that begin where a file says: shape and units come from it, and what does not go with it is refused.

mod common;

use common::{Place, example, number};

/// Two columns of numbers, with their zero and unit moved.
fn rows(zero: f64, unit: f64) -> String {
    let mut text = String::from("a,b\n");
    for i in 0..60 {
        let (a, b) = (f64::from(i * 7 % 11) - 5.0, f64::from(i * 5 % 7) * 0.5);
        text.push_str(&format!("{},{}\n", zero + unit * a, zero + unit * (a + b)));
    }
    text
}

#[test]
fn a_start_brings_its_shape_and_its_units() {
    let place = Place::new();
    place.write("d.csv", rows(0.0, 1.0));
    let shape = "--latent-dim 1 --hidden-layers 4 --variance column --activation tanh --latent-prior learnt";
    let first = place.run(&format!("fit vae d.csv {shape} --epochs 20 --out run --json")).fine().json();
    let bare = place.run("fit vae d.csv --epochs 0 --start run --out again --json").fine().json();
    assert_eq!(first["parameters"]["settings"], bare["parameters"]["settings"]);
    let said = place.run(&format!("fit vae d.csv {shape} --epochs 0 --start run --json")).fine().json();
    assert_eq!(said["elbo"], bare["elbo"], "what the file says may be said again");
    // Other rows: the units stay those of the start, which is the same function of the rows then.
    place.write("moved.csv", rows(0.5, 1.25));
    let moved = place.run("fit vae moved.csv --epochs 0 --start run --out moved --json").fine().json();
    assert_eq!(place.json("moved/model.json")["settings"]["units"], place.json("run/model.json")["settings"]["units"]);
    let scored = place.run("score run moved.csv --json").fine().json();
    // The end of a fit moves variances and scales to their best: it is never below the start but for draws.
    let error = number(&scored["elbo_error"]);
    assert!(number(&moved["elbo"]) > number(&scored["elbo"]) - 3.0 * error, "{moved} {scored}");
}

#[test]
fn a_file_without_units_is_refused_and_other_kinds_refuse_the_start() {
    let place = Place::new();
    place.write("d.csv", rows(0.0, 1.0));
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers 4 --epochs 5 --out run").fine();
    let mut model = place.json("run/model.json");
    model["settings"].as_object_mut().expect("settings").remove("units");
    place.refuses("fit factor-analysis d.csv --latent-dim 1 --start run", &["model vae does not fit factor-analysis"]);
    place.write("run/model.json", model.to_string());
    place.refuses("score run d.csv", &["run/model.json: settings.units is missing"]);
}

#[test]
fn a_fit_over_a_run_leaves_nothing_of_it() {
    let place = Place::new();
    let digits = format!("{} --exclude digit", example("digits.csv"));
    place.run(&format!("fit vae {digits} --latent-dim 2 --hidden-layers none --epochs 1 --out run")).fine();
    for file in ["model.safetensors", "samples.svg", "reconstructions.svg"] {
        assert!(place.path("run").join(file).is_file(), "{file}");
    }
    let iris = format!("{} --exclude species", example("iris.csv"));
    place.run(&format!("fit factor-analysis {iris} --latent-dim 1 --out run")).fine();
    let mut files: Vec<String> = place.files().into_iter().filter(|f| f.starts_with("run/")).collect();
    files.sort();
    let kept = ["run/loadings.svg", "run/model.json", "run/report.html", "run/summary.json", "run/trace.csv"];
    assert_eq!(files, kept);
    assert!(!place.read("run/report.html").contains("reconstructions"));
}

#[test]
fn a_start_that_does_not_go_with_options_or_rows_is_refused_with_the_difference() {
    let place = Place::new();
    place.write("d.csv", rows(0.0, 1.0));
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers 4 --epochs 5 --out run").fine();
    for (option, words) in [
        ("--latent-dim 5", ["the start has latent_dim 1", "--latent-dim says 5"]),
        ("--hidden-layers none", ["hidden_layers 4", "--hidden-layers says none"]),
        ("--observable poisson", ["observable gaussian", "--observable says poisson"]),
        ("--latent-dim 1 --variance fixed:0.5", ["variance scalar", "--variance says fixed:0.5"]),
        ("--latent-prior learnt", ["latent_prior fixed", "--latent-prior says learnt"]),
        ("--activation relu", ["activation softplus", "--activation says relu"]),
    ] {
        place.refuses(&format!("fit vae d.csv --start run {option}"), &words);
    }
    place.write("other.csv", rows(0.0, 1.0).replace("a,b", "a,c"));
    place.refuses("fit vae other.csv --start run", &["the start has the columns a, b, the data have a, c"]);
    // Millimetres for metres: no learning rate would help.
    place.write("thousand.csv", rows(0.0, 1000.0));
    place.refuses("fit vae thousand.csv --start run", &["column \"", "in the data", "in the start", "the unit"]);
    place.write("shifted.csv", rows(1e4, 1.0));
    place.refuses("fit vae shifted.csv --start run", &["mean 10", "leave --start out"]);
    place.write("ten.csv", rows(0.0, 20.0));
    let ran = place.run("fit vae ten.csv --start run --epochs 1").fine();
    assert!(ran.stderr.contains("far from what the start has learnt"), "{ran:#?}");
}

#[test]
fn words_of_a_start_are_those_of_the_rows() {
    let place = Place::new();
    place.write("w.csv", "a,b\nyes,1\nno,0\nyes,0\nno,1\nyes,1\n");
    place.run("fit vae w.csv --latent-dim 1 --hidden-layers 3 --observable bernoulli --epochs 2 --out run").fine();
    // The other order of rows, the same words.
    place.write("turned.csv", "a,b\nno,1\nno,0\nyes,0\n");
    place.run("fit vae turned.csv --epochs 1 --start run").fine();
    place.write("others.csv", "a,b\nwet,1\ndry,0\nwet,0\n");
    place.refuses("fit vae others.csv --epochs 1 --start run", &["\"a\"", "no, yes", "dry, wet"]);
}
