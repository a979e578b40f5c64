//! The information spectrum of a large network, part by part: exact where a part's blanket can be listed, else sampled.

use super::super::Network;
use super::super::enumerated::{Boundary, joint_metric};
use super::super::junction::{JunctionTree, MOST_BYTES};
use super::form::{Form, Frame};
use super::part::{Part, Posterior, advance, parts, states};
use super::sample::sample_states;
use crate::Error;
use crate::geometry::{BlockGram, Covector, Metric, Point, Tangent};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};

/// Sines and cosines below this are zero (as for listed networks).
const ZERO: f64 = 1e-9;

/// Eigenvalues closer than this to 0 or 1 are measured again, direction by direction, to keep the digits of their distance.
const NEAR: f64 = 1e-8;

/// The defect below which a point counts as cylindrical.
const CYLINDRICAL: f64 = 1e-8;

/// Groups of a sample: the spread of their means gives the standard errors (to about 13 %).
const GROUPS: usize = 32;

/// How much may be spent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Visible states drawn where a part is sampled.
    pub samples: usize,
    /// Seed of the draws.
    pub seed: u64,
    /// Sample every part, also those that could be exact.
    pub always_sample: bool,
    /// Most states (blanket and hidden nodes) of a part that are listed.
    pub most_listed: f64,
    /// Most bytes of a junction tree.
    pub most_bytes: f64,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { samples: 4096, seed: 0, always_sample: false, most_listed: 1_048_576.0, most_bytes: MOST_BYTES }
    }
}

/// How a part's block was found, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertainty {
    /// From the blanket's own distribution: exact.
    Exact,
    /// From a sample, hidden states listed.
    Sampled,
    /// From a sample of posterior scores; the joint metric is the model's own, so an eigenvalue may exceed 1.
    SampledScores,
}

/// One part's block.
#[derive(Debug, Clone)]
pub struct PartGeometry {
    /// The part.
    pub part: Part,
    /// How it was found.
    pub uncertainty: Uncertainty,
    /// Eigenvalues, ascending; directions that the sample has not seen are left out.
    pub eigenvalues: Vec<f64>,
    /// Their standard errors (0 where exact).
    pub standard_errors: Vec<f64>,
    /// Directions that no sampled state had anything to say about.
    pub unseen: usize,
    frame: Frame,
    visible: Matrix,
    /// Columns with `eᵀ T e = 1`.
    vectors: Matrix,
    sines: Vec<f64>,
    cosines: Vec<f64>,
}

/// The geometry of a network with hidden nodes, nothing in it larger than a clique or a part's block.
#[derive(Debug, Clone)]
pub struct Components<'a> {
    /// The network.
    pub network: &'a Network,
    /// Which nodes are hidden.
    pub hidden: Vec<bool>,
    /// Where.
    pub point: Point,
    /// `P(state | configuration)` of every node, flat.
    pub tables: Vec<Vec<f64>>,
    /// `p(state, configuration)` of every node, flat.
    pub families: Vec<Vec<f64>>,
    /// The joint Fisher matrix.
    pub joint_metric: BlockGram,
    /// The parts.
    pub parts: Vec<PartGeometry>,
    /// Dimension of the tangent space.
    pub rank_joint: usize,
    /// Dimension of the visible model here.
    pub rank_visible: usize,
    /// Directions with `λ = 0`.
    pub vertical: usize,
    /// Directions with `λ = 1`.
    pub horizontal: usize,
    /// All eigenvalues of `(G_V, G)`, ascending, with their standard errors (0 where exact).
    pub eigenvalues: Vec<(f64, f64)>,
    /// `2 max √(λ(1−λ))`.
    pub defect: f64,
    /// How far the defect moves when its eigenvalue moves by one standard error.
    pub defect_error: f64,
    /// Whether the defect is zero up to rounding.
    pub cylindrical: bool,
    /// Kantorovich's bound of the cosine between the evidence's gradient in the two metrics.
    pub cosine_bound: f64,
}

