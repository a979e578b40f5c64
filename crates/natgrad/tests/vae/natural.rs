//! Natural gradients with Kronecker factors: at their defaults they never diverge, and end no lower than Adam.

use super::table;
use natgrad::engine::{Control, Optimiser, VariationalOutcome, VariationalProgress, VariationalSettings, learn};
use natgrad::engine::{VariationalStatus, evaluate};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::{RowSource, Table};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};

fn model(columns: usize, observable: ObservableName, variance: Variance) -> Vae {
    Vae::new(Architecture {
        columns,
        latents: 4,
        encoder: vec![32],
        decoder: vec![32],
        activation: Activation::Softplus,
        observable,
        variance,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: observable.inputs(),
    })
    .expect("a model")
}

/// The columns of an example's file that are numbers, and of ink where `ink` says so.
fn example(name: &str, columns: std::ops::Range<usize>, ink: Option<f64>) -> Table {
    let file = format!("{}/../../examples/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut data = vec![Vec::new(); columns.len()];
    for line in text.lines().skip(1) {
        for (column, cell) in data.iter_mut().zip(line.split(',').skip(columns.start)) {
            let value: f64 = cell.parse().expect("a number");
            column.push(ink.map_or(value, |least| f64::from(u8::from(value > least))));
        }
    }
    table(&data)
}

/// Counts whose log-rates are linear in two latents: about `level` ± `between` columns, ± `within` them.
fn counts(level: f64, between: f64, within: f64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut normal = |scale: f64| -> f64 {
        let x: f64 = StandardNormal.sample(&mut rng);
        scale * x
    };
    let weights: Vec<[f64; 3]> =
        (0..8).map(|_| [between * normal(1.0) + level, normal(within), normal(within)]).collect();
    let latents: Vec<[f64; 2]> = (0..400).map(|_| [normal(1.0), normal(1.0)]).collect();
    let columns: Vec<Vec<f64>> = weights
        .iter()
        .map(|w| {
            let rate = |z: &[f64; 2]| (w[0] + w[1] * z[0] + w[2] * z[1]).exp();
            latents.iter().map(|z| Poisson::new(rate(z)).expect("a rate").sample(&mut rng)).collect()
        })
        .collect();
    table(&columns)
}

fn fit(vae: &Vae, rows: &Table, settings: &VariationalSettings) -> VariationalOutcome {
    let moments = ColumnMoments::of(rows, vae.architecture().observable).expect("moments");
    let start = VariationalProgress::at(vae.start(&moments, settings.seed));
    learn::<f32, Processor>(vae, &Processor, rows, settings, start, &mut |_| Control::Continue).expect("a fit")
}

#[test]
fn natural_gradients_never_diverge_and_end_no_lower_than_adam() {
    use ObservableName::{Bernoulli, Gaussian};
    let wine = || example("wine.csv", 1..14, None);
    let cases = [
        ("digits", example("digits.csv", 0..64, Some(7.5)), Bernoulli, Variance::Scalar, 8),
        ("iris", example("iris.csv", 0..4, None), Gaussian, Variance::Scalar, 40),
        ("iris, network", example("iris.csv", 0..4, None), Gaussian, Variance::Network, 40),
        ("wine", wine(), Gaussian, Variance::Scalar, 40),
        ("wine, columns", wine(), Gaussian, Variance::Column, 40),
        ("wine, network", wine(), Gaussian, Variance::Network, 40),
    ];
    compare(cases);
}

#[test]
fn natural_gradients_of_counts_small_and_large_end_no_lower_than_adam() {
    let case = |name, rows| (name, rows, ObservableName::Poisson, Variance::Scalar, 60);
    compare([
        case("rare counts", counts(-1.0, 0.5, 0.5)),
        case("counts of a few", counts(1.0, 0.3, 0.4)),
        case("skewed counts", counts(1.0, 1.0, 0.7)),
        case("counts of hundreds", counts(6.0, 0.3, 0.4)),
    ]);
}

/// Starts of each case.
const SEEDS: u64 = 3;

type Case = (&'static str, Table, ObservableName, Variance, u64);

fn compare(cases: impl IntoIterator<Item = Case>) {
    for (name, rows, observable, variance, epochs) in cases {
        for seed in 0..SEEDS {
            let vae = model(rows.columns().len(), observable, variance);
            let adam = VariationalSettings { epochs, seed, ..Default::default() };
            let natural = VariationalSettings {
                optimiser: Optimiser::natural(),
                rate: Optimiser::natural().rate(),
                ..adam.clone()
            };
            let elbo = |settings| {
                let outcome = fit(&vae, &rows, settings);
                assert_ne!(outcome.progress.status, Some(VariationalStatus::Diverged), "{name}, seed {seed}");
                // Eight draws a row, so that two ends are compared rather than two draws.
                let found = evaluate(&vae, &rows, &outcome.progress.at, &Expectation::Draws(8), 5).expect("an ELBO");
                found.sums.elbo()
            };
            let (adam, natural) = (elbo(&adam), elbo(&natural));
            println!("{name}, seed {seed}: natural {natural:.4}, Adam {adam:.4}");
            // Other bits of another machine's products lead to other ends, a tenth of a nat apart in these small sets.
            assert!(natural > adam - 0.1, "{name}, seed {seed}: natural {natural}, Adam {adam}");
        }
    }
}
