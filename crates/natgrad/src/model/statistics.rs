//! Expected statistics of rows: a monoid that chunks, shards and machines fold into.

use crate::rows::Merge;
use serde::{Deserialize, Serialize};

/// How much a sweep collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Only the evidence.
    Evidence,
    /// Expected sufficient statistics too: what an M-step needs.
    Statistics,
    /// The rows' shares of the entropy-sum residual too: what a summary needs.
    Residuals,
    /// Scores and their second moments too: what the evidence metric needs.
    Curvature,
}

/// Second moments of scores, summed over rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curvature {
    /// `Σ w s sᵀ` in free coordinates, lower triangle of a column-major square.
    pub scores: Vec<f64>,
    /// Second moments of the complete-data scores, in the model's own layout.
    pub complete: Vec<f64>,
}

/// Sums over rows at one point. `zero`, `absorb` and `merge` make it a monoid; the order of merging is fixed by
/// [`Forest`](crate::rows::Forest).
///
/// # Units
/// Nats; summed over rows, not averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Number of rows.
    pub rows: u64,
    /// Total weight.
    pub weight: f64,
    /// `Σ w ln p(x_n)` without the base measure.
    pub log_evidence: f64,
    /// `Σ w H[q_n]`.
    pub recognition_entropy: f64,
    /// `Σ w r_n²` of the rows' shares of the entropy-sum residual (0 where they were not wanted).
    pub residual_square: f64,
    /// Expected sufficient statistics, in the model's own layout.
    pub sums: Vec<f64>,
    /// Second moments, where they were wanted.
    pub curvature: Option<Curvature>,
}

impl Statistics {
    /// The zero with `sums` expected statistics.
    pub fn zero(sums: usize) -> Self {
        Statistics {
            rows: 0,
            weight: 0.0,
            log_evidence: 0.0,
            recognition_entropy: 0.0,
            residual_square: 0.0,
            sums: vec![0.0; sums],
            curvature: None,
        }
    }

    /// Moves every sum towards another's per-row mean: `S ← (1 − ρ) S + ρ S′ · weight/weight′` (stochastic
    /// approximation; the weight stays).
    pub fn blend(&mut self, other: &Statistics, step: f64) {
        let scale = if other.weight > 0.0 { self.weight / other.weight } else { 0.0 };
        let mix = |a: &mut f64, b: f64| *a = (1.0 - step) * *a + step * b * scale;
        mix(&mut self.log_evidence, other.log_evidence);
        mix(&mut self.recognition_entropy, other.recognition_entropy);
        for (a, b) in self.sums.iter_mut().zip(&other.sums) {
            mix(a, *b);
        }
    }
}

fn add(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a += b;
    }
}

impl Merge for Statistics {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.log_evidence += other.log_evidence;
        self.recognition_entropy += other.recognition_entropy;
        self.residual_square += other.residual_square;
        add(&mut self.sums, &other.sums);
        if let (Some(a), Some(b)) = (&mut self.curvature, &other.curvature) {
            add(&mut a.scores, &b.scores);
            add(&mut a.complete, &b.complete);
        }
    }
}
