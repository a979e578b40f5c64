//! What every member of a list must obey, one function per law; each panics with the member and the numbers.

pub mod family;
pub mod latent;
pub mod model;
pub mod tempering;

/// Panics unless `|a − b| ≤ tolerance`; the message says what was compared, and where.
pub fn close(what: &str, a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{what}: {a:e} and {b:e} differ by {:e} > {tolerance:e}", (a - b).abs());
}

/// First derivative of a function at 0 by two central differences and Richardson's extrapolation (error of order h⁴).
pub fn derivative(f: impl Fn(f64) -> f64, h: f64) -> f64 {
    let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    (4.0 * central(0.5 * h) - central(h)) / 3.0
}
