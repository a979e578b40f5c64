//! Natural parameter gradients for any parametrisation, overparametrised ones included.
//!
//! ```text
//! φ: Ξ ⊂ ℝᵈ → (Z, g)      J = ∂φ/∂ξ      G = Jᵀ M J      c = Jᵀ dL      u = G⁺ c      J u = Π_im J (grad L)
//! ```
//!
//! Give a map with its Jacobian ([`Parametrisation`]) and the metric of the space it maps to ([`Ambient`]);
//! [`Pullback::at`] is the geometry at one parameter, [`natural_gradient`] everything at once. Crate
//! `natgrad-autodiff` makes a [`Parametrisation`] of an ordinary generic function.
//!
//! In the parameter domain live [`Point`](crate::geometry::Point), [`Tangent`](crate::geometry::Tangent) and
//! [`Covector`](crate::geometry::Covector); in the ambient space [`Image`], [`Velocity`] and [`Slope`].
//!
//! A coin whose log-odds are a sum of two parameters, one of which is superfluous:
//!
//! ```
//! use natgrad::geometry::Point;
//! use natgrad::linalg::Matrix;
//! use natgrad::parametrised::{FisherRao, Given, Properness, Slope, natural_gradient};
//!
//! let p = |x: &[f64]| 1.0 / (1.0 + (-x[0] - x[1]).exp());
//! let coin = Given::new(
//!     2,
//!     2,
//!     move |x| vec![p(x), 1.0 - p(x)],
//!     move |x| Matrix::from_fn(2, 2, |i, _| [1.0, -1.0][i] * p(x) * (1.0 - p(x))),
//! );
//! // Log-likelihood per throw of three heads in four: the slope is share / probability.
//! let xi = Point(vec![0.0, 0.0]);
//! let found = natural_gradient(&coin, &FisherRao(2), &xi, &Slope(vec![0.75 / 0.5, 0.25 / 0.5]))?;
//! // Two parameters, one dimension; the motion is straight to the shares.
//! assert_eq!(found.properness, Properness::Proper { dimension: 1 });
//! assert!((found.pushforward.0[0] - (0.75 - 0.5)).abs() < 1e-14);
//! # Ok::<(), natgrad::Error>(())
//! ```

mod ambient;
mod damping;
pub mod elbo;
mod evaluate;
pub mod examples;
mod inverse;
mod map;
mod meeting;
mod metrics;
mod natural;
mod networks;
mod proper;
mod pullback;

pub use ambient::{Ambient, Image, Slope, Velocity};
pub use damping::Damped;
pub use inverse::Inverse;
pub use map::{Affine, Given, Parametrisation, Reparametrised, jacobian_error};
pub use meeting::{Meeting, TangentSpaces, meeting, turning};
pub use metrics::{EuclideanSpace, FisherRao, Form};
pub use natural::{NaturalGradient, natural_gradient};
pub use networks::NetworkMap;
pub use proper::{Properness, properness};
pub use pullback::{Pullback, TANGENT_TOLERANCE};
