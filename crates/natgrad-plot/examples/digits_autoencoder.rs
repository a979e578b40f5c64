//! Learns a variational autoencoder of 8 × 8 digits, binarised, and draws samples and reconstructions.
//!
//! `cargo run --release -p natgrad-plot --example digits_autoencoder -- examples/data/digits.csv OUT LATENTS EPOCHS`

use natgrad::engine::{
    Control, Optimiser, VariationalProgress, VariationalSettings, evaluate, generate, learn, reconstruct,
};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::{Column, ColumnKind, Table};
use natgrad_plot::ImageGrid;
use std::error::Error;
use std::path::Path;

/// Pixels a side.
const SIDE: usize = 8;
/// Grey levels from this on are ink.
const INK: f64 = 8.0;

fn images(path: &str) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut columns = vec![Vec::new(); SIDE * SIDE];
    for line in std::fs::read_to_string(path)?.lines().skip(1) {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.push(f64::from(u8::from(cell.parse::<f64>()? >= INK)));
        }
    }
    Ok(columns)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, latents, epochs] = arguments.as_slice() else {
        return Err("give DIGITS.csv OUT LATENTS EPOCHS".into());
    };
    let pixels = images(path)?;
    let column = |d: usize| Column { name: format!("p{d}"), kind: ColumnKind::Number, missing: false };
    let table = Table::from_columns((0..pixels.len()).map(column).collect(), &pixels, None)?;
    let vae = Vae::new(Architecture {
        columns: pixels.len(),
        latents: latents.parse()?,
        encoder: vec![128],
        decoder: vec![128],
        activation: Activation::Softplus,
        observable: ObservableName::Bernoulli,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
    })?;
    let optimiser = Optimiser::natural();
    let settings =
        VariationalSettings { optimiser, rate: optimiser.rate(), epochs: epochs.parse()?, ..Default::default() };
    let start = vae.start(&ColumnMoments::of(&table, ObservableName::Bernoulli)?, settings.seed);
    let outcome = learn::<f32, _>(&vae, &Processor, &table, &settings, VariationalProgress::at(start), &mut |p| {
        if let Some(r) = p.trace.last().filter(|r| r.epoch % 10 == 0) {
            println!("epoch {}: ELBO {:.3}", r.epoch, r.elbo);
        }
        Control::Continue
    })?;
    let at = &outcome.progress.at;
    let found = evaluate(&vae, &table, at, &Expectation::Draws(4), 1)?;
    println!("ELBO {:.3} ± {:.3}, KL per latent {:.2?}", found.sums.elbo(), found.sums.elbo_error(), found.divergences);
    std::fs::create_dir_all(out)?;
    let write = |name: &str, grid: ImageGrid| -> Result<(), Box<dyn Error>> {
        Ok(std::fs::write(Path::new(out).join(format!("{name}.png")), grid.draw()?.png)?)
    };
    let row = |columns: &[Vec<f64>], n: usize| -> Vec<f64> { columns.iter().map(|c| c[n]).collect() };
    let (_, chances) = generate(&vae, at, 0..40, 7);
    let mut grid = ImageGrid::new("Samples (probabilities of ink)", SIDE, SIDE, 10);
    for n in 0..40 {
        grid = grid.image(&row(&chances, n));
    }
    write("autoencoder_samples", grid)?;
    let believed = reconstruct(&vae, &table, at)?;
    let mut grid = ImageGrid::new("Digits and their reconstructions, row below row", SIDE, SIDE, 10);
    for first in [0, 10] {
        for columns in [&pixels, &believed] {
            for n in first..first + 10 {
                grid = grid.image(&row(columns, n));
            }
        }
    }
    write("autoencoder_reconstructions", grid)
}
