//! The trace of an autoencoder's run.

use crate::failure::Failure;
use natgrad::engine::EpochRecord;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::RunFolder;

/// What is not finite is not known: an empty cell.
fn known(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}

/// A line per epoch, with the divergence of each latent.
pub fn write_trace(folder: &RunFolder, trace: &[EpochRecord], seconds: &[f64]) -> Result<(), Failure> {
    let last = seconds.last().copied().unwrap_or(0.0);
    let column = |f: &dyn Fn(usize, &EpochRecord) -> f64| -> Vec<f64> {
        trace.iter().enumerate().map(|(i, r)| f(i, r)).map(known).collect()
    };
    let number = |name: &str| Column { name: name.into(), kind: ColumnKind::Number, missing: false };
    let mut phases: Vec<String> = trace.iter().map(|r| r.phase.clone()).collect();
    phases.sort();
    phases.dedup();
    let place = |r: &EpochRecord| phases.iter().position(|p| *p == r.phase).unwrap_or(0) as f64;
    let mut columns = vec![
        number("iteration"),
        number("passes"),
        number("seconds"),
        number("elbo"),
        number("entropy_sum"),
        number("recognition"),
        number("prior"),
        number("observable"),
        number("base_measure"),
        number("residual"),
        number("residual_error"),
        number("step_size"),
        Column { name: "metric".into(), kind: ColumnKind::Levels(phases.clone()), missing: false },
    ];
    // The end has a line of its own behind the last epoch's.
    let step = |i: usize, r: &EpochRecord| if r.rate > 0.0 { r.epoch as f64 } else { (i + 1) as f64 };
    let mut data = vec![
        column(&step),
        column(&step),
        column(&|i, _| seconds.get(i).copied().unwrap_or(last)),
        column(&|_, r| r.elbo),
        column(&|_, r| r.entropies.sum()),
        column(&|_, r| r.entropies.recognition),
        column(&|_, r| r.entropies.prior),
        column(&|_, r| r.entropies.observable),
        column(&|_, r| r.entropies.base_measure),
        column(&|_, r| r.residual),
        column(&|_, r| r.residual_error),
        column(&|_, r| r.rate),
        column(&|_, r| place(r)),
    ];
    for l in 0..trace.first().map_or(0, |r| r.divergences.len()) {
        columns.push(number(&format!("latent_{}", l + 1)));
        data.push(column(&|_, r| r.divergences[l]));
    }
    Ok(folder.write_trace(&columns, &data)?)
}
