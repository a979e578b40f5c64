//! The tables of a network, one for each node: hidden nodes and their children first.

use super::table::{Estimates, length};
use crate::run::Run;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// Tables shown, at most.
const TABLES: usize = 40;
/// Rows of a table, at most.
const ROWS: usize = 24;
/// States of a node that stand beside one another, at most.
const STATES: usize = 12;
/// Less than this is shown as nothing: it is what is left of an entry on its way to 0.
const NEGLIGIBLE: f64 = 1e-9;

/// A node as the network's JSON has it.
struct Node<'a> {
    name: &'a str,
    states: Vec<&'a str>,
    /// Names and states.
    parents: Vec<(&'a str, Vec<&'a str>)>,
}

fn words(v: &Value) -> Vec<&str> {
    v.as_array().map(|l| l.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

impl<'a> Node<'a> {
    fn of(all: &'a [Value], node: &'a Value) -> Self {
        let states_of = |name: &str| {
            let found = all.iter().find(|n| n["name"] == name);
            found.map(|n| words(&n["states"])).unwrap_or_default()
        };
        Node {
            name: node["name"].as_str().unwrap_or(""),
            states: words(&node["states"]),
            parents: words(&node["parents"]).into_iter().map(|p| (p, states_of(p))).collect(),
        }
    }

    /// The parents' states in a configuration; the first parent is slowest.
    fn configuration(&self, mut c: usize) -> Vec<&'a str> {
        let mut out: Vec<&str> = Vec::with_capacity(self.parents.len());
        for (_, states) in self.parents.iter().rev() {
            out.push(states.get(c % states.len().max(1)).copied().unwrap_or(""));
            c /= states.len().max(1);
        }
        out.reverse();
        out
    }

    /// The name of a row, as summaries list those that are never reached.
    fn row_name(&self, c: usize) -> String {
        let given = self.configuration(c);
        let parts: Vec<String> = self.parents.iter().zip(given).map(|((p, _), s)| format!("{p} = {s}")).collect();
        let bar = if parts.is_empty() { "" } else { " | " };
        format!("P({}{bar}{})", self.name, parts.join(", "))
    }
}

/// Numbers of the nodes in the order they are shown: hidden, their children, the others.
fn order(run: &Run, nodes: &[Value]) -> Vec<usize> {
    let hidden = |name: &str| run.nodes.iter().any(|n| n.hidden && n.name == name);
    let rank = |i: usize| {
        let name = nodes[i]["name"].as_str().unwrap_or("");
        match () {
            () if hidden(name) => 0,
            () if words(&nodes[i]["parents"]).into_iter().any(hidden) => 1,
            () => 2,
        }
    };
    let mut out: Vec<usize> = (0..nodes.len()).collect();
    out.sort_by_key(|&i| (rank(i), i));
    out
}

/// The section.
pub fn node_tables(run: &Run) -> Markup {
    let all = Estimates { values: &run.parameters, errors: &run.standard_errors, robust: &run.robust_errors };
    let all = all.named("nodes");
    let Some(nodes) = all.values.as_array() else { return html! {} };
    let order = order(run, nodes);
    html! {
        section {
            h2 { "Tables" }
            p.quiet {
                "Hidden nodes come first, then their children. " (super::parameters::about_errors(run))
            }
            div.tables { @for &i in order.iter().take(TABLES) { (one(run, &Node::of(nodes, &nodes[i]), all.nth(i))) } }
            @if nodes.len() > TABLES {
                p.quiet { (super::plural(nodes.len() - TABLES, "table")) " more in network.json." }
            }
        }
    }
}

fn one(run: &Run, node: &Node<'_>, e: Estimates<'_>) -> Markup {
    let line = run.nodes.iter().find(|n| n.name == node.name);
    let kind = match line {
        Some(n) if n.hidden => " hidden",
        Some(n) if n.frozen => " frozen",
        _ => "",
    };
    let unvisited: &[String] = line.map_or(&[], |n| &n.unvisited);
    html! {
        div.block {
            div.wide {
                @if e.values["logistic"].is_object() {
                    (weights(node, e.values, "logistic", "log-odds", "bias"))
                } @else if e.values["noisy_or"].is_object() {
                    (weights(node, e.values, "noisy_or", "switches it on", "leak"))
                } @else if e.values["softmax"].is_array() {
                    (rows(node, e.named("softmax"), " logits", &[]))
                } @else {
                    (rows(node, e.named("table"), kind, unvisited))
                }
            }
            @let more = length(&e.values["table"]).saturating_sub(ROWS);
            @if more > 0 { p { (super::plural(more, "row")) " more in network.json." } }
            @let more = node.states.len().saturating_sub(STATES);
            @if more > 0 { p { (super::plural(more, "state")) " more in network.json." } }
        }
    }
}

/// A table: a line per configuration of the parents.
fn rows(node: &Node<'_>, e: Estimates<'_>, kind: &str, unvisited: &[String]) -> Markup {
    let states = node.states.len().min(STATES);
    html! {
        table.cpt {
            caption { (node.name) span.quiet { (kind) } }
            thead { tr {
                @for (parent, _) in &node.parents { th { (parent) } }
                @for s in &node.states[..states] { th.n { (s) } }
            } }
            tbody { @for c in 0..length(e.values).min(ROWS) {
                @let never = !unvisited.is_empty() && unvisited.contains(&node.row_name(c));
                tr.never[never] title=[never.then_some("no row of the data reaches it")] {
                    @for state in node.configuration(c) { th scope="row" { (state) } }
                    @for s in 0..states { (cell(e, c, s)) }
                }
            } }
        }
    }
}

/// A probability with a bar below it.
fn cell(e: Estimates<'_>, c: usize, s: usize) -> Markup {
    let p = e.at(&[c, s]).unwrap_or(0.0);
    let style = format!("--p:{:.2}", p.clamp(0.0, 1.0));
    html! {
        td.n.p style=(PreEscaped(style)) {
            @if p > 0.0 && p < NEGLIGIBLE { "≈ 0" } @else { (e.cell(&[c, s])) }
        }
    }
}

/// Weights of a sigmoid or noisy-or node: a line per parent's state, the first states being where nothing is added.
fn weights(node: &Node<'_>, value: &Value, key: &str, what: &str, rest: &str) -> Markup {
    let number = |v: &Value| crate::number::maybe(v.as_f64(), 4);
    let of = &value[key];
    html! {
        table.cpt {
            caption { (node.name) span.quiet { " " (key.replace('_', "-")) } }
            thead { tr { th { "parent" } th { "state" } th.n { (what) } } }
            tbody {
                @for (p, (name, states)) in node.parents.iter().enumerate() {
                    @for (s, state) in states.iter().enumerate().skip(1).take(ROWS) {
                        tr { th scope="row" { (name) } td { (state) } td.n { (number(&of["weights"][p][s - 1])) } }
                    }
                }
                tr { th scope="row" { (rest) } td {} td.n { (number(&of[rest])) } }
            }
        }
    }
}
