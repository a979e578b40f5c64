//! How often the natural gradient of the ELBO points where that of the evidence does: cosines over the fork's volume.

use super::models::{HIDDEN, fork, targets};
use super::{DRAWS, source};
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::network::volume::{Histogram, RiemannianVolume};
use natgrad::network::{Comparisons, Enumerated, Pair, compare_many};
use natgrad_plot::{Chart, Corner};

/// Table entries are kept this far from 0 and 1.
const MARGIN: f64 = 1e-3;

/// A pair of gradients, its name in files and in words.
const PAIRS: [(Pair, &str, &str); 2] = [
    (Pair::ElboEvidence, "elbo", "ELBO"),
    (Pair::RecognitionEvidence, "recognition", "evidence with perfect recognition"),
];

/// Mean cosine and share of negative ones as published, from 50 000 dependent draws: three figures, so that two such
/// samples differ by less than 0.01.
const PUBLISHED: [[(f64, f64); 2]; 2] = [[(0.861, 0.0), (0.946, 0.0)], [(0.569, 0.115), (0.863, 0.0)]];
const SAMPLING: f64 = 0.01;

/// The four histograms of one sample, in the order of `PUBLISHED`.
fn drawn(seed: u64) -> Result<Vec<Comparisons>, ReproduceError> {
    let network = fork()?;
    let of = Enumerated::new(&network, &HIDDEN)?;
    let points = RiemannianVolume::new(&network, MARGIN)?.sample(DRAWS, seed)?;
    let of_targets = targets()?;
    of_targets.iter().map(|(_, target)| Ok(compare_many(&of, &points, target)?)).collect()
}

/// All claims, tables and figures of this file.
pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    let (first, second) = (drawn(1)?, drawn(2)?);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut names = vec!["low".to_string(), "high".to_string()];
    for (t, (target, _)) in targets()?.iter().enumerate() {
        for (k, (pair, file, words)) in PAIRS.into_iter().enumerate() {
            let cosines = first[t].cosines(pair);
            let histogram = Histogram::of_cosines(&cosines);
            let shares = histogram.shares();
            let (mean, negative) = PUBLISHED[t][k];
            let n = cosines.len() as f64;
            let found_mean = cosines.iter().sum::<f64>() / n;
            let found_negative = cosines.iter().filter(|c| **c < 0.0).count() as f64 / n;
            let about = format!("{words} against evidence, target \"{target}\", {DRAWS} points of the volume");
            let figure = source("histograms of the fork");
            out.claims.push(Claim::equal(format!("mean cosine, {about}"), figure.clone(), mean, found_mean, SAMPLING));
            out.claims.push(Claim::equal(
                format!("share of negative cosines, {about}"),
                figure.clone(),
                negative,
                found_negative,
                if pair == Pair::RecognitionEvidence { 0.0 } else { SAMPLING },
            ));
            let again = Histogram::of_cosines(&second[t].cosines(pair)).shares();
            out.claims.push(Claim::at_most(
                format!("total variation between two independent samples, {about}"),
                "independent draws",
                0.02,
                histogram.total_variation(&again),
            ));
            if (t, k) == (1, 0) {
                let least = cosines.iter().copied().fold(f64::INFINITY, f64::min);
                out.claims.push(Claim::at_most(
                    format!("smallest cosine, {about}: opposite directions occur"),
                    figure,
                    -0.99,
                    least,
                ));
            }
            let short = if pair == Pair::ElboEvidence { "ELBO" } else { "perfect recognition" };
            let title = format!("Fork, target \"{target}\": natural gradient, {short}");
            let drawing = Chart::new(title, "cosine with the natural gradient of the evidence", "share of points")
                .histogram("", &histogram.edges, &shares)
                .x_range(-1.0, 1.0)
                .y_range(0.0, 0.9)
                .vertical(0.0)
                .note(-0.72, 0.8, format!("mean {found_mean:.3}"))
                .note(-0.72, 0.74, format!("negative {:.2} %", 100.0 * found_negative))
                .legend(Corner::TopLeft)
                .draw()?;
            out.figures.push(Figure::new(format!("histogram-{target}-{file}"), drawing));
            names.push(format!("{target}_{file}"));
            if columns.is_empty() {
                columns.push(histogram.edges[..20].to_vec());
                columns.push(histogram.edges[1..].to_vec());
            }
            columns.push(shares);
        }
    }
    let rows = (0..20).map(|i| columns.iter().map(|c| c[i]).collect());
    out.tables.push(Table::new("histograms", names).with_rows(rows));
    Ok(out)
}
