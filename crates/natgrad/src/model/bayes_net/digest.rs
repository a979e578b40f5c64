//! Rows merged: counts of the tables that are seen whole, and equal groups of hidden nodes with equal surroundings.
//!
//! ```text
//! Σ_n w_n ln p(v_n) = Σ_e N_e ln θ_e + Σ_pieces w ln Z(piece)
//! ```
//!
//! The cost of a sweep then grows with the number of different pieces, not of rows.

use super::decompose::{HIDDEN, Reader};
use super::plan::{Plan, Tables, Way};
use super::{BayesNet, absorb};
use crate::Error;
use crate::geometry::{Point, Tangent};
use crate::model::{Absorb, Digest, Statistics, Want, Work};
use crate::rows::{Chunk, Column, RowSource};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Most different pieces that are kept: some 300 MB. Beyond, rows are swept as they are.
const MOST_PIECES: usize = 3_000_000;

/// Up to this many configurations of the surroundings they are counted in an array.
const LISTED: usize = 64;

/// States of the surroundings, and the weight of the rows that have them.
type Tallied = Vec<(Box<[u16]>, f64)>;

/// How many pieces with each configuration of the surroundings, by weight.
#[derive(Debug, Clone)]
enum Tally {
    Listed(Vec<f64>),
    Numbered(HashMap<u64, f64>),
    Named(HashMap<Box<[u16]>, f64>),
}

impl Tally {
    fn new(plan: &Plan) -> Self {
        let all = plan.cards.iter().try_fold(1u64, |n, &k| n.checked_mul(k as u64));
        match all {
            Some(n) if n <= LISTED as u64 => Tally::Listed(vec![0.0; n as usize]),
            Some(_) => Tally::Numbered(HashMap::new()),
            None => Tally::Named(HashMap::new()),
        }
    }

    fn add(&mut self, plan: &Plan, seen: &[u16], weight: f64) {
        let number = || seen.iter().zip(&plan.cards).fold(0u64, |n, (&s, &k)| n * k as u64 + u64::from(s));
        match self {
            Tally::Listed(counts) => counts[number() as usize] += weight,
            Tally::Numbered(counts) => *counts.entry(number()).or_default() += weight,
            Tally::Named(counts) => *counts.entry(seen.into()).or_default() += weight,
        }
    }

    fn merge(&mut self, other: Tally) {
        match (self, other) {
            (Tally::Listed(a), Tally::Listed(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a += b),
            (Tally::Numbered(a), Tally::Numbered(b)) => b.into_iter().for_each(|(k, w)| *a.entry(k).or_default() += w),
            (Tally::Named(a), Tally::Named(b)) => b.into_iter().for_each(|(k, w)| *a.entry(k).or_default() += w),
            _ => {}
        }
    }

    fn len(&self) -> usize {
        match self {
            Tally::Listed(counts) => counts.iter().filter(|w| **w > 0.0).count(),
            Tally::Numbered(counts) => counts.len(),
            Tally::Named(counts) => counts.len(),
        }
    }

    /// Surroundings with their weights, in ascending order.
    fn pieces(self, plan: &Plan) -> Tallied {
        let spelled = |mut number: u64| -> Box<[u16]> {
            let mut seen = vec![0; plan.cards.len()];
            for (s, &k) in seen.iter_mut().zip(&plan.cards).rev() {
                *s = (number % k as u64) as u16;
                number /= k as u64;
            }
            seen.into()
        };
        let mut out: Tallied = match self {
            Tally::Listed(counts) => counts.into_iter().enumerate().map(|(i, w)| (spelled(i as u64), w)).collect(),
            Tally::Numbered(counts) => counts.into_iter().map(|(i, w)| (spelled(i), w)).collect(),
            Tally::Named(counts) => counts.into_iter().collect(),
        };
        out.retain(|(_, w)| *w > 0.0);
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }
}

/// What some rows come to.
struct Tallies {
    rows: u64,
    weight: f64,
    whole: Vec<f64>,
    seen: Vec<Vec<f64>>,
    plans: HashMap<Vec<usize>, (Arc<Plan>, Tally)>,
    patterns: usize,
    last: Option<Arc<super::decompose::Pattern>>,
}

impl Tallies {
    fn merge(&mut self, other: Tallies) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.whole.iter_mut().zip(&other.whole).for_each(|(a, b)| *a += b);
        self.seen.iter_mut().flatten().zip(other.seen.iter().flatten()).for_each(|(a, b)| *a += b);
        for (hidden, (plan, tally)) in other.plans {
            match self.plans.get_mut(&hidden) {
                Some((_, own)) => own.merge(tally),
                None => {
                    self.plans.insert(hidden, (plan, tally));
                }
            }
        }
        // More than two is as good as many.
        let differs = match (&self.last, &other.last) {
            (Some(a), Some(b)) => !Arc::ptr_eq(a, b),
            _ => false,
        };
        self.patterns = self.patterns.max(other.patterns) + usize::from(differs);
        self.last = other.last.or(self.last.take());
    }
}

