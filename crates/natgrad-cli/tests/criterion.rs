//! `natgrad criterion`: verdicts as exit codes, words that name what would have to be learnt, refusals.

mod common;

use common::{Place, example};

#[test]
fn verdicts_are_exit_codes_and_remedies_are_named() {
    let place = Place::new();
    for line in [
        "gaussian-mixture",
        "latent-class",
        "negative-binomial-mixture",
        "ppca",
        "sigmoid-belief-net --layers 2",
        "vae",
    ] {
        let found = place.run(&format!("criterion {line} --json")).fine().json();
        assert_eq!(found["holds"], true, "{line}");
        assert!(found["parts"].as_array().is_some_and(|p| p.iter().all(|p| p["remedy"] == "not-needed")), "{found}");
    }
    let cases = [
        ("gaussian-mixture --freeze weights", 0, "mixing weights"),
        ("mixture --family a=normal,b=poisson --freeze covariances", 1, "covariances"),
        ("factor-analysis --freeze variances", 0, "variances"),
        ("factor-analysis --freeze noise", 0, "variances"),
        ("ppca --freeze noise", 0, "variance"),
        ("sparse-coding --freeze prior", 0, "prior"),
        ("sparse-coding --freeze scales", 0, "prior"),
        ("sparse-coding --freeze noise", 1, "variance"),
    ];
    for (line, part, name) in cases {
        let ran = place.run(&format!("criterion {line} --json"));
        assert_eq!(ran.code, Some(1), "{line}");
        let found = ran.json();
        assert_eq!(found["parts"][part]["remedy"]["learn"]["one_of"][0], name, "{line}: {found}");
        let told = place.run(&format!("criterion {line}"));
        assert!(told.stdout.contains(&format!("if {name} were learnt")), "{}", told.stdout);
    }
    let network = example("../networks/asia.bif");
    place.run(&format!("criterion bayes-net --network {network} --hidden lung")).fine();
    assert_eq!(place.run(&format!("criterion bayes-net --network {network} --freeze tub")).code, Some(1));
}

#[test]
fn autoencoders_are_asked_about_in_the_words_of_their_fits() {
    let place = Place::new();
    let of = |options: &str| place.run(&format!("criterion vae {options} --json"));
    for (one, other) in [
        ("--variance column", "--variance diagonal"),
        ("--observable gaussian", "--observable normal"),
        ("--latent-prior fixed", "--prior standard"),
        ("--latent-prior learnt --freeze encoder", "--prior learnt --freeze encoder"),
    ] {
        assert_eq!(of(one).fine().json(), of(other).fine().json(), "{one}");
    }
    let fixed = of("--variance fixed:0.5");
    assert_eq!(fixed.code, Some(1), "{fixed:#?}");
    assert_eq!(fixed.json()["parts"][0]["remedy"]["learn"]["one_of"][0], "variance", "{fixed:#?}");
    place.refuses("criterion vae --variance fixed:0", &["fixed:0"]);
    place.refuses("criterion vae --variance wide", &["wide"]);
    place.refuses("criterion vae --observable poisson --variance column", &["--variance belongs to Gaussian"]);
    place.refuses("criterion ppca --latent-prior learnt", &["--latent-prior", "vae"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    place.refuses("criterion nothing", &["\"nothing\""]);
    place.refuses("criterion bayes-net", &["--network"]);
    place.refuses("criterion ppca --layers 2", &["--layers", "sigmoid-belief-net"]);
    place.refuses("criterion vae --freeze everything", &["\"everything\"", "first-layer-weights"]);
    place.refuses("criterion poisson-mixture --covariance full", &["--covariance"]);
}

#[test]
fn an_explained_model_comes_with_its_verdict() {
    let place = Place::new();
    for (model, holds) in [("ppca", true), ("gaussian-mixture", true), ("sparse-coding", true), ("vae", true)] {
        let found = place.run(&format!("explain {model} --json")).fine().json();
        assert_eq!(found["criterion"]["holds"], holds, "{model}: {found}");
        assert!(place.run(&format!("explain {model}")).fine().stdout.contains("sum of entropies"), "{model}");
    }
    // A network's verdict takes the network; certificates have none.
    for name in ["bayes-net", "maximum"] {
        assert!(place.run(&format!("explain {name} --json")).fine().json()["criterion"].is_null(), "{name}");
    }
}
