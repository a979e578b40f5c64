//! Exponential families as one interface: `p(x; η) = h(x) exp(⟨η, T(x)⟩ − A(η))`.
//!
//! Start here to add another: copy `poisson.rs`, add it to the list below, and every law in the test kit runs on it.

mod bernoulli;
mod binomial;
mod categorical;
mod exponential;
mod gamma;
mod geometric;
mod log_normal;
mod multivariate_normal;
mod negative_binomial;
mod normal;
mod poisson;

pub use bernoulli::Bernoulli;
pub use binomial::Binomial;
pub use categorical::Categorical;
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use geometric::Geometric;
pub use log_normal::LogNormal;
pub use multivariate_normal::MultivariateNormal;
pub use negative_binomial::NegativeBinomial;
pub use normal::Normal;
pub use poisson::Poisson;

use crate::linalg::Matrix;
use rand::Rng;
use std::fmt::Debug;

/// A representative of every family, for the laws that all of them must obey.
pub fn all() -> Vec<Box<dyn ExponentialFamily>> {
    vec![
        Box::new(Bernoulli),
        Box::new(Binomial { trials: 12 }),
        Box::new(Categorical { levels: 2 }),
        Box::new(Categorical { levels: 4 }),
        Box::new(Exponential),
        Box::new(Gamma),
        Box::new(Geometric),
        Box::new(LogNormal),
        Box::new(MultivariateNormal::plain(1)),
        Box::new(MultivariateNormal { centers: vec![1.0, -2.0, 30.0], scales: vec![0.5, 2.0, 7.0] }),
        Box::new(NegativeBinomial { dispersion: 2.5 }),
        Box::new(Normal { center: [0.0], scale: 1.0 }),
        Box::new(Normal { center: [-3.0], scale: 4.0 }),
        Box::new(Poisson),
    ]
}

/// Largest natural parameter that stands for a boundary: `exp(−700) < 1e-304`.
pub(crate) const LIMIT: f64 = 700.0;

/// Natural parameters η of a family, in the family's own order. Length: [`ExponentialFamily::dim`].
#[derive(Debug, Clone, PartialEq)]
pub struct Natural(pub Vec<f64>);

/// Expectation parameters `μ = E[T(x)] = ∇A(η)`, in the order of the sufficient statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation(pub Vec<f64>);

/// What maximum likelihood answers for given mean statistics.
#[derive(Debug, Clone, PartialEq)]
pub enum Estimate {
    /// The maximum is a regular point of the family.
    Interior(Natural),
    /// The supremum lies on the boundary (a probability of 0, a rate of 0) and the likelihood stays bounded there;
    /// the natural parameters are finite stand-ins whose distribution agrees with the boundary to below 1e-300.
    Boundary(Natural),
    /// The likelihood is unbounded (a variance of 0): no estimate exists. Says what collapsed, with its number.
    Collapsed(String),
}

/// A regular exponential family `p(x; η) = h(x) exp(⟨η, T(x)⟩ − A(η))` over data of [`width`](Self::width) cells.
///
/// All logarithms are natural. The natural parametrisation may be redundant (categorical): then
/// [`rank`](Self::rank) is smaller than [`dim`](Self::dim) and the Fisher matrix is singular.
pub trait ExponentialFamily: Debug + Send + Sync {
    /// Name as on the command line, for example `"poisson"`.
    fn name(&self) -> &'static str;

    /// Number of data cells that one datum takes (1 for scalar families, `D` for a normal in `D` dimensions).
    fn width(&self) -> usize {
        1
    }

    /// Number of natural parameters, which is also the length of `T(x)`.
    fn dim(&self) -> usize;

    /// Dimension of the set of distributions; smaller than `dim` when the parametrisation is redundant.
    fn rank(&self) -> usize {
        self.dim()
    }

    /// Whether a datum lies in the support.
    fn contains(&self, x: &[f64]) -> bool;

    /// The support in words, for error messages: `"whole numbers 0, 1, 2, … up to 9e15"`.
    fn support(&self) -> String;

    /// Writes the sufficient statistics `T(x)` (length `dim`).
    fn sufficient(&self, x: &[f64], t: &mut [f64]);

    /// `ln h(x)`, in nats. Constants are absorbed in `A`, so a constant base measure is `ln h = 0`.
    fn log_base_measure(&self, _x: &[f64]) -> f64 {
        0.0
    }

    /// Whether `h` is constant on the support (then pseudo-entropy and entropy are the same).
    fn has_constant_base_measure(&self) -> bool {
        true
    }

    /// Whether η is in the interior of the natural domain.
    fn is_interior(&self, at: &Natural) -> bool;

    /// Log-partition function `A(η)`, in nats.
    fn log_partition(&self, at: &Natural) -> f64;

    /// Expectation parameters `μ = ∇A(η)`.
    fn expectation(&self, at: &Natural) -> Expectation;

    /// Fisher information `F(η) = ∇²A(η) = Cov[T]`, `dim × dim`.
    fn fisher(&self, at: &Natural) -> Matrix;

    /// Maximum likelihood for mean sufficient statistics: the η with `∇A(η) = mean`, or what stands in for it.
    fn estimate(&self, mean: &Expectation) -> Estimate;

    /// `E[ln h(x)]` under η, in nats; zero for a constant base measure.
    fn expected_log_base_measure(&self, at: &Natural) -> f64;

    /// Draws one datum into `x` (length `width`).
    fn sample(&self, at: &Natural, rng: &mut dyn Rng, x: &mut [f64]);

