//! Autoencoders on the command line: a linear one ends exactly, others within their standard errors; files and refusals.

mod common;

use common::{Place, Ran};
use serde_json::Value;

/// Three columns, the third close to a sum of the others.
fn rows() -> String {
    let mut text = String::from("a,b,c\n");
    for i in 0..60 {
        let (a, b) = (f64::from(i * 7 % 11) - 5.0, f64::from(i * 5 % 7) * 0.3);
        text.push_str(&format!("{a},{b},{}\n", a + b + f64::from(i * 3 % 5) * 0.1));
    }
    text
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

#[test]
fn a_linear_autoencoder_ends_where_elbo_and_entropies_agree() {
    let place = Place::new();
    place.write("d.csv", rows());
    let fitted = place.run("fit vae d.csv --latent-dim 1 --hidden-layers none --out run --json").fine().json();
    assert_eq!(fitted["status"], "converged", "{fitted}");
    assert!((number(&fitted["elbo"]) - number(&fitted["entropy_sum"])).abs() < 1e-6);
    assert_eq!(fitted["certificates"][0]["verdict"], "holds");
    // The best linear autoencoder is probabilistic PCA.
    let ppca = place.run("fit ppca d.csv --latent-dim 1 --tolerance 1e-12 --json").fine().json();
    assert!((number(&fitted["elbo"]) - number(&ppca["elbo"])).abs() < 1e-6, "{} {}", fitted["elbo"], ppca["elbo"]);
    for file in ["summary.json", "model.json", "model.safetensors", "trace.csv", "report.html"] {
        assert!(place.path("run").join(file).is_file(), "{file}");
    }
    let scored = place.run("score run d.csv --json").fine().json();
    assert!((number(&scored["elbo"]) - number(&fitted["elbo"])).abs() < 1e-9);
    // The beliefs are exact here, so that the bound has no room.
    assert!((number(&scored["importance_bound"]["value"]) - number(&fitted["elbo"])).abs() < 1e-4);
    place.run("predict run d.csv --out p.csv").fine();
    assert_eq!(place.read("p.csv").lines().next(), Some("latent_1,latent_1_sd"));
    place.run("sample run --rows 5 --seed 3 --out s.csv").fine();
    assert_eq!(place.read("s.csv").lines().count(), 6);
    place.run("check run d.csv").fine();
}

#[test]
fn what_is_fixed_or_unfinished_is_said() {
    let place = Place::new();
    place.write("d.csv", rows());
    let fixed =
        place.run("fit vae d.csv --latent-dim 1 --hidden-layers none --variance fixed:0.5 --json").fine().json();
    assert_eq!(fixed["certificates"][0]["verdict"], "not-applicable");
    let small = "fit vae d.csv --latent-dim 2 --hidden-layers 8 --epochs 5 --batch 20 --seed 4 --json";
    let one = place.run(small).fine();
    let other = place.run(&format!("{small} --threads 1")).fine();
    assert_eq!(one.stdout, other.stdout, "the same bytes for any number of threads");
    place.run(&format!("{small} --optimiser natural --precision f64 --latent-prior learnt --variance network")).fine();
}

#[test]
fn bad_input_is_refused_in_one_line() {
    let place = Place::new();
    place.write("d.csv", rows());
    place.run("fit vae d.csv --latent-dim 1 --observable poisson").refused(&["row 1", "\"a\"", "Poisson"]);
    place.run("fit vae d.csv").refused(&["--latent-dim"]);
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers 3,x").refused(&["--hidden-layers", "3,x"]);
    place.run("fit vae d.csv --latent-dim 1 --variance fixed:-1").refused(&["fixed:-1"]);
    place.run("fit ppca d.csv --latent-dim 1 --epochs 3").refused(&["--epochs"]);
    place.run("fit vae d.csv --latent-dim 1 --components 3").refused(&["--components"]);
    place.write("m.csv", "a,b,c\n1,2,3\n4,,6\n");
    place.run("fit vae m.csv --latent-dim 1").refused(&["row 2", "\"b\"", "missing"]);
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers none --out run").fine();
    place.run("fit vae d.csv --latent-dim 2 --hidden-layers none --out other").fine();
    std::fs::copy(place.path("other/model.safetensors"), place.path("run/model.safetensors")).expect("a copy");
    place.run("score run d.csv").refused(&["model.safetensors", "shape"]);
    std::fs::write(place.path("run/model.safetensors"), b"nothing").expect("written");
    place.run("score run d.csv").refused(&["model.safetensors"]);
    std::fs::remove_file(place.path("run/model.safetensors")).expect("removed");
    place.run("score run d.csv").refused(&["model.safetensors"]);
    place.run("impute other m.csv --out i.csv").refused(&["whole rows"]);
}

/// A safetensors file, all numbers in double precision.
fn tensors(of: &[(&str, &[usize], &[f64])]) -> Vec<u8> {
    let (mut head, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape, values) in of {
        let begin = data.len();
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        let place = serde_json::json!({"dtype": "F64", "shape": shape, "data_offsets": [begin, data.len()]});
        head.insert((*name).into(), place);
    }
    let head = Value::Object(head).to_string();
    [&(head.len() as u64).to_le_bytes()[..], head.as_bytes(), &data].concat()
}

#[test]
fn model_files_with_wrong_tensors_are_refused_by_name() {
    let place = Place::new();
    place.write("d.csv", rows());
    place.run("fit vae d.csv --latent-dim 1 --hidden-layers none --out run").fine();
    let whole: Vec<(&str, &[usize], &[f64])> = vec![
        ("encoder.0.weights", &[1, 3], &[0.1, 0.2, 0.3]),
        ("encoder.0.biases", &[1], &[0.0]),
        ("decoder.0.weights", &[3, 1], &[0.1, 0.2, 0.3]),
        ("decoder.0.biases", &[3], &[0.0; 3]),
        ("encoder.log_deviations", &[1], &[0.0]),
        ("observable.log_variances", &[1], &[0.0]),
    ];
    let put = |of: &[(&str, &[usize], &[f64])]| {
        std::fs::write(place.path("run/model.safetensors"), tensors(of)).expect("written");
    };
    put(&whole);
    place.run("score run d.csv").fine();
    put(&whole[1..]);
    place.run("score run d.csv").refused(&["model.safetensors", "\"encoder.0.weights\" is missing"]);
    let mut wrong = whole.clone();
    wrong[2].1 = &[1, 3];
    put(&wrong);
    place.run("predict run d.csv --out p.csv").refused(&["\"decoder.0.weights\"", "[1, 3]", "[3, 1]"]);
    let mut wrong = whole.clone();
    wrong[3].2 = &[0.0, f64::NAN, 0.0];
    put(&wrong);
    place.run("check run d.csv").refused(&["\"decoder.0.biases\"", "NaN"]);
}

#[test]
fn cells_outside_the_support_are_named_and_odd_shapes_have_an_answer() {
    let place = Place::new();
    place.write("n.csv", "a,b\n1,2\n3,-1\n");
    place.run("fit vae n.csv --latent-dim 1 --observable poisson").refused(&["n.csv", "row 2", "\"b\"", "-1"]);
    place.write("h.csv", "a,b\n1,0\n0,0.5\n");
    place.run("fit vae h.csv --latent-dim 1 --observable bernoulli").refused(&["h.csv", "row 2", "\"b\"", "0.5"]);
    // More latents than columns, of which one never changes: what is of no use collapses, and is named.
    let mut text = String::from("a,b,c\n");
    for i in 0..120 {
        text.push_str(&format!("{},7,{}\n", f64::from(i * 7 % 11) - 5.0, f64::from(i * 7 % 11) * 0.5));
    }
    place.write("d.csv", text);
    let ran = place.run("fit vae d.csv --latent-dim 5 --hidden-layers 8 --variance column --epochs 40 --json").fine();
    let answer = ran.json();
    assert!(number(&answer["elbo"]).is_finite(), "{answer}");
    assert_eq!(answer["latents"]["divergences"].as_array().map(Vec::len), Some(5));
    assert!(answer["warnings"].to_string().contains("5 latents for 3 columns"), "{answer}");
}

#[test]
fn reports_show_latents_and_pictures_of_square_columns() {
    let place = Place::new();
    let names: Vec<String> = (0..25).map(|d| format!("p{d}")).collect();
    let mut text = names.join(",") + "\n";
    for n in 0..80 {
        let pixel = |d: i32| i32::from(d / 5 == n % 5 || (n % 3 == 0 && d % 5 == n % 4));
        text.push_str(&((0..25).map(|d| pixel(d).to_string()).collect::<Vec<_>>().join(",") + "\n"));
    }
    place.write("bars.csv", text);
    let fit = "fit vae bars.csv --latent-dim 3 --hidden-layers 8 --observable bernoulli --epochs 20 --out bars";
    place.run(fit).fine();
    let page = place.read("bars/report.html");
    for words in ["Samples", "Rows and their reconstructions", "<h2>Latents</h2>", "data:image/png;base64,"] {
        assert!(page.contains(words), "{words}");
    }
    for file in ["samples.svg", "reconstructions.svg"] {
        assert!(place.path("bars").join(file).is_file(), "{file}");
    }
}

#[test]
fn select_compares_latent_dimensions_by_bounds_of_rows_held_out() {
    let place = Place::new();
    place.write("d.csv", rows());
    let line =
        "select vae d.csv --latent-dim 1..3 --hidden-layers none --variance column --plot sizes.svg --seed 1 --json";
    let answer = place.run(line).fine().json();
    let sizes = answer["sizes"].as_array().expect("sizes");
    assert_eq!(sizes.len(), 3);
    for (size, h) in sizes.iter().zip(1..) {
        assert_eq!(size["latents"].as_array().map(Vec::len), Some(h), "{size}");
        assert!(number(&size["held_out"]).is_finite() && number(&size["elbo"]).is_finite(), "{size}");
        // A bound is no evidence, and has no criterion.
        assert!(size["bic"].is_null() && size["log_evidence"].is_null(), "{size}");
    }
    let why = answer["recommended"]["why"].as_str().expect("words");
    assert!(why.contains("highest bound on held-out rows"), "{why}");
    assert!(place.path("sizes.svg").is_file());
    assert_eq!(place.run(line).fine().json(), answer, "the same seed, the same answer");
    place.run("select vae d.csv").refused(&["--latent-dim"]);
    place.run("select vae d.csv --components 1..2").refused(&["--components"]);
    place.run("select vae d.csv --latent-dim 1..2 --observable poisson").refused(&["row 1", "\"a\""]);
    place.run("select ppca d.csv --latent-dim 1..2 --epochs 3").refused(&["--epochs", "vae"]);
}

/// A fit of a second or more, with every kind of state: factors, damping, mean directions.
fn long(out: &str) -> String {
    format!(
        "fit vae d.csv --latent-dim 2 --hidden-layers 8 --optimiser natural --epochs 6000 --batch 20 --seed 4 \
         --checkpoint-every 0.01 --threads 1 --out {out}"
    )
}

#[cfg(unix)]
#[test]
fn interrupted_and_killed_fits_go_on_to_the_same_bytes() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let place = Place::new();
    place.write("d.csv", rows());
    place.run(&long("whole")).fine();
    assert!(!place.path("whole/checkpoint").exists(), "the checkpoint goes when the fit has ended");
    for (out, signal) in [("interrupted", "-INT"), ("killed", "-KILL")] {
        let line = long(out);
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child =
            place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a start");
        let begin = Instant::now();
        let path = place.path(&format!("{out}/checkpoint"));
        // The trace in it grows by some hundred bytes an epoch.
        while std::fs::metadata(&path).map_or(0, |m| m.len()) < 60_000 {
            assert!(begin.elapsed() < Duration::from_secs(60), "no checkpoint grew");
            assert!(child.try_wait().expect("a state").is_none(), "the fit ended before it could be stopped");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill").success());
        let ran = Ran::of(line.clone(), child.wait_with_output().expect("it ends"));
        if signal == "-INT" {
            assert_eq!(ran.code, Some(130), "{ran:#?}");
            assert!(ran.stderr.contains("natgrad fit --resume interrupted"), "{ran:#?}");
            assert_eq!(place.json("interrupted/summary.json")["status"], "interrupted");
            for file in ["model.json", "model.safetensors", "trace.csv", "report.html", "checkpoint"] {
                assert!(place.path("interrupted").join(file).exists(), "{file}");
            }
            place.run("score interrupted d.csv").fine();
        }
        if signal == "-KILL" {
            for command in [
                "score killed d.csv",
                "check killed d.csv",
                "sample killed --rows 2 --out s.csv",
                "report killed --out r.html",
            ] {
                place.refuses(command, &["killed: the fit has not ended", "natgrad fit --resume killed"]);
            }
        }
        place.run(&format!("fit --resume {out} --threads 2")).fine();
        let seconds: Vec<f64> =
            place.rows(&format!("{out}/trace.csv"))[1..].iter().map(|r| r[2].parse().expect("a number")).collect();
        assert!(seconds[0] > 0.0 && seconds.is_sorted(), "the clock goes on: {seconds:?}");
        assert!(!place.path(&format!("{out}/checkpoint")).exists());
        for file in ["summary.json", "model.json", "model.safetensors"] {
            assert!(place.bytes(&format!("{out}/{file}")) == place.bytes(&format!("whole/{file}")), "{out}/{file}");
        }
        place.run(&format!("fit --resume {out}")).refused(&["the run has ended"]);
    }
}
