//! A Bayesian network as maps, node by node.

use crate::criterion::{LocalMap, Maps, Role};
use crate::network::Network;

/// Most states of a table's row that are looked at.
const STATES: usize = 8;

/// The maps of a network: a part for each node. `hidden` and `frozen` say which nodes are; a table's rows have
/// parameters of their own, so that one row decides.
pub fn network_maps(network: &Network, hidden: &[bool], frozen: &[bool]) -> Maps<'static> {
    let mut maps = Maps::new("bayes-net");
    for (i, node) in network.nodes().iter().enumerate() {
        let learnt = !frozen.get(i).copied().unwrap_or(false);
        let map = match node.local.kind() {
            "table" | "softmax" => LocalMap::table(1, network.states(i).min(STATES), learnt),
            _ => LocalMap::local(node.local.clone(), learnt),
        };
        let role = if hidden.get(i).copied().unwrap_or(false) { Role::Prior } else { Role::Observable };
        maps = maps.with(node.name.clone(), role, map);
    }
    maps
}
