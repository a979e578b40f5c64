//! One cell: text to number, which texts are missing, and what is said when a cell cannot be read.

use crate::error::{IoError, Place, quoted};
use crate::levels::{Book, MOST_LEVELS, unknown_level_hint};

/// Why a cell cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CellTrouble {
    /// Text in a column of numbers.
    NotANumber(Vec<u8>),
    /// An infinite number, or one beyond the range of doubles.
    Infinite(Vec<u8>),
    /// A level that is not valid UTF-8.
    NotUtf8(Vec<u8>),
    /// A level that is not among the known ones.
    UnknownLevel {
        /// The text found.
        level: Vec<u8>,
        /// The levels known.
        known: Vec<String>,
    },
    /// More levels than a categorical column is likely to have.
    TooManyLevels(Vec<u8>),
    /// A weight that is missing, negative or not finite.
    BadWeight(Vec<u8>),
}

/// Whether a trimmed cell stands for a missing value.
pub(crate) fn is_missing(text: &[u8]) -> bool {
    matches!(text, b"" | b"NA" | b"NaN" | b"null")
}

/// A cell of a column of numbers; missing is `NaN`.
#[inline]
pub(crate) fn number(text: &[u8]) -> Result<f64, CellTrouble> {
    // Most cells are plain numbers without spaces: try those first.
    match fast_float2::parse::<f64, _>(text) {
        Ok(value) if value.is_finite() => Ok(value),
        _ => unusual_number(text),
    }
}

#[cold]
fn unusual_number(text: &[u8]) -> Result<f64, CellTrouble> {
    let text = text.trim_ascii();
    if is_missing(text) {
        return Ok(f64::NAN);
    }
    match fast_float2::parse::<f64, _>(text) {
        Ok(value) if value.is_infinite() => Err(CellTrouble::Infinite(text.to_vec())),
        Ok(value) => Ok(value),
        Err(_) => Err(CellTrouble::NotANumber(text.to_vec())),
    }
}

/// A text cell of a column: a level's code or a number; missing is `NaN`.
#[inline]
pub(crate) fn text(text: &[u8], book: Option<&mut Book>) -> Result<f64, CellTrouble> {
    match book {
        None => number(text),
        Some(book) => {
            let text = text.trim_ascii();
            if is_missing(text) { Ok(f64::NAN) } else { book.text(text) }
        }
    }
}

/// A floating-point cell of a column: a level's code or the number itself; `NaN` is missing.
#[inline]
pub(crate) fn float(value: f64, book: Option<&mut Book>) -> Result<f64, CellTrouble> {
    if value.is_infinite() {
        return Err(CellTrouble::Infinite(value.to_string().into_bytes()));
    }
    match book {
        Some(book) if !value.is_nan() => book.number(value),
        _ => Ok(value),
    }
}

/// An integer cell of a column: a level's code or the nearest double.
#[inline]
pub(crate) fn integer(value: i128, book: Option<&mut Book>) -> Result<f64, CellTrouble> {
    match book {
        Some(book) => book.integer(value),
        None => Ok(value as f64),
    }
}

/// A truth value: 0 or 1, or the levels `false` and `true`.
#[inline]
pub(crate) fn truth(value: bool, book: Option<&mut Book>) -> Result<f64, CellTrouble> {
    match book {
        Some(book) => book.text(if value { b"true" } else { b"false" }),
        None => Ok(f64::from(u8::from(value))),
    }
}

/// A weight as it is read from its column.
#[inline]
pub(crate) fn weight(value: f64) -> Result<f64, CellTrouble> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        let text = if value.is_nan() { String::new() } else { value.to_string() };
        Err(CellTrouble::BadWeight(text.into_bytes()))
    }
}

impl CellTrouble {
    /// The error for a cell at `place` in `column`.
    ///
    /// `first_row_without_header`: the row may be a header that the reader was told does not exist.
    pub fn at(self, place: Box<Place>, column: &str, first_row_without_header: bool) -> IoError {
        let column = column.to_string();
        let cell = |problem: String, hint: String| IoError::Cell {
            place: place.clone(),
            column: column.clone(),
            problem,
            hint,
        };
        match self {
            CellTrouble::NotANumber(text) => {
                let comma = text.iter().filter(|b| **b == b',').count() == 1
                    && number(String::from_utf8_lossy(&text).replace(',', ".").as_bytes()).is_ok();
                let hint = if first_row_without_header {
                    "if this row holds the names of the columns, leave out --no-header".to_string()
                } else if comma {
                    "write decimals with a point instead of a comma".to_string()
                } else {
                    format!(
                        "leave the column out with --exclude {column}, or, if it holds named levels, take a model of them \
                         (mixture with --family {column}=categorical); missing cells are empty, NA, NaN or null"
                    )
                };
                cell(format!("{} is not a number", quoted(&text)), hint)
            }
            CellTrouble::Infinite(text) => cell(
                format!("{} is not a finite number", quoted(&text)),
                "write NA where a value is missing, or leave the row out".into(),
            ),
            CellTrouble::NotUtf8(text) => {
                cell(format!("{} is not valid UTF-8", quoted(&text)), "save the file as UTF-8".into())
            }
            CellTrouble::UnknownLevel { level, known } => IoError::UnknownLevel {
                hint: unknown_level_hint(&level, &known),
                level: String::from_utf8_lossy(&level).into_owned(),
                place,
                column,
            },
            CellTrouble::TooManyLevels(text) => cell(
                format!("{} is level number {}", quoted(&text), MOST_LEVELS + 1),
                "a column with so many levels is likely a number or an identifier: give it another family or leave it \
                 out with --columns"
                    .into(),
            ),
            CellTrouble::BadWeight(text) => cell(
                if text.is_empty() {
                    "the weight is missing".into()
                } else {
                    format!("weight {} is not a finite number ≥ 0", quoted(&text))
                },
                "weights say how often a row counts; write 0 to leave a row out".into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_missing_texts_are_missing_with_spaces_around_them() {
        for missing in ["", " ", "NA", " NA ", "NaN", "null", "nan"] {
            assert!(number(missing.as_bytes()).unwrap().is_nan(), "{missing:?}");
        }
        assert!(matches!(number(b"na"), Err(CellTrouble::NotANumber(_))));
    }

    #[test]
    fn numbers_are_read_exactly_and_infinities_refused() {
        assert_eq!(number(b" 0.1 ").unwrap(), 0.1);
        assert_eq!(number(b"-1e-300").unwrap(), -1e-300);
        assert_eq!(number(b"+5").unwrap(), 5.0);
        for infinite in ["inf", "-Infinity", "1e999"] {
            assert!(matches!(number(infinite.as_bytes()), Err(CellTrouble::Infinite(_))), "{infinite}");
        }
    }
}
