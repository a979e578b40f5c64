//! The M-step of a noisy-or node: a concave problem in resistances, solved by coordinates and Newton's method in turns.
//!
//! With `u_j = −ln(1 − w_j) ≥ 0` and `s_c` the sum of the `u_j` that are on in `c`, the log-likelihood
//! `Σ_c −n_{c0} s_c + n_{c1} ln(1 − e^{−s_c})` is concave. `u_j = 0` is the weight 0, `u_j = ∞` the weight 1.

use super::indicators::{Met, softplus};
use crate::linalg::Matrix;
use crate::linalg::symmetric::inverse_root;

/// Slopes below this, relative to the terms that they are the difference of, are zero.
const STATIONARY: f64 = 1e-12;
/// Turns: a few are enough, as each ends with a step of Newton's method.
const MOST_TURNS: usize = 200;
/// Added to the unit diagonal of the scaled curvature, so that directions without curvature are followed to the edge.
const RIDGE: f64 = 1e-9;

/// Log-odds of the weight with resistance `u`.
fn log_odds(u: f64) -> f64 {
    if u > 1.0 { u + (-(-u).exp()).ln_1p() } else { u.exp_m1().ln() }
}

fn log_likelihood(met: &[Met], u: &[f64]) -> f64 {
    let term = |m: &Met| {
        let s: f64 = m.active.iter().map(|&j| u[j]).sum();
        let of = |n: f64, log: f64| if n > 0.0 { n * log } else { 0.0 };
        of(m.first, -s) + of(m.second, (-(-s).exp_m1()).ln())
    };
    met.iter().map(term).sum()
}

/// Log-odds that maximise `Σ_c n_{c0} ln P(off|c) + n_{c1} ln P(on|c)`; those that no count speaks of stay.
pub(super) fn maximise(mut met: Vec<Met>, start: &[f64]) -> Vec<f64> {
    let n = start.len();
    let everything: Vec<f64> = start.iter().map(|x| softplus(*x)).collect();
    let before = log_likelihood(&met, &everything);
    let mut xi = start.to_vec();
    // Where "off" was never met a weight is 1. The leak comes first: where it is 1 nothing is said about the others.
    for group in [n - 1..n, 0..n - 1] {
        let certain: Vec<usize> = group
            .filter(|j| {
                let own = || met.iter().filter(|m| m.active.contains(j));
                own().count() > 0 && own().all(|m| m.first == 0.0)
            })
            .collect();
        certain.iter().for_each(|&j| xi[j] = f64::INFINITY);
        met.retain(|m| !m.active.iter().any(|j| certain.contains(j)));
    }
    // Where "on" was never met a weight is 0. The others are to be found.
    let mut free = Vec::new();
    for j in 0..n {
        let mut own = met.iter().filter(|m| m.active.contains(&j)).peekable();
        if own.peek().is_some() {
            if own.all(|m| m.second == 0.0) {
                xi[j] = f64::NEG_INFINITY;
            } else {
                free.push(j);
            }
        }
    }
    // A certain start is moved off the edge, where nothing could move it.
    let mut u: Vec<f64> = xi.iter().map(|x| softplus(*x).min(40.0)).collect();
    if !free.is_empty() {
        climb(&met, &free, &mut u);
    }
    free.iter().for_each(|&j| xi[j] = log_odds(u[j]));
    let after: Vec<f64> = xi.iter().map(|x| softplus(*x)).collect();
    // The certain ones only gain; what is left is concave. Rounding alone can end below the start: then nothing moves.
    let moved = before.is_nan() || log_likelihood(&met, &after) >= log_likelihood(&met, &everything);
    if moved { xi } else { start.to_vec() }
}

fn climb(met: &[Met], free: &[usize], u: &mut [f64]) {
    let own: Vec<Vec<&Met>> = free.iter().map(|j| met.iter().filter(|m| m.active.contains(j)).collect()).collect();
    let off: Vec<f64> = own.iter().map(|of| of.iter().map(|m| m.first).sum()).collect();
    for _ in 0..MOST_TURNS {
        for ((&j, own), &off) in free.iter().zip(&own).zip(&off) {
            u[j] = coordinate(own, off, j, u);
        }
        newton(met, free, u);
        let still = free.iter().zip(&own).zip(&off).all(|((&j, own), &off)| {
            let on: f64 = own.iter().map(|m| pull(m, resistance(m, u))).sum();
            // At the edge the slope may point outwards.
            let slope = on - off;
            if u[j] > 0.0 { slope.abs() <= STATIONARY * (on + off) } else { slope <= STATIONARY * (on + off) }
        });
        if still {
            return;
        }
    }
}

