//! The M-step of a sigmoid node: logistic regression on counts by Newton's method.
//!
//! The log-likelihood is concave, so the answer does not depend on the start, except where the counts leave it open.

use super::indicators::{Met, sigmoid, softplus};
use crate::linalg::Matrix;
use crate::linalg::symmetric::inverse_root;

/// A step with less than this to gain, in nats per count, is the last one: separable counts, which would drive weights on
/// for ever, stop where probabilities differ from 0 and 1 by no more than rounding.
const LEAST_GAIN: f64 = 1e-14;
/// Longest step in one parameter; where all probabilities are near 0 and 1 the curvature says nothing about the way.
const LONGEST: f64 = 8.0;
/// Newton's method needs about ten steps; separable counts about one for every nat of log-odds.
const MOST_STEPS: usize = 200;
/// Relative eigenvalues below this are directions that the counts do not see (parents that always agree).
const RANK: f64 = 1e-11;

fn log_likelihood(met: &[Met], xi: &[f64]) -> f64 {
    let term = |m: &Met| {
        let z: f64 = m.active.iter().map(|&j| xi[j]).sum();
        // A zero count times an infinite logarithm is nothing.
        let of = |n: f64, z: f64| if n > 0.0 { -n * softplus(z) } else { 0.0 };
        of(m.first, z) + of(m.second, -z)
    };
    met.iter().map(term).sum()
}

/// Parameters that maximise `Σ_c n_{c0} ln σ(−z_c) + n_{c1} ln σ(z_c)`; those that no count speaks of stay.
pub(super) fn maximise(met: &[Met], start: &[f64]) -> Vec<f64> {
    let n = start.len();
    let total: f64 = met.iter().map(|m| m.first + m.second).sum();
    if total <= 0.0 {
        return start.to_vec();
    }
    let mut xi = start.to_vec();
    let mut value = log_likelihood(met, &xi);
    // From far out the way back is long: the middle is a better start where it is likelier.
    let mut middle = start.to_vec();
    met.iter().flat_map(|m| &m.active).for_each(|&j| middle[j] = 0.0);
    let there = log_likelihood(met, &middle);
    if there > value || !value.is_finite() {
        (xi, value) = (middle, there);
    }
    for _ in 0..MOST_STEPS {
        let mut slope = vec![0.0; n];
        let mut curvature = Matrix::zeros(n, n);
        for m in met {
            let z: f64 = m.active.iter().map(|&j| xi[j]).sum();
            let g = m.second * sigmoid(-z) - m.first * sigmoid(z);
            let h = (m.first + m.second) * sigmoid(z) * sigmoid(-z);
            for (a, &i) in m.active.iter().enumerate() {
                slope[i] += g;
                m.active[..=a].iter().for_each(|&j| curvature[(i, j)] += h);
            }
        }
        let Some(root) = inverse_root(&curvature, RANK) else { break };
        let along: Vec<f64> = (0..root.ncols()).map(|r| (0..n).map(|i| root[(i, r)] * slope[i]).sum()).collect();
        let mut step: Vec<f64> =
            (0..n).map(|i| along.iter().enumerate().map(|(r, a)| root[(i, r)] * a).sum()).collect();
        let gain = 0.5 * along.iter().map(|a| a * a).sum::<f64>();
        let longest = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
        if longest > LONGEST {
            step.iter_mut().for_each(|s| *s *= LONGEST / longest);
        }
        // What the sum of so many logarithms loses to rounding is no loss.
        let rounding = 4.0 * f64::EPSILON * (value.abs() + total);
        let mut length = 1.0;
        let found = loop {
            let next: Vec<f64> = xi.iter().zip(&step).map(|(x, s)| x + length * s).collect();
            let at = log_likelihood(met, &next);
            if at >= value - if gain < 1e-10 * total { rounding } else { 0.0 } {
                break Some((next, at));
            }
            length *= 0.5;
            if length < 1e-12 {
                break None;
            }
        };
        let Some((next, at)) = found else { break };
        (xi, value) = (next, at);
        if gain <= LEAST_GAIN * total {
            break;
        }
    }
    xi
}
