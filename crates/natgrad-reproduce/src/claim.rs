//! A claim: what a source says, what is found, and whether the two agree.

use serde::Serialize;

/// What is expected of a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// This value.
    Value(f64),
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// Yes or no; `found` is 1 for yes and 0 for no.
    Answer(bool),
}

impl Expected {
    /// The number that `found` is compared with.
    pub fn number(self) -> f64 {
        match self {
            Expected::Value(x) | Expected::AtMost(x) | Expected::AtLeast(x) => x,
            Expected::Answer(yes) => f64::from(u8::from(yes)),
        }
    }
}

/// A claim, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// In one sentence.
    pub claim: String,
    /// Where it is stated.
    pub source: String,
    /// What is expected.
    pub expected: Expected,
    /// What is found.
    pub found: f64,
    /// `found − expected`.
    pub difference: f64,
    /// How far off it may be, on the wrong side.
    pub tolerance: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl Claim {
    fn new(
        claim: impl Into<String>,
        source: impl Into<String>,
        expected: Expected,
        found: f64,
        tolerance: f64,
        holds: impl Fn(f64) -> bool,
    ) -> Self {
        let difference = found - expected.number();
        // NaN holds nothing.
        let holds = holds(difference);
        Claim { claim: claim.into(), source: source.into(), expected, found, difference, tolerance, holds }
    }

    /// `|found − expected| ≤ tolerance`.
    pub fn equal(
        claim: impl Into<String>,
        source: impl Into<String>,
        expected: f64,
        found: f64,
        tolerance: f64,
    ) -> Self {
        Claim::new(claim, source, Expected::Value(expected), found, tolerance, |d| d.abs() <= tolerance)
    }

    /// `found ≤ bound`.
    pub fn at_most(claim: impl Into<String>, source: impl Into<String>, bound: f64, found: f64) -> Self {
        Claim::new(claim, source, Expected::AtMost(bound), found, 0.0, |d| d <= 0.0)
    }

    /// `found ≥ bound`.
    pub fn at_least(claim: impl Into<String>, source: impl Into<String>, bound: f64, found: f64) -> Self {
        Claim::new(claim, source, Expected::AtLeast(bound), found, 0.0, |d| d >= 0.0)
    }

    /// A question with the answer yes or no.
    pub fn answer(claim: impl Into<String>, source: impl Into<String>, expected: bool, found: bool) -> Self {
        let found = f64::from(u8::from(found));
        Claim::new(claim, source, Expected::Answer(expected), found, 0.0, |d| d == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_holds_of_what_is_no_number() {
        assert!(Claim::equal("a", "b", 1.0, 1.0 + 1e-12, 1e-9).holds);
        assert!(!Claim::equal("a", "b", 1.0, f64::NAN, 1e-9).holds);
        assert!(!Claim::at_most("a", "b", 1.0, f64::NAN).holds);
        assert!(!Claim::at_least("a", "b", 1.0, 0.5).holds);
        assert!(Claim::answer("a", "b", false, false).holds);
    }
}