/// A data set as a network sees it.
#[derive(Debug)]
pub struct Survey {
    /// Number of rows.
    pub rows: u64,
    /// Their total weight.
    pub weight: f64,
    /// Counts of the tables that are seen whole, entry by entry.
    pub(super) whole: Vec<f64>,
    /// Counts of every node's states.
    seen: Vec<Vec<f64>>,
    /// Every group of hidden nodes that occurs.
    pub(super) plans: Vec<Arc<Plan>>,
    /// Number of different pieces; `None` where there are too many to keep.
    pub pieces: Option<usize>,
    /// Whether all rows hide the same nodes.
    pub(super) one_pattern: bool,
    merged: Vec<(Arc<Plan>, Tallied)>,
}

impl Survey {
    /// Whether no row with any weight shows a cell.
    pub fn shows_nothing(&self) -> bool {
        self.rows > 0 && self.seen.iter().flatten().all(|n| *n == 0.0)
    }

    /// Takes all rows apart, in one pass.
    ///
    /// # Errors
    /// What reading reports.
    pub(super) fn of(net: &BayesNet, source: &dyn RowSource) -> Result<Self, Error> {
        let empty = || Tallies {
            rows: 0,
            weight: 0.0,
            whole: vec![0.0; net.layout.entries],
            seen: (0..net.network.len()).map(|i| vec![0.0; net.network.states(i)]).collect(),
            plans: HashMap::new(),
            patterns: 0,
            last: None,
        };
        let mut total = empty();
        let mut too_many = false;
        // A few stretches at a time, merged in their order: memory stays small, and sums do not depend on threads.
        for group in source.stretches().chunks(8) {
            let parts: Vec<Result<Tallies, Error>> = group
                .par_iter()
                .with_max_len(1)
                .map(|stretch| tally(net, source, stretch.clone(), empty(), too_many))
                .collect();
            for part in parts {
                total.merge(part?);
            }
            too_many = too_many || total.plans.values().map(|(_, t)| t.len()).sum::<usize>() > MOST_PIECES;
            if too_many {
                total.plans.values_mut().for_each(|(_, t)| *t = Tally::Named(HashMap::new()));
            }
        }
        let mut plans: Vec<(Arc<Plan>, Tally)> = total.plans.into_values().collect();
        plans.sort_by(|a, b| a.0.hidden.cmp(&b.0.hidden));
        let all = plans.iter().map(|(p, _)| p.clone()).collect();
        let merged: Vec<_> = plans
            .into_iter()
            .map(|(plan, tally)| {
                let pieces = tally.pieces(&plan);
                (plan, pieces)
            })
            .collect();
        let pieces = (!too_many).then(|| merged.iter().map(|(_, p)| p.len()).sum());
        Ok(Survey {
            rows: total.rows,
            weight: total.weight,
            whole: total.whole,
            seen: total.seen,
            plans: all,
            pieces,
            one_pattern: total.patterns <= 1,
            merged: if too_many { Vec::new() } else { merged },
        })
    }
}

