//! Closed-form natural-gradient steps of variances, deviations and priors that are parameters.
//!
//! ```text
//! v ← (1 − ρ) v + ρ v̂,   v̂ = v (1 + 2 ∂F/∂ln v / terms):   the natural gradient of a variance in its expectation coordinate
//! ```

use crate::linalg::real::Real;
use crate::model::vae::Vae;
use crate::neural::Backend;

/// Share of a minibatch's best variance in the new one.
const SHARE: f64 = 0.05;

/// A stretch of parameters behind the networks'.
struct Stretch {
    place: usize,
    many: usize,
    /// Numbers that a row gives to each variance; 0 for log standard deviations of the beliefs, whose metric is 2.
    terms: f64,
    observable: bool,
}

/// Those parameters, and room for them.
pub(super) struct Scalars<T> {
    stretches: Vec<Stretch>,
    at: Vec<T>,
    slopes: Vec<T>,
}

impl<T: Real> Scalars<T> {
    pub fn new(vae: &Vae) -> Self {
        let columns = vae.architecture().columns;
        let stretches: Vec<Stretch> = vae
            .layout()
            .tensors
            .iter()
            .filter(|t| t.offset >= vae.networks())
            .map(|t| Stretch {
                place: t.offset,
                many: t.len(),
                terms: match t.name.as_str() {
                    "encoder.log_deviations" => 0.0,
                    "observable.log_variances" if t.len() < columns => columns as f64,
                    _ => 1.0,
                },
                observable: t.name == "observable.log_variances",
            })
            .collect();
        let most = stretches.iter().map(|s| s.many).max().unwrap_or(0);
        Scalars { stretches, at: vec![T::ZERO; most], slopes: vec![T::ZERO; most] }
    }

    /// One step, shortened by `relative`.
    pub fn step<B: Backend<T>>(
        &mut self,
        backend: &B,
        floor: f64,
        relative: f64,
        at: &mut B::Buffer,
        gradient: &B::Buffer,
    ) {
        for s in &self.stretches {
            let (values, slopes) = (&mut self.at[..s.many], &mut self.slopes[..s.many]);
            backend.read(at, s.place, values);
            backend.read(gradient, s.place, slopes);
            for (v, g) in values.iter_mut().zip(&*slopes) {
                let (share, slope) = (SHARE * relative, g.double());
                let moved = if s.terms > 0.0 {
                    v.double() + (1.0 + share * 2.0 * slope / s.terms).max(1.0 - share).ln()
                } else {
                    v.double() + share * (0.5 * slope).clamp(-1.0, 1.0)
                };
                let least = if s.observable { floor.max(f64::MIN_POSITIVE).ln() } else { f64::NEG_INFINITY };
                *v = T::of(moved.max(least));
            }
            backend.write(at, s.place, values);
        }
    }
}
