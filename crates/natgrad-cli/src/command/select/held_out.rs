//! Rows held out: what each is given, means and differences with their standard errors over the rows.
//!
//! ```text
//! m = Σ w x / Σ w        s.e. = √(n/(n−1) Σ w² (x − m)²) / Σ w        paired: x = x_a − x_b, row by row
//! ```

use crate::failure::Failure;
use crate::kind::stream;
use natgrad::rows::{Chunk, RowSource};

/// Log-evidence (or a bound on it) of each row, with the rows' weights.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl HeldOut {
    /// What `each` gives to the rows of every chunk.
    pub fn of(
        source: &dyn RowSource,
        mut each: impl FnMut(&Chunk<'_>) -> Result<Vec<f64>, Failure>,
    ) -> Result<Self, Failure> {
        let (mut values, mut weights) = (Vec::new(), Vec::new());
        stream(source, |chunk| {
            values.extend(each(&chunk)?);
            weights.extend((0..chunk.rows).map(|n| chunk.weight(n)));
            Ok(())
        })?;
        Ok(HeldOut { values, weights })
    }

    /// A number for each row of a source.
    pub fn with(source: &dyn RowSource, values: Vec<f64>) -> Result<Self, Failure> {
        let mut values = values.into_iter();
        Self::of(source, |chunk| Ok(values.by_ref().take(chunk.rows).collect()))
    }

    /// Mean and its standard error; the error is 0 where one row cannot tell it.
    pub fn mean(&self) -> (f64, f64) {
        self.around(|n| self.values[n])
    }

    /// By how much these rows are given more than by another model, and the standard error of that difference.
    pub fn ahead_of(&self, other: &HeldOut) -> (f64, f64) {
        self.around(|n| self.values[n] - other.values[n])
    }

    /// Whether there are rows enough for a standard error.
    pub fn has_error(&self) -> bool {
        self.weights.iter().filter(|w| **w > 0.0).count() > 1
    }

    fn around(&self, x: impl Fn(usize) -> f64) -> (f64, f64) {
        let seen = || self.weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
        let weight: f64 = seen().map(|(_, w)| w).sum();
        let mean = seen().map(|(n, w)| w * x(n)).sum::<f64>() / weight;
        let square: f64 = seen().map(|(n, w)| (w * (x(n) - mean)).powi(2)).sum();
        let rows = seen().count() as f64;
        let error = if rows > 1.0 { (square * rows / (rows - 1.0)).sqrt() / weight } else { 0.0 };
        (mean, error)
    }
}

#[cfg(test)]
mod tests {
    use super::HeldOut;

    #[test]
    fn paired_differences_have_smaller_errors_than_their_parts() {
        let of = |shift: f64| HeldOut {
            values: (0..50).map(|n| f64::from(n * 7 % 13) + shift * (1.0 + f64::from(n % 2))).collect(),
            weights: vec![1.0; 50],
        };
        let (a, b) = (of(0.0), of(0.1));
        let (gap, error) = b.ahead_of(&a);
        assert!((gap - 0.15).abs() < 1e-12, "0.1 and 0.2 in turn: {gap}");
        // The standard deviation of 0.1 and 0.2 in equal numbers is 0.05.
        assert!((error - 0.05 * (50.0_f64 / 49.0).sqrt() / 50f64.sqrt()).abs() < 1e-12);
        assert!(a.mean().1 > 50.0 * error);
        // Rows of no weight are not there; one row has no error.
        let one = HeldOut { values: vec![2.0, f64::NEG_INFINITY], weights: vec![3.0, 0.0] };
        assert_eq!(one.mean(), (2.0, 0.0));
        // A weight of two is no two rows: a row that was seen twice tells once.
        let doubled = HeldOut { weights: vec![2.0; 50], ..a.clone() };
        assert!((doubled.mean().1 - a.mean().1).abs() < 1e-12);
    }
}
