//! Milliseconds per step of a variational autoencoder (784-256-32, batch 128), beside its parts:
//! `cargo run --release -p natgrad --example autoencoder_speed -- f32|f64 [steps] [bernoulli|gaussian]`

use natgrad::linalg::real::Real;
use natgrad::model::vae::ColumnMoments;
use natgrad::model::vae::{
    Architecture, Deviations, Expectation, Inputs, ObservableName, Pass, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Adam, Backend, Dense, Moments, Processor};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::time::Instant;

const ROWS: usize = 20_000;
const COLUMNS: usize = 784;
const BATCH: usize = 128;

fn measure<T: Real>(steps: usize, observable: ObservableName) -> Result<(), natgrad::Error> {
    let vae = Vae::new(Architecture {
        columns: COLUMNS,
        latents: 32,
        encoder: vec![256],
        decoder: vec![256],
        activation: Activation::Tanh,
        observable,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: Inputs::Values,
    })?;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let store: Vec<T> = (0..ROWS * COLUMNS).map(|_| if rng.random::<f32>() < 0.2 { T::ONE } else { T::ZERO }).collect();
    let moments =
        ColumnMoments { means: vec![0.2; COLUMNS], variances: vec![0.16; COLUMNS], logarithms: [vec![], vec![]] };
    let start: Vec<T> = vae.start(&moments, 0).iter().map(|v| T::of(*v)).collect();
    let backend = Processor;
    let mut at = Backend::<T>::zeros(&backend, vae.parameters());
    backend.write(&mut at, 0, &start);
    let mut gradient = Backend::<T>::zeros(&backend, vae.parameters());
    let mut adam = Moments::<T, Processor>::new(&backend, vae.parameters());
    let mut pass = Pass::<T, Processor>::new(&vae, &backend, Expectation::Draws(1), BATCH);
    let mut order: Vec<usize> = (0..ROWS).collect();
    order.shuffle(&mut rng);
    let (weights, bases) = (vec![1.0; BATCH], vec![0.0; BATCH]);
    let prior = vec![0.0; 32];
    let mut parts = [f64::INFINITY; 6];
    let mut whole = Vec::new();
    let mut elbo = 0.0;
    for step in 0..steps {
        let places = &order[(step % (ROWS / BATCH)) * BATCH..][..BATCH];
        let numbers: Vec<u64> = places.iter().map(|p| *p as u64).collect();
        let clock = Instant::now();
        let mut last = 0.0;
        let mut lap = |k: usize| {
            let now = clock.elapsed().as_secs_f64() * 1e3;
            parts[k] = parts[k].min(now - last);
            last = now;
        };
        pass.load(&store, places, &numbers, &weights, &bases);
        lap(0);
        pass.draw(&numbers, 0, (step * BATCH / ROWS) as u64);
        lap(1);
        pass.forward(&at, &mut gradient);
        lap(2);
        elbo = pass.collect(&prior).elbo();
        lap(3);
        pass.backward(&at, &mut gradient);
        lap(4);
        adam.count += 1;
        backend.adam(&Adam::default(), 1e-3, adam.count, &mut at, &gradient, &mut adam.first, &mut adam.second);
        lap(5);
        whole.push(clock.elapsed().as_secs_f64() * 1e3);
    }
    whole.sort_by(f64::total_cmp);
    let names = ["load", "draw", "forward", "collect", "backward", "adam"];
    let parts: Vec<String> = names.iter().zip(parts).map(|(n, t)| format!("{n} {t:.2}")).collect();
    println!(
        "{} {} threads: {:.2} ms per step (median {:.2}); least of each part: {}; ELBO {elbo:.3}",
        T::NAME,
        rayon::current_num_threads(),
        whole[0],
        whole[whole.len() / 2],
        parts.join(", ")
    );
    // Gram matrix of per-row slopes of a layer 784 → 256.
    let layer = Dense { inputs: COLUMNS, outputs: 256, weights: 0, biases: 0, activation: Activation::Tanh };
    let (x, d) = (store[..BATCH * COLUMNS].to_vec(), store[..BATCH * 256].to_vec());
    let (mut gram, mut scratch) = (vec![T::ZERO; BATCH * BATCH], vec![T::ZERO; 2 * BATCH * BATCH]);
    let mut least = f64::INFINITY;
    for _ in 0..200 {
        let clock = Instant::now();
        backend.add_gram(&layer, &x, &d, BATCH, &mut gram, &mut scratch);
        least = least.min(clock.elapsed().as_secs_f64() * 1e3);
    }
    println!("  Gram matrix of per-row slopes, 256 × 784, {BATCH} rows: {least:.3} ms");
    let mut natural = f64::INFINITY;
    for _ in 0..20 {
        let clock = Instant::now();
        pass.forward(&at, &mut gradient);
        pass.natural(&at, 0.1, &mut gradient);
        natural = natural.min(clock.elapsed().as_secs_f64() * 1e3);
    }
    println!("  forward and natural gradient: {natural:.2} ms");
    Ok(())
}

fn main() -> Result<(), natgrad::Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let steps = arguments.get(1).and_then(|s| s.parse().ok()).unwrap_or(200);
    let observable = if arguments.get(2).is_some_and(|a| a == "gaussian") {
        ObservableName::Gaussian
    } else {
        ObservableName::Bernoulli
    };
    // Inside the pool, so that threads stay awake between operations.
    rayon::scope(|_| {
        if arguments.first().is_some_and(|a| a == "f64") {
            measure::<f64>(steps, observable)
        } else {
            measure::<f32>(steps, observable)
        }
    })
}
