//! How many nats are left to the maximum uphill from here?
//!
//! ```text
//! ½ g·I_obs⁻¹g where the observed information is positive, ½ g·G_V⁺g otherwise ("at least")
//! ```

use super::certificate::{Certificate, Circumstances, Explanation, Verdict};

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "remaining",
    text: "Estimates how much the log-likelihood would still rise if the fit went on. Near a maximum it is Newton's \
           decrement, exact to second order; where the observed information is indefinite it is taken in the metric of \
           the evidence (the scores of the rows), and then it is only a lower alarm: beyond a plateau more may be left. \
           It fails when the estimate exceeds the tolerance per row.",
    source: "Louis (1982); Boyd and Vandenberghe, Convex Optimization, section 9.5 (Newton decrement)",
};

pub(super) fn examine(c: &Circumstances<'_>) -> Certificate {
    let certificate = |verdict, value, why: String| Certificate {
        name: EXPLANATION.name.into(),
        verdict,
        value,
        tolerance: c.tolerance,
        why,
        source: EXPLANATION.source.into(),
    };
    let Some(value) = c.assessment.remaining() else {
        let why = c.no_information.clone().unwrap_or_else(|| "the evidence metric was not computed".into());
        return certificate(Verdict::NotApplicable, None, why);
    };
    if let Some(why) = &c.unbounded {
        let why = format!("the likelihood rises without end ({why}): no number says how much is left");
        return certificate(Verdict::NotApplicable, None, why);
    }
    if !value.is_finite() {
        return certificate(Verdict::NotApplicable, None, "ELBO or slope are not finite here".into());
    }
    let total = value * c.weight;
    let at_least = if c.assessment.is_indefinite() { "at least about " } else { "about " };
    if c.floor_residual.is_some() {
        let why = format!("a covariance rests on its floor; ignoring that, {at_least}{total:.2e} nats in all are left");
        return certificate(Verdict::NotApplicable, Some(value), why);
    }
    if value <= c.tolerance {
        return certificate(
            Verdict::Holds,
            Some(value),
            format!("not refuted: {at_least}{total:.1e} nats in all are left"),
        );
    }
    certificate(Verdict::Fails, Some(value), format!("refuted: {at_least}{total:.2e} nats in all are left"))
}
