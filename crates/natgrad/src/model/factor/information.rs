//! Fisher matrix and observed information of the evidence in closed form: it is a normal density.
//!
//! ```text
//! P = C⁻¹,  Q = P S P,  S = scatter about μ,  a = P Σ w (x−μ)      over the seen columns of a pattern of weight w
//! F_ij = w (½ tr(P ∂_iC P ∂_jC) + ∂_iμᵀ P ∂_jμ)
//! I_ij = −½ w tr(P ∂_iC P ∂_jC) + tr(∂_iC P ∂_jC Q) + ½ tr((w P − Q) ∂_i∂_jC) + w ∂_iμᵀ P ∂_jμ + aᵀ ∂_iC P ∂_jμ
//! ```
//!
//! `∂C` is `e_d w_hᵀ + w_h e_dᵀ` for a loading and `ψ_d e_d e_dᵀ` for a log-noise, so that all traces are entries of `P`, `Q`,
//! `P W`, `Q W`, `Wᵀ P W` and `Wᵀ Q W`.

use super::FactorModel;
use super::layout::Noise;
use super::moments::Moments;
use super::pattern::Pattern;
use crate::linalg::Matrix;
use crate::linalg::product::times;
use crate::model::{Information, Statistics};

/// The matrices that all entries are read off.
struct Parts {
    w: f64,
    p: Matrix,
    q: Matrix,
    pw: Matrix,
    qw: Matrix,
    wpw: Matrix,
    wqw: Matrix,
    a: Vec<f64>,
    /// `Wᵀ a`.
    wa: Vec<f64>,
}

impl Parts {
    fn new(pattern: &Pattern, m: &Moments) -> Self {
        let o = pattern.seen.len();
        let loadings = &pattern.loadings;
        // Woodbury: P = Ψ⁻¹ − K Wᵀ Ψ⁻¹, and P W = K.
        let kw = times(pattern.gain.as_ref(), loadings.transpose());
        let noise = |i: usize, j: usize| if i == j { 1.0 / pattern.noise[i] } else { 0.0 };
        let p = Matrix::from_fn(o, o, |i, j| {
            // Both halves alike, to the bit.
            let (i, j) = (i.max(j), i.min(j));
            noise(i, j) - kw[(i, j)] / pattern.noise[j]
        });
        let q = times(times(p.as_ref(), m.scatter(&pattern.mean).as_ref()).as_ref(), p.as_ref());
        let pw = pattern.gain.clone();
        let qw = times(q.as_ref(), loadings.as_ref());
        let wpw = times(loadings.transpose(), pw.as_ref());
        let wqw = times(loadings.transpose(), qw.as_ref());
        let off = m.deviation(&pattern.mean);
        let a: Vec<f64> = (0..o).map(|i| (0..o).map(|j| p[(i, j)] * off[j]).sum()).collect();
        let wa = (0..loadings.ncols()).map(|h| (0..o).map(|i| a[i] * loadings[(i, h)]).sum()).collect();
        Parts { w: m.weight, p, q, pw, qw, wpw, wqw, a, wa }
    }

    /// Fisher and observed information of loadings `(d, h)` and `(e, k)`.
    fn loadings(&self, d: usize, h: usize, e: usize, k: usize) -> (f64, f64) {
        let fisher = self.w * (self.pw[(d, k)] * self.pw[(e, h)] + self.p[(d, e)] * self.wpw[(h, k)]);
        let crossed = self.pw[(e, h)] * self.qw[(d, k)]
            + self.pw[(d, k)] * self.qw[(e, h)]
            + self.wpw[(h, k)] * self.q[(d, e)]
            + self.wqw[(h, k)] * self.p[(d, e)];
        let bent = if h == k { self.w * self.p[(d, e)] - self.q[(d, e)] } else { 0.0 };
        (fisher, crossed - fisher + bent)
    }

    /// Of the loading `(d, h)` and `∂C = ψ_e e_e e_eᵀ`.
    fn loading_and_noise(&self, d: usize, h: usize, e: usize, noise: f64) -> (f64, f64) {
        let fisher = self.w * noise * self.p[(d, e)] * self.pw[(e, h)];
        let crossed = noise * (self.q[(d, e)] * self.pw[(e, h)] + self.p[(d, e)] * self.qw[(e, h)]);
        (fisher, crossed - fisher)
    }

    /// Of two log-noises; `same` where they are one coordinate of one column.
    fn noises(&self, d: usize, e: usize, product: f64, same: Option<f64>) -> (f64, f64) {
        let fisher = 0.5 * self.w * product * self.p[(d, e)] * self.p[(d, e)];
        let crossed = product * self.p[(d, e)] * self.q[(d, e)];
        let bent = same.map_or(0.0, |noise| 0.5 * noise * (self.w * self.p[(d, d)] - self.q[(d, d)]));
        (fisher, crossed - fisher + bent)
    }
}

/// Adds the information of rows with these moments: Fisher in `scores`, observed in `complete`, lower triangles.
pub(super) fn add(model: &FactorModel, pattern: &Pattern, m: &Moments, into: &mut Statistics) {
    let Some(curvature) = &mut into.curvature else { return };
    let (free, h, o) = (model.noise_at() + model.noises(), model.latent, pattern.seen.len());
    let parts = Parts::new(pattern, m);
    let (fisher, observed) = (&mut curvature.scores, &mut curvature.complete);
    let mut put = |i: usize, j: usize, values: (f64, f64)| {
        let place = i.min(j) * free + i.max(j);
        fisher[place] += values.0;
        observed[place] += values.1;
    };
    let seen = &pattern.seen;
    let noise = &pattern.noise;
    for x in 0..o {
        for y in 0..o {
            let (d, e) = (seen[x], seen[y]);
            if y <= x {
                let value = parts.w * parts.p[(x, y)];
                put(d, e, (value, value));
                for i in 0..h {
                    for j in 0..if x == y { i + 1 } else { h } {
                        put(model.loading(d, i), model.loading(e, j), parts.loadings(x, i, y, j));
                    }
                }
            }
            for i in 0..h {
                // The mean of e and the loading of d.
                let bent = parts.a[x] * parts.pw[(y, i)] + parts.wa[i] * parts.p[(x, y)];
                put(e, model.loading(d, i), (0.0, bent));
                put(model.loading(d, i), model.noise_of(e), parts.loading_and_noise(x, i, y, noise[y]));
            }
            put(e, model.noise_of(d), (0.0, noise[x] * parts.a[x] * parts.p[(x, y)]));
            match model.noise {
                Noise::Diagonal if y <= x => {
                    let same = (x == y).then_some(noise[x]);
                    put(model.noise_of(d), model.noise_of(e), parts.noises(x, y, noise[x] * noise[y], same));
                }
                Noise::Isotropic => {
                    let same = (x == y).then_some(noise[x]);
                    put(model.noise_at(), model.noise_at(), parts.noises(x, y, noise[x] * noise[y], same));
                }
                Noise::Diagonal => {}
            }
        }
    }
}

pub(super) fn information(model: &FactorModel, s: &Statistics) -> Option<Information> {
    let curvature = s.curvature.as_ref()?;
    let free = model.noise_at() + model.noises();
    let full = |sums: &[f64]| Matrix::from_fn(free, free, |i, j| sums[i.min(j) * free + i.max(j)] / s.weight);
    Some(Information::whole(full(&curvature.scores), full(&curvature.complete)))
}
