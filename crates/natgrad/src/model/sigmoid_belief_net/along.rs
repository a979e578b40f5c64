//! Scores along one direction, row by row, without ever forming the scores.
//!
//! ```text
//! s_n·v = E_q[Σ_u (z_u − σ_u) v_u·z̃]
//! ```

use super::SigmoidBeliefNet;
use super::states::spread;
use super::tables::Tables;
use super::unit::Workspace;
use crate::geometry::{Point, Tangent};

/// What rows need of a direction.
pub(super) struct Along {
    /// `[V | v_b]` of the visible units, column-major as the net's own.
    pub weights: Vec<f64>,
    /// Of every state of layer 1: everything but the cells' own share.
    states: Vec<f64>,
    /// Of each incomplete column: its part of that.
    missing: Vec<f64>,
    units: usize,
}

impl Along {
    pub fn new(net: &SigmoidBeliefNet, at: &Point, tables: &Tables, v: &Tangent) -> Self {
        let layout = &net.layout;
        let (d, n) = (layout.sizes[0], layout.block(0));
        let states = 1usize << (n - 1);
        let mut weights = vec![0.0; d * n];
        let mut out = hidden(net, at, tables, v);
        let mut missing = vec![0.0; net.incomplete.len() * states];
        let mut ws = Workspace::new(states);
        let mut change = vec![0.0; states];
        for unit in 0..d {
            let own = &v.0[layout.unit(0, unit)];
            own.iter().enumerate().for_each(|(h, w)| weights[h * d + unit] = *w);
            spread(&own[..n - 1], own[n - 1], &mut change);
            let (_, probability) = ws.probabilities(&at.0[layout.unit(0, unit)]);
            change.iter_mut().zip(probability).for_each(|(c, p)| *c *= p);
            out.iter_mut().zip(&change).for_each(|(o, c)| *o -= c);
            if let Some(m) = net.incomplete.iter().position(|&i| i == unit) {
                missing[m * states..(m + 1) * states].copy_from_slice(&change);
            }
        }
        Along { weights, states: out, missing, units: n - 1 }
    }

    /// `s_n·v` of a block of rows, from `x V` (stride `stride`) and the posterior.
    pub fn scores(&self, linear: &[f64], stride: usize, posterior: &[f64], gone: Option<&[f64]>, out: &mut [f64]) {
        let count = out.len();
        out.copy_from_slice(&linear[self.units * stride..][..count]);
        for (s, (column, own)) in posterior.chunks_exact(count).zip(&self.states).enumerate() {
            for (i, (o, r)) in out.iter_mut().zip(column).enumerate() {
                let mut sum = *own;
                for h in (0..self.units).filter(|h| s >> h & 1 == 1) {
                    sum += linear[h * stride + i];
                }
                *o += r * sum;
            }
        }
        if let Some(gone) = gone {
            for (gone, missing) in gone.chunks(stride).zip(self.missing.chunks_exact(self.states.len())) {
                for (column, m) in posterior.chunks_exact(count).zip(missing) {
                    out.iter_mut().zip(column.iter().zip(gone)).for_each(|(o, (r, g))| *o += r * g * m);
                }
            }
        }
    }
}

/// The hidden units' share for every state of layer 1, expected over the layers above.
fn hidden(net: &SigmoidBeliefNet, at: &Point, tables: &Tables, v: &Tangent) -> Vec<f64> {
    let layout = &net.layout;
    let top = layout.top();
    let mut ws = Workspace::new(1);
    let (mut own, mut base) = (vec![0.0; layout.sizes[top]], 0.0);
    for (u, own) in own.iter_mut().enumerate() {
        let i = layout.unit(top, u).start;
        let (_, p) = ws.probabilities(&at.0[i..=i]);
        *own = v.0[i];
        base -= p[0] * v.0[i];
    }
    let mut out = vec![0.0; 1 << layout.sizes[top]];
    spread(&own, base, &mut out);
    for l in (1..top).rev() {
        let (n, k) = (1usize << layout.sizes[l], 1usize << layout.sizes[l + 1]);
        let parents = layout.sizes[l + 1];
        let mut ws = Workspace::new(k);
        let mut change = vec![0.0; k];
        let mut weights = vec![0.0; layout.sizes[l] * k];
        for (u, weights) in weights.chunks_exact_mut(k).enumerate() {
            let own = &v.0[layout.unit(l, u)];
            spread(&own[..parents], own[parents], &mut change);
            let (_, p) = ws.probabilities(&at.0[layout.unit(l, u)]);
            out.iter_mut().zip(p.iter().zip(&change)).for_each(|(o, (p, c))| *o -= p * c);
            weights.copy_from_slice(&change);
        }
        let mut below = vec![0.0; n];
        let mut column = vec![0.0; n];
        for s in 0..k {
            let own: Vec<f64> = weights.chunks_exact(k).map(|w| w[s]).collect();
            spread(&own, out[s], &mut column);
            let q = &tables.chain.above(l)[s * n..(s + 1) * n];
            below.iter_mut().zip(q.iter().zip(&column)).for_each(|(b, (q, c))| *b += q * c);
        }
        out = below;
    }
    out
}
