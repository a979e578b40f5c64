//! Finite mixtures of products of exponential families, with missing cells integrated out exactly.
//!
//! ```text
//! p(x) = Σ_k π_k Π_b p_b(x_b; η_kb),    logits = B(X) H,    statistics = Rᵀ B(X)
//! ```
//!
//! `B(X)` holds a constant, the sufficient statistics of every block of columns, and a column of 0/1 for blocks with
//! missing cells; E-step and M-step are then two matrix products per chunk.

mod binary;
mod boundary;
mod incomplete;
mod information;
mod layout;
mod maps;
mod maximise;
mod prepared;
mod start;
mod ties;

pub use start::{start, start_rows};

use super::{Absorb, Curvature, Entropies, Information, Inward, LatentModel, Maximised, Statistics, Want};
use crate::Error;
use crate::family::{ExponentialFamily, Natural};
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use layout::Layout;
use std::sync::Arc;
use ties::Ties;

/// A log-weight that stands for a weight of zero: `exp(−700) < 1e-304`.
pub(crate) const ZERO_LOG_WEIGHT: f64 = -700.0;

/// One block of columns and the family that its cells follow within a component.
#[derive(Debug, Clone)]
pub struct Block {
    /// The family; its width is the number of columns.
    pub family: Arc<dyn ExponentialFamily>,
    /// Indices of the columns in the data set.
    pub columns: Vec<usize>,
    /// Whether any of those cells is missing in some row.
    pub missing: bool,
    /// Normal families: the scale of each column's chart, to translate between chart and original units.
    pub scales: Vec<f64>,
}

/// Which parameters are one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// All components and blocks have parameters of their own.
    None,
    /// Within a component all blocks share their parameters (equal error rates across items).
    Items,
    /// Within a component all columns share one variance (spherical normal).
    Spherical,
    /// All components share one covariance matrix (tied normal; a single full block).
    Covariance,
}

/// Which parameters are held where they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Frozen {
    /// Mixing weights.
    pub weights: bool,
    /// Variances and covariances of normal blocks.
    pub covariances: bool,
}

/// The structure of a mixture: everything but its parameters.
#[derive(Debug, Clone)]
pub struct Mixture {
    components: usize,
    blocks: Vec<Block>,
    tie: Tie,
    frozen: Frozen,
    floor: f64,
    layout: Layout,
    ties: Ties,
    column_names: Vec<String>,
}

impl Mixture {
    /// A mixture of `components` products of the given blocks.
    ///
    /// `floor` is the smallest variance (eigenvalue of a covariance) that an M-step may give, in the data's units
    /// squared; 0 for none.
    ///
    /// # Errors
    /// [`Error::Setting`] for zero components, no blocks, or a tie that does not fit the blocks.
    pub fn new(
        components: usize,
        blocks: Vec<Block>,
        tie: Tie,
        frozen: Frozen,
        floor: f64,
        column_names: Vec<String>,
    ) -> Result<Self, Error> {
        let setting = |problem: &str, hint: &str| Err(Error::Setting { problem: problem.into(), hint: hint.into() });
        if components == 0 {
            return setting("a mixture needs at least one component", "--components 2");
        }
        if blocks.is_empty() {
            return setting("a mixture needs at least one column", "name columns with --columns");
        }
        let same = |f: fn(&Block) -> usize| blocks.iter().all(|b| f(b) == f(&blocks[0]));
        let fits = match tie {
            Tie::None => true,
            Tie::Items => same(|b| b.family.dim()) && blocks.iter().all(|b| b.family.name() == blocks[0].family.name()),
            Tie::Spherical => blocks.iter().all(|b| b.family.name() == "normal" && b.scales == blocks[0].scales),
            Tie::Covariance => blocks.len() == 1 && blocks[0].family.name() == "multivariate-normal",
        };
        if !fits {
            return setting("the parameters to be tied are of different kinds", "tie columns of one family only");
        }
        let layout = Layout::new(components, &blocks);
        let ties = Ties::new(&layout, &blocks, tie, frozen);
        Ok(Mixture { components, blocks, tie, frozen, floor, layout, ties, column_names })
    }

