//! How many nats are left, judged from the gains of successive EM steps alone.
//!
//! ```text
//! remaining ≈ gain / (1 − √ρ),   ρ = largest of the last five ratios of successive gains
//! ```

/// Estimated remaining gain in nats per row from successive gains (oldest first); `None` with fewer than three, and
/// where the gains are not yet falling.
///
/// Calibrated late in a fit; blind beyond a plateau, where it is a lower bound at best.
pub fn from_gains(gains: &[f64]) -> Option<f64> {
    let last = *gains.last()?;
    if last <= 0.0 {
        return (gains.len() >= 3).then_some(0.0);
    }
    let ratios: Vec<f64> = gains.windows(2).rev().take(5).map(|w| if w[0] > 0.0 { w[1] / w[0] } else { 0.0 }).collect();
    if ratios.len() < 2 {
        return None;
    }
    let rate = ratios.into_iter().fold(0.0, f64::max);
    (rate < 1.0).then(|| last / (1.0 - rate.sqrt()))
}
