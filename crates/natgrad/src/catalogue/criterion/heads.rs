//! Layers of outputs over hidden variables, and the natural parameters that they stand for.
//!
//! ```text
//! f = z  or  tanh(A z + a)      y = V f + b  (and  v = U f + c  or a constant, for variances)      η = head(y, v)
//! ```

use crate::criterion::{NaturalMap, Parameter, States};
use crate::linalg::{Matrix, special};
use rand::{Rng, RngExt};

/// What outputs stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// Log-odds or logarithms of rates: `η = y`.
    Plain,
    /// Means and logarithms of variances: `η = (y e^−v, −½ e^−v)`.
    Normal,
    /// Means and numbers whose softplus is the variance.
    Softplus,
    /// Means, then logarithms of deviations, of an encoder: the outputs themselves.
    Encoder,
}

/// How variances come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// There are none.
    None,
    /// One for all outputs.
    Scalar,
    /// One for each.
    PerOutput,
    /// `U f + c` for each.
    Layer { bias: bool },
}

/// What the hidden states are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Real numbers.
    Real,
    /// Zeros and ones.
    Binary,
}

#[derive(Debug, Clone)]
pub(super) struct Outputs {
    pub inputs: usize,
    /// Units of the first layer; none: outputs are linear.
    pub units: Option<usize>,
    pub outputs: usize,
    pub bias: bool,
    pub spread: Spread,
    pub head: Head,
    pub hidden: Hidden,
    /// Put before the names of blocks.
    pub prefix: &'static str,
    /// Names of what is held.
    pub frozen: Vec<String>,
}

/// Where blocks of parameters begin.
struct Offsets {
    last: usize,
    bias: usize,
    spread: usize,
    spread_bias: usize,
}

impl Outputs {
    fn features(&self) -> usize {
        self.units.unwrap_or(self.inputs)
    }

    fn spreads(&self) -> usize {
        match self.spread {
            Spread::None => 0,
            Spread::Scalar => 1,
            Spread::PerOutput | Spread::Layer { .. } => self.outputs,
        }
    }

    fn offsets(&self) -> Offsets {
        let last = self.units.map_or(0, |u| u * (self.inputs + 1));
        let bias = last + self.outputs * self.features();
        let spread = bias + if self.bias { self.outputs } else { 0 };
        let layer = matches!(self.spread, Spread::Layer { .. });
        Offsets { last, bias, spread, spread_bias: spread + if layer { self.outputs * self.features() } else { 0 } }
    }

    /// Names of the blocks.
    pub fn names(&self) -> Vec<(String, usize)> {
        let (f, d) = (self.features(), self.outputs);
        let mut out = Vec::new();
        let mut push = |name: &str, n: usize| out.push((format!("{}{name}", self.prefix), n));
        if let Some(u) = self.units {
            push("first-layer-weights", u * self.inputs);
            push("first-layer-bias", u);
        }
        push("weights", d * f);
        if self.bias {
            push("bias", d);
        }
        match self.spread {
            Spread::None => {}
            Spread::Scalar => push("variance", 1),
            Spread::PerOutput => push("variances", d),
            Spread::Layer { bias } => {
                push("variance-weights", d * f);
                if bias {
                    push("variance-bias", d);
                }
            }
        }
        out
    }

    /// Features.
    fn first(&self, theta: &[f64], z: &[f64]) -> Vec<f64> {
        let Some(u) = self.units else { return z.to_vec() };
        let row = |i: usize| (0..self.inputs).map(|j| theta[i * self.inputs + j] * z[j]).sum::<f64>();
        (0..u).map(|i| (row(i) + theta[u * self.inputs + i]).tanh()).collect()
    }

    /// Outputs and variances' numbers from features.
    fn second(&self, theta: &[f64], f: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let at = self.offsets();
        let row = |first: usize, i: usize| &theta[first + i * f.len()..][..f.len()];
        let layer = |first: usize, i: usize| row(first, i).iter().zip(f).map(|(w, f)| w * f).sum::<f64>();
        let y =
            (0..self.outputs).map(|i| layer(at.last, i) + if self.bias { theta[at.bias + i] } else { 0.0 }).collect();
        let v = (0..self.spreads())
            .map(|i| match self.spread {
                Spread::Layer { bias } => layer(at.spread, i) + if bias { theta[at.spread_bias + i] } else { 0.0 },
                _ => theta[at.spread + i],
            })
            .collect();
        (y, v)
    }

