//! The Bayesian network interchange format (BIF), read with line and column of what does not fit, and written.
//!
//! ```text
//! variable y { type discrete [ 2 ] { a, b }; }
//! probability ( y | x ) { (b) 0.8, 0.2; (c) 0.4, 0.6; }
//! ```
//!
//! In the short form `table` the values run over the node's states first (slowest), then its parents, the last fastest.
//! Rows that miss 1 by less than 1e-5 have been printed with few digits and are divided by their sum.

mod reader;
mod tables;
mod tokens;
mod write;

pub use write::bif_text;

use crate::atomic::AtomicFile;
use crate::error::{IoError, cannot_read, shown};
use natgrad::network::NodeSpec;
use reader::{Block, Reader};
use std::collections::BTreeMap;
use std::path::Path;
use tables::table;
use tokens::{Trouble, place, tokens};

fn parse(text: &str) -> Result<Vec<NodeSpec>, Trouble> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, end: text.trim_end().len() };
    let mut order = Vec::new();
    let mut states = BTreeMap::new();
    let mut blocks: BTreeMap<String, Block<'_>> = BTreeMap::new();
    while reader.at < reader.tokens.len() {
        match reader.word("network, variable or probability")? {
            "network" => reader.network()?,
            "variable" => {
                let (name, of) = reader.variable()?;
                if states.insert(name.to_string(), of).is_some() {
                    return Err(reader.trouble(format!("variable \"{name}\" is there twice"), "names must differ"));
                }
                order.push(name.to_string());
            }
            "probability" => {
                let block = reader.probability()?;
                let child = block.child.clone();
                if let Some(first) = blocks.insert(child.clone(), block) {
                    let problem = format!(
                        "the probability of \"{child}\" is there twice, first in line {}",
                        place(text, first.at).0
                    );
                    return Err(reader.trouble(problem, "remove one"));
                }
            }
            other => {
                reader.at -= 1;
                return Err(reader.trouble(
                    format!("\"{other}\" is not known"),
                    "a BIF file has network, variable and probability blocks",
                ));
            }
        }
    }
    for block in blocks.values() {
        if let Some(name) = std::iter::once(&block.child).chain(&block.parents).find(|name| !states.contains_key(*name))
        {
            return Err(Trouble {
                at: block.at,
                problem: format!("\"{name}\" is not a variable"),
                hint: "declare it: variable NAME { type discrete [ k ] { … }; }",
            });
        }
    }
    order
        .into_iter()
        .map(|name| {
            let (parents, table) = match blocks.remove(&name) {
                Some(mut block) => {
                    let table = table(&mut block, &states)?;
                    (block.parents, table)
                }
                None => (Vec::new(), None),
            };
            Ok(NodeSpec { states: states[&name].clone(), parents, table, name })
        })
        .collect()
}

/// Reads a BIF file; nodes without a probability block have no parents and no table.
///
/// # Errors
/// [`IoError::File`] if it cannot be read, [`IoError::Text`] with line and column if it is not UTF-8 or does not fit.
pub fn read_bif(path: &Path) -> Result<Vec<NodeSpec>, IoError> {
    let bytes = std::fs::read(path).map_err(|e| cannot_read(path, &e))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse_bif(text).map_err(|e| e.in_file(path)),
        Err(e) => {
            let at = e.valid_up_to();
            let (line, column) = place(&String::from_utf8_lossy(&bytes[..at]), at);
            let problem = format!("the byte 0x{:02x} is no UTF-8 text", bytes[at]);
            Err(BifError { line, column, problem, hint: "save the file as UTF-8".into() }.in_file(path))
        }
    }
}

/// A BIF text that does not fit, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BifError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

impl BifError {
    fn in_file(self, path: &Path) -> IoError {
        IoError::Text {
            file: shown(path),
            line: self.line,
            column: self.column,
            problem: self.problem,
            hint: self.hint,
        }
    }
}

/// Nodes of a BIF text.
///
/// # Errors
/// [`BifError`] with line and column.
pub fn parse_bif(text: &str) -> Result<Vec<NodeSpec>, BifError> {
    parse(text).map_err(|t| {
        let (line, column) = place(text, t.at);
        BifError { line, column, problem: t.problem, hint: t.hint.into() }
    })
}

