//! The standard error of a mean over rows, from sums alone.

/// Standard error of `m = Σ w x / N` with `N = Σ w`, as weights are counts.
///
/// ```text
/// s.e. = √( (Σ w x² / N − m²) / (N − 1) )
/// ```
///
/// `sum` is `Σ w x`, `square` is `Σ w x²`; the unit is that of `x`. Infinite where it is not known: `N ≤ 1`, or sums that are not
/// finite.
pub fn mean_error(weight: f64, sum: f64, square: f64) -> f64 {
    let mean = sum / weight;
    let around = square / weight - mean * mean;
    if weight > 1.0 && around.is_finite() { (around.max(0.0) / (weight - 1.0)).sqrt() } else { f64::INFINITY }
}
