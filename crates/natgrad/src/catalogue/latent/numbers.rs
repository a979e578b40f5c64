//! Arrays of numbers in model files, checked.

use crate::Error;
use serde_json::Value;

fn bad(name: &str, problem: String) -> Error {
    Error::Parameter { name: name.into(), problem, hint: "see the model file that `natgrad fit` writes".into() }
}

/// `length` finite numbers.
pub(super) fn list(value: &Value, name: &str, length: usize) -> Result<Vec<f64>, Error> {
    let items = value.as_array().ok_or_else(|| bad(name, "is no array of numbers".into()))?;
    if items.len() != length {
        return Err(bad(name, format!("has {} numbers where the model has {length}", items.len())));
    }
    let number = |(i, v): (usize, &Value)| {
        v.as_f64()
            .filter(|x| x.is_finite())
            .ok_or_else(|| bad(&format!("{name}[{i}]"), format!("{v} is no finite number")))
    };
    items.iter().enumerate().map(number).collect()
}

/// `rows` lists of `length` finite numbers each, one after the other.
pub(super) fn table(value: &Value, name: &str, rows: usize, length: usize) -> Result<Vec<f64>, Error> {
    let items = value.as_array().ok_or_else(|| bad(name, "is no array of rows".into()))?;
    if items.len() != rows {
        return Err(bad(name, format!("has {} rows where the model has {rows}", items.len())));
    }
    let mut out = Vec::with_capacity(rows * length);
    for (i, row) in items.iter().enumerate() {
        out.extend(list(row, &format!("{name}[{i}]"), length)?);
    }
    Ok(out)
}

/// A part of an object.
pub(super) fn part<'v>(value: &'v Value, name: &str) -> Result<&'v Value, Error> {
    value.get(name).ok_or_else(|| bad(name, "is missing".into()))
}
