//! Networks as BIF text.

use super::tokens::is_mark;
use natgrad::network::NodeSpec;
use std::collections::BTreeMap;
use std::fmt::Write;

fn name(text: &str) -> String {
    let plain = !text.is_empty()
        && text != "="
        && !text.starts_with('\u{feff}')
        && text.chars().all(|c| !c.is_whitespace() && !is_mark(c) && c != '"')
        && !text.contains("//")
        && !text.contains("/*");
    if plain { text.to_string() } else { format!("\"{}\"", text.replace('"', "'")) }
}

/// A network as BIF text; reading it again gives the same nodes and the same bits, but for double quotes in names, which
/// become single ones.
pub fn bif_text(nodes: &[NodeSpec]) -> String {
    let mut out = String::from("network unknown {\n}\n");
    let states: BTreeMap<&str, &[String]> = nodes.iter().map(|n| (n.name.as_str(), n.states.as_slice())).collect();
    // Writing to a string never fails.
    for n in nodes {
        let list: Vec<String> = n.states.iter().map(|s| name(s)).collect();
        let _ = writeln!(
            out,
            "variable {} {{\n  type discrete [ {} ] {{ {} }};\n}}",
            name(&n.name),
            list.len(),
            list.join(", ")
        );
    }
    let numbers = |row: &[f64]| row.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    for n in nodes {
        let parents: Vec<String> = n.parents.iter().map(|p| name(p)).collect();
        let bar = if parents.is_empty() { String::new() } else { format!(" | {}", parents.join(", ")) };
        let _ = writeln!(out, "probability ( {}{bar} ) {{", name(&n.name));
        for (c, row) in n.table.iter().flatten().enumerate() {
            if parents.is_empty() {
                let _ = writeln!(out, "  table {};", numbers(row));
                continue;
            }
            let mut rest = c;
            let mut of: Vec<String> = Vec::new();
            for p in n.parents.iter().rev() {
                let s = states.get(p.as_str()).copied().unwrap_or_default();
                if !s.is_empty() {
                    of.push(name(&s[rest % s.len()]));
                    rest /= s.len();
                }
            }
            of.reverse();
            let _ = writeln!(out, "  ({}) {};", of.join(", "), numbers(row));
        }
        out.push_str("}\n");
    }
    out
}
