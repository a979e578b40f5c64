//! Where words and results go.

use crate::Color;
use crate::failure::Failure;
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Standard output for results, standard error for the eye.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// One JSON document instead of a table.
    pub json: bool,
    quiet: bool,
    colored: bool,
}

impl Output {
    /// From the common options.
    pub(crate) fn new(json: bool, quiet: bool, color: Color) -> Self {
        let colored = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        Output { json, quiet, colored }
    }

    /// Whether a progress bar makes sense.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colored { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// An error and its hint.
    pub fn error(&self, failure: &Failure) {
        self.line(&format!("{} {failure}", self.paint("1;31", "error:")));
    }

    /// A warning.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            self.line(&format!("{} {text}", self.paint("33", "warning:")));
        }
    }

    /// A remark.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    fn line(&self, text: &str) {
        // Nobody is left to tell if standard error is gone.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// A result in words.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        write_out(&format!("{text}\n"))
    }

    /// A result as one JSON document.
    pub fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        match serde_json::to_string_pretty(value) {
            Ok(text) => write_out(&format!("{text}\n")),
            Err(e) => Err(Failure::new(format!("the result cannot be written as JSON: {e}"), "leave --json out")),
        }
    }
}

fn write_out(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // A reader that has seen enough (`| head`) ends the output quietly.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: {e}"), "check where it is redirected to"))
        }
        _ => Ok(()),
    }
}