    /// Names and lengths of the usual (source) parameters, for example `[("shape", 1), ("rate", 1)]`.
    fn source_names(&self) -> Vec<(&'static str, usize)>;

    /// The usual parameters, concatenated in the order of `source_names` (matrices row by row).
    fn to_source(&self, at: &Natural) -> Vec<f64>;

    /// Natural parameters from the usual ones; boundary values (a probability of 0) become finite stand-ins as in
    /// [`Estimate::Boundary`].
    ///
    /// # Errors
    /// A sentence with the offending number when the values lie outside the domain.
    fn from_source(&self, source: &[f64]) -> Result<Natural, String>;

    /// Jacobian of the usual parameters with respect to η (rows as in [`to_source`](Self::to_source), columns as η).
    fn source_jacobian(&self, at: &Natural) -> Matrix;

    /// `E[x]` of a scalar family.
    fn mean(&self, at: &Natural) -> f64;

    /// Whether the statistics of every datum sum to one (indicators of levels). A missing datum is then a row of zeros,
    /// its count is in the sums already, and `features` writes those zeros itself.
    fn is_indicator(&self) -> bool {
        false
    }

    /// Whether `T(x) = x` for a scalar, so that features are the cells themselves.
    fn is_identity(&self) -> bool {
        false
    }

    /// Whether a scalar's `T(x) = x` is 0 or 1.
    fn is_binary(&self) -> bool {
        false
    }

    /// Where the chart of a normal family is centred, per cell; empty for other families.
    fn centers(&self) -> &[f64] {
        &[]
    }

    /// Sufficient statistics of many rows at once, column-major: `out[i · rows + n] = T_i(x_n)`.
    ///
    /// `cells[d]` holds cell `d` of every row. Rows with a missing cell (`NaN`) get arbitrary values.
    fn features(&self, cells: &[&[f64]], rows: usize, out: &mut [f64]) {
        let (width, dim) = (self.width(), self.dim());
        let (mut x, mut t) = (vec![0.0; width], vec![0.0; dim]);
        for n in 0..rows {
            for d in 0..width {
                x[d] = cells[d][n];
            }
            if x.iter().any(|v| v.is_nan()) {
                continue;
            }
            self.sufficient(&x, &mut t);
            for i in 0..dim {
                out[i * rows + n] = t[i];
            }
        }
    }

    /// `ln p(x; η)`, in nats.
    fn log_density(&self, at: &Natural, x: &[f64]) -> f64 {
        let mut t = vec![0.0; self.dim()];
        self.sufficient(x, &mut t);
        dot(&at.0, &t) - self.log_partition(at) + self.log_base_measure(x)
    }

    /// Pseudo-entropy `A(η) − ⟨η, μ⟩ = −E[ln p(x)/h(x)]`, in nats (theory of entropy sums with general base measures).
    fn pseudo_entropy(&self, at: &Natural) -> f64 {
        self.log_partition(at) - dot(&at.0, &self.expectation(at).0)
    }

    /// Entropy `−E[ln p(x)]`, in nats (differential entropy for densities).
    fn entropy(&self, at: &Natural) -> f64 {
        self.pseudo_entropy(at) - self.expected_log_base_measure(at)
    }

    /// Kullback-Leibler divergence `D(p_η ‖ p_η′) = A(η′) − A(η) − ⟨η′ − η, μ(η)⟩`, in nats.
    fn kl(&self, from: &Natural, to: &Natural) -> f64 {
        let mean = self.expectation(from);
        let lin: f64 = (0..self.dim()).map(|i| (to.0[i] - from.0[i]) * mean.0[i]).sum();
        (self.log_partition(to) - self.log_partition(from) - lin).max(0.0)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    // 0 · ±∞ is taken as 0: a statistic that cannot occur contributes nothing.
    a.iter().zip(b).map(|(x, y)| if *y == 0.0 { 0.0 } else { x * y }).sum()
}

/// Statistics of families with `T(x) = x`.
fn copy_features(cells: &[&[f64]], rows: usize, out: &mut [f64]) {
    out[..rows].copy_from_slice(&cells[0][..rows]);
}

fn is_count(x: f64) -> bool {
    // Above 2^53 doubles no longer tell neighbouring counts apart.
    (0.0..=9_007_199_254_740_992.0).contains(&x) && x.fract() == 0.0
}

fn probability(p: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&p) { Ok(p) } else { Err(format!("the probability {p} is not between 0 and 1")) }
}

fn positive(what: &str, x: f64) -> Result<f64, String> {
    if x > 0.0 && x.is_finite() { Ok(x) } else { Err(format!("the {what} {x} is not a number above 0")) }
}

/// `E[f(x)]` under a family on counts, summed outwards from the mean until the terms no longer matter.
fn expectation_over_counts(family: &dyn ExponentialFamily, at: &Natural, f: impl Fn(f64) -> f64) -> f64 {
    let middle = family.mean(at).floor();
    let term = |x: f64| {
        let p = family.log_density(at, &[x]).exp();
        (p, if p == 0.0 { 0.0 } else { p * f(x) })
    };
    let mut total = 0.0;
    let mut x = middle;
    while x >= 0.0 {
        let (p, t) = term(x);
        total += t;
        if p < 1e-18 && x < middle - 10.0 {
            break;
        }
        x -= 1.0;
    }
    x = middle + 1.0;
    loop {
        let (p, t) = term(x);
        total += t;
        if p < 1e-18 && x > middle + 10.0 || x > middle + 1e7 {
            return total;
        }
        x += 1.0;
    }
}
