//! Times gradient steps of sigmoid belief nets on made digits and reports the share of the machine's matrix-product peak.
//!
//! `cargo run --release -p natgrad --example belief_net_speed -- ROWS UNITS` (4096 rows and 200 units by default; exact
//! recognition has 10)

use natgrad::linalg::product;
use natgrad::model::sigmoid_belief_net::encoder::{Amortised, Encoder, TrainSettings, train};
use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use rand::{RngExt, SeedableRng};
use std::error::Error;
use std::time::Instant;

/// Pixels.
const VISIBLE: usize = 784;
/// Hidden units that are listed.
const LISTED: usize = 10;
/// Mean fields.
const FIELDS: [(&str, Recognition); 3] = [
    ("mean field", Recognition::MeanField),
    ("structured mean field by 4", Recognition::Structured(4)),
    ("structured mean field by 8", Recognition::Structured(8)),
];
/// Samples per row with an encoder.
const SAMPLES: usize = 10;

/// Rows of ones and zeros, a mixture of ten prototypes with noise: as sparse as digits.
fn digits(rows: usize) -> Result<Table, Box<dyn Error>> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let prototypes: Vec<bool> = (0..10 * VISIBLE).map(|_| rng.random::<f64>() < 0.13).collect();
    let mut data = vec![Vec::new(); VISIBLE];
    for _ in 0..rows {
        let which = rng.random_range(0..10usize);
        for (d, column) in data.iter_mut().enumerate() {
            let p = if prototypes[which * VISIBLE + d] { 0.8 } else { 0.03 };
            column.push(f64::from(u8::from(rng.random::<f64>() < p)));
        }
    }
    let column = |d: usize| Column { name: format!("p{d}"), kind: ColumnKind::Number, missing: false };
    Ok(Table::from_columns((0..VISIBLE).map(column).collect(), &data, None)?)
}

/// The machine's matrix products on all threads, operations per second: large ones that stay in cache.
fn peak() -> f64 {
    let n = 768;
    let (a, b) = (vec![0.5; n * n], vec![0.25; n * n]);
    let (threads, repeats) = (rayon::current_num_threads(), 6);
    let start = Instant::now();
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
    (2 * n * n * n * repeats * threads) as f64 / start.elapsed().as_secs_f64()
}

fn say(what: &str, seconds: f64, operations: f64, rows: usize) {
    // Measured beside each step: other programs may be running.
    let peak = peak();
    println!(
        "{what}: {seconds:.3} s a pass, {:.0} rows/s, {:.1} GFLOP/s in matrix products, {:.0} % of the peak {:.1} GFLOP/s",
        rows as f64 / seconds,
        operations / seconds / 1e9,
        100.0 * operations / seconds / peak,
        peak / 1e9
    );
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let (rows, units) = (arguments.first().copied().unwrap_or(4096), arguments.get(1).copied().unwrap_or(200));
    let table = digits(rows)?;
    let frequencies = vec![0.13; VISIBLE];
    let (n, d) = (rows as f64, VISIBLE as f64);

    let net = SigmoidBeliefNet::new(VISIBLE, &[LISTED], vec![], Recognition::Exact)?;
    let learning = Learning::new(&net, &table, 0.0);
    let mut at = net.start(&frequencies, 1);
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let look = learning.look(&at, Want::Statistics)?;
        times.push(start.elapsed().as_secs_f64());
        at = net.maximise(&at, &look.statistics)?.point;
    }
    let seconds = middle(times);
    let what = format!("exact recognition, {VISIBLE} visible and {LISTED} hidden units");
    say(&what, seconds, 4.0 * n * d * (LISTED + 1) as f64, rows);
    let states = f64::from(1u32 << LISTED);
    println!(
        "    (products with all {states} states written out, two a pass, would be {:.1} GFLOP/s)",
        4.0 * n * d * states / seconds / 1e9
    );

    // All at the same points.
    let mut at = SigmoidBeliefNet::new(VISIBLE, &[units], vec![], Recognition::MeanField)?.start(&frequencies, 1);
    for step in 0..2 {
        let mut next = at.clone();
        for (name, recognition) in FIELDS {
            let net = SigmoidBeliefNet::new(VISIBLE, &[units], vec![], recognition)?;
            let swept: usize = (0..table.chunks()).map(|c| net.swept(&at, &table.chunk(c))).sum::<Result<_, _>>()?;
            let start = Instant::now();
            let look = Learning::new(&net, &table, 0.0).look(&at, Want::Statistics)?;
            let seconds = start.elapsed().as_secs_f64();
            let (h, joint) = (units as f64, recognition.cluster().unwrap_or(1) as f64);
            // A sweep: linear terms, couplings of blocks of eight, changes; log-odds and their second moments anew.
            let sweep = 2.0 * d * h * (1.0 + 4.5 + 1.0 + 1.0 + 0.5 * (joint + 1.0));
            // Slopes, and what they need.
            let operations = swept as f64 * sweep + 8.0 * n * d * h;
            println!("    ({name}: {:.1} sweeps a row, ELBO {:.3})", swept as f64 / n, look.elbo);
            if step > 0 {
                say(&format!("{name}, {VISIBLE} visible and {units} hidden units"), seconds, operations, rows);
            } else if recognition == Recognition::MeanField {
                next = net.maximise(&at, &look.statistics)?.point;
            }
        }
        at = next;
    }

    for units in [LISTED, units] {
        let net = SigmoidBeliefNet::new(VISIBLE, &[units], vec![], Recognition::MeanField)?;
        let encoder = Encoder::new(&net);
        let settings = TrainSettings { samples: SAMPLES, epochs: 3, ..TrainSettings::default() };
        let begin = Amortised::at(net.start(&frequencies, 1), encoder.start(1));
        let (mut last, mut times) = (Instant::now(), Vec::new());
        train(&net, &encoder, &table, &settings, begin, &mut |_| {
            times.push(last.elapsed().as_secs_f64());
            last = Instant::now();
            true
        })?;
        let (h, k) = (units as f64, SAMPLES as f64);
        let batches = (n / settings.batch as f64).ceil();
        // Samples: the net's log-odds and slopes. Rows: the encoder's, and all four of the sleep phase's.
        let products = 2.0 * d * h * (2.0 * k + 2.0 + 3.0) * n;
        // Moments of one batch in four, half a matrix each; steps raised by both inverses in each.
        let moments = 0.25 * n * (k * (h + 1.0) * (h + 1.0) + (d + 1.0) * (d + 1.0));
        let raised = batches * 2.0 * ((h + 1.0) * (h + 1.0) * d + (d + 1.0) * (d + 1.0) * h);
        let what = format!("encoder, {VISIBLE} visible and {units} hidden units, {SAMPLES} samples a row");
        say(&what, middle(times), products + moments + raised, rows);
    }
    Ok(())
}
