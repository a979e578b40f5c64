//! Nodes and states as they are named on the command line, found in a network or refused with the near miss.

use crate::failure::Failure;
use natgrad::network::Network;
use natgrad_io::nearest;
use std::path::Path;

/// Most names that a hint lists.
const MOST_NAMES: usize = 12;

/// The observations of `A=yes,B=no`, in the order in which they are written.
///
/// Names may hold commas and equals signs: what a node and a state of the network match longest is taken.
pub fn given(network: &Network, texts: &[String], path: &Path) -> Result<Vec<(usize, usize)>, Failure> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let pairs = |rest: &str| {
        let of = |(i, node): (usize, &natgrad::network::Node)| {
            let value = rest.strip_prefix(node.name.as_str())?.strip_prefix('=')?;
            let states = node.states.iter().enumerate().filter(|(_, state)| begins(value, state));
            let (s, state) = states.max_by_key(|(_, state)| state.len())?;
            Some(((i, s), node.name.len() + 1 + state.len()))
        };
        network.nodes().iter().enumerate().filter_map(of).max_by_key(|(_, length)| *length)
    };
    for text in texts {
        let mut rest = text.trim();
        loop {
            let Some(((node, state), length)) = pairs(rest) else { return Err(no_pair(network, rest, path)) };
            if let Some((_, before)) = found.iter().find(|(n, _)| *n == node) {
                let node = &network.nodes()[node];
                return Err(Failure::new(
                    format!(
                        "node \"{}\" is given twice: {} and {}",
                        node.name, node.states[*before], node.states[state]
                    ),
                    "give each node one state",
                ));
            }
            found.push((node, state));
            match rest[length..].trim_start().strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The nodes of `C,D`, in the order in which they are written.
pub fn asked(
    network: &Network,
    texts: &[String],
    evidence: &[Option<usize>],
    path: &Path,
) -> Result<Vec<usize>, Failure> {
    let mut found = Vec::new();
    for text in texts {
        let mut rest = text.trim();
        loop {
            let nodes = network.nodes().iter().enumerate().filter(|(_, node)| begins(rest, &node.name));
            let Some((i, node)) = nodes.max_by_key(|(_, node)| node.name.len()) else {
                let name = rest.split(',').next().unwrap_or(rest);
                if let Some((node, _)) = name.split_once('=').filter(|(n, _)| network.names().iter().any(|m| m == n)) {
                    return Err(Failure::new(
                        format!("\"{name}\" is a state, and nodes are asked for"),
                        format!("write --ask {node}, or --given {name} where it is seen"),
                    ));
                }
                return Err(no_node(network, name, path));
            };
            if found.contains(&i) {
                return Err(Failure::new(format!("node \"{}\" is asked twice", node.name), "ask for it once"));
            }
            if let Some(state) = evidence[i] {
                return Err(Failure::new(
                    format!("node \"{}\" is given ({}) and asked", node.name, node.states[state]),
                    "leave it out of --given or of --ask",
                ));
            }
            found.push(i);
            match rest[node.name.len()..].trim_start().strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None => break,
            }
        }
    }
    Ok(found)
}

/// Whether the text is this name, to its end or to a comma.
fn begins(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with(',')
    })
}

/// Why no node and state begin the text.
fn no_pair(network: &Network, text: &str, path: &Path) -> Failure {
    let Some((name, value)) = text.split_once('=') else {
        return Failure::new(format!("\"{text}\" names no state"), "write --given NODE=STATE,NODE=STATE");
    };
    // An entry without an equals sign belongs to the state before it.
    let mut state = String::new();
    for (k, piece) in value.split(',').enumerate() {
        if k > 0 && piece.contains('=') {
            break;
        }
        if k > 0 {
            state.push(',');
        }
        state.push_str(piece);
    }
    let Some(node) = network.nodes().iter().find(|n| n.name == name) else {
        return no_node(network, name, path);
    };
    let listed = format!("its states are {}", list(&node.states));
    Failure::new(format!("node \"{name}\" has no state \"{state}\""), meant(&state, &node.states, &listed))
}

fn no_node(network: &Network, name: &str, path: &Path) -> Failure {
    let names = network.names();
    let listed = format!("the nodes are {}", list(&names));
    Failure::new(format!("{}: there is no node \"{name}\"", path.display()), meant(name, &names, &listed))
}

/// The near miss, if there is one, and the names.
fn meant(word: &str, names: &[String], listed: &str) -> String {
    let fold = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect::<String>().to_lowercase();
    let same = names.iter().find(|n| fold(n) == fold(word));
    // In a name of three letters one other letter makes another name.
    let near = same.or_else(|| nearest(word, names).filter(|n| n.chars().count() > 3));
    near.map_or_else(|| listed.to_string(), |n| format!("did you mean \"{n}\"? {listed}"))
}

fn list(names: &[String]) -> String {
    let mut out = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMES {
        out.push_str(&format!(" and {} more", names.len() - MOST_NAMES));
    }
    out
}