fn resistance(m: &Met, u: &[f64]) -> f64 {
    m.active.iter().map(|&i| u[i]).sum()
}

/// `d/ds n ln(1 − e^{−s})`.
fn pull(m: &Met, s: f64) -> f64 {
    if m.second > 0.0 { m.second / s.exp_m1() } else { 0.0 }
}

/// The best `u_j ≥ 0` with the others fixed: the root of the decreasing convex function `Σ n_{c1}/(e^{s_c} − 1) − off`.
fn coordinate(own: &[&Met], off: f64, j: usize, u: &[f64]) -> f64 {
    let on = || own.iter().filter(|m| m.second > 0.0);
    let rest = |m: &Met| m.active.iter().filter(|i| **i != j).map(|&i| u[i]).sum::<f64>();
    // Where a single term balances `off` all of them do more: the root lies to the right.
    let mut at = on().map(|m| (m.second / off).ln_1p() - rest(m)).fold(0.0, f64::max);
    // Newton's method for a convex decreasing function climbs to the root from the left.
    for _ in 0..60 {
        let (mut value, mut slope) = (-off, 0.0);
        for m in on() {
            let s = rest(m) + at;
            let p = pull(m, s);
            value += p;
            slope += p / -(-s).exp_m1();
        }
        let step = value / slope;
        if step.is_nan() || step <= 1e-15 * at {
            break;
        }
        at += step;
    }
    at
}

/// One step of Newton's method among the free resistances inside the edge, to the edge at most, never downwards.
fn newton(met: &[Met], free: &[usize], u: &mut [f64]) {
    let inside: Vec<usize> = free.iter().copied().filter(|&j| u[j] > 0.0).collect();
    let mut place = vec![usize::MAX; u.len()];
    inside.iter().enumerate().for_each(|(a, &j)| place[j] = a);
    let n = inside.len();
    let mut slope = vec![0.0; n];
    let mut curvature = Matrix::zeros(n, n);
    for m in met {
        let s = resistance(m, u);
        let p = pull(m, s);
        let h = if p > 0.0 { p / -(-s).exp_m1() } else { 0.0 };
        let at: Vec<usize> = m.active.iter().map(|&j| place[j]).filter(|a| *a < n).collect();
        for (x, &a) in at.iter().enumerate() {
            slope[a] += p - m.first;
            at[..=x].iter().for_each(|&b| curvature[(a.max(b), a.min(b))] += h);
        }
    }
    (0..n).for_each(|a| curvature[(a, a)] *= 1.0 + RIDGE);
    let Some(root) = inverse_root(&curvature, RIDGE * 1e-3) else { return };
    let along: Vec<f64> = (0..root.ncols()).map(|r| (0..n).map(|i| root[(i, r)] * slope[i]).sum()).collect();
    let step: Vec<f64> = (0..n).map(|i| along.iter().enumerate().map(|(r, a)| root[(i, r)] * a).sum()).collect();
    let edge = |a: usize| if step[a] < 0.0 { -u[inside[a]] / step[a] } else { f64::INFINITY };
    let reach = (0..n).map(edge).fold(1.0, f64::min);
    let value = log_likelihood(met, u);
    let total: f64 = met.iter().map(|m| m.first + m.second).sum();
    let rounding = 4.0 * f64::EPSILON * (value.abs() + total);
    let mut length = reach;
    for _ in 0..30 {
        let mut next = u.to_vec();
        for (a, &j) in inside.iter().enumerate() {
            // What reaches the edge is on it.
            next[j] = if edge(a) <= length { 0.0 } else { u[j] + length * step[a] };
        }
        if log_likelihood(met, &next) >= value - rounding {
            u.copy_from_slice(&next);
            return;
        }
        length *= 0.5;
    }
}