/// Writes a BIF file.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`]; [`IoError::Format`] for a name with a double quote, which BIF cannot hold.
pub fn write_bif(path: &Path, nodes: &[NodeSpec]) -> Result<(), IoError> {
    let names = nodes.iter().flat_map(|n| std::iter::once(&n.name).chain(&n.states));
    if let Some(name) = names.into_iter().find(|name| name.contains('"')) {
        return Err(IoError::Format {
            file: shown(path),
            problem: format!("the name {name} holds a double quote, which BIF cannot write"),
            hint: "rename it, or write JSON".into(),
        });
    }
    AtomicFile::write(path, bif_text(nodes).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "// a comment\nnetwork \"n\" { property x = 1; }\nvariable x{type discrete[2]{ yes ,no };property p;}\n\
        variable y { type discrete [ 3 ] { <5, Asy/Patch, \"1 2\" }; }\n/* two\nlines */\n\
        probability ( x ) { table 0.25 0.75; }\n\
        probability (y|x){ (no) 0.5, 0.25, 0.25; (yes) .1,.2,7e-1; }";

    #[test]
    fn odd_spacing_comments_and_states_are_read() {
        let nodes = parse_bif(TEXT).expect("a network");
        assert_eq!(nodes[1].states, ["<5", "Asy/Patch", "1 2"]);
        assert_eq!(nodes[1].table, Some(vec![vec![0.1, 0.2, 0.7], vec![0.5, 0.25, 0.25]]));
        assert_eq!(parse_bif(&bif_text(&nodes)).expect("again"), nodes);
    }

    #[test]
    fn a_short_table_runs_over_states_first() {
        let text = "variable x { type discrete [2] {a b}; } variable y { type discrete [2] {a b}; }
            probability (x) {table .5 .5;} probability (y | x) { table 0.1, 0.2, 0.9, 0.8; }";
        let nodes = parse_bif(text).expect("a network");
        assert_eq!(nodes[1].table, Some(vec![vec![0.1, 0.9], vec![0.2, 0.8]]));
    }

    #[test]
    fn few_digits_are_made_up_for() {
        let text = |row: &str| {
            format!("variable x {{ type discrete [3] = {{ <7.5 >=7.5 = }}; }} probability (x) {{ table {row}; }}")
        };
        let nodes = parse_bif(&text("0.3333333 0.3333333 0.3333333")).expect("a network");
        assert_eq!(nodes[0].states, ["<7.5", ">=7.5", "="]);
        // A sum and a division: two roundings.
        let row = &nodes[0].table.as_ref().expect("a table")[0];
        assert!(row.iter().all(|p| (p - 1.0 / 3.0).abs() < 2e-16), "{row:?}");
        assert_eq!(parse_bif(&bif_text(&nodes)).expect("again"), nodes);
        // More than that is left for the network to refuse.
        assert_eq!(parse_bif(&text("0.3 0.3 0.3")).expect("a network")[0].table, Some(vec![vec![0.3; 3]]));
    }

    #[test]
    fn contradictions_have_a_place() {
        let head = "variable x { type discrete [2] { a b }; }\nvariable y { type discrete [2] { a b }; }\n";
        for (text, line, words) in [
            ("probability (x) { table .5 .5; table .4 .6; }", 3, "twice"),
            ("probability (x) { default .5 .5; default .4 .6; }", 3, "twice"),
            ("probability (y | x) { table .1 .2 .9 .8;\n (a) .5 .5; (b) .5 .5; }", 4, "table and rows"),
            ("probability (y | x) {\n (a) .5 .5;\n (b) .5 .3 .2; }", 5, "3 entries"),
            ("probability (y | x) { default .5 .3 .2; }", 3, "3 entries"),
            ("probability (x) { property odd }\nvariable z { type discrete [1] { a }; }", 3, "no end"),
            ("network foo variable z {\n type discrete [1] { a }; }", 3, "\"{\" was expected"),
            ("network foo {\n property p;\nvariable z { type discrete [1] { a }; }", 5, "never closed"),
            ("network { property p;", 3, "never closed"),
            ("variable z {\n type discrete [1] { a };\n type discrete [1] { b }; }", 5, "twice"),
        ] {
            let e = parse_bif(&format!("{head}{text}")).expect_err(text);
            assert!(e.line == line && e.problem.contains(words), "{text}: {e:?}");
        }
    }

    #[test]
    fn no_room_is_taken_on_promise() {
        let many: String = (0..40).map(|i| format!("variable v{i} {{ type discrete [2] {{ a b }}; }} ")).collect();
        let parents: Vec<String> = (1..24).map(|i| format!("v{i}")).collect();
        let text = format!("{many} probability (v0 | {}) {{ default 0.5 0.5; }}", parents.join(","));
        assert!(parse_bif(&text).expect_err("too many").problem.contains("of 8388608"));
        let parents: Vec<String> = (1..40).map(|i| format!("v{i}")).collect();
        let text = format!("{many} probability (v0 | {}) {{ table 0.5 0.5; }}", parents.join(","));
        assert!(parse_bif(&text).expect_err("too many").problem.contains("too large"));
        let e = parse_bif("variable x { type discrete [ 4000000000 ] { a, b }; }").expect_err("two");
        assert!(e.problem.contains("2 states where 4000000000"), "{}", e.problem);
    }

    #[test]
    fn trouble_has_a_place() {
        let place = |text: &str| {
            let e = parse_bif(text).expect_err("trouble");
            (e.line, e.column, e.problem)
        };
        let (line, column, problem) = place(&TEXT.replace("0.25 0.75", "0.25 O.75"));
        assert_eq!((line, column), (7, 32), "{problem}");
        assert_eq!(place(&TEXT.replace("(no)", "(maybe)")).0, 8);
        assert!(place(&TEXT.replace("(no)", "(yes)")).2.contains("twice"));
        assert!(place(&TEXT.replace("discrete[2]", "discrete[3]")).2.contains("3 are announced"));
        assert!(place("variable x {").2.contains("ends"));
        for cut in 0..TEXT.len() {
            if TEXT.is_char_boundary(cut) {
                let _ = parse_bif(&TEXT[..cut]);
            }
        }
    }
}
