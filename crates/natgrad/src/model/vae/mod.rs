//! Variational autoencoders: networks from rows to normal beliefs about latents, and from latents back to rows.
//!
//! ```text
//! q(z|x) = N(m(x), diag e^{2 s(x)})      p(z) = N(0, diag eᵗ)      p(x|z): normal, Bernoulli or Poisson, column by column
//! ```
//!
//! One row's way: `x → encoder → (m, s) → z = m + eˢ ε → decoder → slopes of ln p(x|z) → decoder → (m, s) → encoder`.
//! Expectations over `q` take fixed nodes where those are exact or nearly so, and seeded draws elsewhere.

mod architecture;
mod closed;
mod expectation;
mod pass;
mod start;
mod sums;
mod support;
mod units;

pub use architecture::{Architecture, Deviations, Inputs, ObservableName, PriorName, Vae, Variance};
pub use closed::Condition;
pub use expectation::{Expectation, Nodes};
pub use pass::{Kronecker, Pass, Sweep};
pub use start::ColumnMoments;
pub use sums::Sums;
pub use support::{check, log_base_measure};
pub use units::Units;
