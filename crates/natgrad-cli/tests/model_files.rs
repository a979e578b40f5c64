//! Settings of model files: what is left out is read off the parameters, what cannot be read is refused.

mod common;

use common::{Place, example, number};
use serde_json::{Value, json};

/// A model, how it is fitted, its data, and settings that cannot be read.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CASES: [Case; 4] = [
    (
        "fit gaussian-mixture wine.csv --exclude cultivar --components 2 --covariance tied",
        "wine.csv",
        &[("covariance", r#""tiedd""#), ("components", "2.5"), ("covariance_floor", r#""small""#), ("charts", "[1]")],
    ),
    (
        "fit factor-analysis wine.csv --exclude cultivar --latent-dim 2",
        "wine.csv",
        &[("latent_dim", r#""two""#), ("chart", "[1, 2]")],
    ),
    (
        "fit sparse-coding wine.csv --exclude cultivar --latent-dim 3 --covariance full",
        "wine.csv",
        &[("covariance", r#""fulll""#), ("latent_dim", "-3")],
    ),
    (
        "fit sigmoid-belief-net bits.csv --layers 2 --recognition structured --cluster 2",
        "bits.csv",
        &[("layers", "2"), ("mean_field", r#""yes""#), ("cluster", "2.5"), ("levels", "7")],
    ),
];

fn place() -> Place {
    let place = Place::new();
    place.write("wine.csv", std::fs::read(example("wine.csv")).expect("an example"));
    let rows: Vec<String> = (0..40).map(|n| format!("{},{},{}", n % 2, n / 2 % 2, (n + n / 3) % 2)).collect();
    place.write("bits.csv", format!("a,b,c\n{}\n", rows.join("\n")));
    place
}

#[test]
fn a_chart_that_loses_the_parameters_is_refused() {
    let place = place();
    place.run("fit factor-analysis wine.csv --exclude cultivar --latent-dim 1 --out run").fine();
    let mut model = place.json("run/model.json");
    model["settings"]["chart"]["centers"][2] = json!(1e300);
    place.write("other.json", model.to_string());
    place.refuses("score other.json wine.csv", &["other.json", "settings.chart[2]", "loses mean[2]"]);
}

#[test]
fn settings_that_cannot_be_read_are_refused_by_name() {
    let place = place();
    for (fit, data, settings) in CASES {
        let summary = place.run(&format!("{fit} --max-iterations 3 --out run --json")).fine().json();
        let model = place.json("run/model.json");
        for (name, value) in settings {
            let mut other = model.clone();
            other["settings"][name] = serde_json::from_str(value).expect("JSON");
            place.write("other.json", other.to_string());
            place.refuses(&format!("score other.json {data}"), &["other.json", &format!("settings.{name}")]);
        }
        let mut other = model.clone();
        other["settings"] = json!("usual");
        place.write("other.json", other.to_string());
        place.refuses(&format!("score other.json {data}"), &["other.json", "settings"]);
        std::fs::remove_dir_all(place.path("run")).expect("a run");
        assert!(number(&summary["elbo"]).is_finite());
    }
}

#[test]
fn sizes_left_out_of_settings_are_read_off_the_parameters() {
    let place = place();
    for ((fit, data, _), size) in CASES.into_iter().zip(["components", "latent_dim", "latent_dim", "layers"]) {
        let elbo = number(&place.run(&format!("{fit} --max-iterations 3 --out run --json")).fine().json()["elbo"]);
        let mut model = place.json("run/model.json");
        assert!(model["settings"].as_object_mut().expect("settings").remove(size).is_some_and(|v| v != Value::Null));
        place.write("other.json", model.to_string());
        let scored = number(&place.run(&format!("score other.json {data} --json")).fine().json()["elbo"]);
        assert!((scored - elbo).abs() < 1e-9 * elbo.abs().max(1.0), "{fit}: {scored} and {elbo}");
        std::fs::remove_dir_all(place.path("run")).expect("a run");
    }
}
