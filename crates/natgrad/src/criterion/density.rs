//! A log-density as a map: its values at points are natural parameters, up to a constant.

use super::{NaturalMap, Parameter, States};
use rand::Rng;

/// A distribution of one number, of any kind, by `ln (p(x; θ)/h(x))`; a constant of `x` may be left out.
///
/// Derivatives are taken by finite differences. Give more than twice as many points as parameters, at no special places.
pub struct LogDensity<F, D> {
    parameters: Vec<Parameter>,
    points: Vec<f64>,
    log: F,
    draw: D,
}

impl<F: Fn(&[f64], f64) -> f64, D: Fn(&mut dyn Rng) -> Vec<f64>> LogDensity<F, D> {
    /// `log(θ, x)`, looked at in `points`; `draw` gives random `θ`.
    pub fn new(parameters: Vec<Parameter>, points: Vec<f64>, log: F, draw: D) -> Self {
        LogDensity { parameters, points, log, draw }
    }
}

impl<F: Fn(&[f64], f64) -> f64, D: Fn(&mut dyn Rng) -> Vec<f64>> NaturalMap for LogDensity<F, D> {
    fn parameters(&self) -> Vec<Parameter> {
        self.parameters.clone()
    }

    fn natural(&self, theta: &[f64], _: &[f64]) -> Vec<f64> {
        self.points.iter().map(|x| (self.log)(theta, *x)).collect()
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        vec![vec![1.0; self.points.len()]]
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        (self.draw)(rng)
    }

    /// One state, but not all there is to look at: points are drawn from a line.
    fn states(&self, _: &mut dyn Rng, _: usize) -> States {
        States::Drawn(vec![Vec::new()])
    }
}
