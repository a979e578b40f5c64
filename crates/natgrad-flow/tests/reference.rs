//! Euler's trajectories of the two models against reference values, step by step.

mod common;

use common::*;
use natgrad_flow::{Domain, Objective};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Largest differences of parameters, divergences and joint probabilities (where given).
fn differences(runs: &Value) -> [f64; 3] {
    let mut worst = [0.0f64; 3];
    for case in runs.as_array().or_else(|| runs["runs"].as_array()).expect("runs") {
        let network = if case["model"] == "cylindrical" { independent() } else { fork() };
        let (start, q) = (numbers(&case["theta_0"]), numbers(&case["p_star"]));
        let steps = numbers(&case["steps"]);
        for (objective, name) in
            [(Objective::Elbo, "elbo"), (Objective::Recognition, "rec"), (Objective::Evidence, "evidence")]
        {
            let found = run(&network, objective, &q, &start, &euler(0.01, 499, Domain::Free));
            let expected = &case["flows"][name];
            for (i, &k) in steps.iter().enumerate() {
                let theta = &found.parameters[k as usize];
                worst[0] = worst[0].max(apart(std::slice::from_ref(theta), &[numbers(&expected["theta"][i])]));
                let d = expected["D_evidence"][i].as_f64().expect("a number");
                worst[1] = worst[1].max((found.divergence[k as usize] - d).abs());
                if expected["p"].is_array() {
                    worst[2] = worst[2].max(apart(&[at(&network, theta)], &[numbers(&expected["p"][i])]));
                }
            }
            let left = expected["first_step_outside_unit_box"].as_f64().map(|k| k * 0.01);
            assert_eq!(found.left_domain_at, left, "{name} of {}", case["sim"]);
        }
    }
    worst
}

#[test]
fn trajectories_are_those_of_the_reference() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../oracles/geometry/flows.json");
    let [theta, divergence, _] = differences(&read(&path));
    // Both sides round 499 steps of 1e-16; a divergence near 0 is a sum of terms of order 1.
    assert!(theta < 1e-12 && divergence < 1e-12, "{theta:e} {divergence:e}");
}

/// The published trajectories are not part of this project: where a copy lies, the environment variable says.
#[test]
fn trajectories_are_those_published() {
    let Some(folder) = std::env::var_os("NATGRAD_PUBLISHED") else {
        eprintln!("skipped: NATGRAD_PUBLISHED names no folder with flows.json");
        return;
    };
    let [theta, divergence, joint] = differences(&read(&PathBuf::from(folder).join("flows.json")));
    eprintln!("largest differences: parameters {theta:e}, divergence {divergence:e}, joint {joint:e}");
    assert!(theta < 1e-12 && divergence < 1e-12 && joint < 1e-12, "{theta:e} {divergence:e} {joint:e}");
}
