//! Ranges of sizes, as the command line takes them.

use std::str::FromStr;

/// Most sizes that are compared at once: each is fitted twice.
const MOST: usize = 1000;

/// Sizes `A..B` (both included) or a single one.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    first: usize,
    last: usize,
}

impl Sizes {
    /// The smallest.
    pub fn first(self) -> usize {
        self.first
    }

    /// All of them, ascending.
    pub fn all(self) -> std::ops::RangeInclusive<usize> {
        self.first..=self.last
    }
}

impl FromStr for Sizes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = match text.split_once("..") {
            Some((a, b)) => a.parse().ok().zip(b.strip_prefix('=').unwrap_or(b).parse().ok()),
            None => text.parse().ok().map(|k| (k, k)),
        };
        match parts {
            Some((first, last)) if first >= 1 && first <= last && last - first >= MOST => {
                Err(format!("\"{text}\" are more than {MOST} sizes, each to be fitted twice"))
            }
            Some((first, last)) if first >= 1 && first <= last => Ok(Sizes { first, last }),
            _ => Err(format!("\"{text}\" is not a range of sizes such as 1..12")),
        }
    }
}
