//! Values at a start and at a maximum, computed by other programs.

use super::{common, sweep, table};
use natgrad::model::vae::{
    Architecture, Deviations, Expectation, Inputs, Nodes, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::Activation;
use natgrad::rows::Table;
use serde_json::Value;

fn numbers(value: &Value, to: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|v| numbers(v, to)),
        v => to.push(v.as_f64().expect("a number")),
    }
}

fn put(vae: &Vae, at: &mut [f64], tensor: &str, from: usize, value: &Value) {
    let mut values = Vec::new();
    numbers(value, &mut values);
    let t = vae.layout().tensor(tensor).unwrap_or_else(|| panic!("no tensor {tensor}"));
    at[t.offset + from..t.offset + from + values.len()].copy_from_slice(&values);
}

/// A reference case: model, expectation, rows, and its parameters under a name.
pub fn case(case: &Value) -> (Vae, Expectation, Table, impl Fn(&str) -> Option<Vec<f64>>) {
    let linear = case["kind"] == "linvae";
    let file = case["csv"].as_str().expect("a file");
    let rows = table(&common::csv(&format!("entropy_sums/{file}"), false));
    let latents = case["H"].as_u64().expect("H") as usize;
    let hidden = case["hidden"].as_u64().map_or(vec![], |h| vec![h as usize]);
    let learnt = case["fit"].get("lt").is_some();
    let fixed = case["id"].as_str().is_some_and(|id| id.ends_with("fixed_sigma2"));
    let vae = Vae::new(Architecture {
        columns: case["D"].as_u64().expect("D") as usize,
        latents,
        encoder: hidden.clone(),
        decoder: hidden,
        activation: Activation::Tanh,
        observable: ObservableName::Gaussian,
        variance: if fixed { Variance::Fixed(0.5) } else { Variance::Scalar },
        prior: if learnt { PriorName::Learnt } else { PriorName::Fixed },
        deviations: if linear { Deviations::Shared } else { Deviations::Network },
        inputs: Inputs::Values,
    })
    .expect("a model");
    let expectation = if linear {
        Nodes::quadratic(latents)
    } else {
        let (mut nodes, mut weights) = (Vec::new(), Vec::new());
        numbers(&case["nodes"], &mut nodes);
        numbers(&case["weights"], &mut weights);
        Nodes { weights, nodes: nodes.chunks(latents).map(<[f64]>::to_vec).collect() }
    };
    let (model, case) = (vae.clone(), case.clone());
    let parameters = move |which: &str| {
        let from = case.get(which)?;
        let vae = &model;
        let mut at = vec![0.0; vae.parameters()];
        if linear {
            put(vae, &mut at, "encoder.0.weights", 0, &from["A"]);
            put(vae, &mut at, "encoder.0.biases", 0, &from["a"]);
            put(vae, &mut at, "encoder.log_deviations", 0, &from["ls"]);
            put(vae, &mut at, "decoder.0.weights", 0, &from["W"]);
            put(vae, &mut at, "decoder.0.biases", 0, &from["mu"]);
        } else {
            let width = case["hidden"].as_u64().expect("a width") as usize;
            put(vae, &mut at, "encoder.0.weights", 0, &from["E1"]);
            put(vae, &mut at, "encoder.0.biases", 0, &from["e1"]);
            put(vae, &mut at, "encoder.1.weights", 0, &from["Em"]);
            put(vae, &mut at, "encoder.1.weights", latents * width, &from["Es"]);
            put(vae, &mut at, "encoder.1.biases", 0, &from["em"]);
            put(vae, &mut at, "encoder.1.biases", latents, &from["es"]);
            put(vae, &mut at, "decoder.0.weights", 0, &from["D1"]);
            put(vae, &mut at, "decoder.0.biases", 0, &from["d1"]);
            put(vae, &mut at, "decoder.1.weights", 0, &from["D2"]);
            put(vae, &mut at, "decoder.1.biases", 0, &from["d2"]);
        }
        if !fixed {
            put(vae, &mut at, "observable.log_variances", 0, &from["ls2"]);
        }
        if learnt {
            let prior = from.get("lt")?;
            put(vae, &mut at, "prior.log_variances", 0, prior);
        }
        Some(at)
    };
    (vae, Expectation::Nodes(expectation), rows, parameters)
}

pub fn cases() -> Vec<Value> {
    let file = format!("{}/../../oracles/entropy_sums/vaes.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

#[test]
fn elbo_and_entropies_are_those_of_the_reference() {
    let mut compared = 0;
    for c in cases() {
        let (vae, expectation, rows, parameters) = case(&c);
        for which in ["init", "fit"] {
            let expected = &c[&format!("eval_{which}")];
            let Some(at) = parameters(which) else { continue };
            let s = sweep(&vae, &rows, &at, &expectation);
            let e = s.sums.entropies();
            let found = [
                ("F", s.sums.elbo()),
                ("Hq", e.recognition),
                ("Hp", e.prior),
                ("Ex", e.observable),
                ("S", e.sum()),
                ("R", s.sums.residual()),
                ("Rp", s.sums.prior_residual()),
                ("Ro", s.sums.observable_residual()),
            ];
            for (name, value) in found {
                let expected = expected[name].as_f64().expect(name);
                // Sums of a few hundred terms of size 30.
                assert!((value - expected).abs() < 1e-12, "{} {which} {name}: {value} {expected}", c["id"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared} values");
}
