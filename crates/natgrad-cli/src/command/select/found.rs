//! What a fit of one size says for the comparison.

use super::HeldOut;
use natgrad::engine::{Outcome, Status};
use natgrad::model::Entropies;
use serde::Serialize;

/// A latent variable of which the rows tell less than this, in nats per row on average, has collapsed: its posterior is the
/// prior, and the model would be as good without it.
pub const COLLAPSED: f64 = 0.01;

/// A latent variable and how much the rows tell about it.
#[derive(Debug, Clone, Serialize)]
pub struct Latent {
    /// Its name.
    pub name: String,
    /// Entropy of its prior, nats (differential where it is continuous).
    pub prior_entropy: f64,
    /// Mean entropy of its posterior, nats.
    pub recognition_entropy: f64,
    /// Mean divergence of the posterior from the prior, nats per row.
    pub information: f64,
    /// Whether it has collapsed.
    pub collapsed: bool,
}

impl Latent {
    /// A latent variable; it has collapsed where the information is below [`COLLAPSED`].
    pub fn new(name: String, prior_entropy: f64, recognition_entropy: f64, information: f64) -> Self {
        Latent { name, prior_entropy, recognition_entropy, information, collapsed: information < COLLAPSED }
    }
}

/// A fit of one size.
#[derive(Debug, Clone)]
pub struct Found {
    /// ELBO, nats per row.
    pub elbo: f64,
    /// Total weight of the rows.
    pub weight: f64,
    /// Number of identified parameters.
    pub parameters: usize,
    /// The entropies.
    pub entropies: Entropies,
    /// Whether the hidden variables are discrete, so that ICL means something.
    pub discrete: bool,
    /// Whether the ELBO is only a bound, which is no evidence and has no information criteria.
    pub bound: bool,
    /// How the fit ended.
    pub status: Option<Status>,
    /// Why, where that needs words.
    pub why: Option<String>,
    /// What makes the numbers less than they seem, in words: a noise that goes to 0, a component without rows.
    pub cautions: Vec<String>,
    /// The latent variables; none where one size has no use for them.
    pub latents: Vec<Latent>,
    /// Log-evidence of rows held out, nats.
    pub held_out: Option<HeldOut>,
}

impl Found {
    /// From the best outcome.
    pub fn of(outcome: &Outcome, parameters: usize, entropies: Entropies) -> Self {
        Found {
            elbo: outcome.look.elbo,
            weight: outcome.look.statistics.weight,
            parameters,
            entropies,
            discrete: true,
            bound: false,
            status: outcome.progress.status.clone(),
            why: outcome.progress.why.clone(),
            cautions: Vec::new(),
            latents: Vec::new(),
            held_out: None,
        }
    }

    /// Whether there is a maximum to compare.
    pub fn is_sound(&self) -> bool {
        self.status != Some(Status::Diverged)
    }

    /// `−2 N ELBO + p ln N`, lower is better; `None` where the ELBO is only a bound.
    pub fn bic(&self) -> Option<f64> {
        let bic = -2.0 * self.weight * self.elbo + self.parameters as f64 * self.weight.ln();
        (self.is_sound() && !self.bound).then_some(bic)
    }

    /// `BIC + 2 N H[q]`, where hidden variables are discrete.
    pub fn icl(&self) -> Option<f64> {
        Some(self.bic()? + 2.0 * self.weight * self.entropies.recognition).filter(|_| self.discrete)
    }
}

/// The best of several outcomes: the highest bound among those that did not diverge; none without a bound before one with.
pub fn better(best: Option<Outcome>, next: Outcome) -> Option<Outcome> {
    let key = |o: &Outcome| {
        let sound = !o.look.elbo.is_nan() && o.progress.status != Some(Status::Diverged);
        (sound, if o.look.elbo.is_nan() { f64::NEG_INFINITY } else { o.look.elbo })
    };
    match best {
        Some(b) if key(&b) >= key(&next) => Some(b),
        _ => Some(next),
    }
}
