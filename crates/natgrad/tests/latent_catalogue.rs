//! Sigmoid belief nets and sparse coding as the edges see them: data checked, parameters there and back, summaries with verdicts.

mod common;

use common::{columns_of, csv};
use natgrad::catalogue::Ended;
use natgrad::catalogue::latent::{
    BeliefNet, BeliefNetSettings, DictionarySettings, SparseDictionary, summarise_latent,
};
use natgrad::diagnose::{Verdict, agreement};
use natgrad::engine::{Control, Progress, Settings, fit};
use natgrad::model::sigmoid_belief_net::Recognition;
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::Table;
use serde_json::json;

fn table(data: &[Vec<f64>]) -> Table {
    Table::from_columns(columns_of(data.len(), None), data, None).expect("a table")
}

#[test]
fn a_net_goes_into_a_file_and_back_and_its_summary_has_verdicts() {
    let table = table(&csv("entropy_sums/digits4x4_bin.csv", false));
    let settings = BeliefNetSettings { layers: vec![2], recognition: Recognition::Exact };
    let (described, frequencies) = BeliefNet::for_data(settings, &table).expect("zeros and ones");
    let net = described.net();
    let learning = Learning::new(net, &table, 0.0);
    let start = net.start(&frequencies, 1);
    let outcome = fit(&learning, &Settings { tolerance: 1e-9, ..Settings::default() }, Progress::at(start), &|_| {
        Control::Continue
    })
    .expect("a fit");
    let look = learning.look(&outcome.look.point, Want::Curvature).expect("a look");
    let parameters = described.parameters(&look.point);
    let back = described.point(&parameters).expect("a point");
    for (a, b) in look.point.0.iter().zip(&back.0) {
        // The prior goes through probabilities.
        assert!((a - b).abs() < 1e-12 * (1.0 + a.abs()));
    }
    let fitted =
        Ended { progress: &outcome.progress, restarts: Some(agreement(&[Some(look.elbo)], 1e-9, 400.0)), seed: 1 };
    let s = summarise_latent(described.summarised(&look), &learning, &look, 1e-6, Some(fitted)).expect("a summary");
    assert_eq!(s.log_evidence, Some(s.elbo));
    let verdict = |name: &str| s.certificates.iter().find(|c| c.name == name).map(|c| c.verdict);
    assert_eq!(verdict("entropy-sum"), Some(Verdict::Holds), "{:?}", s.residual);
    assert_ne!(verdict("stationarity"), Some(Verdict::Fails));
    assert!(s.information.inertia.is_some(), "a small net has information matrices");
    assert!((s.entropy_sum - s.elbo).abs() < 1e-3);
}

#[test]
fn sparse_coding_goes_into_a_file_and_back() {
    let table = table(&csv("entropy_sums/patches.csv", false));
    let (described, square) = SparseDictionary::for_data(DictionarySettings::usual(3), &table).expect("numbers");
    let model = described.model();
    let at = model.start(square, 2).expect("a start");
    let back = described.point(&described.parameters(&at)).expect("a point");
    assert!(at.0.iter().zip(&back.0).all(|(a, b)| (a - b).abs() < 1e-14 * (1.0 + a.abs())));
    let learning = Learning::new(model, &table, 0.0);
    let look = learning.look(&at, Want::Statistics).expect("a look");
    let s = summarise_latent(described.summarised(&look), &learning, &look, 1e-6, None).expect("a summary");
    assert_eq!(s.log_evidence, None, "a bound is no evidence");
    // V is 1 for each Laplace variable and D/2 for the noise.
    assert!((s.residual.variance - (3.0 + 8.0)).abs() < 1e-12);
    assert_eq!(s.certificates[1].verdict, Verdict::Fails, "a start is not stationary");
    assert!(model.groups()[0] > 1_000_000);
}

#[test]
fn what_does_not_fit_is_named() {
    let bad = table(&[vec![0.0, 1.0, 2.0], vec![1.0, 1.0, 0.0]]);
    let settings = || BeliefNetSettings { layers: vec![1], recognition: Recognition::Exact };
    let error = BeliefNet::for_data(settings(), &bad).expect_err("a two").to_string();
    assert!(error.contains("row 3") && error.contains("\"c1\""), "{error}");
    let missing = table(&[vec![0.0, f64::NAN, 2.0], vec![1.0, 1.0, 0.0]]);
    let error = SparseDictionary::for_data(DictionarySettings::usual(2), &missing).expect_err("missing");
    assert!(error.to_string().contains("row 2"), "{error}");
    let net = BeliefNet::new(settings(), columns_of(2, None)).expect("a net");
    for (wrong, place) in [
        (json!({"prior": [0.5]}), "layers"),
        (json!({"layers": [], "prior": [0.5]}), "layers"),
        (json!({"layers": [{"weights": [[1.0], ["x"]], "biases": [0, 0]}], "prior": [0.5]}), "layers[0].weights[1][0]"),
        (json!({"layers": [{"weights": [[1.0], [0.0]], "biases": [0]}], "prior": [0.5]}), "layers[0].biases"),
        (json!({"layers": [{"weights": [[1.0], [0.0]], "biases": [0, 0]}], "prior": [1.5]}), "prior[0]"),
    ] {
        let error = net.point(&wrong).expect_err("wrong").to_string();
        assert!(error.contains(place), "{place}: {error}");
    }
    // A unit that is always on or off is what fits may end with.
    for (prior, sign) in [(0.0, -1.0), (1.0, 1.0)] {
        let at = json!({"layers": [{"weights": [[1.0], [0.0]], "biases": [0, 0]}], "prior": [prior]});
        let odds = net.point(&at).expect("a net").0[4];
        assert!(odds.is_finite() && odds * sign > 36.0, "{odds}");
    }
}
