//! Learning: closed-form maxima, residuals within their errors, the same bits on any machine and after a pause.

use super::reference::{case, cases};
use super::{common, every_kind, sweep, table};
use natgrad::engine::{
    Control, Optimiser, VariationalOutcome, VariationalProgress, VariationalSettings, VariationalStatus, evaluate,
    generate, importance_bound, learn, recognise, reconstruct,
};
use natgrad::linalg::real::Real;
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::Table;

fn digits() -> Table {
    table(&common::csv("entropy_sums/bernoulli_digits.csv", false))
}

fn model(columns: usize, observable: ObservableName, variance: Variance, prior: PriorName) -> Vae {
    Vae::new(Architecture {
        columns,
        latents: 4,
        encoder: vec![24],
        decoder: vec![24],
        activation: Activation::Softplus,
        observable,
        variance,
        prior,
        deviations: Deviations::Network,
        inputs: observable.inputs(),
    })
    .expect("a model")
}

fn fit<T: Real>(vae: &Vae, rows: &Table, settings: &VariationalSettings) -> VariationalOutcome
where
    Processor: natgrad::neural::Backend<T>,
{
    let moments = ColumnMoments::of(rows, vae.architecture().observable).expect("moments");
    let start = VariationalProgress::at(vae.start(&moments, settings.seed));
    learn::<T, Processor>(vae, &Processor, rows, settings, start, &mut |_| Control::Continue).expect("a fit")
}

#[test]
fn deterministic_objectives_end_where_elbo_and_entropies_agree() {
    for c in cases() {
        let (vae, expectation, rows, parameters) = case(&c);
        let (Some(init), true) = (parameters("init"), vae.condition().holds) else { continue };
        let settings = VariationalSettings {
            epochs: 0,
            expectation,
            decay: c["weight_decay"].as_f64().unwrap_or(0.0),
            ..VariationalSettings::default()
        };
        let outcome =
            learn::<f64, Processor>(&vae, &Processor, &rows, &settings, VariationalProgress::at(init), &mut |_| {
                Control::Continue
            })
            .expect("a fit");
        let id = c["id"].as_str().expect("an id");
        assert_eq!(outcome.progress.status, Some(VariationalStatus::Converged), "{id}: {:?}", outcome.largest_slope);
        // Slopes below 1e-9 along directions of length below 100.
        let left = outcome.sums.residual() - outcome.known_residual;
        assert!(left.abs() < 1e-6, "{id}: {left}");
        let reference = c["eval_fit"]["F"].as_f64().expect("F");
        if c["kind"] == "linvae" {
            // The maximum of the linear model is that of probabilistic principal components.
            assert!((outcome.sums.elbo() - reference).abs() < 1e-9, "{id}: {} {reference}", outcome.sums.elbo());
        }
        // The same kind of point, seen from its known end.
        let known = vae.decay_residual(&parameters("fit").expect("a fit"), settings.decay);
        let predicted = c["eval_fit"]["Rp_predicted"].as_f64().unwrap_or(0.0);
        assert!((known - predicted).abs() < 1e-12, "{id}: {known} {predicted}");
    }
}

#[test]
fn sampled_residuals_vanish_within_their_standard_errors() {
    let rows = digits();
    for (observable, variance) in [
        (ObservableName::Bernoulli, Variance::Scalar),
        (ObservableName::Gaussian, Variance::Scalar),
        (ObservableName::Gaussian, Variance::Network),
        (ObservableName::Poisson, Variance::Scalar),
    ] {
        for prior in [PriorName::Fixed, PriorName::Learnt] {
            let vae = model(45, observable, variance, prior);
            let settings = VariationalSettings { epochs: 12, batch: 50, rate: 3e-3, ..Default::default() };
            let outcome = fit::<f64>(&vae, &rows, &settings);
            let first = &outcome.progress.trace[0];
            assert!(outcome.sums.elbo() > first.elbo, "{observable:?}: {} {}", outcome.sums.elbo(), first.elbo);
            let residual = outcome.sums.residual();
            // Four standard errors: eight draws of a normal exceed them once in two thousand.
            assert!(
                outcome.residual_error <= 2f64.sqrt() * outcome.sums.residual_error(),
                "the error is that of the end, whatever learning went through"
            );
            assert!(
                residual.abs() < 4.0 * outcome.residual_error,
                "{observable:?} {residual} {}",
                outcome.residual_error
            );
            let prior = outcome.sums.prior_residual();
            // Closed forms make this part vanish but for rounding.
            assert!(prior.abs() < 1e-9, "{observable:?}: {prior}");
        }
    }
}

