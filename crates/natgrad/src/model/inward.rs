//! Probabilities near zero that the data would raise, and distributions in which they are raised.
//!
//! ```text
//! ∂F/∂θ_j = N/W (r_j − 1),   r_j = N_j/(N θ_j): what an EM step multiplies the probability by;  N = Σ N_j, W all weight
//! ```
//!
//! At `θ = 0` a maximum needs `r ≤ 1`. In `ln θ` the slope is `θ` times smaller, so that nothing of it is seen there.

use super::Inward;

/// Probabilities above this are no longer near the boundary: the slope in `ln θ` shows what they could gain.
const NEAR: f64 = 1e-3;

/// Rates within this of 1 are as good as 1: an EM step changes such a probability by a thousandth of itself.
const GROWING: f64 = 1.001;

/// Slopes below this (nats per row) gain nothing that could be told from rounding.
const NOTHING: f64 = 1e-12;

/// Such probabilities of one distribution, ascending: `logs` are normalised, those down to `zero` count as zeros that stay;
/// `counts` are expected, `weight` is that of all rows, and coordinates begin at `first`.
pub(super) fn rising(counts: &[f64], logs: &[f64], weight: f64, zero: f64, first: usize) -> Vec<Inward> {
    let total: f64 = counts.iter().sum();
    let inward = |(j, (n, x)): (usize, (&f64, &f64))| {
        if *x <= zero || *x >= NEAR.ln() || total <= 0.0 {
            return None;
        }
        let rate = n / total / x.exp();
        let slope = total / weight * (rate - 1.0);
        (rate > GROWING && slope > NOTHING && slope.is_finite()).then_some(Inward { place: first + j, rate, slope })
    };
    counts.iter().zip(logs).enumerate().filter_map(inward).collect()
}

/// Raises these probabilities of one distribution to `reach (1 − 1/r)`; the others give way in proportion.
pub(super) fn raise(logs: &mut [f64], first: usize, which: &[Inward], reach: f64, zero: f64) {
    // So that a distribution with many such entries keeps half of itself for the others.
    let share = reach / which.len() as f64;
    let (mut before, mut after) = (0.0, 0.0);
    for w in which {
        let x = &mut logs[w.place - first];
        let p = x.exp();
        let raised = p.max(share * (1.0 - 1.0 / w.rate));
        before += p;
        after += raised;
        *x = raised.ln();
    }
    let give_way = ((1.0 - after) / (1.0 - before)).ln();
    for (j, x) in logs.iter_mut().enumerate() {
        if !which.iter().any(|w| w.place - first == j) {
            *x = (*x + give_way).max(zero);
        }
    }
}