impl<'a> Components<'a> {
    /// Looks at a point.
    ///
    /// # Errors
    /// [`Error::Setting`] where even the family marginals are out of reach, [`Error::Data`] for tables with negative
    /// entries. Where tables have zeros the geometry is that of the face on which they stay zero.
    pub fn new(network: &'a Network, hidden: &[bool], point: &Point, effort: &Effort) -> Result<Self, Error> {
        let n = network.len();
        let tables: Vec<Vec<f64>> = (0..n).map(|i| network.table(i, point)).collect();
        let tree = JunctionTree::new(network, &vec![false; n], &[], effort.most_bytes)?;
        let mut beliefs = tree.beliefs();
        tree.run(&tables, &vec![None; n], &mut beliefs)?;
        let mut families: Vec<Vec<f64>> = tables.iter().map(|t| vec![0.0; t.len()]).collect();
        tree.add_families(&beliefs, 1.0, &mut families);
        drop((tree, beliefs));
        let joint_metric = joint_metric(network, point, &tables, &families, Boundary::Face)?;
        let all = Shared { network, hidden, point, tables: &tables, metric: &joint_metric, effort };
        let mut drawn = None;
        let found: Vec<PartGeometry> =
            parts(network, hidden).into_iter().map(|part| all.part(part, &mut drawn)).collect::<Result<_, _>>()?;

        let rank_joint = joint_metric.rank();
        let inside: usize = found.iter().map(|p| p.frame.rank()).sum();
        // Families without hidden members are wholly visible.
        let mut eigenvalues: Vec<(f64, f64)> = vec![(1.0, 0.0); rank_joint - inside];
        let (mut rank_visible, mut horizontal) = (rank_joint - inside, rank_joint - inside);
        let (mut vertical, mut defect, mut defect_error) = (0, 0.0f64, 0.0);
        for p in &found {
            let both = p.eigenvalues.iter().copied().zip(p.standard_errors.iter().copied());
            eigenvalues.extend(both);
            for (i, (s, c)) in p.sines.iter().zip(&p.cosines).enumerate() {
                vertical += usize::from(*s <= ZERO);
                rank_visible += usize::from(*s > ZERO);
                horizontal += usize::from(*c <= ZERO);
                let here = (2.0 * s * c).min(1.0);
                if here > defect {
                    defect = here;
                    let at = |l: f64| 2.0 * (l.clamp(0.0, 1.0) * (1.0 - l.clamp(0.0, 1.0))).sqrt();
                    let (l, e) = (p.eigenvalues[i], p.standard_errors[i]);
                    defect_error = [l - e, l + e].iter().map(|x| (at(*x) - at(l)).abs()).fold(0.0, f64::max);
                }
            }
        }
        eigenvalues.sort_by(|a, b| a.0.total_cmp(&b.0));
        let positive = || eigenvalues.iter().map(|(l, _)| *l).filter(|l| l.sqrt() > ZERO);
        let (low, high) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
        Ok(Components {
            network,
            hidden: hidden.to_vec(),
            point: point.clone(),
            families,
            parts: found,
            rank_joint,
            rank_visible,
            vertical,
            horizontal,
            eigenvalues,
            defect,
            defect_error,
            cylindrical: defect < CYLINDRICAL,
            cosine_bound: if high > 0.0 { 2.0 * (low * high).sqrt() / (low + high) } else { 1.0 },
            joint_metric,
            tables,
        })
    }

    /// `G_V⁺ c`: the natural gradient of the evidence.
    pub fn raise_visible(&self, slope: &Covector) -> Tangent {
        let mut out = self.joint_metric.raise(slope).tangent;
        for p in &self.parts {
            let (root, r) = (&p.frame.root, p.frame.rank());
            let g = p.whitened(slope);
            let mut w = vec![0.0; r];
            for i in (0..p.eigenvalues.len()).filter(|&i| p.sines[i] > ZERO) {
                let along: f64 = (0..r).map(|k| p.vectors[(k, i)] * g[k]).sum::<f64>() / p.eigenvalues[i];
                (0..r).for_each(|k| w[k] += along * p.vectors[(k, i)]);
            }
            for (row, &j) in p.frame.parameters.iter().enumerate() {
                out.0[j] = (0..r).map(|k| root[(row, k)] * w[k]).sum();
            }
        }
        out
    }

