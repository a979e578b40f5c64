//! Is the slope zero? The squared norm of the natural gradient, which no change of coordinates or units touches.
//!
//! ```text
//! g·G⁻¹g,   g = ∂F/∂θ per row,   G = Fisher matrix of the complete data
//! ```

use super::certificate::{Certificate, Circumstances, Explanation, Verdict};

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "stationarity",
    text: "Asks whether the slope of the ELBO is zero. It measures the gradient by the Fisher matrix of the complete \
           data (hidden states included), so the number is in nats and does not depend on units or coordinates. Half \
           of it is what one EM step gains. It is not an estimate of what is left: where EM crawls, a tiny slope can \
           have a long way to go (see `remaining`).",
    source: "Amari (1998), Natural gradient works efficiently in learning",
};

pub(super) fn examine(c: &Circumstances<'_>) -> Certificate {
    let value = c.assessment.stationarity;
    let tolerance = 2.0 * c.tolerance;
    let holds = value <= tolerance;
    let floored = c.floor_residual.is_some();
    let (verdict, why) = if floored {
        (
            Verdict::NotApplicable,
            format!("a covariance rests on its floor, where the slope ({value:.1e}) need not vanish"),
        )
    } else if holds {
        (Verdict::Holds, format!("not refuted: the squared natural gradient is {value:.1e} nats per row"))
    } else {
        (
            Verdict::Fails,
            format!(
                "refuted: the squared natural gradient is {value:.1e} nats per row; one EM step would gain about {:.1e} \
                 nats in all",
                0.5 * value * c.weight
            ),
        )
    };
    Certificate {
        name: EXPLANATION.name.into(),
        verdict,
        value: Some(value),
        tolerance,
        why,
        source: EXPLANATION.source.into(),
    }
}
