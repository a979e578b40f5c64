//! What is seen of a running fit: a line that is rewritten on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use natgrad::engine::Record;
use std::time::{Duration, Instant};

/// The line.
#[derive(Debug)]
pub struct Line {
    bar: ProgressBar,
    start: Instant,
}

impl Line {
    /// A line, or nothing where `shown` is false.
    pub fn new(shown: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_draw_target(if shown { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() });
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        Line { bar, start: Instant::now() }
    }

    /// Shows the latest record of restart `index` of `count`.
    pub fn show(&self, index: usize, count: usize, trace: &[Record], tolerance: f64) {
        if self.bar.is_hidden() {
            return;
        }
        let Some(last) = trace.last() else { return };
        let of = if count > 1 { format!("start {}/{count} · ", index + 1) } else { String::new() };
        let remaining = last.remaining.map_or(String::new(), |r| format!(" · remaining {r:.1e}"));
        let left =
            self.time_left(trace, tolerance).map_or(String::new(), |t| format!(" · about {}s left", t.as_secs()));
        self.bar.set_message(format!(
            "{of}iteration {} · ELBO {:.6}{remaining} · {}{left}",
            last.iteration, last.elbo, last.metric
        ));
        self.bar.tick();
    }

    /// From the rate at which the remaining gain falls.
    fn time_left(&self, trace: &[Record], tolerance: f64) -> Option<Duration> {
        let known: Vec<(u64, f64)> =
            trace.iter().rev().take(6).filter_map(|r| r.remaining.map(|v| (r.iteration, v))).collect();
        let (last, first) = (known.first()?, known.last()?);
        let iterations = last.0.checked_sub(first.0).filter(|n| *n > 0)? as f64;
        let rate = (first.1 / last.1).ln() / iterations;
        let needed = (last.1 / tolerance).ln() / rate;
        let pace = self.start.elapsed().as_secs_f64() / last.0.max(1) as f64;
        (rate > 0.0 && needed.is_finite() && needed > 0.0 && needed < 1e6)
            .then(|| Duration::from_secs_f64((needed * pace).min(1e7)))
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
