//! `natgrad convert`: a network from BIF to JSON or back.

use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use std::path::PathBuf;

/// Convert a network between BIF and JSON (by the endings of the names).
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Network to read.
    #[arg(value_name = "NETWORK")]
    from: PathBuf,
    /// File to write.
    #[arg(value_name = "TO")]
    to: PathBuf,
}

/// Reads, checks and writes.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let (nodes, local) = network_file::read_nodes(&arguments.from)?;
    let (network, _) = natgrad::network::Network::described(nodes.clone(), &local)
        .map_err(|e| Failure::from(e).in_file(arguments.from.display()))?;
    network_file::write(&arguments.to, (nodes, local))?;
    if out.json {
        out.document(&serde_json::json!({
            "nodes": network.len(), "edges": network.dag().edges().len(), "parameters": network.parameters(), "out": arguments.to,
        }))?;
    } else {
        let (n, e, d) = (network.len(), network.dag().edges().len(), network.parameters());
        out.note(&format!("{n} nodes, {e} edges, {d} parameters written to {}", arguments.to.display()));
    }
    Ok(0)
}
