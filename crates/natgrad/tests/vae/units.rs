//! Columns of unlike size: what is learnt does not depend on the units that the data come in.

use super::table;
use natgrad::engine::{
    Control, Optimiser, VariationalOutcome, VariationalProgress, VariationalSettings, evaluate, generate,
    importance_bound, learn, reconstruct,
};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, Inputs, Nodes, ObservableName, PriorName, Units, Vae,
    Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::Table;

/// What the second column is multiplied by, and what is added then. A power of two, and numbers of few digits: the map is exact.
const UNIT: f64 = 16_384.0;
const ZERO: f64 = 1_048_576.0;

fn vae(variance: Variance, hidden: &[usize]) -> Vae {
    Vae::new(Architecture {
        columns: 3,
        latents: 2,
        encoder: hidden.to_vec(),
        decoder: hidden.to_vec(),
        activation: Activation::Softplus,
        observable: ObservableName::Gaussian,
        variance,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: Inputs::Values,
    })
    .expect("a model")
}

fn columns() -> Vec<Vec<f64>> {
    let hidden: Vec<f64> = (0..150).map(|i| f64::from(i * 37 % 101) / 64.0 - 0.75).collect();
    let noise = |i: usize, p: usize| (i * p % 17) as f64 / 64.0;
    let of = |f: &dyn Fn(f64) -> f64, p: usize| hidden.iter().enumerate().map(|(i, z)| f(*z) + noise(i, p)).collect();
    vec![of(&|z| 2.0 * z, 5), of(&|z| z - 1.0, 7), of(&|z| 0.5 - z, 3)]
}

fn unlike() -> Table {
    let mut all = columns();
    all[1].iter_mut().for_each(|x| *x = ZERO + UNIT * *x);
    table(&all)
}

fn in_units(vae: Vae, rows: &Table) -> (Vae, ColumnMoments) {
    let moments = ColumnMoments::of(rows, ObservableName::Gaussian).expect("moments");
    let units = Units::of(&moments, vae.architecture());
    (vae.in_units(units).expect("units that fit"), moments)
}

fn fit(vae: Vae, rows: &Table, optimiser: Optimiser) -> (Vae, VariationalOutcome) {
    let (vae, moments) = in_units(vae, rows);
    let settings =
        VariationalSettings { optimiser, rate: optimiser.rate(), epochs: 30, batch: 50, ..Default::default() };
    let start = VariationalProgress::at(vae.start(&moments, 1));
    let outcome = learn::<f32, Processor>(&vae, &Processor, rows, &settings, start, &mut |_| Control::Continue);
    (vae, outcome.expect("a fit"))
}

#[test]
fn the_elbo_of_other_units_differs_by_their_logarithm_alone() {
    for variance in [Variance::Column, Variance::Network] {
        for optimiser in [Optimiser::adam(), Optimiser::natural()] {
            let (_, plain) = fit(vae(variance, &[8]), &table(&columns()), optimiser);
            let (own, other) = fit(vae(variance, &[8]), &unlike(), optimiser);
            let gap = plain.sums.elbo() - UNIT.ln() - other.sums.elbo();
            // Rows in units differ by rounding, single precision lets it grow along a few hundred steps.
            assert!(gap.abs() < 0.02, "{variance:?} {optimiser:?}: {gap}");
            assert!(plain.sums.elbo() > plain.progress.trace[0].elbo + 0.5, "something was learnt");
            // The constant leaves the residual as it is.
            assert!((plain.sums.residual() - other.sums.residual()).abs() < 0.05);
            // Rows made up and rows given back are in the data's units.
            let made = generate(&own, &other.progress.at, 0..200, 3).0;
            let mean = made[1].iter().sum::<f64>() / 200.0;
            assert!((mean - ZERO).abs() < 3.0 * UNIT, "{mean}");
            let back = reconstruct(&own, &unlike(), &other.progress.at).expect("means");
            assert!((back[1][0] - ZERO).abs() < 5.0 * UNIT, "{}", back[1][0]);
        }
    }
}

