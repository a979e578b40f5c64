//! What is the same for every point: where table entries meet joint states, and the target's share of every table row.

use crate::Error;
use crate::network::{Enumerated, Target};

/// Most joint states of the fast path: beyond, a block no longer fits the cache.
const MOST_JOINT: usize = 512;
/// Most visible states, whose rotations grow with their square.
const MOST_VISIBLE: usize = 17;

/// A row of a table.
pub struct Row {
    /// First of its entries.
    pub entry: usize,
    /// Number of states.
    pub states: usize,
    /// First of its parameters.
    pub parameter: usize,
}

/// The structure of a network and its target.
pub struct Plan {
    /// Nodes.
    pub nodes: usize,
    /// Parameters.
    pub parameters: usize,
    /// Visible states.
    pub visible: usize,
    /// All rows of all tables; entries count through them.
    pub rows: Vec<Row>,
    /// Number of entries of all tables.
    pub entries: usize,
    /// Joint state and node → entry.
    pub entry: Vec<u32>,
    /// Entry → row.
    pub row_of: Vec<u32>,
    /// Joint state → visible state.
    pub visible_of: Vec<usize>,
    /// The target on the joint states; `None` where its conditional is the model's posterior.
    pub joint: Option<Vec<f64>>,
    /// The target on the visible states.
    pub seen: Vec<f64>,
    /// The target's probability of every entry (empty without `joint`).
    pub families: Vec<f64>,
}

impl Plan {
    /// `None` where the fast path does not apply.
    pub fn new(of: &Enumerated<'_>, target: &Target) -> Result<Option<Plan>, Error> {
        let (network, map) = (of.network(), of.map());
        let n = network.len();
        let mut rows = Vec::new();
        let mut first = Vec::with_capacity(n);
        let mut entries = 0;
        for i in 0..n {
            let (k, range) = (network.states(i), network.range(i));
            first.push(entries);
            for c in 0..network.configurations(i) {
                rows.push(Row { entry: entries, states: k, parameter: range.start + c * (k - 1) });
                entries += k;
            }
        }
        let row_of = rows.iter().enumerate().flat_map(|(r, row)| vec![r as u32; row.states]).collect();
        let joint_states = map.visible_of().len();
        // Any point does to check the target's size; its joint does not depend on the point where it is kept.
        let middle: Vec<f64> = vec![1.0 / joint_states as f64; joint_states];
        let uniform = crate::network::At {
            point: crate::geometry::Point(Vec::new()),
            tables: Vec::new(),
            visible: map.sum(&middle),
            joint: middle,
        };
        let joint = target.joint(of, &uniform)?;
        let tables = network.nodes().iter().all(|node| node.local.kind() == "table");
        if !tables || joint_states > MOST_JOINT || map.visible() > MOST_VISIBLE || map.visible() < 2 {
            return Ok(None);
        }
        let kept = !matches!(target, Target::Posterior(_));
        let entry: Vec<u32> = (0..joint_states)
            .flat_map(|x| of.entries(x).iter().enumerate().map(|(i, e)| first[i] as u32 + e).collect::<Vec<_>>())
            .collect();
        let families = if kept { of.families(&joint).concat() } else { Vec::new() };
        Ok(Some(Plan {
            nodes: n,
            parameters: network.parameters(),
            visible: map.visible(),
            rows,
            entries,
            entry,
            row_of,
            visible_of: map.visible_of().to_vec(),
            seen: map.sum(&joint),
            joint: kept.then_some(joint),
            families,
        }))
    }
}
