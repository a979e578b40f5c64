//! `natgrad query`: what a network says of some nodes when others are seen.

use super::query_words;
use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::network::Network;
use natgrad::network::junction::{Explanation, MOST_BYTES, Posteriors, contradiction, most_probable, posteriors};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Most cells of a joint posterior.
const MOST_CELLS: usize = 1 << 20;

/// Most lines of a joint posterior for the eye.
const MOST_LINES: usize = 40;

/// Ask a network: posteriors of nodes, the most probable explanation, the probability of the evidence.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Network (.bif or .json), or the folder of a run that holds one.
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// States that are seen; may be repeated.
    #[arg(long, value_name = "A=yes,B=no")]
    given: Vec<String>,
    /// Nodes to ask for (default: all that are not given); may be repeated.
    #[arg(long, value_name = "C,D")]
    ask: Vec<String>,
    /// The joint posterior of the asked nodes instead of one for each.
    #[arg(long)]
    joint: bool,
    /// The most probable states of all nodes that are not given, together.
    #[arg(long, visible_alias = "most-probable")]
    mpe: bool,
}

/// Reads, asks and prints.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let path = &arguments.network;
    let (network, point) = network_file::read_complete(path)?;
    let given = query_words::given(&network, &arguments.given, path)?;
    let mut evidence = vec![None; network.len()];
    given.iter().for_each(|&(node, state)| evidence[node] = Some(state));
    let mut asked = query_words::asked(&network, &arguments.ask, &evidence, path)?;
    // Who wants the explanation alone need not wait for posteriors.
    if asked.is_empty() && (!arguments.mpe || arguments.joint) {
        asked = (0..network.len()).filter(|&i| evidence[i].is_none()).collect();
    }
    let sets = if arguments.joint { vec![asked.clone()] } else { asked.iter().map(|&i| vec![i]).collect() };
    if arguments.joint {
        few_enough(&network, &asked)?;
    }
    let told = posteriors(&network, &point, &evidence, &sets, MOST_BYTES).map_err(|e| too_large(e, path))?;
    if told.log_evidence == f64::NEG_INFINITY {
        return Err(impossible(&network, &point, &given, path));
    }
    let best = match arguments.mpe {
        false => None,
        true => {
            let found = most_probable(&network, &point, &evidence, MOST_BYTES).map_err(|e| too_large(e, path))?;
            Some(found.ok_or_else(|| impossible(&network, &point, &given, path))?)
        }
    };
    let answer = Answer { network: &network, given: &given, asked: &asked, joint: arguments.joint, told, best };
    if out.json {
        out.document(&answer)?
    } else {
        answer.show(out)?
    }
    Ok(0)
}

fn few_enough(network: &Network, asked: &[usize]) -> Result<(), Failure> {
    let cells: f64 = asked.iter().map(|&i| network.states(i) as f64).product();
    if cells <= MOST_CELLS as f64 {
        return Ok(());
    }
    Err(Failure::new(
        format!("the joint posterior of {} nodes has {cells:.3e} cells, more than 2^20", asked.len()),
        "ask fewer nodes (--ask), or leave --joint out",
    ))
}

/// A junction tree that does not fit, with the way out that a question has.
fn too_large(e: Error, path: &Path) -> Failure {
    match e {
        Error::Setting { problem, .. } => {
            Failure::new(format!("{}: {problem}", path.display()), "ask fewer nodes at a time, or give more of them")
        }
        other => other.into(),
    }
}

/// Evidence of probability zero: which observations exclude each other.
fn impossible(network: &Network, at: &Point, given: &[(usize, usize)], path: &Path) -> Failure {
    let words = |k: &usize| {
        let (node, state) = given[*k];
        let node = &network.nodes()[node];
        format!("{} = {}", node.name, node.states[state])
    };
    let file = path.display();
    match contradiction(network, at, given, MOST_BYTES) {
        Ok(Some(found)) => {
            let list: Vec<String> = found.observations.iter().map(words).collect();
            let (problem, hint) = match (found.entry, list.as_slice()) {
                (Some((node, entry)), _) => (
                    format!("{} is 0", network.entry_name(node, entry)),
                    "leave one of these states out, or mend the table",
                ),
                (None, [one]) => (format!("{one} has probability 0"), "leave it out, or mend the tables above it"),
                (None, _) => (format!("{} cannot all be true", list.join(" and ")), "leave one of these states out"),
            };
            Failure::new(format!("{file}: the given states are impossible: {problem}"), hint)
        }
        _ => Failure::new(format!("{file}: the given states are impossible"), "leave some of them out"),
    }
}

/// Keys in an order of their own.
struct Ordered<'a, T>(Vec<(&'a str, T)>);

impl<T: Serialize> Serialize for Ordered<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// What is printed.
struct Answer<'a> {
    network: &'a Network,
    given: &'a [(usize, usize)],
    asked: &'a [usize],
    joint: bool,
    told: Posteriors,
    best: Option<Explanation>,
}

