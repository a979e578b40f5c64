//! What `auto` goes on with after some EM steps: the prices of the ways.

use super::super::progress::Progress;
use super::{CHEAP, Fit};
use crate::model::Want;

/// How `auto` goes on.
pub(super) enum WayOn {
    ExpectationMaximisation,
    Accelerated,
    Evidence,
}

/// Iterations that the evidence metric is expected to need; EM is left when it would need more than this many times
/// the price of one.
const EVIDENCE_ITERATIONS: f64 = 15.0;

/// What a sweep costs whatever the number of rows (threads, M-step), in floating-point operations.
const SWEEP_OVERHEAD: f64 = 3e5;

/// EM steps before `auto` judges their speed.
const EM_STEPS: usize = 4;

/// How many EM steps a combined one is expected to be worth, where EM is slow.
const ACCELERATION: f64 = 6.0;

/// Combined steps that are needed in any case: they learn the slow directions one by one.
const LEAST_ACCELERATED: f64 = 12.0;

impl Fit<'_, '_> {
    /// Whether EM would need so many more iterations that something else is cheaper, and what.
    pub(super) fn way_on(&self, p: &Progress) -> WayOn {
        if p.gains.len() < EM_STEPS {
            return WayOn::ExpectationMaximisation;
        }
        let last = p.gains[p.gains.len() - 1];
        let before = p.gains[p.gains.len() - 2];
        if last <= 0.0 || before <= 0.0 {
            return WayOn::ExpectationMaximisation;
        }
        let rate = last / before;
        // Gains that still grow: EM is on its way across a plateau.
        let growing = rate >= 1.0;
        if growing && p.gains.len() < 2 * EM_STEPS {
            return WayOn::ExpectationMaximisation;
        }
        let left = last * rate / (1.0 - rate);
        if !growing && left <= self.settings.tolerance {
            return WayOn::ExpectationMaximisation;
        }
        let needed = if growing { f64::INFINITY } else { (self.settings.tolerance / left).ln() / rate.ln() };
        let each = self.price_of_evidence();
        let price = EVIDENCE_ITERATIONS * each;
        let combined = (needed / ACCELERATION).max(LEAST_ACCELERATED);
        // Across a plateau nobody knows how many steps are needed: cheap curvature is then worth it.
        if needed > price && (each <= CHEAP || (!growing && 2.0 * price <= combined)) {
            WayOn::Evidence
        } else if each > CHEAP && needed > combined {
            WayOn::Accelerated
        } else {
            WayOn::ExpectationMaximisation
        }
    }

    /// What a step in the evidence metric costs, in EM steps; infinite where dense matrices are not affordable.
    pub(super) fn price_of_evidence(&self) -> f64 {
        if !self.dense() {
            return f64::INFINITY;
        }
        let rows = self.learning.rows().rows();
        let work = self.learning.model().work(rows);
        let share = match self.want_in_evidence_phase() {
            Want::Curvature => 1.0,
            _ => self.curvature_rows() as f64 / rows.max(1) as f64,
        };
        let decomposed: f64 = self.learning.model().groups().iter().map(|&n| 30.0 * (n as f64).powi(3)).sum();
        1.5 + (share * work.curvature + decomposed) / (work.step + SWEEP_OVERHEAD)
    }
}
