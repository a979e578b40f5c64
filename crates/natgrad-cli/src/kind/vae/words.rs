//! Numbers of an autoencoder in words: with the digits that their standard error leaves, and what is said where there is none.

use crate::table::short;
use natgrad::engine::Beyond;
use natgrad::model::vae::Sums;

/// From here on all digits would be noise.
const LONG: f64 = 1e12;

/// A number with two decimals, more where its standard error is smaller.
pub fn told(x: f64, error: f64) -> String {
    if x.is_nan() {
        return "not known".into();
    }
    if x.abs() >= LONG {
        return if x.is_finite() { short(x) } else { x.to_string() };
    }
    let digits = if error > 0.0 { (-error.log10().floor()).clamp(2.0, 9.0) } else { 9.0 };
    format!("{:.1$}", x, digits as usize)
}

/// A number of nats per row with its standard error, or why there is none.
pub fn give_or_take(x: f64, error: f64, rows: u64) -> String {
    let nats = "nats per row";
    if error.is_finite() {
        return format!("{} ± {} {nats}", told(x, error), told(error, error));
    }
    format!("{} {nats} (standard error not known: {})", told(x, error), unknown(x, rows))
}

/// Why a standard error of a mean over rows is not known.
pub fn unknown(mean: f64, rows: u64) -> &'static str {
    match rows {
        _ if !mean.is_finite() => "a row without a finite ELBO",
        0 | 1 => "one row",
        _ => "one row has all the weight, or the weights count for no more than one",
    }
}

/// The rows that leave the others without an ELBO.
pub fn without_elbo(sums: &Sums, beyond: Option<Beyond>) -> Option<String> {
    if sums.elbo().is_finite() {
        return None;
    }
    let look = "look for cells far beyond those that the model was fitted to";
    Some(match beyond {
        Some(Beyond { first, rows: 1 }) => format!("the ELBO of row {first} is not finite: {look}"),
        Some(Beyond { first, rows }) => {
            format!("the ELBO of row {first} is not finite, nor is that of {} further: {look}", rows - 1)
        }
        None => format!("the ELBO is not finite: {look}"),
    })
}
