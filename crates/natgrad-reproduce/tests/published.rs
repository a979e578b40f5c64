//! Against values that the authors published, where the folder NATGRAD_PUBLISHED holds them; skipped elsewhere.

use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::network::volume::{Histogram, RiemannianVolume};
use natgrad::network::{Enumerated, Network, NodeSpec, Objective, Pair, Target, compare_many};
use natgrad_flow::{Settings, flow};
use serde_json::Value;
use std::path::PathBuf;

const HIDDEN: [bool; 3] = [true, false, false];

fn published(name: &str) -> Option<Value> {
    let Some(folder) = std::env::var_os("NATGRAD_PUBLISHED") else {
        println!("NATGRAD_PUBLISHED names no folder: skipped");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(serde_json::from_str(&text).expect("JSON"))
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn list(v: &Value) -> &[Value] {
    v.as_array().expect("an array")
}

fn network(edges: bool) -> Network {
    let node = |name: &str, child: bool| NodeSpec {
        name: name.into(),
        states: vec!["first".into(), "second".into()],
        parents: if child && edges { vec!["x".into()] } else { Vec::new() },
        table: None,
    };
    Network::new(vec![node("x", false), node("y", true), node("z", true)]).expect("a network").0
}

fn target(p: &Value) -> Target {
    let p = numbers(p);
    let total: f64 = p.iter().sum();
    Target::Joint(Distribution::new(p.iter().map(|x| x / total).collect()).expect("a distribution"))
}

fn off(a: &[f64], b: &[f64]) -> f64 {
    assert!(a.len() == b.len() && a.iter().chain(b).all(|x| x.is_finite()));
    a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

#[test]
fn trajectories_are_the_published_ones() {
    let Some(runs) = published("flows.json") else { return };
    for run in list(&runs) {
        let network = network(run["model"] != "cylindrical");
        let of = Enumerated::new(&network, &HIDDEN).expect("small");
        let target = target(&run["p_star"]);
        let steps: Vec<usize> = numbers(&run["steps"]).iter().map(|k| *k as usize).collect();
        for (name, objective) in [
            ("elbo", natgrad_flow::Objective::Elbo),
            ("rec", natgrad_flow::Objective::Recognition),
            ("evidence", natgrad_flow::Objective::Evidence),
        ] {
            let start = Point(numbers(&run["theta_0"]));
            let found = flow(&of, objective, &target, &start, &Settings::default()).expect("a flow");
            let of_run = &run["flows"][name];
            let mut worst = [0.0f64; 3];
            for (i, &k) in steps.iter().enumerate() {
                worst[0] = worst[0].max(off(&found.parameters[k], &numbers(&of_run["theta"][i])));
                worst[1] =
                    worst[1].max((found.divergence[k] - of_run["D_evidence"][i].as_f64().expect("a number")).abs());
                let joint = of.at(&Point(found.parameters[k].clone())).joint;
                worst[2] = worst[2].max(off(&joint, &numbers(&of_run["p"][i])));
            }
            println!("{} {} {name}: parameters, divergence, joint off by {worst:?}", run["model"], run["sim"]);
            // Rounding of 499 steps and of the published conversion.
            assert!(worst.iter().all(|w| *w < 1e-12), "{} {name}: {worst:?}", run["sim"]);
        }
    }
}

#[test]
fn sampled_points_have_the_published_cosines() {
    let Some(all) = published("samples.json") else { return };
    let network = network(true);
    let of = Enumerated::new(&network, &HIDDEN).expect("small");
    let samples = list(&all["samples"]);
    let points: Vec<f64> = samples.iter().flat_map(|s| numbers(&s["theta"])).collect();
    let mut worst = [0.0f64; 4];
    for name in ["good", "bad"] {
        let many = compare_many(&of, &points, &target(&all["targets"][name])).expect("inside");
        for (i, sample) in samples.iter().enumerate() {
            let of_sample = &sample[name];
            let number = |key: &str| of_sample[key].as_f64().expect("a number");
            let cosine = |pair| many.cosine(pair, i).expect("a cosine");
            worst[0] = worst[0]
                .max((cosine(Pair::ElboEvidence) - number("cos_elbo")).abs())
                .max((cosine(Pair::RecognitionEvidence) - number("cos_rec")).abs())
                .max((cosine(Pair::ElboRecognition) - number("cos_gap")).abs());
            for (key, objective) in [
                ("nat_evidence", Objective::Evidence),
                ("nat_rec", Objective::Recognition),
                ("nat_elbo", Objective::Elbo),
            ] {
                let expected = numbers(&of_sample[key]);
                let scale = expected.iter().fold(0.0f64, |m, x| m.max(x.abs()));
                // The evidence's solution carries the condition number of its metric.
                let condition = sample["cond_G_V"].as_f64().expect("a number").max(1e4);
                let relative = off(many.natural(objective, i), &expected) / scale;
                worst[1] = worst[1].max(relative);
                assert!(relative < 1e-9f64.max(1e-15 * condition), "{name} {i} {key}: {relative}");
            }
            worst[2] = worst[2].max((many.norm(Objective::Evidence, i) / number("norm_evidence") - 1.0).abs());
            worst[3] = worst[3].max((many.divergence_elbo(i) / number("D_elbo") - 1.0).abs());
        }
    }
    println!("{} points: cosines, natural gradients, norms, divergences off by {worst:?}", samples.len());
    assert!(worst[0] < 1e-10 && worst[2] < 1e-10 && worst[3] < 1e-10, "{worst:?}");
}

#[test]
fn own_draws_have_the_published_histograms() {
    let Some(all) = published("histograms.json") else { return };
    let network = network(true);
    let of = Enumerated::new(&network, &HIDDEN).expect("small");
    let points = RiemannianVolume::new(&network, 1e-3).expect("tables").sample(50_000, 1).expect("points");
    for target_name in ["good", "bad"] {
        let histograms = &all["histograms"];
        let q = target(&histograms[format!("elbo_{target_name}")]["p_star"]);
        let many = compare_many(&of, &points, &q).expect("inside");
        for (key, pair) in
            [("elbo", Pair::ElboEvidence), ("rec", Pair::RecognitionEvidence), ("gap", Pair::ElboRecognition)]
        {
            let known = &histograms[format!("{key}_{target_name}")];
            let counts = numbers(&known["oracle_counts"]);
            let total: f64 = counts.iter().sum();
            let shares: Vec<f64> = counts.iter().map(|c| c / total).collect();
            let distance = Histogram::of_cosines(&many.cosines(pair)).total_variation(&shares);
            println!("{key}_{target_name}: total variation {distance:.4}");
            assert!(distance < 0.02, "{key}_{target_name}: {distance}");
        }
    }
}
