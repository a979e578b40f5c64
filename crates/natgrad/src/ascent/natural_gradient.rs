//! The natural gradient of the evidence, safeguarded by EM.
//!
//! ```text
//! θ ← θ + t G_V⁺ dF,   t = 1, ½, ¼, …;   never below the ELBO that the EM step gives
//! ```
//!
//! One sweep evaluates the full step and its rival, the EM step, side by side on every chunk.

use crate::Error;
use crate::geometry::{Covector, Metric, Point, Tangent, conjugate_gradients};
use crate::model::{Maximised, Want};
use crate::objective::{Learning, Look};

/// Shorter steps that are tried, in one sweep, when the full one loses against EM.
const SHORTER: [f64; 4] = [0.5, 0.25, 0.0625, 0.015625];

/// Lengths tried along a direction of negative curvature, both ways, in units of the joint metric.
const ESCAPES: [f64; 5] = [1.0, 0.5, 0.2, 0.05, 0.01];

/// Two ELBOs closer than this (relative) differ by rounding only.
pub(crate) const ROUNDING: f64 = 1e-13;

/// Where a step ended and how.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The new look.
    pub look: Look,
    /// Length of the step taken.
    pub step: f64,
    /// `"evidence"`, `"observed"`, `"damped"`, `"joint"` (EM won) or `"escape"`.
    pub metric: &'static str,
}

/// A step along `direction`, compared with the EM step `rival`; where it loses, with shorter and `damped` ones.
///
/// # Errors
/// What sweeping reports.
pub fn evidence_step(
    learning: &Learning<'_>,
    look: &Look,
    direction: Option<(Tangent, &'static str)>,
    rival: Option<&Maximised>,
    escape: Option<Tangent>,
    damped: &dyn Fn() -> Vec<Tangent>,
    want: Want,
) -> Result<Moved, Error> {
    let model = learning.model();
    let slack = ROUNDING * (1.0 + look.elbo.abs());
    let mut candidates: Vec<(Point, f64, &'static str)> = Vec::new();
    if let Some((v, name)) = &direction {
        if let Some(full) = model.shift(&look.point, v, 1.0) {
            let rival_point = rival.map(|r| &r.point);
            let mut points = vec![(&full, want)];
            points.extend(rival_point.map(|p| (p, Want::Evidence)));
            let mut looks = learning.look_at(&points)?;
            let em = if looks.len() > 1 { looks.pop() } else { None };
            if let Some(first) = looks.pop() {
                let floor = em.as_ref().map_or(look.elbo, |e| e.elbo).max(look.elbo);
                if escape.is_none() && first.elbo >= floor - slack {
                    return Ok(Moved { look: first, step: 1.0, metric: name });
                }
            }
            candidates.push((full, 1.0, name));
        }
        for t in SHORTER {
            if let Some(p) = model.shift(&look.point, v, t) {
                candidates.push((p, t, name));
            }
        }
    }
    if direction.is_some() {
        for v in damped() {
            if let Some(p) = model.shift(&look.point, &v, 1.0) {
                candidates.push((p, 1.0, "damped"));
            }
        }
    }
    if let Some(e) = escape {
        for t in ESCAPES {
            for sign in [1.0, -1.0] {
                if let Some(p) = model.shift(&look.point, &e, sign * t) {
                    candidates.push((p, t, "escape"));
                }
            }
        }
    }
    // EM comes last: it wins only by being better.
    if let Some(r) = rival {
        candidates.push((r.point.clone(), 1.0, "joint"));
    }
    let points: Vec<(&Point, Want)> = candidates.iter().map(|(p, ..)| (p, Want::Evidence)).collect();
    let looks = learning.look_at(&points)?;
    let mut best: Option<usize> = None;
    for (i, l) in looks.iter().enumerate() {
        if l.elbo.is_finite() && best.is_none_or(|b| l.elbo > looks[b].elbo) {
            best = Some(i);
        }
    }
    match best.filter(|&b| looks[b].elbo >= look.elbo - slack) {
        Some(b) => {
            let (point, step, metric) = candidates.swap_remove(b);
            Ok(Moved { look: learning.look(&point, want)?, step, metric })
        }
        None => Ok(Moved { look: look.clone(), step: 0.0, metric: "joint" }),
    }
}

/// The evidence metric's direction from a sample of rows, by conjugate gradients.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// The direction.
    pub direction: Tangent,
    /// `½ g·u`, an estimate of the remaining gain from below.
    pub remaining: f64,
    /// Conjugate gradient steps taken.
    pub steps: usize,
}

/// Solves `G_V u = g` with the metric of `sample` and the slope of all rows, preconditioned by the joint metric.
///
/// # Errors
/// What sweeping the sample reports.
pub fn sampled_direction(learning: &Learning<'_>, look: &Look, sample: &Learning<'_>) -> Result<Sampled, Error> {
    let gradient = learning.gradient(look);
    let metric = learning.joint_metric(look)?;
    // The sample sees the evidence metric up to sampling noise; a little of the joint metric keeps unseen directions
    // from running away.
    const RIDGE: f64 = 1e-3;
    let solved = conjugate_gradients(
        &gradient,
        |v| -> Result<Covector, Error> {
            let seen = sample.visible_along(&look.point, v)?;
            let all = metric.lower(v);
            Ok(Covector(seen.0.iter().zip(&all.0).map(|(a, b)| a + RIDGE * b).collect()))
        },
        |g| metric.raise(g).tangent,
        1e-2,
        40,
    )?;
    Ok(Sampled { remaining: 0.5 * solved.square, direction: solved.tangent, steps: solved.steps })
}
