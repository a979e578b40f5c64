//! The Bayesian network interchange format (BIF), read with line and column of what does not fit, and written.
//!
//! ```text
//! variable y { type discrete [ 2 ] { a, b }; }
//! probability ( y | x ) { (b) 0.8, 0.2; (c) 0.4, 0.6; }
//! ```
//!
//! In the short form `table` the values run over the node's states first (slowest), then its parents, the last fastest.

use crate::atomic::AtomicFile;
use crate::error::{IoError, cannot_read, shown};
use natgrad::network::NodeSpec;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// A word or a mark, with its place.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    /// Whether it stood in quotes (then it is never a mark).
    quoted: bool,
    line: usize,
    column: usize,
}

/// What is wrong, where.
#[derive(Debug)]
struct Trouble {
    line: usize,
    column: usize,
    problem: String,
    hint: &'static str,
}

fn is_mark(c: char) -> bool {
    "{}()[];,|=".contains(c)
}

fn tokens(text: &str) -> Result<Vec<Token>, Trouble> {
    let mut out = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let (mut i, mut line, mut column) = (0, 1, 1);
    let starts = |i: usize, what: &str| what.chars().enumerate().all(|(k, c)| chars.get(i + k) == Some(&c));
    while i < chars.len() {
        let begun = (i, line, column);
        let trouble = |problem: &str, hint| Trouble { line: begun.1, column: begun.2, problem: problem.into(), hint };
        let end = if chars[i].is_whitespace() || chars[i] == '\u{feff}' {
            i + 1
        } else if starts(i, "//") {
            (i..chars.len()).find(|&k| chars[k] == '\n').unwrap_or(chars.len())
        } else if starts(i, "/*") {
            match (i + 2..chars.len()).find(|&k| starts(k, "*/")) {
                Some(k) => k + 2,
                None => return Err(trouble("a comment is never closed", "end it with */")),
            }
        } else if chars[i] == '"' {
            let Some(close) = (i + 1..chars.len()).find(|&k| chars[k] == '"') else {
                return Err(trouble("a quoted name is never closed", "end it with a quote"));
            };
            let text = chars[i + 1..close].iter().collect();
            out.push(Token { text, quoted: true, line, column });
            close + 1
        } else if is_mark(chars[i]) {
            out.push(Token { text: chars[i].to_string(), quoted: false, line, column });
            i + 1
        } else {
            let stop = |k: usize| {
                chars[k].is_whitespace() || is_mark(chars[k]) || chars[k] == '"' || starts(k, "//") || starts(k, "/*")
            };
            let close = (i + 1..chars.len()).find(|&k| stop(k)).unwrap_or(chars.len());
            out.push(Token { text: chars[i..close].iter().collect(), quoted: false, line, column });
            close
        };
        for c in &chars[i..end] {
            if *c == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        i = end;
    }
    Ok(out)
}

/// One `probability` block as written.
#[derive(Default)]
struct Block {
    child: String,
    parents: Vec<String>,
    table: Option<Vec<f64>>,
    default: Option<Vec<f64>>,
    /// Parent states, probabilities, place.
    rows: Vec<(Vec<String>, Vec<f64>, usize, usize)>,
    line: usize,
    column: usize,
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    /// Line and column of the end.
    end: (usize, usize),
}

impl Reader {
    fn trouble(&self, problem: String, hint: &'static str) -> Trouble {
        let (line, column) = self.tokens.get(self.at).map_or(self.end, |t| (t.line, t.column));
        Trouble { line, column, problem, hint }
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).filter(|t| !t.quoted).map(|t| t.text.as_str())
    }

    fn accept(&mut self, mark: &str) -> bool {
        let found = self.peek() == Some(mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str, within: &str) -> Result<(), Trouble> {
        if self.accept(mark) {
            return Ok(());
        }
        let found = self.tokens.get(self.at).map_or("the end of the file".into(), |t| format!("\"{}\"", t.text));
        Err(self.trouble(format!("\"{mark}\" was expected in {within}, and {found} found"), "mend the file there"))
    }

    fn word(&mut self, what: &str) -> Result<String, Trouble> {
        match self.tokens.get(self.at) {
            Some(t) if t.quoted || !t.text.starts_with(is_mark) => {
                self.at += 1;
                Ok(self.tokens[self.at - 1].text.clone())
            }
            Some(t) => {
                Err(self.trouble(format!("{what} was expected, and \"{}\" found", t.text), "mend the file there"))
            }
            None => Err(self.trouble(format!("{what} was expected, and the file ends"), "the file is truncated")),
        }
    }

    /// Words up to the mark, commas between them or not.
    fn list(&mut self, until: &str, what: &str) -> Result<Vec<String>, Trouble> {
        let mut out = Vec::new();
        while !self.accept(until) {
            if !self.accept(",") {
                out.push(self.word(what)?);
            }
        }
        Ok(out)
    }

    fn numbers(&mut self) -> Result<Vec<f64>, Trouble> {
        let mut out = Vec::new();
        while !self.accept(";") {
            if self.accept(",") {
                continue;
            }
            let text = self.word("a probability")?;
            match text.parse::<f64>() {
                Ok(p) if p.is_finite() => out.push(p),
                _ => {
                    self.at -= 1;
                    return Err(self.trouble(format!("\"{text}\" is no probability"), "write a number such as 0.25"));
                }
            }
        }
        Ok(out)
    }

    /// Skips `property …;`.
    fn skip_statement(&mut self) {
        while self.at < self.tokens.len() && !self.accept(";") {
            self.at += 1;
        }
    }

    fn variable(&mut self) -> Result<(String, Vec<String>), Trouble> {
        let name = self.word("the name of a variable")?;
        self.expect("{", "a variable")?;
        let mut states = None;
        while !self.accept("}") {
            match self.word("type or property")?.as_str() {
                "type" => {
                    self.expect_word("discrete")?;
                    let mut count = None;
                    if self.accept("[") {
                        let text = self.word("the number of states")?;
                        count = Some(text.parse::<usize>().map_err(|_| {
                            self.at -= 1;
                            self.trouble(format!("\"{text}\" is no number of states"), "write a whole number")
                        })?);
                        self.expect("]", "a type")?;
                    }
                    self.accept("=");
                    self.expect("{", "a type")?;
                    let found = self.list("}", "the name of a state")?;
                    if count.is_some_and(|c| c != found.len()) {
                        return Err(self.trouble(
                            format!("\"{name}\" has {} states where {} are announced", found.len(), count.unwrap_or(0)),
                            "make the number and the list agree",
                        ));
                    }
                    states = Some(found);
                    self.expect(";", "a type")?;
                }
                "property" => self.skip_statement(),
                other => {
                    self.at -= 1;
                    return Err(
                        self.trouble(format!("\"{other}\" is not known in a variable"), "type and property are")
                    );
                }
            }
        }
        match states {
            Some(states) => Ok((name, states)),
            None => Err(self.trouble(format!("variable \"{name}\" has no type"), "write type discrete [ k ] { … };")),
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Trouble> {
        let found = self.word(word)?;
        if found == word {
            return Ok(());
        }
        self.at -= 1;
        Err(self.trouble(format!("\"{word}\" was expected, and \"{found}\" found"), "only discrete variables are read"))
    }

    fn probability(&mut self) -> Result<Block, Trouble> {
        let (line, column) = self.tokens.get(self.at - 1).map_or(self.end, |t| (t.line, t.column));
        let mut block = Block { line, column, ..Block::default() };
        self.expect("(", "a probability")?;
        block.child = self.word("the name of a variable")?;
        if self.accept("|") || self.accept(",") {
            block.parents = self.list(")", "the name of a parent")?;
        } else {
            self.expect(")", "a probability")?;
        }
        self.expect("{", "a probability")?;
        while !self.accept("}") {
            let (line, column) = self.tokens.get(self.at).map_or(self.end, |t| (t.line, t.column));
            if self.accept("(") {
                let states = self.list(")", "the state of a parent")?;
                let row = self.numbers()?;
                block.rows.push((states, row, line, column));
                continue;
            }
            match self.word("table, default, property or a row")?.as_str() {
                "table" => block.table = Some(self.numbers()?),
                "default" => block.default = Some(self.numbers()?),
                "property" => self.skip_statement(),
                other => {
                    self.at -= 1;
                    return Err(self.trouble(
                        format!("\"{other}\" is not known in a probability"),
                        "table, default, property and rows such as (a, b) 0.2, 0.8; are",
                    ));
                }
            }
        }
        Ok(block)
    }
}

/// A table in configuration-major order from a block.
fn table(block: &Block, states: &BTreeMap<String, Vec<String>>) -> Result<Option<Vec<Vec<f64>>>, Trouble> {
    let trouble = |line, column, problem: String, hint| Err(Trouble { line, column, problem, hint });
    let k = states[&block.child].len();
    let sizes: Vec<usize> = block.parents.iter().map(|p| states[p].len()).collect();
    let count = sizes.iter().try_fold(1usize, |n, s| n.checked_mul(*s)).filter(|n| n.saturating_mul(k) <= 1 << 24);
    let Some(count) = count else {
        return trouble(
            block.line,
            block.column,
            format!("the table of \"{}\" is too large", block.child),
            "2^24 entries",
        );
    };
    if let Some(flat) = &block.table {
        if flat.len() != count * k {
            return trouble(
                block.line,
                block.column,
                format!("the table of \"{}\" has {} entries where {} are needed", block.child, flat.len(), count * k),
                "one per state and configuration of the parents",
            );
        }
        return Ok(Some((0..count).map(|c| (0..k).map(|a| flat[a * count + c]).collect()).collect()));
    }
    if block.rows.is_empty() && block.default.is_none() {
        return Ok(None);
    }
    let mut rows: Vec<Option<Vec<f64>>> = vec![block.default.clone(); count];
    let mut given = vec![false; count];
    for (of, row, line, column) in &block.rows {
        if of.len() != sizes.len() {
            return trouble(
                *line,
                *column,
                format!("the row names {} states where \"{}\" has {} parents", of.len(), block.child, sizes.len()),
                "name one state per parent",
            );
        }
        let mut c = 0;
        for (parent, state) in block.parents.iter().zip(of) {
            let Some(i) = states[parent].iter().position(|s| s == state) else {
                return trouble(
                    *line,
                    *column,
                    format!("\"{parent}\" has no state \"{state}\""),
                    "states are named as in the variable",
                );
            };
            c = c * states[parent].len() + i;
        }
        if std::mem::replace(&mut given[c], true) {
            return trouble(*line, *column, format!("the row ({}) is there twice", of.join(", ")), "remove one");
        }
        rows[c] = Some(row.clone());
    }
    match rows.iter().position(Option::is_none) {
        Some(c) => trouble(
            block.line,
            block.column,
            format!("the table of \"{}\" lacks row {} of {count}", block.child, c + 1),
            "give every configuration of the parents, or a default",
        ),
        None => Ok(Some(rows.into_iter().flatten().collect())),
    }
}

fn parse(text: &str) -> Result<Vec<NodeSpec>, Trouble> {
    let lines = text.lines().count().max(1);
    let end = (lines, text.lines().last().map_or(0, |l| l.chars().count()) + 1);
    let mut reader = Reader { tokens: tokens(text)?, at: 0, end };
    let mut order = Vec::new();
    let mut states = BTreeMap::new();
    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    while reader.at < reader.tokens.len() {
        match reader.word("network, variable or probability")?.as_str() {
            "network" => {
                while reader.at < reader.tokens.len() && !reader.accept("{") {
                    reader.at += 1;
                }
                while reader.at < reader.tokens.len() && !reader.accept("}") {
                    reader.at += 1;
                }
            }
            "variable" => {
                let (name, of) = reader.variable()?;
                if states.insert(name.clone(), of).is_some() {
                    return Err(reader.trouble(format!("variable \"{name}\" is there twice"), "names must differ"));
                }
                order.push(name);
            }
            "probability" => {
                let block = reader.probability()?;
                let child = block.child.clone();
                if let Some(first) = blocks.insert(child.clone(), block) {
                    let problem =
                        format!("the probability of \"{child}\" is there twice, first in line {}", first.line);
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
                line: block.line,
                column: block.column,
                problem: format!("\"{name}\" is not a variable"),
                hint: "declare it: variable NAME { type discrete [ k ] { … }; }",
            });
        }
    }
    order
        .into_iter()
        .map(|name| {
            let (parents, table) = match blocks.get(&name) {
                Some(block) => (block.parents.clone(), table(block, &states)?),
                None => (Vec::new(), None),
            };
            Ok(NodeSpec { states: states[&name].clone(), parents, table, name })
        })
        .collect()
}

/// Reads a BIF file; nodes without a probability block have no parents and no table.
///
/// # Errors
/// [`IoError::File`] if it cannot be read, [`IoError::Text`] with line and column if it does not fit.
pub fn read_bif(path: &Path) -> Result<Vec<NodeSpec>, IoError> {
    let bytes = std::fs::read(path).map_err(|e| cannot_read(path, &e))?;
    let text = String::from_utf8_lossy(&bytes);
    parse_bif(&text).map_err(|e| e.in_file(path))
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
    parse(text).map_err(|t| BifError { line: t.line, column: t.column, problem: t.problem, hint: t.hint.into() })
}

fn name(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(|c| !c.is_whitespace() && !is_mark(c) && c != '"')
        && !text.contains("//")
        && !text.contains("/*");
    if plain { text.to_string() } else { format!("\"{}\"", text.replace('"', "'")) }
}

/// A network as BIF text; reading it again gives the same nodes and the same bits.
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

/// Writes a BIF file.
///
/// # Errors
/// [`IoError::Write`] or [`IoError::Full`].
pub fn write_bif(path: &Path, nodes: &[NodeSpec]) -> Result<(), IoError> {
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