#[test]
fn closed_forms_never_lower_the_elbo_and_leave_reconstructions_alone() {
    for (vae, rows, mut at) in every_kind() {
        let before = sweep(&vae, &rows, &at, &super::few_nodes());
        vae.balance(&mut at, &before.sums);
        let after = sweep(&vae, &rows, &at, &super::few_nodes());
        let slack = 1e-12 * (1.0 + before.sums.density.abs());
        assert!((after.sums.density - before.sums.density).abs() < 10.0 * slack, "{:?}", vae.architecture());
        assert!(after.sums.elbo() >= before.sums.elbo() - slack);
        vae.maximise_variances(&mut at, &after.gradient, 0.0);
        let last = sweep(&vae, &rows, &at, &super::few_nodes());
        assert!(last.sums.elbo() >= after.sums.elbo() - slack);
        assert!(last.sums.prior_residual().abs() < 1e-12, "{}", last.sums.prior_residual());
    }
}

#[test]
fn threads_pauses_and_precision_change_nothing_they_should_not() {
    let rows = digits();
    let vae = model(45, ObservableName::Bernoulli, Variance::Scalar, PriorName::Learnt);
    let adam = VariationalSettings { epochs: 4, batch: 64, ..Default::default() };
    let natural = VariationalSettings { optimiser: Optimiser::Natural { damping: 0.1 }, rate: 0.03, ..adam.clone() };
    let minibatch = VariationalSettings { optimiser: Optimiser::Minibatch { damping: 0.1 }, ..natural.clone() };
    for settings in [adam, natural, minibatch] {
        let whole = fit::<f64>(&vae, &rows, &settings);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let again = pool.install(|| fit::<f64>(&vae, &rows, &settings));
            assert_eq!(whole.progress, again.progress, "{threads} threads");
        }
        let start = VariationalProgress::at(
            vae.start(&ColumnMoments::of(&rows, ObservableName::Bernoulli).expect("moments"), 0),
        );
        let mut paused = None;
        learn::<f64, Processor>(&vae, &Processor, &rows, &settings, start, &mut |p| {
            paused = Some(p.clone());
            if p.epoch == 2 { Control::Stop } else { Control::Continue }
        })
        .expect("a fit");
        let text = serde_json::to_string(&paused.expect("a state")).expect("JSON");
        let state = serde_json::from_str(&text).expect("a state");
        let resumed = learn::<f64, Processor>(&vae, &Processor, &rows, &settings, state, &mut |_| Control::Continue);
        assert_eq!(whole.progress, resumed.expect("a fit").progress);
        let single = fit::<f32>(&vae, &rows, &settings);
        // Four epochs of single precision drift by far less than an epoch gains.
        assert!((single.sums.elbo() - whole.sums.elbo()).abs() < 0.5, "{} {}", single.sums.elbo(), whole.sums.elbo());
        assert!(whole.sums.elbo() > whole.progress.trace[0].elbo + 1.0);
    }
}

#[test]
fn bounds_beliefs_reconstructions_and_rows_of_its_own() {
    let rows = digits();
    let vae = model(45, ObservableName::Bernoulli, Variance::Scalar, PriorName::Fixed);
    let outcome =
        fit::<f64>(&vae, &rows, &VariationalSettings { epochs: 10, batch: 50, rate: 3e-3, ..Default::default() });
    let at = &outcome.progress.at;
    let found = evaluate(&vae, &rows, at, &Expectation::Draws(1), 1).expect("an evaluation");
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let one = mean(&importance_bound(&vae, &rows, at, 1, 2).expect("bounds"));
    let many = mean(&importance_bound(&vae, &rows, at, 20, 2).expect("bounds"));
    // One draw is the ELBO with the beliefs' densities drawn too; twenty are tighter.
    assert!((one - found.sums.elbo()).abs() < 8.0 * found.sums.elbo_error(), "{one} {}", found.sums.elbo());
    assert!(many > one, "{many} {one}");
    let divergence: f64 = found.divergences.iter().sum();
    let gap = -(found.sums.recognition + found.sums.prior) / found.sums.weight;
    assert!((divergence - gap).abs() < 1e-10, "{divergence} {gap}");
    let (means, deviations) = recognise(&vae, &rows, at).expect("beliefs");
    assert!(means.len() == 4 && means[0].len() == 600 && deviations.iter().flatten().all(|s| *s > 0.0));
    let drawn = reconstruct(&vae, &rows, at).expect("reconstructions");
    assert!(drawn.len() == 45 && drawn.iter().flatten().all(|p| (0.0..=1.0).contains(p)));
    let (few, many) = (generate(&vae, at, 0..3, 5), generate(&vae, at, 0..10, 5));
    assert_eq!(few.0[7], many.0[7][..3], "the first rows of many are the rows of few");
    assert_ne!(generate(&vae, at, 0..10, 6).0, many.0);
}
