//! Where the entries of tables, their parameters and their free coordinates lie.

use crate::network::Network;
use crate::network::local::Local;
use std::ops::Range;
use std::sync::Arc;

/// A table, or another local model, with the nodes that share it.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The nodes; more than one where tables are tied.
    pub nodes: Vec<usize>,
    /// Number of states.
    pub states: usize,
    /// Number of parent configurations.
    pub rows: usize,
    /// The local model, where it is not a table.
    pub local: Option<Arc<dyn Local>>,
    /// Whether its parameters stay where they start.
    pub frozen: bool,
    /// Where its entries begin: `rows × states`, a row's states together.
    pub first_entry: usize,
    /// Where its parameters begin in a point.
    pub first: usize,
    /// Number of its parameters: one per entry of a table.
    pub parameters: usize,
    /// Where its free coordinates begin; `None` where it is frozen.
    pub free: Option<usize>,
}

impl Block {
    /// Its entries.
    pub fn entries(&self) -> Range<usize> {
        self.first_entry..self.first_entry + self.rows * self.states
    }

    /// Its parameters in a point.
    pub fn range(&self) -> Range<usize> {
        self.first..self.first + self.parameters
    }

    /// Its free coordinates; empty where it is frozen.
    pub fn coordinates(&self) -> Range<usize> {
        self.free.map_or(0..0, |f| f..f + self.parameters)
    }
}

/// A node with its parents, as indices into a table.
#[derive(Debug, Clone)]
pub(super) struct Family {
    /// Parents in their order, then the node; the last is fastest.
    pub members: Vec<usize>,
    /// Stride of each member.
    pub strides: Vec<usize>,
    /// Where the entries of its block begin.
    pub first_entry: usize,
    /// Its block.
    pub block: usize,
}

/// Blocks and families of a network.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub blocks: Vec<Block>,
    pub families: Vec<Family>,
    pub entries: usize,
    pub parameters: usize,
    pub free: usize,
}

impl Layout {
    /// `ties[i]`: the first node whose table node `i` shares (itself, where it shares none).
    pub fn new(network: &Network, ties: &[usize], frozen: &[bool]) -> Self {
        let mut layout = Layout { blocks: Vec::new(), families: Vec::new(), entries: 0, parameters: 0, free: 0 };
        let mut block_of = vec![0; network.len()];
        for i in 0..network.len() {
            if ties[i] != i {
                block_of[i] = block_of[ties[i]];
                layout.blocks[block_of[i]].nodes.push(i);
                continue;
            }
            let (states, rows) = (network.states(i), network.configurations(i));
            let local = Some(&network.nodes()[i].local).filter(|l| l.kind() != "table").cloned();
            let parameters = local.as_ref().map_or(rows * states, |l| l.parameters());
            block_of[i] = layout.blocks.len();
            layout.blocks.push(Block {
                nodes: vec![i],
                states,
                rows,
                local,
                frozen: frozen[i],
                first_entry: layout.entries,
                first: layout.parameters,
                parameters,
                free: (!frozen[i]).then_some(layout.free),
            });
            layout.entries += rows * states;
            layout.parameters += parameters;
            layout.free += if frozen[i] { 0 } else { parameters };
        }
        for i in 0..network.len() {
            let members: Vec<usize> = network.dag().parents(i).iter().copied().chain([i]).collect();
            let mut strides = vec![1; members.len()];
            for m in (0..members.len() - 1).rev() {
                strides[m] = strides[m + 1] * network.states(members[m + 1]);
            }
            let block = block_of[i];
            layout.families.push(Family { members, strides, first_entry: layout.blocks[block].first_entry, block });
        }
        layout
    }
}
