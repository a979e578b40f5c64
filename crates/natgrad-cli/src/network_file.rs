//! Network files by their ending: BIF or JSON.

use crate::failure::Failure;
use natgrad::geometry::Point;
use natgrad::network::{Network, NodeSpec};
use natgrad_io::{read_bif, read_network_json, write_bif, write_network_json};
use std::path::Path;

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn unknown(path: &Path) -> Failure {
    Failure::new(
        format!("{}: a network is a .bif or a .json file", path.display()),
        "give the name one of these endings",
    )
}

/// Nodes of a network file.
pub fn read_nodes(path: &Path) -> Result<Vec<NodeSpec>, Failure> {
    if is(path, "bif") {
        Ok(read_bif(path)?)
    } else if is(path, "json") {
        Ok(read_network_json(path)?)
    } else {
        Err(unknown(path))
    }
}

/// A network file, checked; the point is `None` where a table is missing.
pub fn read(path: &Path) -> Result<(Network, Option<Point>), Failure> {
    Network::new(read_nodes(path)?).map_err(|e| Failure::from(e).in_file(path.display()))
}

/// Writes a network file.
pub fn write(path: &Path, nodes: &[NodeSpec]) -> Result<(), Failure> {
    if is(path, "bif") {
        Ok(write_bif(path, nodes)?)
    } else if is(path, "json") {
        Ok(write_network_json(path, nodes)?)
    } else {
        Err(unknown(path))
    }
}