    /// `ln` of a variance from its number, and the slope.
    fn log_variance(&self, v: f64) -> (f64, f64) {
        match self.head {
            Head::Softplus => {
                let s = special::softplus(v);
                (s.ln(), special::logistic(v) / s)
            }
            _ => (v, 1.0),
        }
    }

    /// `η` from outputs and variances' numbers.
    fn natural_of(&self, y: &[f64], v: &[f64]) -> Vec<f64> {
        match self.head {
            Head::Plain => y.to_vec(),
            Head::Encoder => y.iter().chain(v).copied().collect(),
            Head::Normal | Head::Softplus => {
                let precision: Vec<f64> = v.iter().map(|v| (-self.log_variance(*v).0).exp()).collect();
                let first = y.iter().enumerate().map(|(i, y)| y * precision[i % precision.len()]);
                first.chain(precision.iter().map(|p| -0.5 * p)).collect()
            }
        }
    }

    /// What a movement of outputs and variances' numbers does to `η`.
    fn push(&self, y: &[f64], v: &[f64], dy: &[f64], dv: &[f64]) -> Vec<f64> {
        match self.head {
            Head::Plain => dy.to_vec(),
            Head::Encoder => dy.iter().chain(dv).copied().collect(),
            Head::Normal | Head::Softplus => {
                let (precision, move_of): (Vec<f64>, Vec<f64>) = v
                    .iter()
                    .zip(dv)
                    .map(|(v, d)| {
                        let (log, slope) = self.log_variance(*v);
                        ((-log).exp(), slope * d)
                    })
                    .unzip();
                let k = precision.len();
                let first = (0..y.len()).map(|i| precision[i % k] * (dy[i] - y[i] * move_of[i % k]));
                first.chain((0..k).map(|i| 0.5 * precision[i] * move_of[i])).collect()
            }
        }
    }

    /// What a movement of features does to outputs and variances' numbers.
    fn push_features(&self, theta: &[f64], df: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (at, n) = (self.offsets(), self.features());
        let layer = |first: usize, i: usize| (0..n).map(|j| theta[first + i * n + j] * df[j]).sum::<f64>();
        let dy = (0..self.outputs).map(|i| layer(at.last, i)).collect();
        let moves = matches!(self.spread, Spread::Layer { .. });
        let dv = (0..self.spreads()).map(|i| if moves { layer(at.spread, i) } else { 0.0 }).collect();
        (dy, dv)
    }
}

impl NaturalMap for Outputs {
    fn parameters(&self) -> Vec<Parameter> {
        let held = |name: &str| self.frozen.iter().any(|f| f == name);
        let block = |(name, n): (String, usize)| {
            let fixed = held(&name);
            let block = Parameter::new(name, n);
            if fixed { block.fixed() } else { block }
        };
        self.names().into_iter().map(block).collect()
    }

    fn natural(&self, theta: &[f64], z: &[f64]) -> Vec<f64> {
        let (y, v) = self.second(theta, &self.first(theta, z));
        self.natural_of(&y, &v)
    }

