//! What kinds ask of a file given with `--start`: that it holds the model that is fitted, of the columns and words that the data
//! have.

use super::Opened;
use crate::failure::Failure;
use natgrad::rows::{Column, ColumnKind};
use std::path::Path;

/// Most columns that are listed in a message.
const MOST_LISTED: usize = 12;

/// Reads a start, and refuses one of another model.
pub fn read<'a>(path: &'a Path, model: &str) -> Result<Opened<'a>, Failure> {
    let opened = Opened::read(path)?;
    match opened.model() {
        Some(other) if other != model => Err(other_model(path, other, model)),
        _ => Ok(opened),
    }
}

/// What is said of a start of another model.
pub fn other_model(path: &Path, start: &str, model: &str) -> Failure {
    Failure::new(
        format!("{}: a start of the model {start} does not fit {model}", path.display()),
        "name the start's model, or give another start",
    )
}

/// Refuses a start of other columns than the data have.
pub fn check_columns(path: &Path, start: &[String], data: &[Column]) -> Result<(), Failure> {
    let names: Vec<&str> = data.iter().map(|c| c.name.as_str()).collect();
    if start.iter().map(String::as_str).eq(names.iter().copied()) {
        return Ok(());
    }
    let difference = match start.len().max(names.len()) {
        0..=MOST_LISTED => format!("the columns {}, the data have {}", start.join(", "), names.join(", ")),
        _ => {
            // Behind the shorter list's end the other's name is the difference.
            let place = start.iter().zip(&names).take_while(|(a, b)| a == *b).count();
            let shown = |name: Option<&str>| name.map_or("none".into(), |n| format!("\"{n}\""));
            let (own, given) = (start.get(place).map(String::as_str), names.get(place).copied());
            format!(
                "{} columns, the data have {}; column {} is {} in the start, {} in the data",
                start.len(),
                names.len(),
                place + 1,
                shown(own),
                shown(given)
            )
        }
    };
    let hint = match start.iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => format!("give rows that have \"{name}\" too, or leave --start out"),
        None => format!("read the data with --columns {}", start.join(",")),
    };
    Err(Failure::new(format!("{}: the start has {difference}", path.display()), hint))
}

/// Refuses a start of columns with other words than the data's; the names are the same.
pub fn check_words(path: &Path, start: &[Column], data: &[Column]) -> Result<(), Failure> {
    match start.iter().zip(data).find(|(own, given)| own.kind != given.kind) {
        None => Ok(()),
        Some((own, given)) => Err(Failure::new(
            format!(
                "{}: column \"{}\" has {} in the start, {} in the data",
                path.display(),
                own.name,
                words(own),
                words(given)
            ),
            "write the column as in the data that the start was fitted to, or leave --start out",
        )),
    }
}

fn words(column: &Column) -> String {
    match &column.kind {
        ColumnKind::Number => "numbers".into(),
        ColumnKind::Levels(levels) => format!("the words {}", levels.join(", ")),
    }
}
