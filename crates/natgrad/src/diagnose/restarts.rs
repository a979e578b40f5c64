//! Do independent starts end at the same maximum?

use super::certificate::{Certificate, Explanation, Verdict};
use serde::{Deserialize, Serialize};

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "restarts",
    text: "A likelihood with hidden variables has many local maxima. Independent starts that end at the same bound are the \
           only evidence that it is the best one, and no proof. The certificate fails when no second start reaches the \
           best bound: run more restarts, or ask for less (fewer components, hidden nodes with fewer states).",
    source: "McLachlan and Peel (2000), Finite Mixture Models, section 2.12",
};

/// Bounds of all restarts and how many reach the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restarts {
    /// How many were run.
    pub tried: usize,
    /// How many ended within `within` total nats of the best.
    pub agreeing: usize,
    /// Total nats that count as agreement.
    pub within: f64,
    /// ELBO per row of each, in the order of their seeds; `null` where a restart diverged.
    pub elbos: Vec<Option<f64>>,
    /// For each agreeing restart the component (from 1) that plays the role of the best one's component 1, 2, …; `null`
    /// for the others.
    #[serde(default)]
    pub labels: Vec<Option<Vec<usize>>>,
    /// Largest difference in a mixing weight between agreeing restarts, labels aligned.
    #[serde(default)]
    pub weight_spread: Option<f64>,
}

/// Compares the ELBOs per row of several fits to `weight` rows.
///
/// Two fits agree if their total log-likelihoods differ by less than 0.1 nats, or by less than what their own remaining
/// gains allow.
pub fn agreement(elbos: &[Option<f64>], remaining: f64, weight: f64) -> Restarts {
    let best = elbos.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let within = 0.1_f64.max(4.0 * remaining * weight);
    let agreeing = elbos.iter().flatten().filter(|e| (best - **e) * weight <= within).count();
    Restarts { tried: elbos.len(), agreeing, within, elbos: elbos.to_vec(), labels: Vec::new(), weight_spread: None }
}

impl Restarts {
    /// Whether restart `index` reaches the best bound, for `weight` rows.
    pub fn agrees(&self, index: usize, weight: f64) -> bool {
        let best = self.elbos.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        self.elbos[index].is_some_and(|e| (best - e) * weight <= self.within)
    }

    /// The verdict: did a second start reach the best bound?
    pub fn certificate(&self) -> Certificate {
        let (verdict, why) = match (self.tried, self.agreeing) {
            (0 | 1, _) => (Verdict::NotApplicable, "only one start was made; --restarts 20 tells more".to_string()),
            (tried, 0 | 1) => (
                Verdict::Fails,
                format!(
                    "refuted: the best of {tried} starts stands alone; run more restarts, or a model with fewer hidden states"
                ),
            ),
            (tried, agreeing) => (
                Verdict::Holds,
                format!("not refuted: {agreeing} of {tried} starts end within {:.2} nats of the best", self.within),
            ),
        };
        Certificate {
            name: EXPLANATION.name.into(),
            verdict,
            value: Some(self.agreeing as f64),
            tolerance: 2.0,
            why,
            source: EXPLANATION.source.into(),
        }
    }
}