impl Answer<'_> {
    fn name(&self, node: usize) -> &str {
        &self.network.nodes()[node].name
    }

    fn states(&self, node: usize) -> &[String] {
        &self.network.nodes()[node].states
    }

    /// The states of the explanation, given nodes left out.
    fn explained(&self) -> Vec<(&str, &str)> {
        let open = |i: &usize| self.given.iter().all(|g| g.0 != *i);
        let of = |best: &Explanation| {
            let pair = |i: usize| (self.name(i), self.states(i)[best.states[i]].as_str());
            (0..self.network.len()).filter(open).map(pair).collect()
        };
        self.best.as_ref().map(of).unwrap_or_default()
    }

    /// `p(explanation | given)`.
    fn share(&self, best: &Explanation) -> f64 {
        (best.log_probability - self.told.log_evidence).exp().min(1.0)
    }

    fn joint_json(&self) -> Value {
        json!({
            "nodes": self.asked.iter().map(|&i| self.name(i)).collect::<Vec<_>>(),
            "states": self.asked.iter().map(|&i| self.states(i)).collect::<Vec<_>>(),
            "probabilities": self.told.tables[0],
        })
    }

    fn show(&self, out: &Output) -> Result<(), Failure> {
        if self.joint {
            self.show_joint(out)?;
        } else if !self.asked.is_empty() {
            let mut rows = Vec::new();
            for (&i, table) in self.asked.iter().zip(&self.told.tables) {
                for (s, p) in table.iter().enumerate() {
                    let name = if s == 0 { self.name(i) } else { "" };
                    rows.push(vec![name.to_string(), self.states(i)[s].clone(), short(*p)]);
                }
            }
            out.result(&plain(&["node", "state", "probability"], rows))?;
        }
        let logged = |log: f64, what: &str| format!("log p({what}) = {} nats, p = {}", short(log), short(log.exp()));
        let mut gap = if self.asked.is_empty() { "" } else { "\n" };
        if let Some(best) = &self.best {
            let rows = self.explained().iter().map(|(n, s)| vec![n.to_string(), s.to_string()]).collect();
            out.result(&format!("{gap}{}", plain(&["node", "most probable together"], rows)))?;
            let what = if self.given.is_empty() { "all" } else { "given and these" };
            out.result(&format!(
                "\n{}, a share of {} of all explanations",
                logged(best.log_probability, what),
                short(self.share(best))
            ))?;
            gap = "";
        }
        if !self.given.is_empty() {
            out.result(&format!("{gap}{}", logged(self.told.log_evidence, "given")))?;
        }
        Ok(())
    }

    fn show_joint(&self, out: &Output) -> Result<(), Failure> {
        let table = &self.told.tables[0];
        let mut order: Vec<usize> = (0..table.len()).collect();
        order.sort_by(|&a, &b| table[b].total_cmp(&table[a]));
        let row = |&cell: &usize| {
            let mut rest = cell;
            let mut row = vec![short(table[cell])];
            for &i in self.asked.iter().rev() {
                row.push(self.states(i)[rest % self.states(i).len()].clone());
                rest /= self.states(i).len();
            }
            row.reverse();
            row
        };
        let mut header: Vec<&str> = self.asked.iter().map(|&i| self.name(i)).collect();
        header.push("probability");
        out.result(&plain(&header, order.iter().take(MOST_LINES).map(row).collect()))?;
        if table.len() > MOST_LINES {
            out.note(&format!("the {MOST_LINES} most probable of {}; --json has all", table.len()));
        }
        Ok(())
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let given = self.given.iter().map(|&(i, s)| (self.name(i), &self.states(i)[s]));
        map.serialize_entry("given", &Ordered(given.collect()))?;
        map.serialize_entry("log_evidence", &self.told.log_evidence)?;
        if self.joint {
            map.serialize_entry("joint", &self.joint_json())?;
        } else if self.best.is_none() || !self.asked.is_empty() {
            let one = |(&i, table): (&usize, &Vec<f64>)| {
                let states = self.states(i).iter().map(String::as_str).zip(table.iter().copied());
                (self.name(i), Ordered(states.collect()))
            };
            map.serialize_entry("posteriors", &Ordered(self.asked.iter().zip(&self.told.tables).map(one).collect()))?;
        }
        if let Some(best) = &self.best {
            #[derive(serde::Serialize)]
            struct MostProbable<'a> {
                states: Ordered<'a, &'a str>,
                log_probability: f64,
                share: f64,
            }
            let best = MostProbable {
                states: Ordered(self.explained()),
                log_probability: best.log_probability,
                share: self.share(best),
            };
            map.serialize_entry("most_probable", &best)?;
        }
        map.end()
    }
}
