//! The levels of a categorical column: found while reading and sorted, or known from a fitted model.

use crate::cell::CellTrouble;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// More different levels than this in one column are taken for a mistake (numbers or identifiers).
pub(crate) const MOST_LEVELS: usize = 65_536;

/// Level names and their codes.
#[derive(Debug, Clone, Default)]
struct Index {
    names: Vec<String>,
    by_name: HashMap<Vec<u8>, u32>,
    /// Codes by the bits of the number whose shortest form is the level's name.
    by_bits: HashMap<u64, u32>,
}

impl Index {
    fn push(&mut self, name: String) -> u32 {
        let code = self.names.len() as u32;
        if let Ok(number) = name.parse::<f64>()
            && number_name(number) == name
        {
            self.by_bits.insert(number.to_bits(), code);
        }
        self.by_name.insert(name.clone().into_bytes(), code);
        self.names.push(name);
        code
    }

    fn code(&self, text: &[u8]) -> Option<u32> {
        // A few levels are found faster one by one than by hashing.
        if self.names.len() <= 8 {
            self.names.iter().position(|n| n.as_bytes() == text).map(|i| i as u32)
        } else {
            self.by_name.get(text).copied()
        }
    }
}

/// The levels of one column; open while they are being found, fixed when they are known.
#[derive(Debug, Clone)]
pub(crate) enum Book {
    /// New levels get the next code.
    Open(Box<Found>),
    /// Another level is an error.
    Fixed(Known),
}

/// Levels found so far, in the order of their first appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found(Index);

/// Known levels, shared by all readers.
#[derive(Debug, Clone)]
pub(crate) struct Known(Arc<Index>);

impl Book {
    /// A book without levels, to which those met are added.
    pub fn open() -> Book {
        Book::Open(Box::default())
    }

    /// A book with exactly these levels, in this order.
    pub fn fixed(names: Vec<String>) -> Book {
        let mut index = Index::default();
        for name in names {
            index.push(name);
        }
        Book::Fixed(Known(Arc::new(index)))
    }

    /// The levels in coding order.
    pub fn names(&self) -> &[String] {
        match self {
            Book::Open(found) => &found.0.names,
            Book::Fixed(known) => &known.0.names,
        }
    }

    /// Code of the level with this (trimmed, not missing) text.
    pub fn text(&mut self, text: &[u8]) -> Result<f64, CellTrouble> {
        match self {
            Book::Open(found) => match found.0.code(text) {
                Some(code) => Ok(f64::from(code)),
                None => {
                    let name = std::str::from_utf8(text).map_err(|_| CellTrouble::NotUtf8(text.to_vec()))?;
                    if found.0.names.len() == MOST_LEVELS {
                        return Err(CellTrouble::TooManyLevels(text.to_vec()));
                    }
                    Ok(f64::from(found.0.push(name.to_string())))
                }
            },
            Book::Fixed(known) => known
                .0
                .code(text)
                .map(f64::from)
                .ok_or_else(|| CellTrouble::UnknownLevel { level: text.to_vec(), known: known.0.names.clone() }),
        }
    }

    /// Code of the level whose name is the shortest form of `number`.
    pub fn number(&mut self, number: f64) -> Result<f64, CellTrouble> {
        let index = match self {
            Book::Open(found) => &found.0,
            Book::Fixed(known) => &known.0,
        };
        match index.by_bits.get(&number.to_bits()) {
            Some(code) => Ok(f64::from(*code)),
            None => self.text(number_name(number).as_bytes()),
        }
    }

    /// Code of the level whose name is `number` in decimal digits.
    pub fn integer(&mut self, number: i128) -> Result<f64, CellTrouble> {
        // Up to 2⁵³ doubles hold integers exactly.
        if number.unsigned_abs() <= 1 << 53 {
            self.number(number as f64)
        } else {
            self.text(number.to_string().as_bytes())
        }
    }

    /// Sorts the found levels (or joins several found sets) and answers a fixed book.
    pub fn settle(names: impl IntoIterator<Item = String>) -> Book {
        Book::fixed(sorted(names))
    }

    /// Sorts the levels found so far. Answers the new code of each old one, or `None` if the book was fixed already.
    pub fn close(&mut self) -> Option<Vec<f64>> {
        let Book::Open(found) = self else { return None };
        let names = std::mem::take(&mut found.0.names);
        let settled = Book::settle(names.iter().cloned());
        let new = match &settled {
            Book::Fixed(known) => {
                names.iter().map(|n| known.0.code(n.as_bytes()).map_or(f64::NAN, f64::from)).collect()
            }
            Book::Open(_) => Vec::new(),
        };
        *self = settled;
        Some(new)
    }
}

/// Shortest text of a number; integers have no decimal point, both zeros are `0`.
fn number_name(number: f64) -> String {
    if number == 0.0 { "0".into() } else { number.to_string() }
}

/// Distinct levels in an order that does not depend on the rows: by value if all are numbers, else by text.
fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let names: BTreeSet<String> = names.into_iter().collect();
    let values: Option<Vec<f64>> = names.iter().map(|n| n.parse::<f64>().ok().filter(|v| v.is_finite())).collect();
    let mut names: Vec<(f64, String)> = match values {
        Some(values) => values.into_iter().zip(names).collect(),
        None => names.into_iter().map(|n| (0.0, n)).collect(),
    };
    names.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    names.into_iter().map(|(_, n)| n).collect()
}

/// What to do about an unknown level: a near miss where there is one, and the known levels.
pub(crate) fn unknown_level_hint(level: &[u8], known: &[String]) -> String {
    let text = String::from_utf8_lossy(level);
    let folded: String = text.to_lowercase().split_whitespace().collect();
    let value = text.parse::<f64>().ok();
    let near = known.iter().find(|k| {
        let other: String = k.to_lowercase().split_whitespace().collect();
        other == folded || (value.is_some() && k.parse::<f64>().ok() == value)
    });
    let all = format!("the known levels are {}", crate::error::list(known));
    match near {
        Some(k) => format!("did you mean \"{k}\"? {all}"),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| n.to_string()).collect()
    }

    #[test]
    fn levels_that_are_numbers_sort_by_value_and_others_by_text() {
        assert_eq!(sorted(strings(&["10", "9", "-1"])), strings(&["-1", "9", "10"]));
        assert_eq!(sorted(strings(&["10", "9", "x"])), strings(&["10", "9", "x"]));
    }

    #[test]
    fn a_number_and_its_text_are_one_level() {
        let mut book = Book::open();
        assert_eq!(book.text(b"2").unwrap(), 0.0);
        assert_eq!(book.number(2.0).unwrap(), 0.0);
        assert_eq!(book.integer(1).unwrap(), 1.0);
        assert_eq!(book.close(), Some(vec![1.0, 0.0]));
        assert_eq!(book.number(2.0).unwrap(), 1.0);
        assert!(book.number(3.0).is_err());
    }

    #[test]
    fn a_near_miss_in_case_or_value_is_named() {
        assert!(unknown_level_hint(b"Yes", &strings(&["no", "yes"])).starts_with("did you mean \"yes\"?"));
        assert!(unknown_level_hint(b"1.0", &strings(&["0", "1"])).starts_with("did you mean \"1\"?"));
        assert!(unknown_level_hint(b"maybe", &strings(&["no", "yes"])).starts_with("the known levels are \"no\""));
    }
}
