//! The picture of a learnt network in its run folder: hidden nodes dashed, boxes coloured by what the data can see.

use crate::command::graph::{COMPELLED, compelled};
use crate::failure::Failure;
use natgrad::catalogue::Summary;
use natgrad::catalogue::bayes_net::NodeSummary;
use natgrad::network::Network;
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_plot::{NetworkDrawing, NodeMark};

/// Larger networks are not drawn: nobody could read them.
const MOST_NODES: usize = 200;

/// Name of the picture in a run folder.
pub const FILE: &str = "network.svg";

/// Draws the network of a summary into its run folder.
pub fn write(folder: &RunFolder, network: &Network, summary: &Summary) -> Result<(), Failure> {
    let Some(nodes) = summary.nodes.as_ref().filter(|n| n.len() <= MOST_NODES) else { return Ok(()) };
    let path = folder.path().join(FILE);
    let svg = drawing(network, nodes).svg().map_err(|e| {
        Failure::new(
            format!("{}: {}", path.display(), e.to_string().replace("\nhint: ", "; ")),
            "draw RUN/network.json",
        )
    })?;
    Ok(AtomicFile::write(&path, svg.as_bytes())?)
}

/// The visible share of a node's table, with the others learnt where that is known.
fn share(node: &NodeSummary) -> Option<f64> {
    let seen = node.visible.as_ref()?;
    seen.with_others.or(seen.alone).map(|s| s.clamp(0.0, 1.0))
}

fn mark(node: &NodeSummary) -> NodeMark {
    let value = share(node);
    let fixed = node.visible.as_ref().is_some_and(|v| v.rank == 0);
    let note = match value {
        Some(s) => Some(format!("{:.0} % visible", 100.0 * s)),
        None if node.frozen => Some("frozen".into()),
        None if fixed => Some("nothing to learn".into()),
        None => None,
    };
    NodeMark { name: node.node.clone(), hidden: node.hidden, value, note }
}

fn drawing(network: &Network, nodes: &[NodeSummary]) -> NetworkDrawing {
    let hidden: Vec<bool> = nodes.iter().map(|n| n.hidden).collect();
    NetworkDrawing {
        title: String::new(),
        nodes: nodes.iter().map(mark).collect(),
        edges: network.dag().edges(),
        accent: compelled(network, &hidden),
        accent_name: COMPELLED.into(),
        value_name: "share of the information about the table that the data can see".into(),
    }
}
