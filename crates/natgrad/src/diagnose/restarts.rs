//! Do independent starts end at the same maximum?

use serde::{Deserialize, Serialize};

/// Bounds of all restarts and how many reach the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restarts {
    /// How many were run.
    pub tried: usize,
    /// How many ended within `within` total nats of the best.
    pub agreeing: usize,
    /// Total nats that count as agreement.
    pub within: f64,
    /// ELBO per row of each, in the order of their seeds; `null` where a restart collapsed.
    pub elbos: Vec<Option<f64>>,
}

/// Compares the ELBOs per row of several fits to `weight` rows.
///
/// Two fits agree if their total log-likelihoods differ by less than 0.1 nats, or by less than what their own remaining
/// gains allow.
pub fn agreement(elbos: &[Option<f64>], remaining: f64, weight: f64) -> Restarts {
    let best = elbos.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let within = 0.1_f64.max(4.0 * remaining * weight);
    let agreeing = elbos.iter().flatten().filter(|e| (best - **e) * weight <= within).count();
    Restarts { tried: elbos.len(), agreeing, within, elbos: elbos.to_vec() }
}
