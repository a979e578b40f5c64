//! One unit given its parents: logistic regression on the aggregated posterior of the parents' states.
//!
//! ```text
//! ℓ(w) = c·w − Σ_s M_s softplus(w·z̃_s)     dℓ = c − Σ_s M_s σ z̃_s     G = Σ_s M_s σ′ z̃_s z̃_sᵀ
//! ```
//!
//! `M_s` is the expected number of rows whose parents are in state `s`, `c = Σ_n E[x_n z̃_n]`: together they are sufficient.
//! The unit's natural gradient is `G⁺ dℓ`, whose unit step is Newton's; ℓ is concave.

use super::states::{moments, pairs, spread};
use crate::geometry::{Covector, Gram, Metric};
use crate::linalg::Matrix;
use crate::linalg::sigmoids::{entropies, slopes};
use crate::linalg::sums::dot;

/// A step with less than this to gain, nats per row, is the last one.
const LEAST_GAIN: f64 = 1e-15;
/// Longest step in one parameter; where all probabilities are near 0 and 1 the curvature says nothing about the way.
const LONGEST: f64 = 8.0;
/// Newton's method needs two to five steps from the last maximum; separable rows one for every nat of log-odds.
const MOST_STEPS: usize = 60;

/// Working memory for units of up to so many parent states.
pub(super) struct Workspace {
    logits: Vec<f64>,
    probability: Vec<f64>,
    softplus: Vec<f64>,
    third: Vec<f64>,
    scratch: Vec<f64>,
}

impl Workspace {
    pub fn new(states: usize) -> Self {
        let zeros = || vec![0.0; states];
        Workspace { logits: zeros(), probability: zeros(), softplus: zeros(), third: zeros(), scratch: zeros() }
    }

    fn states(theta: &[f64]) -> usize {
        1 << (theta.len() - 1)
    }

    fn spread(&mut self, theta: &[f64]) -> usize {
        let (states, parents) = (Self::states(theta), theta.len() - 1);
        spread(&theta[..parents], theta[parents], &mut self.logits[..states]);
        states
    }

    /// Log-odds, `ln(1 + eᵃ)` and entropy of the unit in every state of its parents.
    pub fn entropies(&mut self, theta: &[f64]) -> (&[f64], &[f64], &[f64]) {
        let n = self.spread(theta);
        entropies(&self.logits[..n], &mut self.probability, &mut self.softplus, &mut self.third);
        (&self.logits[..n], &self.softplus[..n], &self.third[..n])
    }

    /// Log-odds and probability of the unit in every state of its parents.
    pub fn probabilities(&mut self, theta: &[f64]) -> (&[f64], &[f64]) {
        let n = self.slopes(theta);
        (&self.logits[..n], &self.probability[..n])
    }

    fn slopes(&mut self, theta: &[f64]) -> usize {
        let n = self.spread(theta);
        slopes(&self.logits[..n], &mut self.probability, &mut self.softplus, &mut self.third);
        n
    }
}

/// What the rows say about a unit.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    /// Expected number of rows in each state of the parents.
    pub mass: &'a [f64],
    /// `Σ_n E[x_n z̃_n]`, the parents' then the unit's own.
    pub cross: &'a [f64],
}

impl Unit<'_> {
    fn value(&self, theta: &[f64], ws: &mut Workspace) -> f64 {
        let n = ws.slopes(theta);
        dot(self.cross, theta) - dot(self.mass, &ws.softplus[..n])
    }

    fn slope_here(&self, ws: &mut Workspace, out: &mut [f64]) {
        let n = self.mass.len();
        let weighted = &mut ws.scratch[..n];
        weighted.iter_mut().zip(self.mass.iter().zip(&ws.probability)).for_each(|(w, (m, p))| *w = m * p);
        moments(weighted, out);
        out.iter_mut().zip(self.cross).for_each(|(o, c)| *o = c - *o);
    }

    fn information_here(&self, ws: &mut Workspace) -> Matrix {
        let (n, k) = (self.mass.len(), self.cross.len());
        let weighted = &mut ws.third[..n];
        weighted.iter_mut().zip(self.mass).for_each(|(w, m)| *w *= m);
        let mut out = vec![0.0; k * k];
        pairs(weighted, &mut out, &mut ws.scratch);
        Matrix::from_fn(k, k, |i, j| out[i * k + j])
    }

    /// `dℓ` at a point.
    pub fn slope(&self, theta: &[f64], ws: &mut Workspace, out: &mut [f64]) {
        ws.slopes(theta);
        self.slope_here(ws, out);
    }

    /// `G` at a point.
    pub fn information(&self, theta: &[f64], ws: &mut Workspace) -> Matrix {
        ws.slopes(theta);
        self.information_here(ws)
    }

    /// The maximum of ℓ, by natural-gradient steps that never lower it; directions that no row speaks of stay.
    pub fn maximise(&self, theta: &mut [f64], ws: &mut Workspace) {
        let parents = theta.len() - 1;
        let rows: f64 = self.mass.iter().sum();
        if rows <= 0.0 {
            return;
        }
        if parents == 0 {
            // Even odds in closed form; a unit that is always on or off stops where rounding does.
            let on = self.cross[0].clamp(0.0, rows);
            theta[0] = (on.ln() - (rows - on).ln()).clamp(-37.0, 37.0);
            return;
        }
        let mut value = self.value(theta, ws);
        let mut slope = vec![0.0; theta.len()];
        for _ in 0..MOST_STEPS {
            self.slope_here(ws, &mut slope);
            let Some(gram) = Gram::new(self.information_here(ws)) else { return };
            let raised = gram.raise(&Covector(slope.clone()));
            let gain = 0.5 * raised.square;
            let mut step = raised.tangent.0;
            let longest = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
            if longest > LONGEST {
                step.iter_mut().for_each(|s| *s *= LONGEST / longest);
            }
            // What the sum of so many logarithms loses to rounding is no loss.
            let rounding = if gain < 1e-10 * rows { 4.0 * f64::EPSILON * (value.abs() + rows) } else { 0.0 };
            let mut length = 1.0;
            let found = loop {
                let next: Vec<f64> = theta.iter().zip(&step).map(|(x, s)| x + length * s).collect();
                let at = self.value(&next, ws);
                if at >= value - rounding {
                    break Some((next, at));
                }
                length *= 0.5;
                if length < 1e-10 {
                    break None;
                }
            };
            let Some((next, at)) = found else { return };
            theta.copy_from_slice(&next);
            value = at;
            if gain <= LEAST_GAIN * rows {
                return;
            }
        }
    }
}
