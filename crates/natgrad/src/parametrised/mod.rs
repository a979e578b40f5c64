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

mod ambient;
mod damping;
pub mod elbo;
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
