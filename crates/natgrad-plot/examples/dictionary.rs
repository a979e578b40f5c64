//! Learns dictionaries by sparse coding, of made bars or of image patches, and draws them.
//!
//! `cargo run --release -p natgrad-plot --example dictionary -- bars OUT ELEMENTS STEPS [NOISE]` or
//! `… -- IMAGES.idx OUT ELEMENTS STEPS [PATCH] [PATCHES]` for patches of MNIST's images. Three starts, the best is drawn.

use natgrad::engine::{Control, Progress, Settings, fit};
use natgrad::model::Want;
use natgrad::model::sparse_coding::{Covariance, SparseCoding};
use natgrad::objective::{Learning, Look};
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use natgrad_plot::{ImageGrid, Shades};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Five horizontal and five vertical bars on 5 × 5 pixels, each there with probability 0.2, and noise of the given deviation.
fn bars(rows: usize, noise: f64, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut data = vec![vec![0.0; rows]; 25];
    for n in 0..rows {
        for bar in 0..10 {
            if rng.random::<f64>() >= 0.2 {
                continue;
            }
            let u: f64 = rng.random::<f64>() - 0.5;
            let strength = -2.0 * u.signum() * (1.0 - 2.0 * u.abs()).ln();
            for i in 0..5 {
                data[if bar < 5 { 5 * bar + i } else { 5 * i + bar - 5 }][n] += strength;
            }
        }
        for column in &mut data {
            // Twelve uniform numbers: normal enough.
            column[n] += noise * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0);
        }
    }
    data
}

/// Patches at random places of random images, mean taken out, scaled to unit mean square.
fn patches(path: &str, side: usize, count: usize, rng: &mut ChaCha8Rng) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let mut data = vec![Vec::with_capacity(count); side * side];
    while data[0].len() < count {
        let image = 16 + 784 * rng.random_range(0..60_000usize);
        let (y, x) = (rng.random_range(0..=28 - side), rng.random_range(0..=28 - side));
        let cells: Vec<f64> =
            (0..side * side).map(|p| f64::from(bytes[image + (y + p / side) * 28 + x + p % side]) / 255.0).collect();
        let mean = cells.iter().sum::<f64>() / cells.len() as f64;
        // Patches without any ink say nothing.
        if mean > 0.05 {
            data.iter_mut().zip(&cells).for_each(|(c, x)| c.push(x - mean));
        }
    }
    let square = data.iter().flatten().map(|x| x * x).sum::<f64>() / (count * side * side) as f64;
    data.iter_mut().flatten().for_each(|x| *x /= square.sqrt());
    Ok(data)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, out, elements, steps, rest @ ..] = arguments.as_slice() else {
        return Err("give bars or IMAGES.idx, OUT ELEMENTS STEPS".into());
    };
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (side, data) = if what == "bars" {
        let noise = rest.first().map_or(Ok(0.3), |s| s.parse())?;
        (5, bars(1000, noise, &mut rng))
    } else {
        let side = rest.first().map_or(Ok(8), |s| s.parse())?;
        let count = rest.get(1).map_or(Ok(20_000), |s| s.parse())?;
        (side, patches(what, side, count, &mut rng)?)
    };
    let column = |d: usize| Column { name: format!("p{d}"), kind: ColumnKind::Number, missing: false };
    let table = Table::from_columns((0..data.len()).map(column).collect(), &data, None)?;
    let square = data.iter().flatten().map(|x| x * x).sum::<f64>() / (data.len() as f64 * table.rows() as f64);
    let model = SparseCoding::new(data.len(), elements.parse()?)?.believing(Covariance::Full);
    let learning = Learning::new(&model, &table, 0.0);
    let settings = Settings { tolerance: 1e-7, max_iterations: steps.parse()?, ..Settings::default() };
    let mut best: Option<Look> = None;
    for begun in model.starts(&table, square, &[1, 2, 3])? {
        let clock = Instant::now();
        let outcome = fit(&learning, &settings, Progress::at(begun), &|_| Control::Continue)?;
        let look = learning.look(&outcome.look.point, Want::Statistics)?;
        println!(
            "{} steps, {:.1} s, bound {:.5}, residual {:.1e}, by entropies {:.5}, noise {:.4}, {:?}",
            outcome.progress.iteration,
            clock.elapsed().as_secs_f64(),
            look.elbo,
            look.elbo - learning.entropies(&look).sum(),
            model.entropy_objective(&look.point, &look.statistics)?,
            model.dictionary(&look.point).noise.sqrt(),
            outcome.progress.status,
        );
        best = best.filter(|b| b.elbo >= look.elbo).or(Some(look));
    }
    let d = model.dictionary(&model.canonical(&best.ok_or("no start")?.point));
    let h = model.elements();
    let each: Vec<Vec<f64>> = (0..h).map(|i| (0..data.len()).map(|p| d.weights[p * h + i]).collect()).collect();
    let drawing = ImageGrid::new("Dictionary, largest scales first", side, data.len() / side, 10)
        .shades(Shades::Signed)
        .images(each.iter().map(Vec::as_slice))
        .draw()?;
    std::fs::create_dir_all(out)?;
    std::fs::write(Path::new(out).join("dictionary.png"), drawing.png)?;
    std::fs::write(Path::new(out).join("dictionary.svg"), drawing.svg)?;
    Ok(())
}
