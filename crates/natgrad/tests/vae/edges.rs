//! Degenerate data and settings: each has an answer, or an error that names its place.

use super::table;
use natgrad::Error;
use natgrad::engine::{
    Beyond, Control, VariationalOutcome, VariationalProgress, VariationalSettings, VariationalStatus, evaluate, learn,
};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, Inputs, Nodes, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::Table;

fn linear(columns: usize, latents: usize, variance: Variance) -> Vae {
    Vae::new(Architecture {
        columns,
        latents,
        encoder: vec![],
        decoder: vec![],
        activation: Activation::Tanh,
        observable: ObservableName::Gaussian,
        variance,
        prior: PriorName::Fixed,
        deviations: Deviations::Shared,
        inputs: Inputs::Values,
    })
    .expect("a model")
}

fn fit(vae: &Vae, rows: &Table, settings: &VariationalSettings) -> Result<VariationalOutcome, Error> {
    let moments = ColumnMoments::of(rows, vae.architecture().observable)?;
    let start = VariationalProgress::at(vae.start(&moments, 1));
    learn::<f64, Processor>(vae, &Processor, rows, settings, start, &mut |_| Control::Continue)
}

fn exact(latents: usize) -> VariationalSettings {
    VariationalSettings {
        epochs: 0,
        expectation: Expectation::Nodes(Nodes::quadratic(latents)),
        variance_floor: 1e-6,
        polish: 300,
        ..Default::default()
    }
}

#[test]
fn one_row_a_constant_column_and_too_many_latents_have_an_answer() {
    let one = table(&[vec![1.0], vec![-2.0]]);
    let constant = table(&[vec![1.0, 1.0, 1.0, 1.0], vec![0.5, -1.0, 2.0, 0.1]]);
    for (rows, latents, variance) in [
        (&one, 1, Variance::Scalar),
        (&constant, 1, Variance::Column),
        (&constant, 5, Variance::Scalar),
        (&constant, 1, Variance::Fixed(0.3)),
    ] {
        let vae = linear(2, latents, variance);
        let outcome = fit(&vae, rows, &exact(latents)).expect("an answer");
        assert!(outcome.sums.elbo().is_finite(), "{variance:?}");
        assert_ne!(outcome.progress.status, Some(VariationalStatus::Diverged));
        if variance == Variance::Column {
            assert!(outcome.held.contains(&0), "the constant column is held by the floor: {:?}", outcome.held);
        }
        if matches!(variance, Variance::Fixed(_)) {
            assert!(vae.condition().why.contains("fixed at 0.3"));
        }
    }
}

#[test]
fn cells_outside_the_support_are_named() {
    let rows = table(&[vec![0.0, 1.0, 1.0], vec![1.0, 0.5, 0.0]]);
    for observable in [ObservableName::Bernoulli, ObservableName::Poisson] {
        let error = ColumnMoments::of(&rows, observable).expect_err("0.5 is neither").to_string();
        assert!(error.contains("row 2") && error.contains("\"c2\"") && error.contains("0.5"), "{error}");
    }
    let missing = table(&[vec![0.0, f64::NAN]]);
    let error = ColumnMoments::of(&missing, ObservableName::Gaussian).expect_err("a missing cell").to_string();
    assert!(error.contains("row 2") && error.contains("\"c1\"") && error.contains("hint:"), "{error}");
    let infinite = table(&[vec![0.0, f64::INFINITY]]);
    assert!(ColumnMoments::of(&infinite, ObservableName::Gaussian).is_err());
}

