//! `natgrad geometry --over-volume`: the angles between the gradients at many points of the model, spread by its volume.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::network::volume::{Histogram, RiemannianVolume, quantile};
use natgrad::network::{Comparisons, Enumerated, Network, Objective, Pair, Target, compare_many};
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::{AtomicFile, write_table};
use natgrad_plot::{Chart, Corner, Drawing};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Options of the sample.
#[derive(Debug, clap::Args)]
pub struct Sampling {
    /// Look at N random points of the model's Riemannian volume instead of one (needs a target).
    #[arg(long, value_name = "N", requires = "target", conflicts_with_all = ["samples", "at"],
        value_parser = clap::value_parser!(u32).range(1..))]
    pub over_volume: Option<u32>,
    /// Smallest table entry of these points.
    #[arg(long, value_name = "P", default_value_t = 1e-3, requires = "over_volume")]
    margin: f64,
    /// Write the points with their angles (.csv, .tsv, .parquet).
    #[arg(long, value_name = "FILE", requires = "over_volume")]
    out: Option<PathBuf>,
    /// Draw the histograms (.svg or .png).
    #[arg(long, value_name = "FILE", requires = "over_volume")]
    plot: Option<PathBuf>,
}

/// Most numbers that points and their gradients may hold: a few gigabytes.
const MOST_NUMBERS: f64 = 1e8;

const PAIRS: [(Pair, &str, &str); 3] = [
    (Pair::ElboEvidence, "elbo_evidence", "ELBO and evidence"),
    (Pair::RecognitionEvidence, "recognition_evidence", "recognition and evidence"),
    (Pair::ElboRecognition, "elbo_recognition", "ELBO and recognition"),
];
const OBJECTIVES: [(Objective, &str); 3] =
    [(Objective::Evidence, "evidence"), (Objective::Recognition, "recognition"), (Objective::Elbo, "elbo")];
const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// Draws, compares, writes and prints.
pub fn run(
    of: &Enumerated<'_>,
    target: &Target,
    sampling: &Sampling,
    count: u32,
    seed: u64,
    out: &Output,
) -> Result<u8, Failure> {
    let network = of.network();
    let numbers = f64::from(count) * (network.parameters() + of.map().visible()) as f64;
    if numbers > MOST_NUMBERS {
        return Err(Failure::new(
            format!("--over-volume {count}: {numbers:.1e} numbers do not fit into memory"),
            format!("give at most {}", (f64::from(count) * MOST_NUMBERS / numbers).floor()),
        ));
    }
    // What cannot be written is said before the work is done.
    if let Some(path) = &sampling.plot {
        drop(AtomicFile::create(path)?);
    }
    let kind = sampling.plot.as_deref().map(picture).transpose()?;
    let volume = RiemannianVolume::new(network, sampling.margin)?;
    let points = volume.sample(count as usize, seed)?;
    let many = compare_many(of, &points, target)?;
    if let Some(path) = &sampling.out {
        save(path, network, &points, &many)?;
    }
    if let (Some(path), Some(svg)) = (&sampling.plot, kind) {
        let drawing = draw(&many).map_err(|e| Failure::new(e, "leave --plot out"))?;
        let bytes = if svg { drawing.svg.into_bytes() } else { drawing.png };
        AtomicFile::write(path, &bytes)?;
    }
    if out.json {
        let names = |h: bool| {
            (0..network.len()).filter(|&i| of.hidden()[i] == h).map(|i| &network.nodes()[i].name).collect::<Vec<_>>()
        };
        out.document(&json!({
            "visible": names(false),
            "hidden": names(true),
            "parameters": network.parameters(),
            "points": count,
            "seed": seed,
            "margin": sampling.margin,
            "cosines": PAIRS.iter().map(|(pair, name, _)| ((*name).to_string(), angles(&many, *pair))).collect::<Map<_, _>>(),
            "norms": OBJECTIVES
                .iter()
                .map(|(objective, name)| {
                    let norms = sorted((0..many.len()).map(|i| many.norm(*objective, i)).collect());
                    ((*name).to_string(), quantiles(&norms))
                })
                .collect::<Map<_, _>>(),
        }))?;
        return Ok(0);
    }
    let rows = PAIRS
        .iter()
        .map(|(pair, _, words)| {
            let cosines = sorted(many.cosines(*pair));
            let mut row = vec![(*words).to_string()];
            row.extend([0.0, 0.05, 0.5, 0.95].map(|share| short(quantile(&cosines, share))));
            row.push(short(mean(&cosines)));
            row.push(format!("{:.2} %", 100.0 * negative(&cosines)));
            row
        })
        .collect();
    out.result(&plain(&["cosine of", "smallest", "5 %", "median", "95 %", "mean", "negative"], rows))?;
    out.note(&format!("{count} points of the model's Riemannian volume, table entries from {} on", sampling.margin));
    Ok(0)
}

