//! What the subcommands say about rows of models with hidden variables: totals, and files that were written.

use crate::failure::Failure;
use crate::output::Output;
use natgrad::rows::{Chunk, Column, ColumnKind};
use serde_json::{Value, json};

/// A column of numbers for a result file.
pub fn number(name: String) -> Column {
    Column { name, kind: ColumnKind::Number, missing: false }
}

/// Adds up log-evidences, or bounds on them.
#[derive(Debug, Default)]
pub struct Totals {
    total: f64,
    weight: f64,
    rows: u64,
    /// The first row whose value is not finite, counted from 1, and how many there are.
    beyond: Option<(u64, u64)>,
}

impl Totals {
    /// Adds the rows of a chunk.
    pub fn add(&mut self, chunk: &Chunk<'_>, values: &[f64]) {
        for (n, v) in values.iter().enumerate() {
            let w = chunk.weight(n);
            if w > 0.0 {
                self.total += w * v;
                if !v.is_finite() {
                    let (first, rows) = self.beyond.unwrap_or((chunk.first_row + n as u64 + 1, 0));
                    self.beyond = Some((first, rows + 1));
                }
            }
            self.weight += w;
        }
        self.rows += chunk.rows as u64;
    }

    /// Says the mean; a bound is not said to be evidence.
    pub fn say(&self, exact: bool, out: &Output) -> Result<u8, Failure> {
        let mean = self.total / self.weight;
        if let Some((first, rows)) = self.beyond {
            let others = if rows > 1 { format!(" (and of {} more)", rows - 1) } else { String::new() };
            out.warn(&format!(
                "row {first}{others} has no finite {}: look for cells far beyond those that the model was fitted to",
                if exact { "log-evidence" } else { "ELBO" }
            ));
        }
        if out.json {
            let evidence = exact.then_some(mean);
            out.document(&json!({"rows": self.rows, "weight": self.weight, "log_evidence": evidence, "elbo": mean}))?;
        } else {
            let what = if exact { "log-evidence" } else { "ELBO (a lower bound of the log-evidence)" };
            out.result(&format!(
                "{} row{}, {what} {mean} nats per row ({:.3} in all)",
                self.rows,
                if self.rows == 1 { "" } else { "s" },
                self.total
            ))?;
        }
        Ok(0)
    }
}

/// The name of what each row is given.
pub fn evidence_name(exact: bool) -> &'static str {
    if exact { "log_evidence" } else { "elbo" }
}

/// Cells row by row put column after column.
pub fn by_column(cells: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|d| cells.iter().skip(d).step_by(columns).copied()).collect()
}

/// Says what was written.
pub fn written(document: &Value, words: &str, out: &Output) -> Result<u8, Failure> {
    if out.json {
        out.document(document)?;
    } else {
        out.note(words);
    }
    Ok(0)
}
