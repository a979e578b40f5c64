//! Standard errors of the usual parameters by the delta method.
//!
//! ```text
//! Var[s(η̂)] ≈ J Cov[η̂] Jᵀ,   J = ∂s/∂η
//! ```

use super::parameters::{Values, assemble};
use super::spec::Spec;
use crate::diagnose::CovarianceBlock;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::model::mixture::Mixture;
use crate::rows::Column;
use serde::Serialize;
use serde_json::Value;

/// Standard errors in the shape of the parameters; `null` where the data do not identify a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandardErrors {
    /// From the observed information.
    pub model: Value,
    /// Robust (sandwich): right also where the model is not.
    pub robust: Value,
    /// Half-widths of 95 % confidence intervals from the observed information (1.96 standard errors).
    pub half_width_95: Value,
    /// Why some or all are missing.
    pub why: Option<String>,
}

/// 0.975 quantile of the standard normal.
const Z_95: f64 = 1.959_963_984_540_054;

/// A parameter whose sensitivity along a flat direction exceeds this share of its own scale is not identified.
const UNIDENTIFIED: f64 = 1e-6;

/// Standard errors of all parameters at a point; a mixture's covariance is one block of all free coordinates.
pub fn standard_errors(
    mixture: &Mixture,
    spec: &Spec,
    columns: &[Column],
    at: &Point,
    covariance: &CovarianceBlock,
) -> StandardErrors {
    let components = mixture.components();
    let mut missing = 0;
    let pi = mixture.weights(at);
    let prior =
        Matrix::from_fn(components, components, |i, j| if i == j { pi[i] * (1.0 - pi[i]) } else { -pi[i] * pi[j] });
    let coordinates: Vec<usize> = (0..components).collect();
    let mut deviations = |jacobian: &Matrix, index: &[usize], which: &Matrix| -> Vec<Option<f64>> {
        let free: Vec<Option<usize>> = index.iter().map(|&i| mixture.free_coordinate(i)).collect();
        (0..jacobian.nrows())
            .map(|row| {
                let along = |column: &dyn Fn(usize) -> f64| -> f64 {
                    free.iter().enumerate().filter_map(|(i, f)| f.map(|f| jacobian[(row, i)] * column(f))).sum()
                };
                let scale: f64 = (0..index.len()).map(|i| jacobian[(row, i)].abs()).sum();
                let flat = (0..covariance.unidentified.ncols())
                    .any(|j| along(&|f| covariance.unidentified[(f, j)]).abs() > UNIDENTIFIED * scale);
                if flat {
                    missing += 1;
                    return None;
                }
                let mut variance = 0.0;
                for (i, fi) in free.iter().enumerate() {
                    for (j, fj) in free.iter().enumerate() {
                        if let (Some(fi), Some(fj)) = (fi, fj) {
                            variance += jacobian[(row, i)] * which[(*fi, *fj)] * jacobian[(row, j)];
                        }
                    }
                }
                Some(variance.max(0.0).sqrt())
            })
            .collect()
    };
    let mut all = |which: &Matrix| -> (Vec<Option<f64>>, Values) {
        let weights = deviations(&prior, &coordinates, which);
        let values = (0..components)
            .map(|k| {
                mixture
                    .blocks()
                    .iter()
                    .enumerate()
                    .map(|(b, block)| {
                        let jacobian = block.family.source_jacobian(&mixture.natural(at, k, b));
                        let index: Vec<usize> = mixture.coordinates(k, b).collect();
                        deviations(&jacobian, &index, which)
                    })
                    .collect()
            })
            .collect();
        (weights, values)
    };
    let (weights, values) = all(&covariance.model);
    let (robust_weights, robust_values) = all(&covariance.robust);
    let wide = |v: &Option<f64>| v.map(|v| Z_95 * v);
    let wide_values: Values = values.iter().map(|c| c.iter().map(|b| b.iter().map(wide).collect()).collect()).collect();
    let wide_weights: Vec<Option<f64>> = weights.iter().map(wide).collect();
    StandardErrors {
        model: assemble(mixture, spec, columns, &weights, &values),
        robust: assemble(mixture, spec, columns, &robust_weights, &robust_values),
        half_width_95: assemble(mixture, spec, columns, &wide_weights, &wide_values),
        why: (missing > 0).then(|| "null where the data do not identify a parameter (flat directions)".into()),
    }
}
