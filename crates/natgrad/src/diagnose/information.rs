//! Is it a maximum? The signs of the observed information.
//!
//! ```text
//! I_obs = −∂² ln p(x)/∂θ² per row: all eigenvalues positive at a strict maximum, negative ones at a saddle, zero where
//! the data cannot tell parameters apart
//! ```

use super::certificate::{Certificate, Circumstances, Explanation, Verdict};

pub(super) const EXPLANATION: Explanation = Explanation {
    name: "maximum",
    text: "Counts the negative, zero and positive eigenvalues of the observed information, relative to the information \
           that complete data would carry. A negative one means a saddle, or a point that is not yet near a maximum; the \
           certificate names the direction. A zero one means that the data cannot tell some parameters apart: the \
           maximum is a ridge, and those parameters have no standard error (of networks the rows of the tables that take part \
           are named). One minus the smallest eigenvalue is the \
           rate of EM's convergence. A maximum is a local one: restarts tell more.",
    source: "Louis (1982), Finding the observed information matrix when using the EM algorithm",
};

/// Short of a stationary point a ridge, along which nothing changes, bends in the coordinates: the slope that is left appears as
/// curvature along it, times the bend per unit of information. Of nets of more parameters than their columns can tell apart 6
/// was seen.
const BEND: f64 = 10.0;
/// From here on a curvature is no ridge's, whatever the slope.
const MOST_SLACK: f64 = 1e-4;

pub(super) fn examine(c: &Circumstances<'_>) -> Certificate {
    let tolerance = super::assessment::FLAT;
    let certificate = |verdict, value, why: String| Certificate {
        name: EXPLANATION.name.into(),
        verdict,
        value,
        tolerance,
        why,
        source: EXPLANATION.source.into(),
    };
    if let Some(why) = &c.unbounded {
        return certificate(Verdict::Fails, None, format!("refuted: there is none uphill of here ({why})"));
    }
    let Some(reading) = &c.assessment.reading else {
        let why = c.no_information.clone().unwrap_or_else(|| "the observed information was not computed".into());
        return certificate(Verdict::NotApplicable, None, why);
    };
    let lowest = reading.observed.eigenvalues.first().copied();
    let count = |n: usize, what: &str| format!("{n} {what} direction{}", if n == 1 { "" } else { "s" });
    let named = if c.directions.is_empty() { String::new() } else { format!(": {}", c.directions.join("; ")) };
    let slack = (BEND * c.assessment.stationarity.sqrt()).clamp(tolerance, MOST_SLACK);
    let uphill = reading.observed.eigenvalues.iter().filter(|l| **l < -slack).count();
    if uphill > 0 {
        let why = format!(
            "refuted: {} (lowest eigenvalue {:.2e}){named}",
            count(uphill, "uphill-curved"),
            lowest.unwrap_or(0.0)
        );
        return certificate(Verdict::Fails, lowest, why);
    }
    let flat = (reading.inertia.zero + reading.inertia.negative).saturating_sub(c.gauge);
    if flat > 0 {
        let why = format!("not refuted, but {} the data cannot see{named}", count(flat, "flat"));
        return certificate(Verdict::Holds, lowest, why);
    }
    // Directions that change nothing come first: the slowest that change something come after.
    let slowest = reading.observed.eigenvalues.get(reading.inertia.zero + reading.inertia.negative).copied();
    let rate = 1.0 - slowest.unwrap_or(1.0);
    let (all, but) = match c.gauge {
        0 => ("all ", String::new()),
        1 => ("", "; one direction changes nothing".to_string()),
        n => ("", format!("; {n} directions change nothing")),
    };
    certificate(
        Verdict::Holds,
        slowest,
        format!(
            "not refuted: {all}{} eigenvalues are positive; EM converges at rate {rate:.4}{but}",
            reading.inertia.positive
        ),
    )
}
