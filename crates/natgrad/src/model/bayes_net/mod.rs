//! Discrete Bayesian networks learnt from rows with any cells missing and nodes that are never seen.
//!
//! ```text
//! ln p(v) = ln Σ_h Π_r θ_r(x_r | x_pa(r))        N_r(c, j) = Σ_n w_n p(x_r = j, x_pa(r) = c | v_n)
//! ```
//!
//! A point holds `ln θ` for tables, row by row and redundant (a constant added to a row changes nothing), and the local
//! models' own parameters elsewhere. Given what is seen in a row, its hidden nodes fall apart into groups that share no
//! table; each is summed out by listing its states or by a junction tree, and equal ones are merged over all rows.

mod absorb;
mod boundary;
mod coordinates;
mod decompose;
mod digest;
mod groups;
mod information;
mod layout;
mod maps;
mod maximise;
mod mean_field;
mod plan;
mod rows;
mod settings;
mod start;
mod tempering;

pub use digest::{Pieces, Survey};
pub use rows::RowPosterior;
pub use settings::Sharing;

use super::{Absorb, Curvature, Entropies, Information, Inward, LatentModel, Maximised, Statistics, Want, Work};
use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use crate::network::Network;
use crate::rows::{Chunk, RowSource};
use coordinates::normalise;
use decompose::{HIDDEN, Store};
use groups::Groups;
use layout::{Block, Layout};
use plan::{Limits, Tables, Way};
use std::sync::Arc;
use tempering::entropy;

/// A logarithm that stands for a probability of zero: `exp(−700) < 1e-304`.
const ZERO_LOG: f64 = -700.0;

/// Most states of a node: they are kept as 16-bit numbers, one of which says that a cell is missing.
const MOST_STATES: usize = u16::MAX as usize;

/// Most states of a table that is learnt: its information is a matrix of that size for every configuration.
const MOST_LEARNT: usize = 1000;

/// Up to this much work second moments are taken: about a minute.
const MOST_SPREAD: f64 = 6e10;

/// A network to be learnt: everything but its parameters and its rows.
#[derive(Debug, Clone)]
pub struct BayesNet {
    network: Network,
    layout: Layout,
    columns: Vec<Option<usize>>,
    prior: f64,
    limits: Limits,
    mean_field: bool,
    dear: bool,
    work: Work,
    store: Arc<Store>,
    groups: Groups,
}

impl BayesNet {
    /// A network whose node `i` is read from column `columns[i]`; nodes without a column are hidden.
    ///
    /// # Errors
    /// [`Error::Setting`] where tables to be tied differ in shape, or the prior is no number of at least 0.
    pub fn new(network: Network, columns: Vec<Option<usize>>, sharing: &Sharing) -> Result<Self, Error> {
        if let Some(node) = network.nodes().iter().find(|n| n.states.len() > MOST_STATES) {
            return Err(Error::Setting {
                problem: format!("node \"{}\" has {} states, more than {MOST_STATES}", node.name, node.states.len()),
                hint: "merge rare states".into(),
            });
        }
        let network = settings::softmax_as_tables(network);
        let (ties, frozen) = sharing.check(&network)?;
        let layout = Layout::new(&network, &ties, &frozen);
        let groups = Groups::new(&layout, &[]);
        Ok(BayesNet {
            network,
            layout,
            columns,
            prior: sharing.prior,
            limits: Limits { most_bytes: sharing.most_bytes, mean_field: sharing.mean_field },
            mean_field: false,
            dear: false,
            work: Work::default(),
            store: Arc::default(),
            groups,
        })
    }

    /// Looks at all rows once: which nodes they hide, counts of what they show, and equal pieces merged.
    ///
    /// # Errors
    /// What reading reports; [`Error::Setting`] with width and memory where hidden nodes are too entangled to be summed
    /// out.
    pub fn survey(&mut self, source: &dyn RowSource) -> Result<(Survey, Option<Pieces>), Error> {
        let learnt = |i: usize| !self.is_frozen(i) && self.network.states(i) > MOST_LEARNT;
        if let Some(i) = (0..self.network.len()).find(|&i| learnt(i)) {
            return Err(Error::Setting {
                problem: format!(
                    "node \"{}\" has {} states: the information about a table is formed for at most {MOST_LEARNT}",
                    self.network.nodes()[i].name,
                    self.network.states(i)
                ),
                hint: "merge rare states, or freeze the table".into(),
            });
        }
        let mut survey = Survey::of(self, source)?;
        for plan in &survey.plans {
            if let Way::TooLarge(cost) = &plan.way {
                return Err(self.too_large(&plan.hidden, cost.width, cost.bytes));
            }
        }
        self.mean_field = survey.plans.iter().any(|p| matches!(p.way, Way::MeanField(_)));
        self.work = survey.work(self);
        self.dear = self.work.curvature > MOST_SPREAD;
        self.groups = Groups::new(&self.layout, &survey.plans);
        let pieces = Pieces::new(self, &mut survey);
        Ok((survey, pieces))
    }

