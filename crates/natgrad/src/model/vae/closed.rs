//! Closed forms: the tempering direction, best variances, the scale of the latents, and when the ELBO is a sum of entropies.
//!
//! ```text
//! F − ES = α·∂F/∂Ψ + β·∂F/∂θ      (at any parameters)
//! ```

use super::{ObservableName, PriorName, Sums, Vae, Variance};
use crate::linalg::sums::dot;
use crate::neural::{Observable, Spread};
use serde::{Deserialize, Serialize};

/// Whether the ELBO becomes a sum of entropies where learning has ended, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Whether it is expected to.
    pub holds: bool,
    /// Why, or which parameter would have to be learnable.
    pub why: String,
}

impl Vae {
    /// When `F = ES` is to be expected.
    pub fn condition(&self) -> Condition {
        if let Some(v) = self.fixed_variance() {
            return Condition {
                holds: false,
                why: format!(
                    "the variance is fixed at {v}: the ELBO does not become a sum of entropies; a learnable variance \
                     (scalar, column or network) would be needed"
                ),
            };
        }
        let observable = match (self.architecture.observable, self.architecture.variance) {
            (ObservableName::Gaussian, Variance::Network) => "the biases of the log-variances are learnt",
            (ObservableName::Gaussian, _) => "the variance is learnt",
            _ => "the decoder's last layer is learnt",
        };
        let prior = match self.architecture.prior {
            PriorName::Learnt => "and so are the prior's variances",
            PriorName::Fixed => "and scaling the beliefs and the decoder's first layer does what a learnt prior would",
        };
        Condition { holds: true, why: format!("{observable}, {prior}") }
    }

    /// The prior's part of `F − ES` as the slope along the direction that tempers it: `α·∂F/∂Ψ`, or, where the prior is
    /// fixed, half the slope along `m, eˢ → eᶜ m, eᶜ eˢ`, `W → e⁻ᶜ W` with the decoder's first layer `W`.
    pub fn prior_tempering(&self, at: &[f64], gradient: &[f64]) -> f64 {
        if let Spread::Column(place) = self.shape.prior {
            return -gradient[place..place + self.shape.dimension].iter().sum::<f64>();
        }
        let first = &self.decoder.layers[0];
        let w = first.weights..first.weights + first.inputs * first.outputs;
        let mut slope = -dot(&at[w.clone()], &gradient[w]);
        let last = self.encoder.last();
        let h = self.shape.dimension;
        let w = last.weights..last.weights + h * last.inputs;
        let b = last.biases..last.biases + h;
        slope += dot(&at[w.clone()], &gradient[w]) + dot(&at[b.clone()], &gradient[b]);
        slope += match self.shape.spread {
            Spread::Column(place) => gradient[place..place + h].iter().sum::<f64>(),
            _ => gradient[last.biases + h..last.biases + 2 * h].iter().sum::<f64>(),
        };
        0.5 * slope
    }

    /// The observable's part of `F − ES` as the slope along the direction that tempers it, `β·∂F/∂θ`; `None` where that
    /// direction is not learnable.
    pub fn observable_tempering(&self, at: &[f64], gradient: &[f64]) -> Option<f64> {
        let width = self.architecture.columns;
        let last = self.decoder.last();
        match self.observable {
            Observable::Gaussian(Spread::Fixed(_)) => None,
            Observable::Gaussian(Spread::Scalar(place)) => Some(-gradient[place]),
            Observable::Gaussian(Spread::Column(place)) => Some(-gradient[place..place + width].iter().sum::<f64>()),
            Observable::Gaussian(Spread::Network) => {
                Some(-gradient[last.biases + width..last.biases + 2 * width].iter().sum::<f64>())
            }
            Observable::Bernoulli | Observable::Poisson => {
                let w = last.weights..last.weights + last.inputs * last.outputs;
                let b = last.biases..last.biases + last.outputs;
                Some(dot(&at[w.clone()], &gradient[w]) + dot(&at[b.clone()], &gradient[b]))
            }
        }
    }

