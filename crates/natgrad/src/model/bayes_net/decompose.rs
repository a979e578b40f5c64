//! A row falls apart: tables whose nodes are all seen, and groups of hidden nodes that hang together.

use super::layout::Layout;
use super::plan::{Limits, Plan, Workspace};
use crate::network::Network;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The code of a cell that is not seen.
pub(super) const HIDDEN: u16 = u16::MAX;

/// Most patterns of missing cells that are remembered; others are taken apart row by row.
const MOST_PATTERNS: usize = 1 << 14;

/// Which nodes are hidden, taken apart.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Groups of hidden nodes.
    pub plans: Vec<Arc<Plan>>,
    /// Nodes whose families are seen whole.
    pub whole: Vec<usize>,
}

/// Plans and patterns met so far; what is in it depends on the data, what it answers does not.
#[derive(Debug, Default)]
pub(super) struct Store {
    plans: RwLock<HashMap<Vec<usize>, Arc<Plan>>>,
    patterns: RwLock<HashMap<Vec<u64>, Arc<Pattern>>>,
}

impl Store {
    /// The plan of hidden nodes that hang together.
    fn plan(&self, network: &Network, layout: &Layout, hidden: Vec<usize>, limits: Limits) -> Arc<Plan> {
        if let Some(plan) = self.plans.read().unwrap_or_else(PoisonError::into_inner).get(&hidden) {
            return plan.clone();
        }
        let plan = Arc::new(Plan::new(network, layout, hidden.clone(), limits));
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        plans.entry(hidden).or_insert(plan).clone()
    }

    /// The pattern of a row; `mask` has a bit for every hidden node.
    pub fn pattern(&self, network: &Network, layout: &Layout, mask: &[u64], limits: Limits) -> Arc<Pattern> {
        if let Some(p) = self.patterns.read().unwrap_or_else(PoisonError::into_inner).get(mask) {
            return p.clone();
        }
        let is_hidden = |i: usize| mask[i / 64] >> (i % 64) & 1 == 1;
        let mut group: Vec<usize> = (0..network.len()).collect();
        fn find(group: &mut [usize], mut i: usize) -> usize {
            while group[i] != i {
                group[i] = group[group[i]];
                i = group[i];
            }
            i
        }
        let mut whole = Vec::new();
        for (node, family) in layout.families.iter().enumerate() {
            let mut first = None;
            for &m in family.members.iter().filter(|&&m| is_hidden(m)) {
                match first {
                    None => first = Some(m),
                    Some(f) => {
                        let (a, b) = (find(&mut group, f), find(&mut group, m));
                        group[a.max(b)] = a.min(b);
                    }
                }
            }
            if first.is_none() {
                whole.push(node);
            }
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); network.len()];
        for i in (0..network.len()).filter(|&i| is_hidden(i)) {
            members[find(&mut group, i)].push(i);
        }
        let plans =
            members.into_iter().filter(|m| !m.is_empty()).map(|m| self.plan(network, layout, m, limits)).collect();
        let pattern = Arc::new(Pattern { plans, whole });
        let mut patterns = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        if patterns.len() < MOST_PATTERNS {
            patterns.insert(mask.to_vec(), pattern.clone());
        }
        pattern
    }
}

/// Reads rows of a chunk as states and takes them apart; remembers the last pattern, which the next row often shares.
pub(super) struct Reader {
    /// States of the current row, node by node.
    pub states: Vec<u16>,
    /// What is seen beside the current group of hidden nodes.
    pub seen: Vec<u16>,
    /// For runs of plans.
    pub work: Workspace,
    mask: Vec<u64>,
    last: Option<(Vec<u64>, Arc<Pattern>)>,
}

impl Reader {
    pub fn new(nodes: usize) -> Self {
        Reader {
            states: vec![HIDDEN; nodes],
            seen: Vec::new(),
            work: Workspace::default(),
            mask: vec![0; nodes.div_ceil(64)],
            last: None,
        }
    }

    /// The pattern of the current row.
    pub fn pattern(&mut self, network: &Network, layout: &Layout, store: &Store, limits: Limits) -> Arc<Pattern> {
        self.mask.fill(0);
        for (i, s) in self.states.iter().enumerate() {
            if *s == HIDDEN {
                self.mask[i / 64] |= 1 << (i % 64);
            }
        }
        if let Some((mask, pattern)) = &self.last
            && *mask == self.mask
        {
            return pattern.clone();
        }
        let pattern = store.pattern(network, layout, &self.mask, limits);
        self.last = Some((self.mask.clone(), pattern.clone()));
        pattern
    }

    /// Takes up what is seen beside a plan's hidden nodes.
    pub fn look_around(&mut self, plan: &Plan) {
        self.seen.clear();
        self.seen.extend(plan.seen.iter().map(|&i| self.states[i]));
    }

    /// The entry of a family that is seen whole.
    pub fn entry(&self, layout: &Layout, node: usize) -> usize {
        let family = &layout.families[node];
        let members = family.members.iter().zip(&family.strides);
        family.first_entry + members.map(|(&m, s)| usize::from(self.states[m]) * s).sum::<usize>()
    }
}
