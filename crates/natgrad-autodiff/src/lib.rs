//! Parametrisations written as ordinary functions; their Jacobians come from dual numbers.
//!
//! Write the map once, generic over the number it computes with ([`Function`]); [`Derived`] evaluates it with doubles
//! for the image and with dual numbers for the Jacobian, which is exact up to rounding: no step size, no differences.
//!
//! A two-component mixture of binomials (three throws of one of two coins), learnt from counts. At equal coins the
//! three parameters move the distribution in one direction only, and the natural gradient says so:
//!
//! ```
//! use natgrad::geometry::Point;
//! use natgrad::parametrised::{FisherRao, Properness, Slope, natural_gradient};
//! use natgrad_autodiff::{Derived, DualNum, Function};
//!
//! struct TwoCoins;
//!
//! impl Function for TwoCoins {
//!     fn parameters(&self) -> usize {
//!         3
//!     }
//!     fn ambient(&self) -> usize {
//!         4
//!     }
//!     fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
//!         let (weight, coins) = (&xi[0], [&xi[1], &xi[2]]);
//!         [1.0, 3.0, 3.0, 1.0]
//!             .iter()
//!             .zip(0..)
//!             .map(|(choose, heads)| {
//!                 let [a, b] = coins.map(|p| p.powi(heads) * (-p.clone() + 1.0).powi(3 - heads) * *choose);
//!                 weight.clone() * a + (-weight.clone() + 1.0) * b
//!             })
//!             .collect()
//!     }
//! }
//!
//! let coins = Derived(TwoCoins);
//! // Log-likelihood per throw of the shares of 0, 1, 2, 3 heads: slope = share / probability.
//! let shares = [0.4, 0.2, 0.1, 0.3];
//! let slope = |xi: &Point| {
//!     let p = natgrad::parametrised::Parametrisation::map(&coins, &xi.0);
//!     Slope(shares.iter().zip(p).map(|(s, p)| s / p).collect())
//! };
//!
//! let apart = Point(vec![0.5, 0.3, 0.7]);
//! let found = natural_gradient(&coins, &FisherRao(4), &apart, &slope(&apart))?;
//! assert_eq!(found.properness, Properness::Proper { dimension: 3 });
//! // Three dimensions of three: the direction in the simplex is straight to the shares.
//! let p = natgrad::parametrised::Parametrisation::map(&coins, &apart.0);
//! for i in 0..4 {
//!     assert!((found.pushforward.0[i] - (shares[i] - p[i])).abs() < 1e-12);
//! }
//!
//! let equal = Point(vec![0.5, 0.4, 0.4]);
//! let found = natural_gradient(&coins, &FisherRao(4), &equal, &slope(&equal))?;
//! assert_eq!(found.properness, Properness::NotProper { rank: 1, nearby: 3 });
//! # Ok::<(), natgrad::Error>(())
//! ```

mod natural;

use natgrad::linalg::Matrix;
use natgrad::parametrised::Parametrisation;

pub use natural::DerivedMap;
pub use num_dual::{Dual64, DualNum};

/// A map that computes with any number that knows its derivative.
///
/// Branch on values with care: the derivative is that of the branch taken.
pub trait Function {
    /// Number of parameters `d`.
    fn parameters(&self) -> usize;

    /// Number of ambient coordinates `n`.
    fn ambient(&self) -> usize;

    /// The `n` coordinates of the image of `ξ`.
    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D>;
}

/// A [`Function`] as a [`Parametrisation`]: one sweep with dual numbers per parameter gives one column of the Jacobian.
#[derive(Debug, Clone, Copy, Default)]
pub struct Derived<F>(pub F);

impl<F: Function> Parametrisation for Derived<F> {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn ambient(&self) -> usize {
        self.0.ambient()
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        self.0.evaluate(xi)
    }

    /// A map that gives another number of coordinates than it promises gives the empty matrix, which is refused, with
    /// its shape, by whoever uses it.
    fn jacobian(&self, xi: &[f64]) -> Matrix {
        let n = self.ambient();
        let mut out = Matrix::zeros(n, xi.len());
        let mut duals: Vec<Dual64> = xi.iter().map(|&x| Dual64::from(x)).collect();
        for j in 0..xi.len() {
            duals[j].eps = 1.0;
            let column = self.0.evaluate(&duals);
            duals[j].eps = 0.0;
            if column.len() != n {
                return Matrix::zeros(0, 0);
            }
            column.iter().enumerate().for_each(|(i, value)| out[(i, j)] = value.eps);
        }
        out
    }
}