    /// `uᵀ G_V w`: the inner product of two pushforwards in the visible Fisher metric.
    pub fn visible_product(&self, u: &Tangent, w: &Tangent) -> f64 {
        let (lu, lw) = (self.joint_metric.lower(u), self.joint_metric.lower(w));
        let mut outside = u.clone();
        self.parts.iter().flat_map(|p| &p.frame.parameters).for_each(|&j| outside.0[j] = 0.0);
        let mut total = lw.along(&outside);
        for p in &self.parts {
            let (a, b) = (p.whitened(&lu), p.whitened(&lw));
            let r = p.frame.rank();
            total += (0..r).map(|i| a[i] * (0..r).map(|j| p.visible[(i, j)] * b[j]).sum::<f64>()).sum::<f64>();
        }
        total
    }

    /// Blocks of the visible Fisher matrix: parameters and matrix, one per part and one per family without hidden members.
    pub fn visible_blocks(&self) -> Vec<(Vec<usize>, Matrix)> {
        let mut out: Vec<(Vec<usize>, Matrix)> = self
            .joint_metric
            .blocks()
            .filter(|(index, _)| !self.parts.iter().any(|p| index.iter().any(|j| p.frame.parameters.contains(j))))
            .map(|(index, gram)| (index.to_vec(), gram.matrix().clone()))
            .collect();
        for p in &self.parts {
            // G_V = (GW) A (GW)ᵀ on the part.
            let (parameters, r) = (&p.frame.parameters, p.frame.rank());
            let mut lowered = Matrix::zeros(parameters.len(), r);
            for k in 0..r {
                let mut e = vec![0.0; self.network.parameters()];
                parameters.iter().enumerate().for_each(|(row, &j)| e[j] = p.frame.root[(row, k)]);
                let l = self.joint_metric.lower(&Tangent(e));
                parameters.iter().enumerate().for_each(|(row, &j)| lowered[(row, k)] = l.0[j]);
            }
            let block = times(times(lowered.as_ref(), p.visible.as_ref()).as_ref(), lowered.transpose());
            out.push((parameters.clone(), block));
        }
        out
    }

    /// Directions that no sampled state had anything to say about.
    pub fn unseen(&self) -> usize {
        self.parts.iter().map(|p| p.unseen).sum()
    }

    /// Number of table entries that are zero: then this is the geometry of a face of the simplex.
    pub fn zeros(&self) -> usize {
        self.tables.iter().flatten().filter(|p| **p <= 0.0).count()
    }

    /// Whether some part was sampled.
    pub fn sampled(&self) -> bool {
        self.parts.iter().any(|p| p.uncertainty != Uncertainty::Exact)
    }
}

impl PartGeometry {
    fn whitened(&self, c: &Covector) -> Vec<f64> {
        let root = &self.frame.root;
        let of = &self.frame.parameters;
        (0..root.ncols()).map(|k| of.iter().enumerate().map(|(row, &j)| root[(row, k)] * c.0[j]).sum()).collect()
    }
}

/// What all parts are made from.
struct Shared<'b> {
    network: &'b Network,
    hidden: &'b [bool],
    point: &'b Point,
    tables: &'b [Vec<f64>],
    metric: &'b BlockGram,
    effort: &'b Effort,
}

fn not_finite() -> Error {
    Error::Data {
        problem: "the visible Fisher matrix has entries that are not finite".into(),
        hint: "a table entry is too close to 0: move it inside".into(),
    }
}

