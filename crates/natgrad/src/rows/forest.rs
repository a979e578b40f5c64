//! Sums over chunks whose bits depend on nothing but the chunks: one fixed binary tree, grown in any order.
//!
//! ```text
//! node (level, i) = sum of chunks i·2^level .. (i+1)·2^level;   two siblings merge as left + right as soon as both are there
//! ```
//!
//! Threads, shards and machines may add chunks in any order and grouping: the same chunks give the same bits.

use super::{Chunk, RowSource};
use crate::Error;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Something that can be added up.
pub trait Merge {
    /// `self ← self + other`.
    fn merge(&mut self, other: &Self);
}

/// Partial sums over chunks: the maximal complete nodes of the fixed tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forest<S> {
    nodes: Vec<Node<S>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Node<S> {
    level: u32,
    index: u64,
    sum: S,
}

impl<S> Default for Forest<S> {
    fn default() -> Self {
        Forest { nodes: Vec::new() }
    }
}

impl<S: Merge> Forest<S> {
    /// Adds the sum of chunk `index`.
    pub fn insert(&mut self, index: u64, sum: S) {
        self.insert_node(0, index, sum);
    }

    fn insert_node(&mut self, mut level: u32, mut index: u64, mut sum: S) {
        while let Some(at) = self.nodes.iter().position(|n| n.level == level && n.index == index ^ 1) {
            let sibling = self.nodes.swap_remove(at);
            if index & 1 == 0 {
                sum.merge(&sibling.sum);
            } else {
                let mut left = sibling.sum;
                left.merge(&sum);
                sum = left;
            }
            level += 1;
            index >>= 1;
        }
        self.nodes.push(Node { level, index, sum });
    }

    /// Adds all nodes of another forest.
    pub fn absorb(&mut self, other: Forest<S>) {
        for node in other.nodes {
            self.insert_node(node.level, node.index, node.sum);
        }
    }

    /// The chunks that are in, as disjoint ranges in order, touching ranges joined.
    pub fn covered(&self) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> =
            self.nodes.iter().map(|n| n.index << n.level..(n.index + 1) << n.level).collect();
        ranges.sort_by_key(|r| r.start);
        let mut joined: Vec<Range<u64>> = Vec::new();
        for r in ranges {
            match joined.last_mut() {
                Some(last) if last.end == r.start => last.end = r.end,
                _ => joined.push(r),
            }
        }
        joined
    }

    /// Whether some chunk is in twice (two shards overlap).
    pub fn overlaps(&self) -> bool {
        let mut ends: BTreeMap<u64, u64> = BTreeMap::new();
        for n in &self.nodes {
            if ends.insert(n.index << n.level, (n.index + 1) << n.level).is_some() {
                return true;
            }
        }
        let starts: Vec<(u64, u64)> = ends.into_iter().collect();
        starts.windows(2).any(|w| w[0].1 > w[1].0)
    }

    /// The sum of everything, nodes taken in the order of their chunks; `None` where nothing is in.
    pub fn total(mut self) -> Option<S> {
        self.nodes.sort_by_key(|n| n.index << n.level);
        let mut nodes = self.nodes.into_iter().map(|n| n.sum);
        let mut total = nodes.next()?;
        for sum in nodes {
            total.merge(&sum);
        }
        Some(total)
    }
}

/// Sums `absorb` over the chunks of a range, in parallel, in the fixed tree.
///
/// `empty` makes a zero sum (one per chunk in flight), `scratch` working memory (one per stretch in flight).
///
/// # Errors
/// The first error in the order of the chunks.
pub fn sum_chunks<S, T>(
    source: &dyn RowSource,
    range: Range<usize>,
    empty: impl Fn() -> S + Sync,
    scratch: impl Fn() -> T + Sync,
    absorb: impl Fn(&Chunk<'_>, &mut S, &mut T) -> Result<(), Error> + Sync,
) -> Result<Forest<S>, Error>
where
    S: Merge + Send,
{
    let stretches = source
        .stretches()
        .into_iter()
        .map(|s| s.start.max(range.start)..s.end.min(range.end))
        .filter(|s| s.start < s.end)
        .collect();
    sum_ranges(source, stretches, empty, scratch, absorb)
}

/// As [`sum_chunks`] for any disjoint ranges of chunks, each read on its own.
///
/// # Errors
/// The first error in the order of the ranges.
pub fn sum_ranges<S, T>(
    source: &dyn RowSource,
    ranges: Vec<Range<usize>>,
    empty: impl Fn() -> S + Sync,
    scratch: impl Fn() -> T + Sync,
    absorb: impl Fn(&Chunk<'_>, &mut S, &mut T) -> Result<(), Error> + Sync,
) -> Result<Forest<S>, Error>
where
    S: Merge + Send,
{
    let forest = Mutex::new(Forest::default());
    let outcomes: Vec<Result<(), Error>> = ranges
        .into_par_iter()
        .with_max_len(1)
        .map(|stretch| {
            let mut working = scratch();
            let mut local = Forest::default();
            source.sweep(stretch, &mut |index, chunk| {
                let mut sum = empty();
                absorb(&chunk, &mut sum, &mut working)?;
                local.insert(index as u64, sum);
                Ok(())
            })?;
            // A panic elsewhere is already on its way to the caller; the forest itself is never left half changed.
            forest.lock().unwrap_or_else(PoisonError::into_inner).absorb(local);
            Ok(())
        })
        .collect();
    for outcome in outcomes {
        outcome?;
    }
    Ok(forest.into_inner().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Merge for f64 {
        fn merge(&mut self, other: &Self) {
            *self += other;
        }
    }

    #[test]
    fn any_order_and_grouping_gives_the_same_bits() {
        let value = |i: u64| 1.0 / (i as f64 + 0.37) * if i.is_multiple_of(3) { 1e9 } else { 1.0 };
        let mut straight = Forest::default();
        (0..100).for_each(|i| straight.insert(i, value(i)));
        let mut backwards = Forest::default();
        (0..100).rev().for_each(|i| backwards.insert(i, value(i)));
        let mut grouped = Forest::default();
        for part in [60..100, 0..7, 7..60] {
            let mut f = Forest::default();
            part.for_each(|i| f.insert(i, value(i)));
            grouped.absorb(f);
        }
        assert_eq!(grouped.covered(), vec![0..100]);
        assert!(!grouped.overlaps());
        let total = straight.total().map(f64::to_bits);
        assert_eq!(total, backwards.total().map(f64::to_bits));
        assert_eq!(total, grouped.total().map(f64::to_bits));
    }

    #[test]
    fn a_shard_given_twice_is_noticed() {
        let mut f = Forest::default();
        [0u64, 1, 2, 2].into_iter().for_each(|i| f.insert(i, 1.0));
        assert!(f.overlaps());
    }
}
