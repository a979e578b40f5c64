//! One iteration by map and reduce: shards of whole chunks, merged in the fixed tree.

use crate::Error;
use crate::geometry::Point;
use crate::model::{LatentModel, Maximised, Statistics, Want};
use crate::objective::Learning;
use crate::rows::Forest;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Expected statistics of some chunks of a data set, at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// Number of chunks in the whole data set.
    pub chunks: u64,
    /// Fingerprint of the point and the model's structure: shards of different points must not be mixed.
    pub fingerprint: u64,
    /// The sums.
    pub forest: Forest<Statistics>,
}

/// Chunks of shard `index` (from 1) of `count`: consecutive blocks, as even as whole chunks allow.
pub fn shard_chunks(chunks: usize, index: usize, count: usize) -> Range<usize> {
    let at = |i: usize| (chunks as u128 * i as u128 / count as u128) as usize;
    at(index - 1)..at(index)
}

/// The E-step of a shard.
///
/// # Errors
/// As [`Learning::partial`].
pub fn estep(learning: &Learning<'_>, at: &Point, fingerprint: u64, chunks: Range<usize>) -> Result<Shard, Error> {
    let forest = learning.partial(at, Want::Statistics, chunks)?;
    Ok(Shard { chunks: learning.rows().chunks() as u64, fingerprint, forest })
}

/// Merges shards (in any grouping and order) and takes the M-step.
///
/// # Errors
/// [`Error::Data`] if shards belong to different points or data, overlap, or leave chunks out.
pub fn mstep(model: &dyn LatentModel, at: &Point, fingerprint: u64, shards: Vec<Shard>) -> Result<Iterated, Error> {
    let data = |problem: String, hint: &str| Error::Data { problem, hint: hint.into() };
    let Some(chunks) = shards.first().map(|s| s.chunks) else {
        return Err(data("no statistics were given".into(), "name the files that estep wrote"));
    };
    let mut forest = Forest::default();
    for shard in shards {
        if shard.fingerprint != fingerprint {
            return Err(data(
                "the statistics were computed at other parameters than the model's".into(),
                "run estep again with this model file",
            ));
        }
        if shard.chunks != chunks {
            return Err(data(
                format!("the statistics come from data sets of {chunks} and {} chunks", shard.chunks),
                "use the same data for every shard",
            ));
        }
        forest.absorb(shard.forest);
    }
    if forest.overlaps() {
        return Err(data("some rows are in more than one of the statistics".into(), "give every shard once"));
    }
    let covered = forest.covered();
    let whole = covered.len() == 1 && covered[0] == (0..chunks);
    if !whole {
        return Err(data(
            format!("the statistics cover chunks {covered:?} of 0..{chunks}"),
            "give all shards 1/N to N/N",
        ));
    }
    let statistics = forest.total().unwrap_or_else(|| model.empty(Want::Statistics));
    let maximised = model.maximise(at, &statistics)?;
    Ok(Iterated { maximised, statistics })
}

/// What [`mstep`] gives.
#[derive(Debug, Clone)]
pub struct Iterated {
    /// The new point.
    pub maximised: Maximised,
    /// The merged sums, at the old point.
    pub statistics: Statistics,
}