    fn jacobian(&self, theta: &[f64], z: &[f64]) -> Option<Matrix> {
        let f = self.first(theta, z);
        let (y, v) = self.second(theta, &f);
        let (at, n, d, s) = (self.offsets(), self.features(), self.outputs, self.spreads());
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); theta.len()];
        let zeros = |n: usize| vec![0.0; n];
        let unit = |n: usize, i: usize, x: f64| {
            let mut out = zeros(n);
            out[i] = x;
            out
        };
        if let Some(u) = self.units {
            for i in 0..u {
                let slope = 1.0 - f[i] * f[i];
                let through = |x: f64| {
                    let (dy, dv) = self.push_features(theta, &unit(u, i, slope * x));
                    self.push(&y, &v, &dy, &dv)
                };
                (0..self.inputs).for_each(|j| columns[i * self.inputs + j] = through(z[j]));
                columns[u * self.inputs + i] = through(1.0);
            }
        }
        for i in 0..d {
            (0..n).for_each(|j| columns[at.last + i * n + j] = self.push(&y, &v, &unit(d, i, f[j]), &zeros(s)));
            if self.bias {
                columns[at.bias + i] = self.push(&y, &v, &unit(d, i, 1.0), &zeros(s));
            }
        }
        for i in 0..s {
            match self.spread {
                Spread::Layer { bias } => {
                    (0..n).for_each(|j| {
                        columns[at.spread + i * n + j] = self.push(&y, &v, &zeros(d), &unit(s, i, f[j]));
                    });
                    if bias {
                        columns[at.spread_bias + i] = self.push(&y, &v, &zeros(d), &unit(s, i, 1.0));
                    }
                }
                _ => columns[at.spread + i] = self.push(&y, &v, &zeros(d), &unit(s, i, 1.0)),
            }
        }
        Some(Matrix::from_fn(self.natural_of(&y, &v).len(), theta.len(), |i, j| columns[j][i]))
    }

    fn along_state(&self, theta: &[f64], z: &[f64]) -> Option<Vec<f64>> {
        let f = self.first(theta, z);
        let (y, v) = self.second(theta, &f);
        let df: Vec<f64> = match self.units {
            None => z.to_vec(),
            Some(u) => (0..u)
                .map(|i| {
                    let sum: f64 = (0..self.inputs).map(|j| theta[i * self.inputs + j] * z[j]).sum();
                    (1.0 - f[i] * f[i]) * sum
                })
                .collect(),
        };
        let (dy, dv) = self.push_features(theta, &df);
        Some(self.push(&y, &v, &dy, &dv))
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        let n: usize = self.names().iter().map(|b| b.1).sum();
        (0..n).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()
    }

    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        match self.hidden {
            Hidden::Binary => States::All(
                (0..1usize << self.inputs)
                    .map(|s| (0..self.inputs).map(|i| f64::from(u8::from(s >> i & 1 == 1))).collect())
                    .collect(),
            ),
            Hidden::Real => States::Drawn(
                (0..count).map(|_| (0..self.inputs).map(|_| 4.0 * rng.random::<f64>() - 2.0).collect()).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// The same map without its derivatives.
    struct Bare(Outputs);

    impl NaturalMap for Bare {
        fn parameters(&self) -> Vec<Parameter> {
            self.0.parameters()
        }
        fn natural(&self, theta: &[f64], z: &[f64]) -> Vec<f64> {
            self.0.natural(theta, z)
        }
        fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
            self.0.draw(rng)
        }
    }

    #[test]
    fn derivatives_are_those_of_the_map() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        for units in [None, Some(3)] {
            for (spread, head) in [
                (Spread::None, Head::Plain),
                (Spread::Scalar, Head::Normal),
                (Spread::PerOutput, Head::Normal),
                (Spread::Layer { bias: true }, Head::Normal),
                (Spread::Layer { bias: false }, Head::Softplus),
                (Spread::Layer { bias: true }, Head::Encoder),
            ] {
                let of = Outputs {
                    inputs: 2,
                    units,
                    outputs: 2,
                    bias: units.is_some(),
                    spread,
                    head,
                    hidden: Hidden::Real,
                    prefix: "",
                    frozen: Vec::new(),
                };
                let theta = of.draw(&mut rng);
                let z = [0.7, -1.3];
                let given = of.jacobian(&theta, &z).expect("a Jacobian");
                let along = of.along_state(&theta, &z).expect("a direction");
                let bare = Bare(of);
                let slope = |f: &dyn Fn(f64) -> Vec<f64>, i: usize| {
                    let h = 1e-4;
                    (8.0 * (f(h)[i] - f(-h)[i]) - (f(2.0 * h)[i] - f(-2.0 * h)[i])) / (12.0 * h)
                };
                for i in 0..along.len() {
                    for j in 0..theta.len() {
                        let moved = |t: f64| {
                            let mut theta = theta.clone();
                            theta[j] += t;
                            bare.natural(&theta, &z)
                        };
                        // Fourth-order differences with a step of 1e-4: rounding of 1e-12 is left.
                        assert!(
                            (slope(&moved, i) - given[(i, j)]).abs() < 1e-10,
                            "{bare_units:?} {i} {j}",
                            bare_units = units
                        );
                    }
                    let scaled = |t: f64| bare.natural(&theta, &z.map(|z| z * t.exp()));
                    assert!((slope(&scaled, i) - along[i]).abs() < 1e-10);
                }
            }
        }
    }
}
