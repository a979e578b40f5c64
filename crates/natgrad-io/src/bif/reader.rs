//! The grammar of BIF: variable and probability blocks from tokens.

use super::tokens::{Token, Trouble, is_mark};

/// One `probability` block as written.
#[derive(Default)]
pub(super) struct Block<'t> {
    pub child: String,
    pub parents: Vec<String>,
    pub table: Option<Vec<f64>>,
    pub default: Option<Vec<f64>>,
    pub rows: Vec<Row<'t>>,
    /// Where it begins.
    pub at: usize,
}

/// One row of a probability block.
pub(super) struct Row<'t> {
    /// States of the parents.
    pub states: Vec<&'t str>,
    pub probabilities: Vec<f64>,
    /// Where it begins.
    pub at: usize,
}

/// Tokens, and how far they have been read.
pub(super) struct Reader<'t> {
    pub tokens: Vec<Token<'t>>,
    pub at: usize,
    /// Length of the text.
    pub end: usize,
}

impl<'t> Reader<'t> {
    pub fn trouble(&self, problem: String, hint: &'static str) -> Trouble {
        Trouble { at: self.place(self.at), problem, hint }
    }

    /// Byte at which a token begins.
    pub fn place(&self, token: usize) -> usize {
        self.tokens.get(token).map_or(self.end, |t| t.at)
    }

    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).filter(|t| !t.quoted).map(|t| t.text)
    }

    pub fn accept(&mut self, mark: &str) -> bool {
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

    pub fn word(&mut self, what: &str) -> Result<&'t str, Trouble> {
        match self.tokens.get(self.at) {
            Some(t) if t.quoted || !t.text.starts_with(is_mark) => {
                self.at += 1;
                Ok(self.tokens[self.at - 1].text)
            }
            Some(t) => {
                Err(self.trouble(format!("{what} was expected, and \"{}\" found", t.text), "mend the file there"))
            }
            None => Err(self.trouble(format!("{what} was expected, and the file ends"), "the file is truncated")),
        }
    }

    /// Words up to the mark, commas between them or not.
    fn list(&mut self, until: &str, what: &str) -> Result<Vec<&'t str>, Trouble> {
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
    fn skip_statement(&mut self) -> Result<(), Trouble> {
        while !self.accept(";") {
            if self.at >= self.tokens.len() || self.peek() == Some("}") {
                return Err(self.trouble("the property has no end".into(), "end it with ;"));
            }
            self.at += 1;
        }
        Ok(())
    }

    /// The trouble of a statement, just read, that is there twice.
    fn twice(&mut self, what: &str) -> Trouble {
        self.at -= 1;
        self.trouble(format!("{what} is there twice"), "remove one")
    }

    /// Skips `NAME { … }`.
    pub fn network(&mut self) -> Result<(), Trouble> {
        if self.peek() != Some("{") {
            self.word("the name of the network")?;
        }
        self.expect("{", "a network")?;
        while !self.accept("}") {
            if self.at >= self.tokens.len() || self.peek() == Some("{") {
                return Err(self.trouble("the network block is never closed".into(), "end it with }"));
            }
            self.at += 1;
        }
        Ok(())
    }

    pub fn variable(&mut self) -> Result<(&'t str, Vec<String>), Trouble> {
        let name = self.word("the name of a variable")?;
        self.expect("{", "a variable")?;
        let mut states = None;
        while !self.accept("}") {
            match self.word("type or property")? {
                "type" => {
                    if states.is_some() {
                        return Err(self.twice("the type"));
                    }
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
                    if found.is_empty() {
                        self.at -= 1;
                        return Err(self.trouble(format!("\"{name}\" has no states"), "list their names"));
                    }
                    if count.is_some_and(|c| c != found.len()) {
                        return Err(self.trouble(
                            format!("\"{name}\" has {} states where {} are announced", found.len(), count.unwrap_or(0)),
                            "make the number and the list agree",
                        ));
                    }
                    states = Some(found.into_iter().map(str::to_string).collect());
                    self.expect(";", "a type")?;
                }
                "property" => self.skip_statement()?,
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

    pub fn probability(&mut self) -> Result<Block<'t>, Trouble> {
        let mut block = Block { at: self.place(self.at.saturating_sub(1)), ..Block::default() };
        self.expect("(", "a probability")?;
        block.child = self.word("the name of a variable")?.to_string();
        if self.accept("|") || self.accept(",") {
            block.parents = self.list(")", "the name of a parent")?.into_iter().map(str::to_string).collect();
        } else {
            self.expect(")", "a probability")?;
        }
        self.expect("{", "a probability")?;
        while !self.accept("}") {
            let at = self.place(self.at);
            if self.accept("(") {
                let states = self.list(")", "the state of a parent")?;
                block.rows.push(Row { states, probabilities: self.numbers()?, at });
                continue;
            }
            match self.word("table, default, property or a row")? {
                "table" if block.table.is_some() => return Err(self.twice("the table")),
                "default" if block.default.is_some() => return Err(self.twice("the default")),
                "table" => block.table = Some(self.numbers()?),
                "default" => block.default = Some(self.numbers()?),
                "property" => self.skip_statement()?,
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