    fn too_large(&self, hidden: &[usize], width: usize, bytes: f64) -> Error {
        let names: Vec<&str> = hidden.iter().take(6).map(|&i| self.network.nodes()[i].name.as_str()).collect();
        let more = if hidden.len() > names.len() {
            format!(" and {} more", hidden.len() - names.len())
        } else {
            String::new()
        };
        Error::Setting {
            problem: format!(
                "summing out {}{more} together needs a junction tree of width {width} with tables of {bytes:.3e} bytes, more \
                 than {:.3e}",
                names.join(", "),
                self.limits.most_bytes
            ),
            hint: "make one of these nodes visible, give nodes fewer parents, merge states, raise --memory, or take a bound: --recognition mean-field".into(),
        }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The column of each node; `None` where it is hidden in every row.
    pub fn columns(&self) -> &[Option<usize>] {
        &self.columns
    }

    /// Pseudo-count of every table cell: the Dirichlet prior's parameters less one.
    pub fn prior(&self) -> f64 {
        self.prior
    }

    /// Whether some row's hidden nodes are taken as independent: then the ELBO is below the evidence, and there are no
    /// information matrices.
    pub fn is_mean_field(&self) -> bool {
        self.mean_field
    }

    /// Whether second moments would take too long: hidden nodes hang together in large groups.
    pub fn is_entangled(&self) -> bool {
        self.dear
    }

    /// Whether a node's table stays where it starts.
    pub fn is_frozen(&self, node: usize) -> bool {
        self.block(node).frozen
    }

    fn block(&self, node: usize) -> &Block {
        &self.layout.blocks[self.layout.families[node].block]
    }

    /// Free coordinates of a node's local model; empty where it is frozen.
    pub fn coordinates(&self, node: usize) -> std::ops::Range<usize> {
        self.block(node).coordinates()
    }

    /// Expected counts of a node's table, `configurations × states`; tied nodes share theirs.
    pub fn counts<'s>(&self, node: usize, statistics: &'s Statistics) -> &'s [f64] {
        &statistics.sums[self.block(node).entries()]
    }

    /// Expected frequencies of every node's states, from expected counts; uniform where nothing was counted.
    pub fn expected_states(&self, statistics: &Statistics) -> Vec<Vec<f64>> {
        (0..self.network.len())
            .map(|i| {
                let k = self.network.states(i);
                let mut out = vec![0.0; k];
                self.counts(i, statistics).iter().enumerate().for_each(|(e, n)| out[e % k] += n);
                let total: f64 = out.iter().sum();
                out.iter_mut().for_each(|p| *p = if total > 0.0 { *p / total } else { 1.0 / k as f64 });
                out
            })
            .collect()
    }

    /// States of row `n` of a chunk.
    fn read(&self, chunk: &Chunk<'_>, n: usize, states: &mut [u16]) {
        for (s, column) in states.iter_mut().zip(&self.columns) {
            *s = match column {
                None => HIDDEN,
                Some(d) => {
                    let x = chunk.values[d * chunk.rows + n];
                    if x.is_nan() { HIDDEN } else { x as u16 }
                }
            };
        }
    }

    /// Parent configurations that no row reaches: node and configuration; their rows stay where they start.
    pub fn unvisited(&self, s: &Statistics) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        for block in self.layout.blocks.iter().filter(|b| !b.frozen && b.local.is_none()) {
            for row in 0..block.rows {
                let first = block.first_entry + row * block.states;
                if s.sums[first..first + block.states].iter().all(|n| *n == 0.0) && block.states > 1 {
                    out.push((block.nodes[0], row));
                }
            }
        }
        out
    }
}

impl LatentModel for BayesNet {
    fn free(&self) -> usize {
        self.layout.free
    }

