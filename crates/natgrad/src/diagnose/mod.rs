//! What can be said about a point: is it stationary, how much is left, is it a maximum, what can the data not see.
//!
//! Start here to add another certificate: copy `stationarity.rs` and add it to the list in `certificate.rs`.

mod assessment;
mod boundary;
mod certificate;
mod entropy_sum;
mod errors;
mod information;
mod remaining;
mod remaining_gain;
mod restarts;
mod sampled;
mod stationarity;
mod unbounded;

pub use assessment::{Assessment, DENSE_LIMIT, FLAT, Reading, dense_is_affordable};
pub(crate) use boundary::raised_points;
pub use boundary::{AtBoundary, at_the_boundary};
pub use certificate::{Certificate, Circumstances, Explanation, Verdict, certify, explanations};
pub use entropy_sum::residual_variance;
pub use errors::{CovarianceBlock, covariance_of_estimates};
pub use remaining::from_gains;
pub use restarts::{Restarts, agreement};
pub use unbounded::unbounded;
