//! Quasi-Newton ascent with little memory, for objectives that are smooth and deterministic.
//!
//! ```text
//! θ ← θ + t H g,   H from the last pairs s = Δθ, y = −Δg by the two-loop recursion
//! ```
//!
//! # Source
//! Nocedal, Updating quasi-Newton matrices with limited storage (1980).

use crate::Error;
use crate::linalg::sums::dot;
use std::collections::VecDeque;

/// Pairs kept.
const PAIRS: usize = 20;
/// Share of the promised gain that a step has to give.
const SUFFICIENT: f64 = 1e-4;
/// Share of the first slope that may be left along the line.
const CURVATURE: f64 = 0.9;
/// Lengths tried along a line.
const TRIALS: usize = 40;
/// Gains below this, relative to the value, are rounding.
const ROUNDING: f64 = 1e-14;

/// Where an ascent is.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascended {
    /// The parameters.
    pub at: Vec<f64>,
    /// The objective there.
    pub value: f64,
    /// Its slope.
    pub gradient: Vec<f64>,
    /// Iterations done.
    pub iterations: u64,
}

impl Ascended {
    /// The largest slope.
    pub fn largest_slope(&self) -> f64 {
        self.gradient.iter().fold(0.0, |m, g| g.abs().max(m))
    }
}

/// An objective: its value and its slope.
pub type Objective<'a> = &'a mut dyn FnMut(&[f64]) -> Result<(f64, Vec<f64>), Error>;

/// Climbs until no slope is larger than `tolerance`, no step gains any more, or `most` iterations are done.
///
/// `objective` answers the value and the slope; a value that is not finite is never accepted. `watch` answers whether to go on.
///
/// # Errors
/// What the objective reports.
pub fn quasi_newton(
    start: Vec<f64>,
    tolerance: f64,
    most: u64,
    objective: Objective<'_>,
    watch: &mut dyn FnMut(&Ascended) -> bool,
) -> Result<Ascended, Error> {
    let (value, gradient) = objective(&start)?;
    let mut here = Ascended { at: start, value, gradient, iterations: 0 };
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    while here.iterations < most && here.value.is_finite() && here.largest_slope() > tolerance {
        let mut direction = two_loops(&here.gradient, &pairs);
        let mut slope = dot(&direction, &here.gradient);
        if slope.is_nan() || slope <= 0.0 {
            pairs.clear();
            direction = here.gradient.clone();
            slope = dot(&direction, &direction);
        }
        let first = if pairs.is_empty() { 1.0 / slope.sqrt().max(1.0) } else { 1.0 };
        let Some((at, value, gradient)) = along(&here, &direction, slope, first, objective)? else {
            if pairs.is_empty() {
                break;
            }
            pairs.clear();
            continue;
        };
        let s: Vec<f64> = at.iter().zip(&here.at).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = here.gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&s, &y);
        if curvature > f64::EPSILON * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            pairs.push_back((s, y, 1.0 / curvature));
            if pairs.len() > PAIRS {
                pairs.pop_front();
            }
        }
        here = Ascended { at, value, gradient, iterations: here.iterations + 1 };
        if !watch(&here) {
            break;
        }
    }
    Ok(here)
}

/// `H g` from the pairs kept.
fn two_loops(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut d = gradient.to_vec();
    let mut along = Vec::with_capacity(pairs.len());
    for (s, y, inverse) in pairs.iter().rev() {
        let a = inverse * dot(s, &d);
        d.iter_mut().zip(y).for_each(|(d, y)| *d -= a * y);
        along.push(a);
    }
    if let Some((s, y, _)) = pairs.back() {
        let scale = dot(s, y) / dot(y, y);
        d.iter_mut().for_each(|d| *d *= scale);
    }
    for ((s, y, inverse), a) in pairs.iter().zip(along.iter().rev()) {
        let b = inverse * dot(y, &d);
        d.iter_mut().zip(s).for_each(|(d, s)| *d += (a - b) * s);
    }
    d
}

type Place = (Vec<f64>, f64, Vec<f64>);

/// A length that gains enough and leaves little slope (Wolfe's conditions), by bisection.
fn along(
    here: &Ascended,
    direction: &[f64],
    slope: f64,
    first: f64,
    objective: Objective<'_>,
) -> Result<Option<Place>, Error> {
    let (mut low, mut high, mut t) = (0.0, f64::INFINITY, first);
    let mut best: Option<Place> = None;
    for _ in 0..TRIALS {
        let at: Vec<f64> = here.at.iter().zip(direction).map(|(a, d)| a + t * d).collect();
        let (value, gradient) = objective(&at)?;
        let left = dot(&gradient, direction);
        let enough = value >= here.value + SUFFICIENT * t * slope;
        // Near the top gains drown in rounding; a falling slope still says that the step was right.
        let level = (value - here.value).abs() <= ROUNDING * (1.0 + here.value.abs()) && left.abs() < CURVATURE * slope;
        if !value.is_finite() || !(enough || level) {
            high = t;
        } else if left > CURVATURE * slope {
            low = t;
            best = Some((at, value, gradient));
        } else {
            return Ok(Some((at, value, gradient)));
        }
        t = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * t };
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        // Rosenbrock's function, turned over: its maximum is at (1, 1).
        let mut objective = |x: &[f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            Ok((-(a * a + 100.0 * b * b), vec![2.0 * a + 400.0 * x[0] * b, -200.0 * b]))
        };
        let end = quasi_newton(vec![-1.2, 1.0], 1e-10, 500, &mut objective, &mut |_| true).expect("an ascent");
        assert!(end.largest_slope() <= 1e-10 && end.iterations < 100, "{end:?}");
        assert!((end.at[0] - 1.0).abs() < 1e-9 && (end.at[1] - 1.0).abs() < 1e-9);
    }
}
