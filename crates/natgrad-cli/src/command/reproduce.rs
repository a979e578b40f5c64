//! `natgrad reproduce`: a paper's figures, propositions and theorems, recomputed.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad_io::{AtomicFile, write_json};
use natgrad_reproduce::{CATALOGUE, Claim, Expected, ReproduceError, Reproduction, Table, find};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Recompute a paper: figures, the numbers behind them, and every claim with what is expected and what is found.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which one; `all` for every one.
    #[arg(value_name = "NAME")]
    name: String,
    /// Folder for figures, tables and comparison.json.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Recomputes, writes and compares; 1 if a claim does not hold.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let Some(entries) = find(&arguments.name) else {
        let names: Vec<&str> = CATALOGUE.iter().map(|e| e.name).chain(["all"]).collect();
        return Err(Failure::new(
            format!("\"{}\" is nothing that can be recomputed", arguments.name),
            format!("choose from {}", names.join(", ")),
        ));
    };
    let mut all = Reproduction::default();
    for entry in entries {
        out.note(&format!("{}: {}", entry.name, entry.title));
        let mut found = (entry.run)().map_err(|e| match e {
            ReproduceError::Mathematics(e) => Failure::from(e),
            e => Failure::new(e, "the numbers behind the figure may not be finite"),
        })?;
        if arguments.name == "all" {
            // A folder for each paper.
            found.tables.iter_mut().for_each(|t| t.name = format!("{}/{}", entry.name, t.name));
            found.figures.iter_mut().for_each(|f| f.name = format!("{}/{}", entry.name, f.name));
        }
        all.extend(found);
    }
    write(&arguments.out, &all)?;
    let comparison = comparison(&arguments.name, &all);
    write_json(&arguments.out.join("comparison.json"), &comparison)?;
    if out.json {
        out.document(&comparison)?;
    } else {
        let rows = all.claims.iter().map(row).collect();
        out.result(&plain(&["holds", "expected", "found", "claim", "source"], rows))?;
        let failed = all.claims.iter().filter(|c| !c.holds).count();
        let verdict = if failed == 0 { "all hold".to_string() } else { format!("{failed} do not hold") };
        out.note(&format!(
            "{} claims, {verdict}; {} figures and {} tables in {}",
            all.claims.len(),
            all.figures.len(),
            all.tables.len(),
            arguments.out.display()
        ));
    }
    Ok(u8::from(!all.holds()))
}

fn write(folder: &Path, all: &Reproduction) -> Result<(), Failure> {
    let names = all.tables.iter().map(|t| &t.name).chain(all.figures.iter().map(|f| &f.name));
    let folders: BTreeSet<PathBuf> = names.filter_map(|n| folder.join(n).parent().map(Path::to_path_buf)).collect();
    for folder in folders.iter().map(PathBuf::as_path).chain([folder]) {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::new(format!("{}: {e}", folder.display()), "give a folder that can be written"))?;
    }
    for table in &all.tables {
        AtomicFile::write(&folder.join(format!("{}.csv", table.name)), text(table).as_bytes())?;
    }
    for figure in &all.figures {
        AtomicFile::write(&folder.join(format!("{}.svg", figure.name)), figure.svg.as_bytes())?;
        AtomicFile::write(&folder.join(format!("{}.png", figure.name)), &figure.png)?;
    }
    Ok(())
}

/// Names without commas and numbers, so nothing needs quotes; a number that does not exist is an empty cell.
fn text(table: &Table) -> String {
    let label = table.labels.as_ref().map(|(column, _)| column.clone());
    let mut out = label.into_iter().chain(table.columns.iter().cloned()).collect::<Vec<_>>().join(",");
    out.push('\n');
    for (n, row) in table.rows.iter().enumerate() {
        let label = table.labels.as_ref().and_then(|(_, names)| names.get(n).cloned());
        let numbers = row.iter().map(|x| if x.is_finite() { x.to_string() } else { String::new() });
        out.push_str(&label.into_iter().chain(numbers).collect::<Vec<_>>().join(","));
        out.push('\n');
    }
    out
}

fn comparison(name: &str, all: &Reproduction) -> Value {
    json!({
        "name": name,
        "holds": all.holds(),
        "claims": all.claims.iter().map(claim).collect::<Vec<_>>(),
        "figures": all.figures.iter().flat_map(|f| [format!("{}.svg", f.name), format!("{}.png", f.name)]).collect::<Vec<_>>(),
        "tables": all.tables.iter().map(|t| format!("{}.csv", t.name)).collect::<Vec<_>>(),
    })
}

/// `expected` is a number, or yes or no; `comparison` says how `found` relates to it.
fn claim(c: &Claim) -> Value {
    let (expected, found, relation) = match c.expected {
        Expected::Value(x) => (json!(x), json!(c.found), "equal"),
        Expected::AtMost(x) => (json!(x), json!(c.found), "at most"),
        Expected::AtLeast(x) => (json!(x), json!(c.found), "at least"),
        Expected::Answer(yes) => (json!(yes), json!(c.found == 1.0), "equal"),
    };
    json!({
        "claim": c.claim, "source": c.source, "expected": expected, "found": found, "difference": c.difference,
        "comparison": relation, "tolerance": c.tolerance, "holds": c.holds,
    })
}

fn row(c: &Claim) -> Vec<String> {
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_string();
    let (expected, found) = match c.expected {
        Expected::Value(x) if c.tolerance > 0.0 => (format!("{} ± {}", short(x), short(c.tolerance)), short(c.found)),
        Expected::Value(x) => (short(x), short(c.found)),
        Expected::AtMost(x) => (format!("≤ {}", short(x)), short(c.found)),
        Expected::AtLeast(x) => (format!("≥ {}", short(x)), short(c.found)),
        Expected::Answer(yes) => (word(yes), word(c.found == 1.0)),
    };
    let holds = if c.holds { "✓" } else { "✗" };
    vec![holds.into(), expected, found, c.claim.clone(), c.source.clone()]
}
