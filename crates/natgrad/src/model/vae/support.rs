//! Cells that an observable cannot produce, and the measure that pseudo-entropies are relative to.

use super::ObservableName;
use crate::Error;
use crate::linalg::special::ln_gamma;
use crate::rows::{Chunk, Column};

/// Checks every cell of a chunk.
///
/// # Errors
/// [`Error::OutsideSupport`] with row and column; [`Error::Data`] for a missing cell.
pub fn check(observable: ObservableName, columns: &[Column], chunk: &Chunk<'_>) -> Result<(), Error> {
    let (family, support) = match observable {
        ObservableName::Gaussian => ("normal", "finite numbers"),
        ObservableName::Bernoulli => ("Bernoulli", "0 and 1"),
        ObservableName::Poisson => ("Poisson", "whole numbers from 0 to 9e15, which a double tells apart"),
    };
    for (d, column) in columns.iter().enumerate() {
        for (n, &x) in chunk.column(d).iter().enumerate() {
            let row = chunk.first_row + n as u64 + 1;
            if x.is_nan() {
                return Err(Error::Data {
                    problem: format!("row {row}, column \"{}\": the cell is missing", column.name),
                    hint: "an encoder needs whole rows: drop the row, or fill the cell with `natgrad impute` of another model".into(),
                });
            }
            let inside = match observable {
                ObservableName::Gaussian => x.is_finite(),
                ObservableName::Bernoulli => x == 0.0 || x == 1.0,
                // Beyond 2⁵³ doubles no longer tell whole numbers apart.
                ObservableName::Poisson => x >= 0.0 && x.fract() == 0.0 && x < 9e15,
            };
            if !inside {
                return Err(Error::OutsideSupport {
                    row,
                    column: column.name.clone(),
                    value: x,
                    family: family.into(),
                    support: support.into(),
                    hint: "leave the column out, or take an observable with this support".into(),
                });
            }
        }
    }
    Ok(())
}

/// `ln h(x)` of a row: `−Σ ln x!` for Poisson, 0 otherwise.
pub fn log_base_measure(observable: ObservableName, row: impl Iterator<Item = f64>) -> f64 {
    match observable {
        ObservableName::Poisson => -row.map(|x| if x < 2.0 { 0.0 } else { ln_gamma(x + 1.0) }).sum::<f64>(),
        _ => 0.0,
    }
}
