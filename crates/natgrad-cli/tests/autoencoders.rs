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

/// A fit of a second or more, with every kind of state: factors, damping, mean directions.
fn long(out: &str) -> String {
    format!(
        "fit vae d.csv --latent-dim 2 --hidden-layers 8 --optimiser natural --epochs 1500 --batch 20 --seed 4 \
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
        place.run(&format!("fit --resume {out} --threads 2")).fine();
        assert!(!place.path(&format!("{out}/checkpoint")).exists());
        for file in ["summary.json", "model.json", "model.safetensors"] {
            assert!(place.bytes(&format!("{out}/{file}")) == place.bytes(&format!("whole/{file}")), "{out}/{file}");
        }
        place.run(&format!("fit --resume {out}")).refused(&["the run has ended"]);
    }
}
