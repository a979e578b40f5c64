//! Network files by their ending: BIF or JSON; a run's folder by the one in it.

use crate::failure::Failure;
use natgrad::geometry::Point;
use natgrad::network::Network;
use natgrad_io::{Written, read_bif, read_network_json, write_bif, write_network_json};
use std::borrow::Cow;
use std::path::Path;

/// The network that a run's folder holds.
const IN_RUN: &str = "network.json";

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn unknown(path: &Path) -> Failure {
    Failure::new(
        format!("{}: a network is a .bif or a .json file", path.display()),
        "give the name one of these endings",
    )
}

/// The file itself, or the one in a run's folder.
fn file(path: &Path) -> Result<Cow<'_, Path>, Failure> {
    if !path.is_dir() {
        return Ok(Cow::Borrowed(path));
    }
    let inside = path.join(IN_RUN);
    if inside.is_file() {
        return Ok(Cow::Owned(inside));
    }
    Err(Failure::new(
        format!("{}: the folder holds no {IN_RUN}", path.display()),
        "name a .bif or .json file, or the folder of a run of `natgrad fit bayes-net`",
    ))
}

/// Nodes of a network file, with local models that are no tables.
pub fn read_nodes(path: &Path) -> Result<Written, Failure> {
    let path = &*file(path)?;
    if is(path, "bif") {
        let nodes = read_bif(path)?;
        let local = vec![None; nodes.len()];
        Ok((nodes, local))
    } else if is(path, "json") {
        Ok(read_network_json(path)?)
    } else {
        Err(unknown(path))
    }
}

/// A network file, checked; the point is `None` where a table is missing.
pub fn read(path: &Path) -> Result<(Network, Option<Point>), Failure> {
    let (nodes, local) = read_nodes(path)?;
    Network::described(nodes, &local).map_err(|e| Failure::from(e).in_file(path.display()))
}

/// A network file in which every node has its table.
pub fn read_complete(path: &Path) -> Result<(Network, Point), Failure> {
    let (nodes, local) = read_nodes(path)?;
    let lacking = nodes.iter().zip(&local).filter(|(n, l)| n.table.is_none() && l.is_none());
    let lacking: Vec<String> = lacking.map(|(n, _)| format!("\"{}\"", n.name)).collect();
    match Network::described(nodes, &local).map_err(|e| Failure::from(e).in_file(path.display()))? {
        (network, Some(point)) => Ok((network, point)),
        _ => Err(Failure::new(
            format!(
                "{}: {} of the nodes have no table, first {}",
                path.display(),
                lacking.len(),
                lacking.first().map_or("", String::as_str)
            ),
            "give every node a table, or learn them: natgrad fit bayes-net",
        )),
    }
}

/// Writes nodes as they were read: local models by their parameters where the format has them, else by their tables.
pub fn write(path: &Path, (mut nodes, local): Written) -> Result<(), Failure> {
    if is(path, "bif") {
        if local.iter().any(Option::is_some) {
            let (network, _) = Network::described(nodes.clone(), &local)?;
            for (i, spec) in local.iter().enumerate() {
                if let Some(spec) = spec {
                    let states = |n: usize| network.states(n);
                    let parents: Vec<usize> = network.dag().parents(i).iter().map(|&p| states(p)).collect();
                    let (model, xi) = spec.build(&nodes[i].name, states(i), &parents)?;
                    let mut flat = vec![0.0; network.configurations(i) * states(i)];
                    model.probabilities(&xi, &mut flat);
                    nodes[i].table = Some(flat.chunks(states(i)).map(<[f64]>::to_vec).collect());
                }
            }
        }
        Ok(write_bif(path, &nodes)?)
    } else if is(path, "json") {
        Ok(write_network_json(path, &nodes, &local)?)
    } else {
        Err(unknown(path))
    }
}