impl Survey {
    /// What sweeps cost.
    pub(super) fn work(&self, net: &BayesNet) -> Work {
        let open = |plan: &Plan| -> f64 {
            let of = |t: &super::plan::Touched| -> f64 {
                let members = net.layout.families[t.node].members.iter();
                members
                    .filter(|m| plan.hidden.binary_search(m).is_ok())
                    .map(|&m| net.network.states(m) as f64)
                    .product()
            };
            plan.touched.iter().map(of).sum()
        };
        // Of one run, and of its second moments.
        let each = |plan: &Plan| -> (f64, f64) {
            let (families, entries) = (plan.touched.len() as f64, open(plan));
            match &plan.way {
                Way::Listed { states, .. } => {
                    let states = *states as f64;
                    (40.0 + 4.0 * states * families, 2.0 * entries * entries + 4.0 * states * families * families)
                }
                Way::Tree(tree) => {
                    let run = 200.0 + 2.0 * tree.cost().bytes;
                    (run, entries * run)
                }
                Way::MeanField(_) => (200.0 * entries, 0.0),
                Way::TooLarge(_) => (0.0, 0.0),
            }
        };
        let rows = self.rows as f64;
        let mut work = Work { step: 2.0 * net.layout.entries as f64, curvature: 0.0 };
        match self.pieces {
            Some(_) => {
                for (plan, pieces) in &self.merged {
                    let (run, second) = each(plan);
                    work.step += run * pieces.len() as f64;
                    // Second moments are merged only where all rows hide the same nodes.
                    work.curvature += second * if self.one_pattern { pieces.len() as f64 } else { 0.0 };
                }
                if !self.one_pattern {
                    let total: f64 = self.merged.iter().map(|(p, pieces)| each(p).1 * pieces.len() as f64).sum();
                    let count: f64 = self.merged.iter().map(|(_, pieces)| pieces.len() as f64).sum();
                    let per_row = (net.network.len() as f64).powi(2) + 3.0 * total / count.max(1.0);
                    work.curvature += rows * per_row;
                }
            }
            None => {
                let run = |f: fn((f64, f64)) -> f64| self.plans.iter().map(|p| f(each(p))).fold(0.0, f64::max);
                work.step += rows * (run(|e| e.0) + 4.0 * net.network.len() as f64);
                work.curvature += rows * (run(|e| e.1) + (net.network.len() as f64).powi(2));
            }
        }
        work
    }

    /// Frequencies of every node's states where it is seen; uniform where it never is.
    pub fn marginals(&self, net: &BayesNet) -> Vec<Vec<f64>> {
        (0..net.network.len())
            .map(|i| {
                let states = net.network.states(i);
                let seen = &self.seen[i];
                let total: f64 = seen.iter().sum();
                // Half a row each, so that no state that is only rare starts as impossible.
                seen.iter().map(|n| (n + 0.5) / (total + 0.5 * states as f64)).collect()
            })
            .collect()
    }
}

fn tally(
    net: &BayesNet,
    source: &dyn RowSource,
    stretch: Range<usize>,
    mut into: Tallies,
    count_only: bool,
) -> Result<Tallies, Error> {
    let mut reader = Reader::new(net.network.len());
    source.sweep(stretch, &mut |_, chunk| {
        into.rows += chunk.rows as u64;
        for n in 0..chunk.rows {
            let weight = chunk.weight(n);
            into.weight += weight;
            net.read(&chunk, n, &mut reader.states);
            for (counts, &s) in into.seen.iter_mut().zip(&reader.states).filter(|(_, s)| **s != HIDDEN) {
                counts[usize::from(s)] += weight;
            }
            let pattern = reader.pattern(&net.network, &net.layout, &net.store, net.limits);
            if into.last.as_ref().is_none_or(|last| !Arc::ptr_eq(last, &pattern)) {
                into.patterns += 1;
                into.last = Some(pattern.clone());
            }
            for &node in &pattern.whole {
                into.whole[reader.entry(&net.layout, node)] += weight;
            }
            for plan in &pattern.plans {
                let (_, tally) = match into.plans.get_mut(&plan.hidden) {
                    Some(t) => t,
                    None => into.plans.entry(plan.hidden.clone()).or_insert((plan.clone(), Tally::new(plan))),
                };
                if !count_only {
                    reader.look_around(plan);
                    tally.add(plan, &reader.seen, weight);
                }
            }
        }
        Ok(())
    })?;
    Ok(into)
}

/// The merged pieces of a data set, as something to sweep.
#[derive(Debug)]
pub struct Pieces {
    pub(super) net: BayesNet,
    plans: Vec<Arc<Plan>>,
    /// Plan and place of each piece's surroundings.
    pieces: Vec<(u32, u32)>,
    seen: Vec<u16>,
    weights: Vec<f64>,
    whole: Vec<f64>,
    rows: u64,
    weight: f64,
    step: usize,
    curvature: bool,
}