    /// Whether columns of zeros and ones are looked up rather than multiplied: from eight columns on it is faster, and
    /// beyond a million coefficients the tables leave the caches.
    fn looks_up(&self) -> bool {
        let (columns, binary) = (self.blocks.len(), self.blocks.iter().all(|b| b.family.is_binary()));
        binary && columns >= 8 && columns * self.components <= 1 << 20
    }

    /// Number of components `K`.
    pub fn components(&self) -> usize {
        self.components
    }

    /// The blocks of columns.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Which parameters are held fixed.
    pub fn frozen(&self) -> Frozen {
        self.frozen
    }

    /// Which parameters are tied.
    pub fn tie(&self) -> Tie {
        self.tie
    }

    /// The covariance floor, in the data's units squared; 0 for none.
    pub fn floor(&self) -> f64 {
        self.floor
    }

    /// Assembles a point from mixing weights and natural parameters `natural[k][b]`.
    pub fn point(&self, weights: &[f64], natural: &[Vec<Natural>]) -> Point {
        let mut p: Vec<f64> = weights.iter().map(|w| w.ln().max(ZERO_LOG_WEIGHT)).collect();
        for component in natural {
            for block in component {
                p.extend_from_slice(&block.0);
            }
        }
        Point(p)
    }

    /// Mixing weights at a point (they sum to one).
    pub fn weights(&self, at: &Point) -> Vec<f64> {
        at.0[..self.components].iter().map(|a| if *a <= ZERO_LOG_WEIGHT { 0.0 } else { a.exp() }).collect()
    }

    /// Natural parameters of block `b` in component `k`.
    pub fn natural(&self, at: &Point, k: usize, b: usize) -> Natural {
        Natural(at.0[self.layout.coordinates(k, b)].to_vec())
    }

    /// Coordinates of block `b` of component `k` in a point.
    pub fn coordinates(&self, k: usize, b: usize) -> std::ops::Range<usize> {
        self.layout.coordinates(k, b)
    }

    /// The free coordinate that coordinate `i` of a point follows; `None` if it is frozen.
    pub fn free_coordinate(&self, i: usize) -> Option<usize> {
        self.ties.of(i)
    }

    /// Components in which a covariance rests on the floor.
    pub fn floored(&self, at: &Point) -> Vec<usize> {
        maximise::resting_on_floor(self, at)
    }

    /// The entropy-sum residual that an active floor explains, per row.
    ///
    /// ```text
    /// ½ Σ_k (N_k/N) Σ_i (1 − s²_i/floor)  over the eigenvalues that rest on the floor,  s² = what the rows would give
    /// ```
    pub fn floor_residual(&self, at: &Point, statistics: &Statistics) -> f64 {
        maximise::floor_residual(self, at, statistics)
    }

    /// Expectation of a block's cells given those that are there (`NaN` where missing), in component `k`.
    pub fn conditional_mean(&self, at: &Point, k: usize, b: usize, x: &[f64]) -> Vec<f64> {
        let block = &self.blocks[b];
        if block.family.width() > 1 {
            let natural: Vec<Natural> = (0..self.components).map(|k| self.natural(at, k, b)).collect();
            let joint = incomplete::JointBlock::new(block, &natural);
            let centers = block.family.centers();
            let z: Vec<f64> = x.iter().enumerate().map(|(i, v)| (v - centers[i]) / block.scales[i]).collect();
            let pattern = joint.pattern(&z);
            let (mut mean, mut covariance) = (vec![0.0; x.len()], vec![0.0; x.len() * x.len()]);
            joint.moments(&pattern, k, &z, &mut mean, &mut covariance);
            return mean.iter().enumerate().map(|(i, m)| centers[i] + block.scales[i] * m).collect();
        }
        vec![block.family.mean(&self.natural(at, k, b))]
    }

