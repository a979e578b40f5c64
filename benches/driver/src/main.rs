//! `bench-driver fit MODEL DATA… --components K [--covariance C] [--start FILE] [--metric M] [--max-iterations N]
//! [--tolerance T] [--threads T] --out RUN`: fits and writes `summary.json`, `model.json` and `trace.csv`.

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec, summarise};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, fit};
use natgrad_io::{Levels, ReadOptions};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut plain = Vec::new();
    let mut options: HashMap<String, String> = HashMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(a) = arguments.next() {
        match a.strip_prefix("--") {
            Some("quiet") => {}
            Some(name) => {
                options.insert(name.into(), arguments.next().ok_or("an option without value")?);
            }
            None => plain.push(a),
        }
    }
    if plain.len() < 3 || plain[0] != "fit" {
        return Err("bench-driver fit MODEL DATA --components K --out RUN".into());
    }
    let option = |name: &str, default: &str| options.get(name).cloned().unwrap_or_else(|| default.into());
    let threads: usize = option("threads", "0").parse()?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;

    let model: ModelName = plain[1].parse()?;
    let (family, levels) = match model {
        ModelName::LatentClass | ModelName::CategoricalMixture => (FamilyName::Categorical, Levels::All),
        ModelName::BernoulliMixture => (FamilyName::Bernoulli, Levels::None),
        ModelName::PoissonMixture => (FamilyName::Poisson, Levels::None),
        _ => (FamilyName::Normal, Levels::None),
    };
    let files: Vec<PathBuf> = plain[2..].iter().map(PathBuf::from).collect();
    let rows = natgrad_io::open(&files, &ReadOptions { levels, ..ReadOptions::default() })?;
    let covariance: CovarianceShape = serde_json::from_value(Value::String(option("covariance", "full")))?;
    let spec = Spec {
        model,
        components: option("components", "2").parse()?,
        families: vec![family; rows.columns().len()],
        covariance,
        covariance_floor: 0.0,
        tie_items: false,
        freeze_weights: false,
        freeze_covariances: false,
        charts: vec![],
    };
    let (described, base, profile) = Described::for_data(spec, rows.as_ref())?;
    let start = match options.get("start") {
        Some(file) => {
            let read: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
            described.point(read.get("parameters").unwrap_or(&read))?
        }
        None => described.starts(rows.as_ref(), &profile, &[0])?.remove(0),
    };
    let settings = Settings {
        metric: serde_json::from_value(Value::String(option("metric", "auto")))?,
        tolerance: option("tolerance", "1e-6").parse()?,
        max_iterations: option("max-iterations", "10000").parse()?,
        ..Settings::default()
    };
    let _: MetricChoice = settings.metric;
    let learning = described.learning(rows.as_ref(), base);
    let begun = Instant::now();
    let trace = Mutex::new(String::from("iteration,passes,seconds,elbo,remaining,metric\n"));
    let watch = |p: &Progress| {
        if let Some(r) = p.trace.last() {
            let remaining = r.remaining.map_or(String::new(), |v| v.to_string());
            let seconds = begun.elapsed().as_secs_f64();
            trace.lock().expect("the trace").push_str(&format!(
                "{},{},{seconds},{},{remaining},{}\n",
                r.iteration, r.passes, r.elbo, r.metric
            ));
        }
        Control::Continue
    };
    let outcome = fit(&learning, &settings, Progress::at(start), &watch)?;
    let summary = summarise(&described, &learning, &outcome.look, 1e-6, None, Some((&outcome.progress, None, 0)))?;
    let run = PathBuf::from(option("out", "run"));
    std::fs::create_dir_all(&run)?;
    let write = |name: &str, text: String| std::fs::write(Path::new(&run).join(name), text);
    write("trace.csv", trace.into_inner()?)?;
    write("summary.json", serde_json::to_string(&summary)?)?;
    write("model.json", json!({"parameters": summary.parameters}).to_string())?;
    Ok(())
}
