//! From a probability block to a table, one row per configuration of the parents.

use super::reader::Block;
use super::tokens::Trouble;
use std::collections::BTreeMap;

/// Most entries of a table that a `default` fills up.
const MOST_BY_DEFAULT: usize = 1 << 20;

/// How far the sum of a row with few digits may be from 1: networks in circulation have 0.3333333 three times.
const FEW_DIGITS: f64 = 1e-5;

/// A row that sums to 1 but for its few digits, divided by its sum; any other row as it is.
fn normalised(row: Vec<f64>) -> Vec<f64> {
    let total: f64 = row.iter().sum();
    // Rows within 1e-9 keep the numbers of the file.
    let off = (total - 1.0).abs();
    if off > 1e-9 && off <= FEW_DIGITS { row.iter().map(|p| p / total).collect() } else { row }
}

/// A table in configuration-major order from a block.
pub(super) fn table(
    block: &mut Block<'_>,
    states: &BTreeMap<String, Vec<String>>,
) -> Result<Option<Vec<Vec<f64>>>, Trouble> {
    let trouble = |at, problem: String, hint| Err(Trouble { at, problem, hint });
    let k = states[&block.child].len();
    let sizes: Vec<usize> = block.parents.iter().map(|p| states[p].len()).collect();
    let count = sizes.iter().try_fold(1usize, |n, s| n.checked_mul(*s)).filter(|n| n.saturating_mul(k) <= 1 << 24);
    let Some(count) = count else {
        return trouble(block.at, format!("the table of \"{}\" is too large", block.child), "2^24 entries");
    };
    if let (Some(_), Some(row)) = (&block.table, block.rows.first()) {
        return trouble(row.at, format!("\"{}\" has a table and rows", block.child), "give one or the other");
    }
    if let Some(flat) = &block.table {
        if flat.len() != count * k {
            return trouble(
                block.at,
                format!("the table of \"{}\" has {} entries where {} are needed", block.child, flat.len(), count * k),
                "one per state and configuration of the parents",
            );
        }
        return Ok(Some((0..count).map(|c| normalised((0..k).map(|a| flat[a * count + c]).collect())).collect()));
    }
    if block.rows.is_empty() && block.default.is_none() {
        return Ok(None);
    }
    if let Some(default) = block.default.as_ref().filter(|d| d.len() != k) {
        return trouble(
            block.at,
            format!("the default of \"{}\" has {} entries where it has {k} states", block.child, default.len()),
            "give one probability per state",
        );
    }
    // Room is taken for what the file holds, not for what its header promises.
    if count > block.rows.len() && (block.default.is_none() || count.saturating_mul(k) > MOST_BY_DEFAULT) {
        return trouble(
            block.at,
            format!("the table of \"{}\" has {} rows of {count}", block.child, block.rows.len()),
            "give every configuration of the parents, or a default (which fills up to 2^20 entries)",
        );
    }
    let mut rows: Vec<Option<Vec<f64>>> = vec![block.default.clone(); count];
    let mut given = vec![false; count];
    let known: Vec<&[String]> = block.parents.iter().map(|p| states[p].as_slice()).collect();
    for row in std::mem::take(&mut block.rows) {
        let of = &row.states;
        if of.len() != sizes.len() {
            return trouble(
                row.at,
                format!("the row names {} states where \"{}\" has {} parents", of.len(), block.child, sizes.len()),
                "name one state per parent",
            );
        }
        if row.probabilities.len() != k {
            return trouble(
                row.at,
                format!("the row has {} entries where \"{}\" has {k} states", row.probabilities.len(), block.child),
                "give one probability per state",
            );
        }
        let mut c = 0;
        for (p, state) in of.iter().enumerate() {
            let Some(i) = known[p].iter().position(|s| s == state) else {
                return trouble(
                    row.at,
                    format!("\"{}\" has no state \"{state}\"", block.parents[p]),
                    "states are named as in the variable",
                );
            };
            c = c * sizes[p] + i;
        }
        if std::mem::replace(&mut given[c], true) {
            return trouble(row.at, format!("the row ({}) is there twice", of.join(", ")), "remove one");
        }
        rows[c] = Some(row.probabilities);
    }
    match rows.iter().position(Option::is_none) {
        Some(c) => trouble(
            block.at,
            format!("the table of \"{}\" lacks row {} of {count}", block.child, c + 1),
            "give every configuration of the parents, or a default",
        ),
        None => Ok(Some(rows.into_iter().flatten().map(normalised).collect())),
    }
}
