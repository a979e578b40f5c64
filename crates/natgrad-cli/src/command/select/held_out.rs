//! Rows held out: what each is given, means and differences with their standard errors over the rows.
//!
//! Weights are counts, as everywhere: a row of weight `w` stands for `w` equal rows.
//!
//! ```text
//! N = Σ w        m = Σ w x / N        s.e. = √(Σ w (x − m)² / (N (N − 1)))        paired: x = x_a − x_b, row by row
//! ```

use crate::failure::Failure;
use crate::kind::stream;
use natgrad::rows::{Chunk, RowSource};
use serde::Serialize;

/// A mean over rows, nats per row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Its standard error over the rows; none where it is not finite, or where no more than one row (`N ≤ 1`) was seen.
    pub error: Option<f64>,
}

/// Log-evidence (or a bound on it) of each row, with the rows' weights, which are counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeldOut {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl HeldOut {
    /// What `each` gives to the rows of every chunk.
    ///
    /// # Errors
    /// Where `each` fails, or gives a chunk more or fewer numbers than it has rows; what reading reports.
    pub fn of(
        source: &dyn RowSource,
        mut each: impl FnMut(&Chunk<'_>) -> Result<Vec<f64>, Failure>,
    ) -> Result<Self, Failure> {
        let (mut values, mut weights) = (Vec::new(), Vec::new());
        stream(source, |chunk| {
            let given = each(&chunk)?;
            if given.len() != chunk.rows {
                return Err(miscounted(given.len(), chunk.rows));
            }
            values.extend(given);
            weights.extend((0..chunk.rows).map(|n| chunk.weight(n)));
            Ok(())
        })?;
        Ok(HeldOut { values, weights })
    }

    /// A number for each row of a source.
    ///
    /// # Errors
    /// Where there are more or fewer numbers than rows; what reading reports.
    pub fn with(source: &dyn RowSource, values: Vec<f64>) -> Result<Self, Failure> {
        let count = values.len();
        let mut left = values.into_iter();
        let held_out = Self::of(source, |chunk| Ok(left.by_ref().take(chunk.rows).collect()))?;
        if left.next().is_some() {
            return Err(miscounted(count, held_out.values.len()));
        }
        Ok(held_out)
    }

    /// Rows that have a weight, and how many of them have no probability.
    pub fn impossible(&self) -> (usize, usize) {
        let seen = || self.values.iter().zip(&self.weights).filter(|(_, w)| **w > 0.0);
        (seen().count(), seen().filter(|(x, _)| !x.is_finite()).count())
    }

    /// The mean; `None` where there is none: no row has a weight, or a value is no number.
    pub fn mean(&self) -> Option<Mean> {
        self.around(|n| self.values[n])
    }

    /// By how much these rows are given more than by another model.
    ///
    /// Rows that are impossible under both, `−∞` and `−∞`, differ by 0. `None` where the other has other rows, and where there is no
    /// mean, as of rows each impossible under another model.
    pub fn ahead_of(&self, other: &HeldOut) -> Option<Mean> {
        if self.weights != other.weights || self.values.len() != other.values.len() {
            return None;
        }
        self.around(|n| {
            let (a, b) = (self.values[n], other.values[n]);
            if a == b { 0.0 } else { a - b }
        })
    }

    fn around(&self, x: impl Fn(usize) -> f64) -> Option<Mean> {
        let seen = || self.weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
        let count: f64 = seen().map(|(_, w)| w).sum();
        let mean = seen().map(|(n, w)| w * x(n)).sum::<f64>() / count;
        if mean.is_nan() {
            return None;
        }
        let square: f64 = seen().map(|(n, w)| w * (x(n) - mean).powi(2)).sum();
        let error = (square / (count * (count - 1.0))).sqrt();
        Some(Mean { mean, error: Some(error).filter(|e| count > 1.0 && e.is_finite()) })
    }
}

fn miscounted(values: usize, rows: usize) -> Failure {
    Failure::new(format!("{values} numbers were given for {rows} rows held out"), "please report this")
}

#[cfg(test)]
mod tests {
    use super::{HeldOut, Mean};
    use natgrad::rows::{Column, ColumnKind, Table};

    const NEVER: f64 = f64::NEG_INFINITY;

    fn held(values: &[f64], weights: &[f64]) -> HeldOut {
        HeldOut { values: values.to_vec(), weights: weights.to_vec() }
    }

    fn error(of: Option<Mean>) -> f64 {
        of.and_then(|m| m.error).expect("an error")
    }