impl Shared<'_> {
    fn part(&self, part: Part, drawn: &mut Option<Vec<Vec<usize>>>) -> Result<PartGeometry, Error> {
        let frame = Frame::new(self.network, self.point, self.tables, self.metric, &part);
        let logs: Vec<Vec<f64>> = self.tables.iter().map(|t| t.iter().map(|p| p.ln()).collect()).collect();
        let (inside, around) = (states(self.network, &part.hidden), states(self.network, &part.blanket));
        if !self.effort.always_sample && inside * around <= self.effort.most_listed {
            let wanted = std::slice::from_ref(&part.blanket);
            let none = vec![false; self.network.len()];
            if JunctionTree::cost_of(self.network, &none, wanted).bytes <= self.effort.most_bytes {
                return self.exact(part, frame, &logs);
            }
        }
        if drawn.is_none() {
            *drawn = Some(sample_states(self.network, self.tables, self.effort.samples.max(GROUPS), self.effort.seed));
        }
        let drawn = drawn.as_deref().unwrap_or_default();
        // Listing the hidden states of every sampled blanket must stay within the same number of steps.
        let listed = inside * drawn.len() as f64 <= 64.0 * self.effort.most_listed;
        self.sampled(part, frame, &logs, drawn, listed)
    }

    fn exact(&self, part: Part, frame: Frame, logs: &[Vec<f64>]) -> Result<PartGeometry, Error> {
        let n = self.network.len();
        let tree = JunctionTree::new(
            self.network,
            &vec![false; n],
            std::slice::from_ref(&part.blanket),
            self.effort.most_bytes,
        )?;
        let mut beliefs = tree.beliefs();
        tree.run(self.tables, &vec![None; n], &mut beliefs)?;
        let weights = tree.wanted(0, &beliefs);
        let mut posterior = Posterior::default();
        let mut each = |visit: &mut dyn FnMut(&Posterior, f64)| {
            let mut state = vec![0; n];
            for &weight in &weights {
                if weight > 0.0 {
                    posterior.list(self.network, &part, logs, &mut state);
                    visit(&posterior, weight);
                }
                advance(&mut state, &part.blanket, self.network);
            }
        };
        let mut form = Form::new(frame.rank());
        each(&mut |posterior, weight| form.add(&frame, posterior, weight));
        let (visible, _) = form.averaged();
        let eigen = symmetric::eigen(&visible).ok_or_else(not_finite)?;
        let r = frame.rank();
        let mut sines: Vec<f64> = eigen.values.iter().map(|l| l.max(0.0).sqrt()).collect();
        let mut cosines: Vec<f64> = eigen.values.iter().map(|l| (1.0 - l).max(0.0).sqrt()).collect();
        let near: Vec<usize> = (0..r).filter(|&i| eigen.values[i] < NEAR || eigen.values[i] > 1.0 - NEAR).collect();
        let mut squares = vec![[0.0; 2]; near.len()];
        each(&mut |posterior, weight| {
            let mut means = vec![0.0; near.len()];
            let mut scores: Vec<(f64, Vec<f64>)> = Vec::with_capacity(posterior.probabilities.len());
            frame.each(posterior, |p, score| {
                let along: Vec<f64> =
                    near.iter().map(|&i| score.iter().map(|&(k, x)| eigen.vectors[(k, i)] * x).sum()).collect();
                means.iter_mut().zip(&along).for_each(|(m, x)| *m += p * x);
                scores.push((p, along));
            });
            for (i, square) in squares.iter_mut().enumerate() {
                square[0] += weight * means[i] * means[i];
                square[1] += weight * scores.iter().map(|(p, x)| p * (x[i] - means[i]).powi(2)).sum::<f64>();
            }
        });
        for (&i, square) in near.iter().zip(&squares) {
            (sines[i], cosines[i]) = (square[0].sqrt(), square[1].sqrt());
        }
        Ok(PartGeometry {
            part,
            uncertainty: Uncertainty::Exact,
            eigenvalues: sines.iter().map(|s| if *s > ZERO { s * s } else { 0.0 }).collect(),
            standard_errors: vec![0.0; r],
            unseen: 0,
            frame,
            visible,
            vectors: eigen.vectors,
            sines,
            cosines,
        })
    }

    fn sampled(
        &self,
        part: Part,
        frame: Frame,
        logs: &[Vec<f64>],
        drawn: &[Vec<usize>],
        listed: bool,
    ) -> Result<PartGeometry, Error> {
        let r = frame.rank();
        let mut groups = vec![Form::new(r); GROUPS];
        if listed {
            let mut posterior = Posterior::default();
            for (s, state) in drawn.iter().enumerate() {
                posterior.list(self.network, &part, logs, &mut state.clone());
                groups[s % GROUPS].add(&frame, &posterior, 1.0);
            }
        } else {
            let given: Vec<bool> = self.hidden.iter().map(|h| !h).collect();
            let tree = JunctionTree::new(self.network, &given, &[], self.effort.most_bytes)?;
            let mut beliefs = tree.beliefs();
            for (s, state) in drawn.iter().enumerate() {
                let evidence: Vec<Option<usize>> =
                    state.iter().zip(self.hidden).map(|(x, hidden)| (!hidden).then_some(*x)).collect();
                tree.run(self.tables, &evidence, &mut beliefs)?;
                let mut score = Vec::new();
                for (f, &node) in part.families.iter().enumerate() {
                    tree.family(node, &beliefs, |entry, p| {
                        score.extend(frame.scores[f][entry].iter().map(|&(k, x)| (k, p * x)));
                    });
                }
                groups[s % GROUPS].add_score(score.into_iter(), 1.0);
            }
        }
        let mut all = Form::new(r);
        groups.iter().for_each(|g| all.merge(g));
        let (visible, mut total) = all.averaged();
        if !listed {
            total = Matrix::from_fn(r, r, |i, j| f64::from(u8::from(i == j && visible[(i, i)] > 0.0)));
        }
        // A sampled direction weighs at least one state among the sample: anything far below is rounding.
        let root = symmetric::inverse_root(&total, 1e-12).ok_or_else(not_finite)?;
        let seen = times(times(root.transpose(), visible.as_ref()).as_ref(), root.as_ref());
        let eigen = symmetric::eigen(&seen).ok_or_else(not_finite)?;
        let vectors = times(root.as_ref(), eigen.vectors.as_ref());
        let eigenvalues: Vec<f64> = eigen
            .values
            .iter()
            .map(|l| if *l > 1e-12 { *l } else { 0.0 })
            .map(|l| if listed { l.min(1.0) } else { l })
            .collect();
        // First order in the averages: dλ = eᵀ(dA − λ dT)e, one value per group.
        let forms = |m: &Matrix| -> Vec<f64> {
            let along = times(m.as_ref(), vectors.as_ref());
            (0..vectors.ncols()).map(|i| (0..r).map(|a| vectors[(a, i)] * along[(a, i)]).sum()).collect()
        };
        let of_groups: Vec<(Vec<f64>, Vec<f64>)> = groups
            .iter()
            .map(|g| {
                let (a, t) = g.averaged();
                (forms(&a), if listed { forms(&t) } else { vec![1.0; vectors.ncols()] })
            })
            .collect();
        let standard_errors = (0..eigenvalues.len())
            .map(|i| {
                let moved: Vec<f64> = of_groups.iter().map(|(a, t)| a[i] - eigenvalues[i] * t[i]).collect();
                let mean = moved.iter().sum::<f64>() / GROUPS as f64;
                let square: f64 = moved.iter().map(|m| (m - mean) * (m - mean)).sum();
                let error = (square / ((GROUPS - 1) * GROUPS) as f64).sqrt();
                // Rounding of sums that cancel exactly.
                if error < 1e-12 { 0.0 } else { error }
            })
            .collect();
        let clipped = |l: &f64| l.clamp(0.0, 1.0);
        Ok(PartGeometry {
            uncertainty: if listed { Uncertainty::Sampled } else { Uncertainty::SampledScores },
            sines: eigenvalues.iter().map(|l| clipped(l).sqrt()).collect(),
            // One minus an eigenvalue of 1 is rounding.
            cosines: eigenvalues
                .iter()
                .map(|l| 1.0 - clipped(l))
                .map(|c| if c > 1e-12 { c.sqrt() } else { 0.0 })
                .collect(),
            unseen: r - eigenvalues.len(),
            part,
            eigenvalues,
            standard_errors,
            frame,
            visible,
            vectors,
        })
    }
}
