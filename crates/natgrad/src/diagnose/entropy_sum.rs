//! Does the ELBO equal its sum of entropies? A necessary condition at every stationary point, saddles included.
//!
//! ```text
//! R = F − (H_recognition − H_prior − H_observable + base) = dF/dε  when all natural parameters are scaled by 1 + ε
//! ```
//!
//! R is one projection of the gradient: zero where tempering changes nothing. It never says "converged" by itself.

use super::certificate::{Certificate, Circumstances, Explanation, Verdict};
use crate::model::Note;

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "entropy-sum",
    text: "At every stationary point the ELBO equals the entropy of the posterior of the hidden state, minus the entropy \
           of its prior, minus the expected entropy of an observation (plus a constant of the data for families with a \
           base measure). The residual is the derivative of the ELBO when all natural parameters are scaled up together \
           (tempering), in nats per row. Non-zero refutes convergence. Zero refutes nothing else: saddles and points \
           that are wrong in other directions have residual zero too. It needs the tempering direction to be learnable: \
           frozen variances, frozen unequal weights or an active covariance floor break it, by a known amount. In a \
           Bayesian network the posterior is that of the hidden cells of a row; frozen tables drop out, and what a prior \
           explains is subtracted.",
    source: "Lücke and Warnken, On the Convergence of the ELBO to Entropy Sums (arXiv 2209.03077)",
};

/// Variance under the model of the tempering direction's complete-data score, its squared Fisher length.
///
/// ```text
/// score = ln π_z − E[ln π] + ln p̃(x|z) − E[ln p̃(x|z) | z],   V = Var[ln π_z] + Σ_k π_k Var_k,   Var_k = Σ_b η_kb·F_kb η_kb
/// ```
///
/// The gap is at least about `R²/(2V)`.
pub fn residual_variance(weights: &[f64], variances: &[f64]) -> f64 {
    let log = |p: f64| if p > 0.0 { p.ln() } else { 0.0 };
    let mean: f64 = weights.iter().map(|p| p * log(*p)).sum();
    weights.iter().zip(variances).map(|(p, v)| p * (v + (log(*p) - mean).powi(2))).sum()
}

pub(super) fn examine(c: &Circumstances<'_>) -> Certificate {
    let whole = c.elbo - c.entropies.sum();
    let (known, whence) = match c.known_residual {
        Some((known, what)) => (known, format!(" beside what {what} explains ({known:.1e})")),
        None => (0.0, String::new()),
    };
    let residual = whole - known;
    // Rounding floor: the entropies are differences of sums of this size.
    let largest =
        [c.entropies.recognition, c.entropies.prior, c.entropies.observable, c.entropies.base_measure, c.elbo]
            .iter()
            .fold(1.0_f64, |m, e| m.max(e.abs()));
    let floor = 64.0 * f64::EPSILON * largest;
    // A remaining gain of `tolerance` allows |R| ≤ √(2 V tolerance).
    let tolerance = match c.residual_variance {
        Some(v) => (2.0 * v * c.tolerance).sqrt().max(floor),
        None => c.tolerance.sqrt().max(floor),
    };
    let parts = c.residual_parts.as_ref().map_or(String::new(), |(prior, components)| {
        let worst = components.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        match worst {
            Some((k, r)) if r.abs() > floor => {
                format!("; prior {prior:.1e}, largest share component {} ({r:.1e})", k + 1)
            }
            _ => String::new(),
        }
    });
    let certificate = |verdict, value: f64, why: String| Certificate {
        name: EXPLANATION.name.into(),
        verdict,
        value: Some(value).filter(|v| v.is_finite()),
        tolerance,
        why,
        source: EXPLANATION.source.into(),
    };
    if !residual.is_finite() {
        return certificate(
            Verdict::Fails,
            residual,
            "refuted: ELBO or entropies are not finite: some row is impossible here".into(),
        );
    }
    if let Some(frozen) = &c.frozen {
        return certificate(
            Verdict::NotApplicable,
            residual,
            format!("{frozen}: the tempering direction cannot be learnt, so a residual ({residual:.2e}) is expected"),
        );
    }
    if let Some(known) = c.floor_residual {
        let rest = residual - known;
        let floored: Vec<String> = c
            .notes
            .iter()
            .filter_map(|n| if let Note::Floored(k) = n { Some((k + 1).to_string()) } else { None })
            .collect();
        return certificate(
            Verdict::NotApplicable,
            residual,
            format!(
                "the covariance floor is active in component {}: it explains {known:.2e} of the residual {residual:.2e}, \
                 {rest:.1e} is left",
                floored.join(", ")
            ),
        );
    }
    if residual.abs() <= tolerance {
        return certificate(
            Verdict::Holds,
            residual,
            format!(
                "not refuted: ELBO − entropy sum = {residual:.1e} nats per row{whence} (standard error {:.1e}, rounding {floor:.0e})",
                c.residual_error
            ),
        );
    }
    let alarm = c.residual_variance.filter(|v| *v > 0.0).map_or(String::new(), |v| {
        format!("; at least about {:.2e} nats in all are left", c.weight * residual * residual / (2.0 * v))
    });
    let way = if residual > 0.0 { "sharper" } else { "flatter" };
    certificate(
        Verdict::Fails,
        residual,
        format!(
            "refuted: ELBO − entropy sum = {residual:.2e} nats per row{whence}, so making all distributions {way} raises the ELBO\
             {parts}{alarm}"
        ),
    )
}