#[test]
fn a_mean_without_a_spread_has_no_standard_error() {
    let vae = linear(1, 1, Variance::Scalar);
    let at = vec![0.1; vae.parameters()];
    let expectation = Expectation::Draws(1);
    let of = |cells: &[f64], weights: &[f64]| {
        let columns = crate::common::columns_of(1, None);
        let rows = Table::from_columns(columns, &[cells.to_vec()], Some(weights.to_vec())).expect("a table");
        evaluate(&vae, &rows, &at, &expectation, 1).expect("sums")
    };
    let two = of(&[1.0, 2.0], &[1.0, 1.0]);
    assert!(two.sums.elbo_error().is_finite() && two.sums.residual_error() > 0.0 && two.beyond.is_none());
    // One row, also where others have no weight, whatever is in them.
    for one in [of(&[1.0], &[3.0]), of(&[1.0, 2.0], &[0.0, 3.0]), of(&[1.0, 1e300], &[2.0, 0.0])] {
        assert!(one.sums.elbo().is_finite() && one.beyond.is_none());
        assert_eq!((one.sums.elbo_error(), one.sums.residual_error()), (f64::INFINITY, f64::INFINITY));
    }
    // The square of 1e200 is no double.
    let far = of(&[1.0, 1e200, 2.0, 1e300, 1e300], &[1.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!((far.sums.elbo(), far.sums.elbo_error()), (f64::NEG_INFINITY, f64::INFINITY));
    assert_eq!(far.beyond, Some(Beyond { first: 2, rows: 2 }));
}

#[test]
fn settings_out_of_range_and_other_columns_are_refused() {
    let rows = table(&[vec![0.0, 1.0], vec![1.0, 0.5]]);
    let vae = linear(2, 1, Variance::Scalar);
    for settings in [
        VariationalSettings { batch: 0, ..Default::default() },
        VariationalSettings { rate: 0.0, ..Default::default() },
        VariationalSettings { decay: f64::NAN, ..Default::default() },
        VariationalSettings { variance_floor: -1.0, ..Default::default() },
    ] {
        let error = fit(&vae, &rows, &settings).expect_err("refused").to_string();
        assert!(error.contains("hint:"), "{error}");
    }
    let other = linear(3, 1, Variance::Scalar);
    let start = VariationalProgress::at(vec![0.0; other.parameters()]);
    let settings = VariationalSettings::default();
    assert!(learn::<f64, Processor>(&other, &Processor, &rows, &settings, start, &mut |_| Control::Continue).is_err());
    let shape = vae.architecture().clone();
    assert!(Vae::new(Architecture { latents: 0, ..shape.clone() }).is_err());
    assert!(Vae::new(Architecture { encoder: vec![0], ..shape.clone() }).is_err());
    assert!(Vae::new(Architecture { variance: Variance::Fixed(0.0), ..shape }).is_err());
    assert!(Nodes::hermite(20, 20).is_err() && Nodes::hermite(1, 0).is_err());
}

#[test]
fn hermite_nodes_integrate_polynomials() {
    let rule = Nodes::hermite(2, 5).expect("a rule");
    let moment = |a: i32, b: i32| -> f64 {
        rule.nodes.iter().zip(&rule.weights).map(|(z, w)| w * z[0].powi(a) * z[1].powi(b)).sum()
    };
    for (a, b, expected) in [(0, 0, 1.0), (2, 0, 1.0), (4, 2, 3.0), (8, 0, 105.0), (3, 1, 0.0)] {
        // Moments of size 100 to rounding.
        assert!((moment(a, b) - expected).abs() < 1e-11, "{a} {b}: {}", moment(a, b));
    }
}

#[test]
fn rows_that_do_not_fit_the_window_are_all_seen() {
    let columns: Vec<Vec<f64>> = (0..2).map(|d| (0..5000).map(|i| f64::from((i * 7 + d) % 13)).collect()).collect();
    let rows = table(&columns);
    let vae = linear(2, 1, Variance::Scalar);
    let settings = VariationalSettings { epochs: 2, window: 1500, batch: 300, ..Default::default() };
    let outcome = fit(&vae, &rows, &settings).expect("a fit");
    assert_eq!(outcome.sums.rows, 5000);
    // Batches of 300 out of windows of 2048, 2048 and 904 rows: 7 + 7 + 4 steps an epoch.
    assert_eq!(outcome.progress.steps, 36);
}
