//! A sigmoid belief net of two causes of four, small enough to be written out.

use super::generic::Rows;
use super::run::Step;
use natgrad::criterion::{NaturalMap, Parameter, States};
use natgrad::model::Entropies;
use natgrad_autodiff::{DerivedMap, Dual64, DualNum};

type D = Dual64;

/// Patterns 0000 to 1111 with their counts; `θ` is two log-odds, weights row by row, biases.
pub struct BeliefNet {
    pub counts: [f64; 16],
}

/// Counts at which values are known.
pub const COUNTS: [f64; 16] = [5.0, 2.0, 3.0, 1.0, 2.0, 6.0, 1.0, 2.0, 3.0, 1.0, 4.0, 2.0, 1.0, 2.0, 2.0, 7.0];

/// Patterns as often as a certain net makes them, and its parameters.
pub fn made() -> (BeliefNet, Vec<f64>) {
    let weights = [2.5, -1.5, -2.0, 2.0, 1.5, 2.0, -1.0, -2.5];
    let theta: Vec<f64> = [0.3, -0.4].into_iter().chain(weights).chain([0.1, -0.2, 0.4, 0.0]).collect();
    let dual: Vec<D> = theta.iter().map(|&t| D::from(t)).collect();
    let share = |x: usize| BeliefNet::joint(&dual, x).iter().map(|j| j.re.exp()).sum::<f64>();
    (BeliefNet { counts: std::array::from_fn(share) }, theta)
}

/// The observable as a map; its bias held, at zero or elsewhere.
pub fn observable(bias_held: bool, at_zero: bool) -> impl NaturalMap {
    let bias = Parameter::new("bias", 4);
    let bias = if bias_held { bias.fixed() } else { bias };
    DerivedMap::new(vec![Parameter::new("weights", 8), bias], move |t: &[D], z: &[D]| {
        let own = |d: usize| if at_zero { D::from(0.0) } else { t[8 + d] };
        (0..4).map(|d| t[2 * d] * z[0] + t[2 * d + 1] * z[1] + own(d)).collect()
    })
    .with_states(|_, _| States::All((0..4).map(|s| vec![f64::from(s & 1), f64::from(s >> 1)]).collect()))
}

impl BeliefNet {
    /// `ln p(x, z)` of each state.
    fn joint(theta: &[D], pattern: usize) -> Vec<D> {
        let log_odds = |a: D, on: bool| -((if on { -a } else { a }).exp().ln_1p());
        (0..4)
            .map(|s| {
                let z = [s & 1 == 1, s >> 1 & 1 == 1];
                let prior = (0..2).fold(D::from(0.0), |l, h| l + log_odds(theta[h], z[h]));
                (0..4).fold(prior, |l, d| {
                    let sum = (0..2).filter(|&h| z[h]).fold(theta[10 + d], |a, h| a + theta[2 + 2 * d + h]);
                    l + log_odds(sum, pattern >> (3 - d) & 1 == 1)
                })
            })
            .collect()
    }

    /// `p(z|x)` of each state.
    fn beliefs(joint: &[D]) -> [f64; 4] {
        let top = joint.iter().fold(f64::NEG_INFINITY, |m, x| m.max(x.re));
        let total: f64 = joint.iter().map(|x| (x.re - top).exp()).sum();
        std::array::from_fn(|s| (joint[s].re - top).exp() / total)
    }

    /// The ELBO of a pattern with its beliefs held: their own slope is zero.
    fn bound(theta: &[D], pattern: usize) -> D {
        let joint = Self::joint(theta, pattern);
        let q = Self::beliefs(&joint);
        (0..4).filter(|&s| q[s] > 0.0).fold(D::from(0.0), |sum, s| sum + (joint[s] - q[s].ln()) * q[s])
    }
}

fn entropy_of_bit(a: f64) -> f64 {
    let p = 1.0 / (1.0 + (-a).exp());
    -p * p.ln() - (1.0 - p) * (1.0 - p).ln()
}

impl Rows for BeliefNet {
    fn rows(&self, theta: &[D]) -> Vec<(f64, D)> {
        (0..16).map(|x| (self.counts[x], Self::bound(theta, x))).collect()
    }

    fn step(&self, theta: &[f64]) -> Step {
        let dual: Vec<D> = theta.iter().map(|&t| D::from(t)).collect();
        let total: f64 = self.counts.iter().sum();
        let (mut elbo, mut recognition, mut observable) = (0.0, 0.0, 0.0);
        for (x, count) in self.counts.iter().enumerate() {
            elbo += count * Self::bound(&dual, x).re / total;
            for (s, q) in Self::beliefs(&Self::joint(&dual, x)).into_iter().enumerate().filter(|(_, q)| *q > 0.0) {
                recognition -= count / total * q * q.ln();
                let sum = |d: usize| (0..2).filter(|h| s >> h & 1 == 1).map(|h| theta[2 + 2 * d + h]).sum::<f64>();
                let bits: f64 = (0..4).map(|d| entropy_of_bit(sum(d) + theta[10 + d])).sum();
                observable += count / total * q * bits;
            }
        }
        let prior = (0..2).map(|h| entropy_of_bit(theta[h])).sum();
        Step { elbo, entropies: Entropies { recognition, prior, observable, base_measure: 0.0 } }
    }
}
