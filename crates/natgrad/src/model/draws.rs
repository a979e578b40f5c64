//! How many draws a row may have, where expectations over beliefs are sampled.

use crate::Error;

/// Most draws per row: each takes the room of a row of the minibatch.
pub const MOST_DRAWS: usize = 4096;

/// Refuses no draw, and more than [`MOST_DRAWS`].
pub(crate) fn check_draws(draws: usize) -> Result<(), Error> {
    if (1..=MOST_DRAWS).contains(&draws) {
        return Ok(());
    }
    Err(Error::Setting { problem: format!("{draws} draws per row"), hint: format!("give 1 to {MOST_DRAWS}") })
}
