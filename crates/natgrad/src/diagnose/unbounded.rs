//! Has the likelihood a maximum at all? Where an EM step finds none, what is found nearby is none either.

use crate::Error;
use crate::ascent::em;
use crate::objective::{Learning, Look};

/// Why the likelihood has no maximum uphill of a look: what an EM step from there says; `None` where it finds one.
///
/// Costs no sweep.
pub fn unbounded(learning: &Learning<'_>, look: &Look) -> Option<String> {
    match em(learning, look) {
        Err(e @ Error::Collapsed { .. }) => e.to_string().lines().next().map(str::to_owned),
        _ => None,
    }
}