fn sorted(mut of: Vec<f64>) -> Vec<f64> {
    of.sort_by(f64::total_cmp);
    of
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

fn negative(of: &[f64]) -> f64 {
    of.iter().filter(|c| **c < 0.0).count() as f64 / of.len().max(1) as f64
}

fn quantiles(sorted: &[f64]) -> Value {
    SHARES.iter().map(|share| (share.to_string(), json!(quantile(sorted, *share)))).collect::<Map<_, _>>().into()
}

fn angles(many: &Comparisons, pair: Pair) -> Value {
    let cosines = sorted(many.cosines(pair));
    let histogram = Histogram::of_cosines(&cosines);
    json!({
        "mean": mean(&cosines),
        "negative": negative(&cosines),
        "undefined": many.len() - cosines.len(),
        "quantiles": quantiles(&cosines),
        "histogram": {"edges": histogram.edges, "counts": histogram.counts, "shares": histogram.shares()},
    })
}

fn save(path: &Path, network: &Network, points: &[f64], many: &Comparisons) -> Result<(), Failure> {
    let d = network.parameters();
    let mut names = network.labels();
    let mut data: Vec<Vec<f64>> = (0..d).map(|j| points.chunks(d).map(|x| x[j]).collect()).collect();
    for (pair, name, _) in PAIRS {
        names.push(name.into());
        data.push((0..many.len()).map(|i| many.cosine(pair, i).unwrap_or(f64::NAN)).collect());
    }
    for (objective, name) in OBJECTIVES {
        names.push(format!("norm_{name}"));
        data.push((0..many.len()).map(|i| many.norm(objective, i)).collect());
    }
    names.extend(["divergence_evidence".to_string(), "divergence_elbo".into()]);
    data.push((0..many.len()).map(|i| many.divergence_evidence(i)).collect());
    data.push((0..many.len()).map(|i| many.divergence_elbo(i)).collect());
    let columns: Vec<Column> =
        names.into_iter().map(|name| Column { name, kind: ColumnKind::Number, missing: true }).collect();
    Ok(write_table(path, &columns, &data)?)
}

/// Whether a picture's name asks for SVG; otherwise PNG.
fn picture(path: &Path) -> Result<bool, Failure> {
    let is = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    if is("svg") || is("png") {
        return Ok(is("svg"));
    }
    Err(Failure::new(
        format!("{}: a picture is a .svg or a .png file", path.display()),
        "give the name one of these endings",
    ))
}

fn draw(many: &Comparisons) -> Result<Drawing, natgrad_plot::DrawError> {
    let mut chart = Chart::new("Angles between the gradients over the model", "cosine", "share of points")
        .x_range(-1.0, 1.0)
        .vertical(0.0)
        .legend(Corner::TopLeft);
    for (pair, _, words) in PAIRS {
        let histogram = Histogram::of_cosines(&many.cosines(pair));
        let outline: Vec<(f64, f64)> = histogram
            .shares()
            .iter()
            .enumerate()
            .flat_map(|(i, share)| [(histogram.edges[i], *share), (histogram.edges[i + 1], *share)])
            .collect();
        chart = chart.line(words, outline);
    }
    chart.draw()
}
