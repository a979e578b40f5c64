//! Times EM sweeps on made data and reports the share of the machine's matrix-product peak that they reach.
//!
//! `cargo run --release -p natgrad --example throughput -- full|diagonal|bernoulli|latent ROWS COLUMNS COMPONENTS`

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::linalg::product;
use natgrad::model::{LatentModel, Want};
use natgrad::rows::{Column, ColumnKind, Table};
use rand::{RngExt, SeedableRng};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (kind, rows, width, components) = match arguments.as_slice() {
        [kind, n, d, k] => (kind.as_str(), n.parse()?, d.parse()?, k.parse()?),
        _ => ("full", 1_000_000usize, 16usize, 32usize),
    };
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let data: Vec<Vec<f64>> = (0..width)
        .map(|d| {
            (0..rows)
                .map(|n| {
                    let u = rng.random::<f64>();
                    if kind == "latent" {
                        return if u < 0.1 { f64::NAN } else { ((u * 40.0) as usize % 4) as f64 };
                    }
                    if kind == "bernoulli" { f64::from(u8::from(u < 0.3)) } else { u + ((n * (d + 3)) % 7) as f64 }
                })
                .collect()
        })
        .collect();
    let levels = || ColumnKind::Levels((0..4).map(|l| l.to_string()).collect());
    let column = |d: usize| Column {
        name: format!("c{d}"),
        kind: if kind == "latent" { levels() } else { ColumnKind::Number },
        missing: false,
    };
    let columns = (0..width).map(column).collect();
    let table = Table::from_columns(columns, &data, None)?;
    let (model, family, covariance) = match kind {
        "latent" => (ModelName::LatentClass, FamilyName::Categorical, CovarianceShape::Diagonal),
        "bernoulli" => (ModelName::BernoulliMixture, FamilyName::Bernoulli, CovarianceShape::Diagonal),
        "diagonal" => (ModelName::GaussianMixture, FamilyName::Normal, CovarianceShape::Diagonal),
        _ => (ModelName::GaussianMixture, FamilyName::Normal, CovarianceShape::Full),
    };
    let spec = Spec {
        model,
        components,
        families: vec![family; width],
        covariance,
        covariance_floor: 1e-6,
        tie_items: false,
        freeze_weights: false,
        freeze_covariances: false,
        charts: vec![],
    };
    let (described, base, profile) = Described::for_data(spec, &table)?;
    let start = Instant::now();
    let at = described.starts(&table, &profile, &[0])?.remove(0);
    println!("start {:.2?}", start.elapsed());
    let learning = described.learning(&table, base);
    let mut point = at;
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let look = learning.look(&point, Want::Statistics)?;
        point = described.mixture().maximise(&point, &look.statistics)?.point;
        times.push(start.elapsed().as_secs_f64());
        println!("{:.4} s, ELBO {}", times[times.len() - 1], look.elbo);
    }
    times.sort_by(f64::total_cmp);
    // The machine's peak: a large product that stays in cache, on as many threads.
    let n = 768;
    let (a, b) = (vec![0.5; n * n], vec![0.25; n * n]);
    let threads = rayon::current_num_threads();
    let start = Instant::now();
    let repeats = 6;
    rayon::scope(|s| {
        for _ in 0..threads {
            s.spawn(|_| {
                let mut c = vec![0.0; n * n];
                for _ in 0..repeats {
                    product::multiply(&mut c, &a, n, &b, n, n, n, false);
                }
                std::hint::black_box(&c);
            });
        }
    });
    let peak = (2 * n * n * n * repeats * threads) as f64 / start.elapsed().as_secs_f64();
    let features = match kind {
        "bernoulli" => 1 + width,
        "latent" => 1 + 4 * width,
        "diagonal" => 1 + 2 * width,
        _ => 1 + width * (width + 3) / 2,
    };
    let flops = 4.0 * rows as f64 * features as f64 * components as f64;
    println!(
        "median {:.4} s, {:.1} GFLOP/s in matrix products, {:.0} % of the peak {:.1} GFLOP/s ({threads} threads)",
        times[2],
        flops / times[2] / 1e9,
        100.0 * flops / times[2] / peak,
        peak / 1e9
    );
    Ok(())
}