/// Moves the parameters of a linear model in units to those of the same model without them.
fn plain_parameters(vae: &Vae, at: &[f64], units: &Units) -> Vec<f64> {
    let mut to = at.to_vec();
    let (encoder, decoder) = (vae.encoder().layers[0], vae.decoder().layers[0]);
    for o in 0..encoder.outputs {
        for d in 0..3 {
            let w = &mut to[encoder.weights + o * 3 + d];
            *w /= units.scales[d];
            let shift = *w * units.means[d];
            to[encoder.biases + o] -= shift;
        }
    }
    for d in 0..3 {
        for h in 0..2 {
            to[decoder.weights + d * 2 + h] *= units.scales[d];
        }
        to[decoder.biases + d] = units.means[d] + units.scales[d] * to[decoder.biases + d];
    }
    if let Some(t) = vae.layout().tensor("observable.log_variances") {
        for (d, place) in t.range().enumerate() {
            to[place] += 2.0 * units.scales[d].ln();
        }
    }
    to
}

#[test]
fn a_linear_model_in_units_is_the_model_without_them() {
    let rows = unlike();
    for variance in [Variance::Column, Variance::Scalar, Variance::Fixed(0.3)] {
        let (own, moments) = in_units(vae(variance, &[]), &rows);
        let units = own.units().expect("units").clone();
        assert_eq!(variance == Variance::Column, units.scales[0] != units.scales[1], "one variance, one unit");
        let at = own.start(&moments, 4);
        let plain = vae(variance, &[]);
        let there = plain_parameters(&own, &at, &units);
        let expectation = Expectation::Nodes(Nodes::quadratic(2));
        let a = evaluate(&own, &rows, &at, &expectation, 0).expect("sums").sums;
        let b = evaluate(&plain, &rows, &there, &expectation, 0).expect("sums").sums;
        // Rows of size 1e6 lose six digits in a plain model; a fixed variance of 0.3 makes the ELBO itself 1e8.
        let room = 1e-8 * a.elbo().abs().max(1.0);
        assert!((a.elbo() - b.elbo()).abs() < room, "{variance:?}: {} {}", a.elbo(), b.elbo());
        assert!((a.entropies().sum() - b.entropies().sum()).abs() < room);
        assert!((a.elbo_error() - b.elbo_error()).abs() < room);
        for d in 0..3 {
            assert!((own.log_variance(&at, d) - plain.log_variance(&there, d)).abs() < 1e-12);
        }
        let bounds = |vae: &Vae, at: &[f64]| importance_bound(vae, &rows, at, 5, 1).expect("bounds")[7];
        assert!((bounds(&own, &at) - bounds(&plain, &there)).abs() < room);
    }
}

#[test]
fn constant_columns_keep_their_unit_and_units_that_do_not_fit_are_refused() {
    let rows = table(&[vec![0.1; 7], (0..7).map(f64::from).collect(), vec![1e100; 7]]);
    let moments = ColumnMoments::of(&rows, ObservableName::Gaussian).expect("moments");
    let model = vae(Variance::Column, &[]);
    let units = Units::of(&moments, model.architecture()).expect("units");
    assert_eq!((units.scales[0], units.scales[1], units.scales[2]), (1.0, 2.0, 1.0));
    let short = Units { means: vec![0.0], scales: vec![1.0] };
    let zero = Units { means: vec![0.0; 3], scales: vec![1.0, 0.0, 1.0] };
    for wrong in [short, zero] {
        assert!(model.clone().in_units(Some(wrong)).expect_err("refused").to_string().contains("hint:"));
    }
    assert!(vae(Variance::Scalar, &[]).in_units(Some(units)).is_err(), "one variance for unlike units");
    let counts = Architecture { observable: ObservableName::Poisson, ..model.architecture().clone() };
    assert!(Units::of(&moments, &counts).is_none());
}