    /// Matches the components of another point to those of a reference: entry `k` is the component of `other` that plays
    /// the role of the reference's component `k` (closest pairs first, by symmetric Kullback-Leibler divergence).
    pub fn align(&self, reference: &Point, other: &Point) -> Vec<usize> {
        let mut pairs = Vec::with_capacity(self.components * self.components);
        for i in 0..self.components {
            for j in 0..self.components {
                let mut apart = 0.0;
                for (b, block) in self.blocks.iter().enumerate() {
                    let (x, y) = (self.natural(reference, i, b), self.natural(other, j, b));
                    apart += block.family.kl(&x, &y) + block.family.kl(&y, &x);
                }
                pairs.push((if apart.is_finite() { apart } else { f64::INFINITY }, i, j));
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut role, mut taken) = (vec![None; self.components], vec![false; self.components]);
        for (_, i, j) in pairs {
            if role[i].is_none() && !taken[j] {
                role[i] = Some(j);
                taken[j] = true;
            }
        }
        role.into_iter().map(|r| r.unwrap_or(0)).collect()
    }

    /// Number of rows, by expectation, that each component holds.
    pub fn counts(&self, statistics: &Statistics) -> Vec<f64> {
        (0..self.components).map(|k| statistics.sums[self.layout.sums_of(k)]).collect()
    }

    /// The entropy-sum residual of each component, per row: `Σ_n r_nk (ln p̃(x_n|k) + H̃_k) / N`, complete cells only.
    pub fn component_residuals(&self, at: &Point, s: &Statistics) -> Vec<f64> {
        (0..self.components)
            .map(|k| {
                let mut total = 0.0;
                for (b, block) in self.blocks.iter().enumerate() {
                    let eta = self.natural(at, k, b);
                    let part = self.layout.block_sums(&s.sums, k, b);
                    let entropy = block.family.pseudo_entropy(&eta);
                    total += part.count * (entropy - block.family.log_partition(&eta));
                    total += eta.0.iter().zip(part.sums).filter(|(_, t)| **t != 0.0).map(|(e, t)| e * t).sum::<f64>();
                    if let Some(rest) = part.incomplete {
                        total += rest.log_density + rest.entropy;
                    }
                }
                total / s.weight
            })
            .collect()
    }

    /// The prior's share of the entropy-sum residual, per row: `Σ_k (q̄_k − π_k) ln π_k`.
    pub fn prior_residual(&self, at: &Point, s: &Statistics) -> f64 {
        let pi = self.weights(at);
        let counts = self.counts(s);
        (0..self.components)
            .map(|k| {
                let gap = counts[k] / s.weight - pi[k];
                if gap == 0.0 { 0.0 } else { gap * at.0[k] }
            })
            .sum()
    }
}

impl LatentModel for Mixture {
    fn free(&self) -> usize {
        self.ties.free()
    }

    fn empty(&self, want: Want) -> Statistics {
        let mut s = Statistics::zero(if want == Want::Evidence { 0 } else { self.layout.sums_len() });
        if want == Want::Curvature {
            let (free, m) = (self.free(), self.layout.component_dim());
            s.curvature =
                Some(Curvature { scores: vec![0.0; free * free], complete: vec![0.0; self.components * m * m] });
        }
        s
    }

    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        Ok(Box::new(prepared::Prepared::new(self, at)?))
    }

    fn maximise(&self, at: &Point, statistics: &Statistics) -> Result<Maximised, Error> {
        maximise::maximise(self, at, statistics)
    }

    fn gradient(&self, at: &Point, s: &Statistics) -> Covector {
        let mut full = vec![0.0; self.layout.dim()];
        let pi = self.weights(at);
        for k in 0..self.components {
            full[k] = s.sums[self.layout.sums_of(k)] / s.weight - pi[k];
            for (b, block) in self.blocks.iter().enumerate() {
                let mean = block.family.expectation(&self.natural(at, k, b));
                let (count, sums) = self.layout.completed(&s.sums, k, b);
                for (j, i) in self.layout.coordinates(k, b).enumerate() {
                    full[i] = (sums[j] - count * mean.0[j]) / s.weight;
                }
            }
        }
        Covector(self.ties.fold(&full))
    }

