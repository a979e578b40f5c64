//! Models that only this page has: rows of log-densities on dual numbers, climbed by natural gradients.
//!
//! ```text
//! g = mean of scores s_n,   G = mean of s_n s_nᵀ,   θ ← θ + t G⁺ g      t from the last step's secant, halved until the evidence rises
//! ```

use super::run::{Run, Step};
use crate::ReproduceError;
use natgrad::criterion::{Criterion, Maps, NaturalMap, Parameter, Role, Settings, States, check, direction};
use natgrad::linalg::{Matrix, symmetric};
use natgrad::model::Entropies;
use natgrad_autodiff::{DerivedMap, Dual64};
use rand::{Rng, RngExt};

type D = Dual64;

/// What can be climbed: the log-evidence of every row, with its weight.
pub trait Rows {
    fn rows(&self, theta: &[D]) -> Vec<(f64, D)>;
    fn step(&self, theta: &[f64]) -> Step;
}

/// Gradient, and outer products of scores.
fn slopes(of: &dyn Rows, theta: &[f64], learnt: &[bool]) -> (f64, Vec<f64>, Matrix) {
    let mut at: Vec<D> = theta.iter().map(|&t| D::from(t)).collect();
    let d = theta.len();
    let (mut scores, mut value, mut total) = (Vec::new(), 0.0, 0.0);
    for j in 0..d {
        at[j].eps = f64::from(u8::from(learnt[j]));
        let rows = of.rows(&at);
        at[j].eps = 0.0;
        (value, total) = rows.iter().fold((0.0, 0.0), |(v, t), (w, r)| (v + w * r.re, t + w));
        scores.push(rows.into_iter().map(|(w, r)| (w, r.eps)).collect::<Vec<_>>());
    }
    let g = scores.iter().map(|s| s.iter().map(|(w, x)| w * x).sum::<f64>() / total).collect();
    let outer = |i: usize, j: usize| scores[i].iter().zip(&scores[j]).map(|((w, x), (_, y))| w * x * y).sum::<f64>();
    (value / total, g, Matrix::from_fn(d, d, |i, j| outer(i, j) / total))
}

/// `∂F/∂θ`.
pub fn gradient(of: &dyn Rows, theta: &[f64]) -> Vec<f64> {
    slopes(of, theta, &vec![true; theta.len()]).1
}

fn value(of: &dyn Rows, theta: &[f64]) -> f64 {
    let rows = of.rows(&theta.iter().map(|&t| D::from(t)).collect::<Vec<_>>());
    let (v, t) = rows.iter().fold((0.0, 0.0), |(v, t), (w, r)| (v + w * r.re, t + w));
    v / t
}

/// Most steps, and the squared length of the natural gradient at which to stop.
const MOST: usize = 600;
const STOP: f64 = 1e-22;

/// The points on the way up, the start first.
pub fn climb(of: &dyn Rows, start: &[f64], learnt: &[bool]) -> Result<Vec<Vec<f64>>, ReproduceError> {
    let mut path = vec![start.to_vec()];
    let mut here = slopes(of, start, learnt);
    let mut length = 1.0;
    for _ in 0..MOST {
        let (f, g, metric) = &here;
        let root = symmetric::inverse_root(metric, 1e-12).ok_or_else(|| natgrad::Error::Data {
            problem: format!("a score is not finite at {:?}", path[path.len() - 1]),
            hint: "start elsewhere".into(),
        })?;
        let along: Vec<f64> = (0..root.ncols()).map(|r| (0..g.len()).map(|i| root[(i, r)] * g[i]).sum()).collect();
        let gain: f64 = along.iter().map(|a| a * a).sum();
        if gain < STOP {
            break;
        }
        let u: Vec<f64> = (0..g.len()).map(|i| (0..along.len()).map(|r| root[(i, r)] * along[r]).sum()).collect();
        // At most one standard deviation of a row's score at a time: the metric is local.
        let mut t = length / (length * gain.sqrt()).max(1.0);
        let next = loop {
            let to: Vec<f64> = path[path.len() - 1].iter().zip(&u).map(|(x, u)| x + t * u).collect();
            // Where the gain is below rounding the direction is trusted.
            let found = value(of, &to);
            if found.is_finite() && found >= f + 0.1 * t * gain - 1e-14 * f.abs() {
                break Some(to);
            }
            t *= 0.5;
            if t < 1e-6 {
                break None;
            }
        };
        let Some(to) = next else { break };
        here = slopes(of, &to, learnt);
        // Where the slope along the step would have been zero, had it gone on as it began.
        let after: f64 = here.1.iter().zip(&u).map(|(g, u)| g * u).sum();
        let secant = t * gain / (gain - after);
        length = if secant > 0.0 { secant.clamp(0.1, 100.0) } else { 1.0 };
        path.push(to);
    }
    Ok(path)
}

