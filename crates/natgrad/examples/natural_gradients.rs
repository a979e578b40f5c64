//! Times the three natural gradients, with norms, cosines and divergences, at points of the fork `y ← x → z`, `x` hidden.
//!
//! `cargo run --release -p natgrad --example natural_gradients -- POINTS ROUNDS THREADS`, points as `points.f64` (raw
//! doubles, five each) where a fourth argument names the file. Prints one JSON document: seconds of each round, processor
//! seconds of all, checksums.

use natgrad::geometry::simplex::Distribution;
use natgrad::network::volume::RiemannianVolume;
use natgrad::network::{Enumerated, Network, NodeSpec, Pair, Target, compare_many};
use std::time::Instant;

fn node(name: &str, parents: &[&str]) -> NodeSpec {
    NodeSpec {
        name: name.into(),
        states: vec!["first".into(), "second".into()],
        parents: parents.iter().map(|p| (*p).into()).collect(),
        table: None,
    }
}

/// Processor seconds of this process, where the system says (hundredths of a second).
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: usize| arguments.get(i).map_or(Ok(default), |a| a.parse());
    let (count, rounds, threads) = (number(0, 50_000)?, number(1, 20)?, number(2, 2)?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let (network, _) = Network::new(vec![node("x", &[]), node("y", &["x"]), node("z", &["x"])])?;
    let of = Enumerated::new(&network, &[true, false, false])?;
    // A target off the model: its hidden cause would need more than two states.
    let raw = [0.074, 0.0017, 0.0383, 0.0583, 0.5992, 0.0018, 0.0108, 0.2159];
    let target = Target::Joint(Distribution::new(raw.to_vec())?);
    let points = match arguments.get(3) {
        Some(path) => {
            std::fs::read(path)?.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap_or_default())).collect()
        }
        None => RiemannianVolume::new(&network, 1e-3)?.sample(count, 1)?,
    };
    // Once to warm up.
    let mut many = compare_many(&of, &points, &target)?;
    let before = processor();
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        many = compare_many(&of, &points, &target)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let busy = processor().zip(before).map(|(a, b)| (a - b) / rounds as f64);
    let mean = |pair| {
        let all = many.cosines(pair);
        all.iter().sum::<f64>() / all.len() as f64
    };
    let document = serde_json::json!({
        "points": many.len(), "threads": threads, "seconds": seconds, "processor_seconds_each": busy, "singly": many.singly(),
        "mean_cosines": [mean(Pair::ElboEvidence), mean(Pair::RecognitionEvidence), mean(Pair::ElboRecognition)],
    });
    println!("{document}");
    Ok(())
}
