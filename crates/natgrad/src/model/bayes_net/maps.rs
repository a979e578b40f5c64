//! A network as maps to natural parameters: a part for each table or local model, tied nodes together.

use super::BayesNet;
use crate::criterion::{LocalMap, Maps, Role};
use crate::geometry::Point;
use crate::model::Statistics;

impl BayesNet {
    /// The network as maps in its own coordinates, at a point: logarithms of table entries, parameters of other local
    /// models.
    pub fn maps(&self, at: &Point) -> Maps<'static> {
        let mut maps = Maps::new("bayes-net");
        for block in &self.layout.blocks {
            let map = match &block.local {
                None => LocalMap::table(block.rows, block.states, !block.frozen),
                Some(local) => LocalMap::local(local.clone(), !block.frozen),
            };
            let first = block.nodes[0];
            let role = if self.columns[first].is_none() { Role::Prior } else { Role::Observable };
            maps = maps.with(self.network.nodes()[first].name.clone(), role, map.at(at.0[block.range()].to_vec()));
        }
        maps
    }

    /// The free coordinate of every entry of every part of [`maps`](Self::maps); `None` where it is frozen.
    pub fn free_of_maps(&self) -> Vec<Vec<Option<usize>>> {
        let of = |i: usize, first: Option<usize>| first.map(|f| f + i);
        self.layout.blocks.iter().map(|b| (0..b.parameters).map(|i| of(i, b.free)).collect()).collect()
    }

    /// The share that every part of [`maps`](Self::maps) has in the entropy-sum residual, nats per row; `None` where it
    /// counts as base measure: frozen tables, and noisy-or nodes.
    ///
    /// A noisy-or node of several parents cannot be tempered. One of a single parent is a table in other coordinates and
    /// could be, but not where a weight is 0, which is where learning often ends.
    pub fn residuals_of_maps(&self, at: &Point, s: &Statistics) -> Vec<Option<f64>> {
        let each = self.residuals(at, s);
        let tempered = |b: &super::Block| Self::can_be_tempered(b).then(|| each[b.nodes[0]]);
        self.layout.blocks.iter().map(tempered).collect()
    }
}