    fn joint_metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        information::joint_metric(self, at, s)
    }

    fn information(&self, at: &Point, s: &Statistics) -> Option<Information> {
        information::information(self, at, s)
    }

    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point> {
        let full = self.ties.expand(&v.0);
        let mut next = Point(at.0.iter().zip(&full).map(|(a, d)| a + step * d).collect());
        if next.0.iter().any(|x| !x.is_finite()) {
            return None;
        }
        if !self.frozen.weights {
            let top = next.0[..self.components].iter().fold(f64::NEG_INFINITY, |m, a| m.max(*a));
            let log = top + next.0[..self.components].iter().map(|a| (a - top).exp()).sum::<f64>().ln();
            next.0[..self.components].iter_mut().for_each(|a| *a = (*a - log).max(ZERO_LOG_WEIGHT));
        }
        for k in 0..self.components {
            for (b, block) in self.blocks.iter().enumerate() {
                let range = self.layout.coordinates(k, b);
                let eta = Natural(next.0[range.clone()].to_vec());
                if !block.family.is_interior(&eta) {
                    return None;
                }
                if block.family.rank() < block.family.dim() {
                    // A redundant chart (log-probabilities): keep the representative whose log-partition is 0.
                    let log = block.family.log_partition(&eta);
                    next.0[range].iter_mut().for_each(|e| *e = (*e - log).max(ZERO_LOG_WEIGHT));
                }
            }
        }
        maximise::lift_to_floor(self, &mut next);
        Some(next)
    }

    fn difference(&self, from: &Point, to: &Point) -> Tangent {
        let mut out = vec![0.0; self.ties.free()];
        // Coordinates that follow the same free one differ by the same amount.
        for (i, (a, b)) in from.0.iter().zip(&to.0).enumerate() {
            if let Some(f) = self.ties.of(i) {
                out[f] = b - a;
            }
        }
        Tangent(out)
    }

    fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let pi = self.weights(at);
        let prior = -pi.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        let mut observable = 0.0;
        for k in 0..self.components {
            for (b, block) in self.blocks.iter().enumerate() {
                let part = self.layout.block_sums(&s.sums, k, b);
                if part.count != 0.0 {
                    observable += part.count * block.family.pseudo_entropy(&self.natural(at, k, b));
                }
                if let Some(rest) = part.incomplete {
                    observable += rest.entropy;
                }
            }
        }
        Entropies {
            recognition: s.recognition_entropy / s.weight,
            prior,
            observable: observable / s.weight,
            base_measure: 0.0,
        }
    }

    fn name_of(&self, coordinate: usize) -> String {
        match self.ties.representative(coordinate) {
            Some(place) => self.name_of_place(place),
            None => format!("coordinate {coordinate}"),
        }
    }

    fn inward(&self, at: &Point, statistics: &Statistics) -> Vec<Inward> {
        boundary::inward(self, at, statistics)
    }

    fn raised(&self, at: &Point, which: &[Inward], reach: f64) -> Point {
        boundary::raised(self, at, which, reach)
    }

    fn name_of_place(&self, full: usize) -> String {
        if full < self.components {
            return format!("weight of component {}", full + 1);
        }
        let (k, b, i) = self.layout.locate(full);
        let columns: Vec<&str> = self.blocks[b].columns.iter().map(|&d| self.column_names[d].as_str()).collect();
        let what = match (self.blocks[b].family.width(), columns.len()) {
            (1, _) => columns.join(","),
            _ => self.joint_name(b, i),
        };
        match self.tie {
            Tie::Covariance if i >= self.blocks[b].family.width() => format!("shared covariance, {what}"),
            _ => format!("component {}, {what}", k + 1),
        }
    }
}

impl Mixture {
    /// Which columns statistic `i` of a multivariate block belongs to.
    fn joint_name(&self, b: usize, i: usize) -> String {
        let names: Vec<&str> = self.blocks[b].columns.iter().map(|&d| self.column_names[d].as_str()).collect();
        let width = names.len();
        if i < width {
            return names[i].to_string();
        }
        let mut at = width;
        for r in 0..width {
            for c in r..width {
                if at == i {
                    return if r == c { format!("{}²", names[r]) } else { format!("{}·{}", names[r], names[c]) };
                }
                at += 1;
            }
        }
        format!("statistic {i}")
    }
}