    #[test]
    fn paired_differences_have_smaller_errors_than_their_parts() {
        let of = |shift: f64| HeldOut {
            values: (0..50).map(|n| f64::from(n * 7 % 13) + shift * (1.0 + f64::from(n % 2))).collect(),
            weights: vec![1.0; 50],
        };
        let (a, b) = (of(0.0), of(0.1));
        let gap = b.ahead_of(&a).expect("the same rows");
        assert!((gap.mean - 0.15).abs() < 1e-12, "0.1 and 0.2 in turn: {gap:?}");
        // The standard deviation of 0.1 and 0.2 in equal numbers is 0.05.
        assert!((error(Some(gap)) - 0.05 * (50.0_f64 / 49.0).sqrt() / 50f64.sqrt()).abs() < 1e-12);
        assert!(error(a.mean()) > 50.0 * error(Some(gap)));
    }

    #[test]
    fn a_weight_of_two_is_two_rows() {
        let values = [-1.0, -3.5, 0.25, -2.0];
        let twice: Vec<f64> = values.iter().flat_map(|x| [*x; 2]).collect();
        let (weighted, repeated) = (held(&values, &[2.0; 4]), held(&twice, &[1.0; 8]));
        let (a, b) = (weighted.mean().expect("rows"), repeated.mean().expect("rows"));
        // The same sums but for their order.
        assert!((a.mean - b.mean).abs() < 1e-14 && (error(Some(a)) - error(Some(b))).abs() < 1e-14, "{a:?} {b:?}");
        // So it is of weights that differ, and of differences.
        let (weighted, repeated) = (held(&[-1.0, -3.5], &[3.0, 1.0]), held(&[-1.0, -1.0, -1.0, -3.5], &[1.0; 4]));
        assert!((error(weighted.mean()) - error(repeated.mean())).abs() < 1e-14);
        let (zeros, more) = (held(&[0.0; 2], &[3.0, 1.0]), held(&[0.0; 4], &[1.0; 4]));
        assert!((error(weighted.ahead_of(&zeros)) - error(repeated.ahead_of(&more))).abs() < 1e-14);
    }

    #[test]
    fn one_row_has_a_mean_and_no_error() {
        let alone = Some(Mean { mean: 2.0, error: None });
        assert_eq!(held(&[2.0], &[1.0]).mean(), alone);
        // Rows of no weight are not there, whatever they hold.
        assert_eq!(held(&[2.0, NEVER, f64::NAN], &[1.0, 0.0, 0.0]).mean(), alone);
        // Three equal rows do not differ.
        assert_eq!(held(&[2.0], &[3.0]).mean(), Some(Mean { mean: 2.0, error: Some(0.0) }));
        assert_eq!(held(&[2.0], &[0.0]).mean(), None);
        assert_eq!(held(&[], &[]).mean(), None);
    }

    #[test]
    fn impossible_rows_differ_by_nothing_from_themselves() {
        let ones = [1.0; 3];
        let (a, b) = (held(&[NEVER, -1.0, -2.0], &ones), held(&[NEVER, -1.5, -2.5], &ones));
        // 0, ½ and ½: the mean is 1/3, the squares around it sum to 1/6, and 3 · 2 divides them.
        let gap = a.ahead_of(&b).expect("the same rows");
        assert!((gap.mean - 1.0 / 3.0).abs() < 1e-15 && (error(Some(gap)) - 1.0 / 6.0).abs() < 1e-15, "{gap:?}");
        assert_eq!(a.mean(), Some(Mean { mean: NEVER, error: None }));
        assert_eq!(a.impossible(), (3, 1));
        // Possible under one of them only: infinitely far ahead.
        let c = held(&[-9.0, -1.0, -2.0], &ones);
        assert_eq!(c.ahead_of(&a), Some(Mean { mean: f64::INFINITY, error: None }));
        // Ahead on one row without bound, behind on another: no mean.
        assert_eq!(a.ahead_of(&held(&[-9.0, NEVER, -2.0], &ones)), None);
    }

    #[test]
    fn other_rows_are_not_compared_and_miscounted_ones_refused() {
        let a = held(&[-1.0, -2.0], &[1.0; 2]);
        assert_eq!(a.ahead_of(&held(&[-1.0], &[1.0])), None);
        assert_eq!(a.ahead_of(&held(&[-1.0, -2.0], &[1.0, 2.0])), None);
        let column = Column { name: "a".into(), kind: ColumnKind::Number, missing: false };
        let table = Table::from_columns(vec![column], &[vec![0.0; 2000]], None).expect("a table");
        for count in [0, 1024, 1999, 2001] {
            let failure = HeldOut::with(&table, vec![0.5; count]).expect_err("too few or too many");
            assert!(failure.to_string().contains("rows held out"), "{failure}");
        }
        assert_eq!(HeldOut::with(&table, vec![0.5; 2000]).expect("as many").mean().map(|m| m.mean), Some(0.5));
    }
}