/// A mixture of one kind of distribution of one number, relative to a base measure.
pub struct Mixture<'a> {
    pub components: usize,
    /// Names of a component's parameters.
    pub names: &'static [&'static str],
    /// Which of them are held.
    pub held: &'static [&'static str],
    /// `ln p(x; θ)`, base measure included.
    pub log: fn(&[D], f64) -> D,
    /// `ln h(x)`.
    pub base: fn(f64) -> f64,
    /// Entropy relative to the base measure.
    pub entropy: fn(&[f64]) -> f64,
    pub data: &'a [f64],
    /// Whether beliefs are restricted to one component for each number: the best one.
    pub hard: bool,
}

impl Mixture<'_> {
    fn logits(&self) -> usize {
        self.components - 1
    }

    fn own<'t, T>(&self, theta: &'t [T], k: usize) -> &'t [T] {
        let n = self.names.len();
        &theta[self.logits() + k * n..][..n]
    }

    fn log_weights(&self, theta: &[D]) -> Vec<D> {
        let mut all: Vec<D> = theta[..self.logits()].to_vec();
        all.push(D::from(0.0));
        let norm = log_sum(&all);
        all.into_iter().map(|a| a - norm).collect()
    }

    fn joint(&self, theta: &[D], weights: &[D], x: f64) -> Vec<D> {
        (0..self.components).map(|k| weights[k] + (self.log)(self.own(theta, k), x)).collect()
    }

    /// The ELBO of a number with its best beliefs.
    fn bound(&self, joint: &[D]) -> D {
        match joint.iter().max_by(|a, b| a.re.total_cmp(&b.re)) {
            Some(best) if self.hard => *best,
            _ => log_sum(joint),
        }
    }

    /// Which entries of `θ` are learnt.
    pub fn learnt(&self) -> Vec<bool> {
        let own = self.names.iter().map(|n| !self.held.contains(n));
        std::iter::repeat_n(true, self.logits()).chain((0..self.components).flat_map(|_| own.clone())).collect()
    }

    fn maps(&self, near: &[f64]) -> Maps<'_> {
        let n = self.names.len();
        let fixed = |name: &str, b: Parameter| if self.held.contains(&name) { b.fixed() } else { b };
        let blocks = self.names.iter().map(|name| fixed(name, Parameter::new(*name, self.components)));
        // Blocks hold one parameter of all components; points are data, spread over their range.
        let mut sorted = self.data.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let count = (4 * n * self.components + 9).min(sorted.len());
        let points: Vec<f64> = (0..count).map(|i| sorted[i * (sorted.len() - 1) / (count - 1).max(1)]).collect();
        let (k, log, base, near) = (self.components, self.log, self.base, self.transposed(near));
        let size = points.len();
        let map = DerivedMap::new(blocks.collect(), move |theta: &[D], z: &[D]| {
            let j = z.iter().position(|z| z.re == 1.0).unwrap_or(0);
            let own: Vec<D> = (0..n).map(|i| theta[i * k + j]).collect();
            points.iter().map(|&x| log(&own, x) - base(x)).collect()
        })
        .with_null(vec![vec![1.0; size]])
        .with_states(move |_, _| {
            States::All((0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect())
        })
        .drawn_by(move |rng: &mut dyn Rng| near.iter().map(|t| t + 0.3 * (rng.random::<f64>() - 0.5)).collect());
        let weights = DerivedMap::new(vec![Parameter::new("weights", self.logits())], |t: &[D], _: &[D]| t.to_vec());
        let maps = Maps::new("mixture");
        let maps = if k > 1 { maps.with("weights", Role::Prior, weights) } else { maps };
        maps.with("components", Role::Observable, map)
    }

    /// Parameters of the components, block by block as the maps have them.
    fn transposed(&self, theta: &[f64]) -> Vec<f64> {
        let (n, k) = (self.names.len(), self.components);
        (0..n).flat_map(|i| (0..k).map(move |j| (i, j))).map(|(i, j)| self.own(theta, j)[i]).collect()
    }

    /// `α·∂F/∂Ψ + β·∂F/∂θ` at a point.
    fn contraction(&self, theta: &[f64]) -> Result<f64, ReproduceError> {
        let (g, maps) = (gradient(self, theta), self.maps(theta));
        let mut out = 0.0;
        for part in &maps.parts {
            let (own, slope): (Vec<f64>, Vec<f64>) = match part.role {
                Role::Prior => (theta[..self.logits()].to_vec(), g[..self.logits()].to_vec()),
                _ => (self.transposed(theta), self.transposed(&g)),
            };
            let (along, _) = direction(part.map.as_ref() as &dyn NaturalMap, &own, false, 0)?;
            out += along.iter().zip(&slope).map(|(a, g)| a * g).sum::<f64>();
        }
        Ok(out)
    }

    pub fn criterion(&self, near: &[f64]) -> Result<Criterion, ReproduceError> {
        Ok(check(&self.maps(near), &Settings::default())?)
    }

    /// Learns it; `how` says what the end is where the criterion does not hold.
    pub fn run(
        &self,
        name: &'static str,
        title: &'static str,
        start: &[f64],
        expected: impl Fn(&[f64]) -> (f64, &'static str),
    ) -> Result<(Run, Vec<f64>), ReproduceError> {
        let points = climb(self, start, &self.learnt())?;
        let criterion = self.criterion(start)?;
        let contraction = if criterion.holds { Some(self.contraction(start)?) } else { None };
        let end = points[points.len() - 1].clone();
        let (value, how) = expected(&end);
        let run = Run {
            name,
            title,
            contraction,
            path: points.iter().map(|p| self.step(p)).collect(),
            expected: (value, how),
            criterion_holds: how.is_empty(),
            criterion,
            // The square root of 2 V times what is left, 1e-15.
            tolerance: 1e-6,
        };
        Ok((run, end))
    }
}

