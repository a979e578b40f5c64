//! The verdict in one sentence: refuted or not refuted, and how much is left.

use crate::number::significant;
use crate::run::{Run, Verdict};

/// What the page says first.
pub struct Says {
    /// Class: `good`, `doubt` or `bad`.
    pub tone: &'static str,
    /// A symbol that reads without colour.
    pub symbol: &'static str,
    /// The sentence.
    pub sentence: String,
}

fn says(tone: &'static str, sentence: String) -> Says {
    let symbol = match tone {
        "good" => "✓",
        "bad" => "✗",
        _ => "!",
    };
    Says { tone, symbol, sentence }
}

/// How much is left, in all.
fn left(run: &Run) -> String {
    // Where the information is indefinite, the estimate sees only part of what is left.
    let about = if run.information.inertia.is_some_and(|i| i.negative > 0) { "at least about" } else { "about" };
    match run.in_all(run.remaining) {
        Some(x) if x <= 0.0 => "no gain is left".into(),
        Some(x) if x < 1e-3 => format!("{about} {} nats in all are left", significant(x, 1)),
        Some(x) => format!("{about} {} nats in all are left", significant(x, 2)),
        None => "how much is left is not known".into(),
    }
}

fn refuted(run: &Run) -> Vec<&str> {
    run.certificates.iter().filter(|c| c.verdict == Verdict::Fails).map(|c| c.name.as_str()).collect()
}

/// The sentence and its tone.
pub fn verdict(run: &Run) -> Says {
    let refuted = refuted(run).join(", ");
    let also = if refuted.is_empty() { String::new() } else { format!("; refuted: {refuted}") };
    let because = |otherwise: &str| {
        let why = run.why.as_deref().unwrap_or(otherwise);
        why.lines().next().unwrap_or(otherwise).trim_end_matches('.').to_string()
    };
    let opening = match run.status.as_deref() {
        Some("diverged") => {
            let why = because("no maximum exists along the path");
            return says("bad", format!("Diverged: {why}; what follows describes the last good point"));
        }
        Some("iteration-limit") => {
            return says("doubt", format!("Stopped by the limit on iterations: {}{also}", left(run)));
        }
        Some("interrupted") => return says("doubt", format!("Interrupted: {}{also}", left(run))),
        Some("converged") => "Converged",
        Some(other) => return says("doubt", format!("Ended as “{other}”: {}{also}", left(run))),
        None => "Checked",
    };
    if run.certificates.is_empty() {
        return says("doubt", format!("{opening}: no certificates were computed; {}", left(run)));
    }
    if !refuted.is_empty() {
        return says("bad", format!("{opening}, but refuted by {refuted}: {}", left(run)));
    }
    let flat = run.information.inertia.map_or(0, |i| i.zero).saturating_sub(run.turning);
    match run.certificate("maximum").map(|c| c.verdict) {
        Some(Verdict::Holds) if flat > 0 => says(
            "doubt",
            format!(
                "{opening}: not refuted, but the maximum is a ridge, with {} that the data cannot see; {}",
                super::plural(flat, "direction"),
                left(run)
            ),
        ),
        Some(Verdict::Holds) => {
            says("good", format!("{opening}: a maximum as far as the certificates can tell; {}", left(run)))
        }
        _ => says(
            "doubt",
            format!("{opening}: not refuted, but whether it is a maximum was not examined; {}", left(run)),
        ),
    }
}
