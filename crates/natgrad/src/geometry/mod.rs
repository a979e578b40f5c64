//! Points, tangents, covectors, and the metrics that turn one into another.
//!
//! ```text
//! natural parameter gradient  v = G⁺ dL        pushforward  J v        |dL|² = dL · G⁺ dL
//! ```
//!
//! A gradient is a [`Covector`]; it meets parameters only after a [`Metric`] has raised it to a [`Tangent`].

mod block_spectrum;
mod conjugate;
mod euclidean;
mod gram;
mod metric;
mod point;
pub mod simplex;
mod spectrum;

pub use block_spectrum::BlockSpectrum;
pub use conjugate::{Solved, conjugate_gradients};
pub use euclidean::Euclidean;
pub use gram::{BlockGram, Gram};
pub use metric::{Metric, RANK_TOLERANCE, Raised};
pub use point::{Covector, Point, Tangent};
pub use spectrum::{Inertia, Spectrum};