fn log_sum(x: &[D]) -> D {
    let top = x.iter().fold(f64::NEG_INFINITY, |m, x| m.max(x.re));
    let sum = x.iter().fold(D::from(0.0), |s, x| s + exp(*x - top));
    ln(sum) + top
}

fn exp(x: D) -> D {
    let e = x.re.exp();
    D::new(e, e * x.eps)
}

fn ln(x: D) -> D {
    D::new(x.re.ln(), x.eps / x.re)
}

impl Rows for Mixture<'_> {
    fn rows(&self, theta: &[D]) -> Vec<(f64, D)> {
        let weights = self.log_weights(theta);
        self.data.iter().map(|&x| (1.0, self.bound(&self.joint(theta, &weights, x)))).collect()
    }

    fn step(&self, theta: &[f64]) -> Step {
        let dual: Vec<D> = theta.iter().map(|&t| D::from(t)).collect();
        let log_weights = self.log_weights(&dual);
        let n = self.data.len() as f64;
        let (mut elbo, mut recognition, mut base) = (0.0, 0.0, 0.0);
        let mut share = vec![0.0; self.components];
        for &x in self.data {
            let joint = self.joint(&dual, &log_weights, x);
            let evidence = self.bound(&joint).re;
            for (k, j) in joint.iter().enumerate() {
                let r = match self.hard {
                    true => f64::from(u8::from(j.re == evidence)),
                    false => (j.re - evidence).exp(),
                };
                share[k] += r / n;
                if r > 0.0 {
                    recognition -= r * (j.re - evidence) / n;
                }
            }
            elbo += evidence / n;
            base += (self.base)(x) / n;
        }
        let prior = -log_weights.iter().map(|w| w.re.exp() * w.re).sum::<f64>();
        let observable = (0..self.components).map(|k| share[k] * (self.entropy)(self.own(theta, k))).sum();
        Step { elbo, entropies: Entropies { recognition, prior, observable, base_measure: base } }
    }
}