    fn empty(&self, want: Want) -> Statistics {
        let mut s = Statistics::zero(if want == Want::Evidence { 0 } else { self.layout.entries });
        if want == Want::Curvature {
            let zeros = vec![0.0; self.groups.squares];
            s.curvature = Some(Curvature { scores: zeros.clone(), complete: zeros });
        }
        s
    }

    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        Ok(Box::new(absorb::Prepared::new(self, at, self.tables(at)?)))
    }

    fn maximise(&self, at: &Point, statistics: &Statistics) -> Result<Maximised, Error> {
        Ok(Maximised { point: maximise::maximise(self, at, statistics), notes: Vec::new() })
    }

    fn gradient(&self, at: &Point, s: &Statistics) -> Covector {
        let theta = self.theta(at);
        let counts: Vec<f64> = s.sums.iter().map(|n| (n + self.prior) / s.weight).collect();
        Covector(self.push(at, &theta, &counts))
    }

    fn joint_metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        information::joint_metric(self, at, s)
    }

    fn information(&self, at: &Point, s: &Statistics) -> Option<Information> {
        information::information(self, at, s)
    }

    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point> {
        let mut next = at.clone();
        for block in self.layout.blocks.iter().filter(|b| !b.frozen) {
            let own = &mut next.0[block.range()];
            own.iter_mut().zip(&v.0[block.coordinates()]).for_each(|(x, d)| *x += step * d);
            if own.iter().any(|x| x.is_nan()) {
                return None;
            }
            if block.local.is_none() {
                for (row, before) in own.chunks_mut(block.states).zip(at.0[block.range()].chunks(block.states)) {
                    normalise(row, before)?;
                }
            }
        }
        Some(next)
    }

    fn difference(&self, from: &Point, to: &Point) -> Tangent {
        let mut out = vec![0.0; self.layout.free];
        for block in self.layout.blocks.iter().filter(|b| !b.frozen) {
            for (o, (a, b)) in
                out[block.coordinates()].iter_mut().zip(from.0[block.range()].iter().zip(&to.0[block.range()]))
            {
                *o = b - a;
            }
        }
        Tangent(out)
    }

    fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let tables = Tables::new(&self.network, &self.layout, self.theta(at));
        let mut e = Entropies { recognition: 0.0, prior: 0.0, observable: 0.0, base_measure: 0.0 };
        let mut joint = 0.0;
        for block in &self.layout.blocks {
            let expected: f64 = block.entries().filter(|&e| s.sums[e] > 0.0).map(|e| s.sums[e] * tables.log[e]).sum();
            joint += expected;
            if !Self::can_be_tempered(block) {
                // A table that cannot be scaled counts as part of the measure that entropies are taken against.
                e.base_measure += expected;
                continue;
            }
            let mut own = 0.0;
            for row in 0..block.rows {
                let first = block.first_entry + row * block.states;
                let weight: f64 = s.sums[first..first + block.states].iter().sum();
                if weight > 0.0 {
                    own += weight * entropy(&tables.theta[first..first + block.states]);
                }
            }
            match self.columns[block.nodes[0]] {
                None => e.prior += own,
                Some(_) => e.observable += own,
            }
        }
        // ln p(v) = H[q] + E_q[ln p(v, h)]; where nothing is hidden the difference is rounding.
        let recognition = s.log_evidence - joint;
        let rounding = 64.0 * f64::EPSILON * joint.abs();
        e.recognition = if recognition <= rounding { 0.0 } else { recognition };
        for part in [&mut e.recognition, &mut e.prior, &mut e.observable, &mut e.base_measure] {
            *part /= s.weight;
        }
        e
    }

    fn name_of(&self, coordinate: usize) -> String {
        let of = self.layout.blocks.iter().find(|b| b.coordinates().contains(&coordinate));
        of.map_or_else(|| format!("coordinate {coordinate}"), |b| self.name_in(b, coordinate - b.coordinates().start))
    }

    fn name_of_place(&self, place: usize) -> String {
        let of = self.layout.blocks.iter().find(|b| b.range().contains(&place));
        of.map_or_else(|| format!("parameter {place}"), |b| self.name_in(b, place - b.range().start))
    }

    fn inward(&self, at: &Point, s: &Statistics) -> Vec<Inward> {
        boundary::inward(self, at, s)
    }

    fn raised(&self, at: &Point, which: &[Inward], reach: f64) -> Point {
        boundary::raised(self, at, which, reach)
    }

    fn log_prior(&self, at: &Point) -> f64 {
        if self.prior == 0.0 {
            return 0.0;
        }
        let theta = self.theta(at);
        let learnt = self.layout.blocks.iter().filter(|b| !b.frozen);
        self.prior * learnt.flat_map(Block::entries).map(|e| theta[e].ln()).sum::<f64>()
    }

    fn work(&self, _: u64) -> Work {
        self.work
    }

    fn groups(&self) -> Vec<usize> {
        if self.mean_field || self.dear {
            return vec![usize::MAX];
        }
        let mut sizes: Vec<usize> = self.groups.groups.iter().map(|g| g.entries.max(self.parameters_of(g))).collect();
        let mut grouped = vec![false; self.layout.blocks.len()];
        self.groups.groups.iter().flat_map(|g| &g.blocks).for_each(|&b| grouped[b] = true);
        for (block, grouped) in self.layout.blocks.iter().zip(grouped) {
            if !grouped && !block.frozen {
                match block.local {
                    None => sizes.extend(std::iter::repeat_n(block.states, block.rows)),
                    Some(_) => sizes.push(block.parameters),
                }
            }
        }
        sizes
    }
}

impl BayesNet {
    fn name_in(&self, block: &Block, place: usize) -> String {
        match &block.local {
            None => self.network.probability_label(block.nodes[0], place / block.states, place % block.states),
            Some(_) => self.network.label(block.nodes[0], place),
        }
    }

    fn parameters_of(&self, group: &groups::Group) -> usize {
        group.blocks.iter().map(|&b| self.layout.blocks[b].parameters).sum()
    }
}