impl Pieces {
    /// From a survey; `None` where there were too many pieces.
    pub(super) fn new(net: &BayesNet, survey: &mut Survey) -> Option<Self> {
        let count = survey.pieces?;
        let mut out = Pieces {
            net: net.clone(),
            plans: Vec::new(),
            pieces: Vec::with_capacity(count),
            seen: Vec::new(),
            weights: Vec::with_capacity(count),
            whole: survey.whole.clone(),
            rows: survey.rows,
            weight: survey.weight,
            // Sums are as long as there are entries: chunks must be worth theirs.
            step: (net.layout.entries / 4).clamp(256, 4096),
            curvature: survey.one_pattern,
        };
        for (plan, pieces) in survey.merged.drain(..) {
            let p = out.plans.len() as u32;
            out.plans.push(plan);
            for (seen, weight) in pieces {
                out.pieces.push((p, out.seen.len() as u32));
                out.seen.extend_from_slice(&seen);
                out.weights.push(weight);
            }
        }
        Some(out)
    }
}

impl Pieces {
    /// As what `Learning::with_digest` takes.
    pub fn as_digest(&self) -> &dyn Digest {
        self
    }
}

impl RowSource for Pieces {
    fn columns(&self) -> &[Column] {
        &[]
    }

    fn rows(&self) -> u64 {
        self.pieces.len() as u64
    }

    fn has_weights(&self) -> bool {
        true
    }

    /// The first chunk stands for the tables that are seen whole.
    fn chunks(&self) -> usize {
        1 + self.pieces.len().div_ceil(self.step)
    }

    fn stretches(&self) -> Vec<Range<usize>> {
        (0..self.chunks()).map(|c| c..c + 1).collect()
    }

    fn sweep(
        &self,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(usize, Chunk<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for c in chunks {
            let first = c.saturating_sub(1) * self.step;
            let rows = if c == 0 { 0 } else { self.step.min(self.pieces.len() - first) };
            let weights = &self.weights[first..first + rows];
            visit(c, Chunk { first_row: first as u64, rows, values: &[], weights: Some(weights) })?;
        }
        Ok(())
    }
}

impl Digest for Pieces {
    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        Ok(Box::new(AtPieces { pieces: self, tables: self.net.tables(at)? }))
    }

    fn has_curvature(&self) -> bool {
        self.curvature
    }
}

struct AtPieces<'a> {
    pieces: &'a Pieces,
    tables: Tables<'a>,
}

impl Absorb for AtPieces<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        let Pieces { net, plans, pieces, seen, weights, whole, rows, weight, .. } = self.pieces;
        if chunk.rows == 0 {
            into.rows += rows;
            into.weight += weight;
            for ((n, log), e) in whole.iter().zip(&self.tables.log).zip(0..) {
                if *n > 0.0 {
                    into.log_evidence += n * log;
                    if want != Want::Evidence {
                        into.sums[e] += n;
                    }
                }
            }
            return;
        }
        let mut work = super::plan::Workspace::default();
        let mut curvature = absorb::CurvatureSums::new(net);
        let first = chunk.first_row as usize;
        for i in first..first + chunk.rows {
            let (p, at) = pieces[i];
            let plan = &plans[p as usize];
            let seen = &seen[at as usize..at as usize + plan.seen.len()];
            let log = plan.run(&self.tables, seen, &mut work);
            into.log_evidence += weights[i] * log;
            if want == Want::Evidence {
                continue;
            }
            let w = weights[i];
            plan.each_entry(&net.layout, &work, |entry, q| into.sums[entry] += w * q);
            if want == Want::Curvature {
                curvature.begin();
                plan.each_entry(&net.layout, &work, |entry, q| curvature.see(entry, q));
                curvature.add_scores(w, into);
                curvature.add_spread(plan, &self.tables, seen, &mut work, w, into);
            }
        }
    }

    fn visible_along(&self, _: &Chunk<'_>, _: &Tangent, _: &mut [f64], _: &mut Vec<f64>) {
        // Scores are of whole rows: the evidence metric sweeps those.
    }

    fn posterior(&self, _: &Chunk<'_>, _: &mut [f64], _: &mut [f64], _: &mut Vec<f64>) {
        // Pieces have no posterior of their own: that is asked of rows.
    }
}
