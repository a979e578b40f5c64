//! Learns a variational autoencoder from a CSV file of numbers without a header:
//! `cargo run --release -p natgrad --example autoencoder -- FILE gaussian|bernoulli|poisson [latents] [epochs] [adam|natural]`

use natgrad::engine::{
    Control, Optimiser, VariationalProgress, VariationalSettings, evaluate, importance_bound, learn,
};
use natgrad::model::vae::{Architecture, ColumnMoments, Deviations, Inputs, ObservableName, PriorName, Vae, Variance};
use natgrad::neural::{Activation, Processor};
use natgrad::rows::{Column, ColumnKind, Table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize| arguments.get(i).map(String::as_str);
    let text = std::fs::read_to_string(word(0).ok_or("give a CSV file")?)?;
    let mut data: Vec<Vec<f64>> = Vec::new();
    for line in text.lines() {
        for (d, cell) in line.split(',').enumerate() {
            if data.len() <= d {
                data.push(Vec::new());
            }
            data[d].push(cell.trim().parse()?);
        }
    }
    let column = |d: usize| Column { name: format!("c{}", d + 1), kind: ColumnKind::Number, missing: false };
    let table = Table::from_columns((0..data.len()).map(column).collect(), &data, None)?;
    let observable = match word(1) {
        Some("bernoulli") => ObservableName::Bernoulli,
        Some("poisson") => ObservableName::Poisson,
        _ => ObservableName::Gaussian,
    };
    let number = |i: usize, otherwise: usize| word(i).and_then(|w| w.parse().ok()).unwrap_or(otherwise);
    let vae = Vae::new(Architecture {
        columns: data.len(),
        latents: number(2, 8),
        encoder: vec![128],
        decoder: vec![128],
        activation: Activation::Softplus,
        observable,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: Inputs::Values,
    })?;
    let natural = word(4) == Some("natural");
    let mut settings = VariationalSettings { epochs: number(3, 100) as u64, ..VariationalSettings::default() };
    if natural {
        settings.optimiser = Optimiser::natural();
        settings.rate = settings.optimiser.rate();
    }
    if let Some(rate) = word(5) {
        settings.rate = rate.parse()?;
    }
    if let (Some(damping), true) = (word(6), natural) {
        let damping = damping.parse()?;
        settings.optimiser = Optimiser::Natural { damping };
    }
    let start = vae.start(&ColumnMoments::of(&table, observable)?, settings.seed);
    let outcome =
        learn::<f32, _>(&vae, &Processor, &table, &settings, VariationalProgress::at(start), &mut |progress| {
            if let Some(r) = progress.trace.last().filter(|r| r.epoch % 10 == 0 || r.epoch == 1) {
                println!(
                    "epoch {:4}  ELBO {:10.4}  entropy sum {:10.4}  difference {:8.4} ± {:.4}",
                    r.epoch,
                    r.elbo,
                    r.entropies.sum(),
                    r.residual,
                    r.residual_error
                );
            }
            Control::Continue
        })?;
    let at = &outcome.progress.at;
    let found = evaluate(&vae, &table, at, &settings.expectation, settings.seed + 1)?;
    let bounds = importance_bound(&vae, &table, at, 50, settings.seed)?;
    println!("ELBO {:.4} ± {:.4}", found.sums.elbo(), found.sums.elbo_error());
    println!(
        "ELBO − entropy sum {:.4} ± {:.4}; {}",
        outcome.sums.residual(),
        outcome.residual_error,
        vae.condition().why
    );
    println!("importance-weighted bound, 50 draws: {:.4}", bounds.iter().sum::<f64>() / bounds.len() as f64);
    println!("collapsed latents: {:?}", found.collapsed);
    Ok(())
}
