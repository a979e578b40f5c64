//! Where learning begins: small random weights, and biases that fit the columns' means.

use super::{Inputs, ObservableName, Vae, Variance};
use crate::Error;
use crate::neural::{Activation, Observable, Spread, Stack};
use crate::rows::{Chunk, RowSource};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Means and variances of columns, and of what the encoder reads.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMoments {
    /// Means.
    pub means: Vec<f64>,
    /// Variances (divided by the number of rows).
    pub variances: Vec<f64>,
    /// Means and variances of `ln(1 + x)`; empty where columns are no counts.
    pub logarithms: [Vec<f64>; 2],
}

/// Relative error of a mean of equal numbers.
const ROUNDING: f64 = 1e-14;

/// Running means and sums of squares around them.
struct Running {
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Running {
    fn new(width: usize) -> Self {
        Running { means: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// Merges a chunk's cells of total weight `total` into those of weight `before`.
    fn take(&mut self, chunk: &Chunk<'_>, (before, total): (f64, f64), of: impl Fn(f64) -> f64) {
        for (d, (mean, square)) in self.means.iter_mut().zip(&mut self.squares).enumerate() {
            let cells = || chunk.column(d).iter().enumerate().map(|(n, x)| (chunk.weight(n), of(*x)));
            // Moments of the chunk around its own mean: nothing cancels.
            let own = cells().map(|(w, x)| w * x).sum::<f64>() / total;
            let away = own - *mean;
            *square += cells().map(|(w, x)| w * (x - own).powi(2)).sum::<f64>()
                + away * away * before * total / (before + total);
            *mean += away * total / (before + total);
        }
    }

    fn end(self, weight: f64) -> [Vec<f64>; 2] {
        // The mean of equal numbers may miss them by its last digits, and what is left of them is no variance.
        let rounding = |mean: &f64| (ROUNDING * mean).powi(2);
        let variance = |(square, mean): (&f64, &f64)| match square / weight {
            v if v <= rounding(mean) => 0.0,
            v => v,
        };
        let variances = self.squares.iter().zip(&self.means).map(variance).collect();
        [self.means, variances]
    }
}

impl ColumnMoments {
    /// Checks every cell and takes the moments, in one pass.
    ///
    /// # Errors
    /// As [`check`](super::check); [`Error::Data`] where there is no row.
    pub fn of(source: &dyn RowSource, observable: ObservableName) -> Result<Self, Error> {
        let width = source.columns().len();
        let counts = observable == ObservableName::Poisson;
        let (mut weight, mut plain) = (0.0, Running::new(width));
        let mut logarithms = Running::new(if counts { width } else { 0 });
        source.sweep(0..source.chunks(), &mut |_, chunk| {
            super::check(observable, source.columns(), &chunk)?;
            let total: f64 = (0..chunk.rows).map(|n| chunk.weight(n)).sum();
            if total <= 0.0 {
                return Ok(());
            }
            plain.take(&chunk, (weight, total), |x| x);
            logarithms.take(&chunk, (weight, total), f64::ln_1p);
            weight += total;
            Ok(())
        })?;
        if weight <= 0.0 {
            return Err(Error::Data {
                problem: "there are no rows with a positive weight".into(),
                hint: "give at least one row".into(),
            });
        }
        let [means, variances] = plain.end(weight);
        if let Some(d) = variances.iter().position(|v| !v.is_finite()) {
            return Err(Error::Data {
                problem: format!(
                    "column \"{}\" has values beyond what its variance can hold",
                    source.columns()[d].name
                ),
                hint: "rescale it, or look for a value that is no number".into(),
            });
        }
        Ok(ColumnMoments { means, variances, logarithms: logarithms.end(weight) })
    }
}

/// Smallest variance that learning begins with.
const LEAST_VARIANCE: f64 = 1e-6;
/// Log of the beliefs' deviations at the start: close to certain, so that the decoder's first slopes are about the rows.
const LOG_DEVIATION: f64 = -1.0;

/// What the last layers' weights of counts are multiplied by at the start.
const COUNTS: f64 = 0.1;

impl Vae {
    /// Random parameters: weights normal with variance `1/inputs` (`2/inputs` before a rectifier; those of the last layers
    /// smaller for counts), biases 0 but for the
    /// decoder's last ones, which give every column its mean; variances those of the columns. `moments` are in the data's units.
    pub fn start(&self, moments: &ColumnMoments, seed: u64) -> Vec<f64> {
        let inside = self.units.as_ref().map(|u| u.moments(moments));
        let moments = inside.as_ref().unwrap_or(moments);
        let mut at = vec![0.0; self.parameters()];
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = |stack: &Stack, at: &mut [f64]| {
            for layer in &stack.layers {
                let gain: f64 = if layer.activation == Activation::Relu { 2.0 } else { 1.0 };
                let scale = (gain / layer.inputs as f64).sqrt();
                for w in &mut at[layer.weights..layer.weights + layer.inputs * layer.outputs] {
                    let x: f64 = StandardNormal.sample(&mut rng);
                    *w = scale * x;
                }
            }
        };
        draw(&self.encoder, &mut at);
        draw(&self.decoder, &mut at);
        self.standardise(moments, &mut at);
        if self.architecture.observable == ObservableName::Poisson {
            // A row far out would otherwise begin with an astronomical rate.
            for last in [self.encoder.last(), self.decoder.last()] {
                let weights = last.weights..last.weights + last.inputs * last.outputs;
                at[weights].iter_mut().for_each(|w| *w *= COUNTS);
            }
        }
        let h = self.shape.dimension;
        match self.shape.spread {
            Spread::Column(place) => at[place..place + h].fill(LOG_DEVIATION),
            _ => {
                let last = self.encoder.last();
                at[last.biases + h..last.biases + 2 * h].fill(LOG_DEVIATION);
            }
        }
        let biases = self.decoder.last().biases;
        let width = self.architecture.columns;
        for (d, &mean) in moments.means.iter().enumerate().take(width) {
            at[biases + d] = match self.architecture.observable {
                ObservableName::Gaussian => mean,
                // Clipped, so that a constant column begins at a finite logit.
                ObservableName::Bernoulli => {
                    let p = mean.clamp(1e-3, 1.0 - 1e-3);
                    (p / (1.0 - p)).ln()
                }
                ObservableName::Poisson => mean.max(1e-3).ln(),
            };
        }
        let log = |v: f64| v.max(LEAST_VARIANCE).ln();
        let average = moments.variances.iter().sum::<f64>() / width.max(1) as f64;
        match self.observable {
            Observable::Gaussian(Spread::Scalar(place)) => at[place] = log(average),
            Observable::Gaussian(Spread::Column(place)) => {
                for (at, v) in at[place..place + width].iter_mut().zip(&moments.variances) {
                    *at = log(*v);
                }
            }
            Observable::Gaussian(Spread::Network) => {
                for (at, v) in at[biases + width..biases + 2 * width].iter_mut().zip(&moments.variances) {
                    *at = log(*v);
                }
            }
            _ => {}
        }
        at
    }

    /// Lets a Gaussian model begin as if its columns had mean 0 and variance 1, and one of counts as if what its encoder reads
    /// had mean 0 and mean variance 1. Zeros and ones stay as they are: a rare one, scaled, would be an outlier.
    fn standardise(&self, moments: &ColumnMoments, at: &mut [f64]) {
        let [logarithms, spreads] = &moments.logarithms;
        let (means, variances) = match self.architecture.inputs {
            Inputs::Logarithms => (logarithms, spreads),
            Inputs::Values => (&moments.means, &moments.variances),
        };
        let average = variances.iter().sum::<f64>() / variances.len().max(1) as f64;
        // A constant column keeps its unit.
        let root = |v: f64| if v > 0.0 { v.sqrt() } else { 1.0 };
        let scale: Vec<f64> = match self.architecture.observable {
            ObservableName::Gaussian => variances.iter().map(|v| root(*v)).collect(),
            ObservableName::Poisson => vec![root(average); variances.len()],
            ObservableName::Bernoulli => return,
        };
        let first = self.encoder.layers[0];
        for o in 0..first.outputs {
            let weights = &mut at[first.weights + o * first.inputs..first.weights + (o + 1) * first.inputs];
            let mut shift = 0.0;
            for ((w, scale), mean) in weights.iter_mut().zip(&scale).zip(means) {
                *w /= scale;
                shift += *w * mean;
            }
            at[first.biases + o] -= shift;
        }
        if self.architecture.observable == ObservableName::Gaussian {
            let last = self.decoder.last();
            for (d, scale) in scale.iter().enumerate() {
                let weights = last.weights + d * last.inputs..last.weights + (d + 1) * last.inputs;
                at[weights].iter_mut().for_each(|w| *w *= scale);
            }
        }
    }

    /// Whether the observable's variance is fixed.
    pub(crate) fn fixed_variance(&self) -> Option<f64> {
        match (self.architecture.observable, self.architecture.variance) {
            (ObservableName::Gaussian, Variance::Fixed(v)) => Some(v),
            _ => None,
        }
    }
}