    /// `F − ES` that weight decay explains where the penalised objective is stationary: the tempering direction on the
    /// penalty's slope `λ θ`.
    pub fn decay_residual(&self, at: &[f64], decay: f64) -> f64 {
        let mut slope = vec![0.0; at.len()];
        for (s, t) in slope.iter_mut().zip(&at[..self.networks]) {
            *s = decay * t;
        }
        self.prior_tempering(at, &slope) + self.observable_tempering(at, &slope).unwrap_or(0.0)
    }

    /// Moves the learnable variances of observable and prior to their best values, given the slopes of all rows:
    /// `ln v ← ln v + ln(1 + 2 ∂F/∂ln v)`, held above `floor`. Answers the columns that are held.
    ///
    /// With variances from a network this is the best shift of each column's log-variances.
    pub fn maximise_variances(&self, at: &mut [f64], gradient: &[f64], floor: f64) -> Vec<usize> {
        let width = self.architecture.columns;
        let mut held = Vec::new();
        let mut best = |place: usize, terms: f64, least: f64, column: usize| {
            let ratio = (1.0 + 2.0 * gradient[place] / terms).max(f64::MIN_POSITIVE);
            let moved = at[place] + ratio.ln();
            if moved < least {
                held.push(column);
            }
            at[place] = moved.max(least);
        };
        let floor = floor.max(f64::MIN_POSITIVE).ln();
        match self.observable {
            Observable::Gaussian(Spread::Scalar(place)) => best(place, width as f64, floor, 0),
            Observable::Gaussian(Spread::Column(place)) => (0..width).for_each(|d| best(place + d, 1.0, floor, d)),
            Observable::Gaussian(Spread::Network) => {
                let biases = self.decoder.last().biases + width;
                (0..width).for_each(|d| best(biases + d, 1.0, f64::NEG_INFINITY, d));
            }
            _ => {}
        }
        if let Spread::Column(place) = self.shape.prior {
            (0..self.shape.dimension).for_each(|l| best(place + l, 1.0, f64::NEG_INFINITY, 0));
        }
        held
    }

    /// Gives every latent the scale and centre that its fixed prior asks for: `E_q̄ z = 0`, `E_q̄ z² = 1`, with the inverse
    /// map in the decoder's first layer, so that no reconstruction changes. This never lowers the ELBO.
    ///
    /// A learnt prior has a scale of its own: nothing changes then.
    pub fn balance(&self, at: &mut [f64], sums: &Sums) {
        if !matches!(self.shape.prior, Spread::Fixed(_)) {
            return;
        }
        let h = self.shape.dimension;
        let (first, last) = (self.decoder.layers[0], *self.encoder.last());
        for l in 0..h {
            let mean = sums.latents[l] / sums.weight;
            let square = (sums.latents[h + l] + sums.latents[2 * h + l]) / sums.weight;
            let variance = square - mean * mean;
            if !(variance > 0.0 && variance.is_finite()) {
                continue;
            }
            let scale = 1.0 / variance.sqrt();
            for w in &mut at[last.weights + l * last.inputs..last.weights + (l + 1) * last.inputs] {
                *w *= scale;
            }
            at[last.biases + l] = (at[last.biases + l] - mean) * scale;
            match self.shape.spread {
                Spread::Column(place) => at[place + l] += scale.ln(),
                _ => at[last.biases + h + l] += scale.ln(),
            }
            for o in 0..first.outputs {
                let w = at[first.weights + o * first.inputs + l];
                at[first.biases + o] += w * mean;
                at[first.weights + o * first.inputs + l] = w / scale;
            }
        }
    }

    /// Scales the decoder's last layer by `1 + step`: the tempering direction of Bernoulli and Poisson observables.
    pub fn temper_last_layer(&self, at: &mut [f64], step: f64) {
        let last = self.decoder.last();
        for w in &mut at[last.weights..last.weights + last.inputs * last.outputs] {
            *w *= 1.0 + step;
        }
        for b in &mut at[last.biases..last.biases + last.outputs] {
            *b *= 1.0 + step;
        }
    }
}
