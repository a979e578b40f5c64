//! Covariance of the estimates: from the observed information, and the robust sandwich.
//!
//! ```text
//! Cov[θ̂] ≈ I_obs⁻¹ / N,      robust: I_obs⁻¹ G_V I_obs⁻¹ / N
//! ```
//!
//! # Source
//! Efron and Hinkley (1978) for the observed information; Huber (1967) and White (1982) for the sandwich.

use super::assessment::{Assessment, FLAT};
use crate::geometry::Spectrum;
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// Covariances of free coordinates that the evidence couples with no others, and which directions have none.
#[derive(Debug, Clone)]
pub struct CovarianceBlock {
    /// The free coordinates.
    pub index: Vec<usize>,
    /// `I_obs⁺ / N`.
    pub model: Matrix,
    /// `I_obs⁺ G_V I_obs⁺ / N`.
    pub robust: Matrix,
    /// Unidentified directions (columns): along these the data say nothing.
    pub unidentified: Matrix,
}

/// Covariance of the estimates for `weight` rows, block by block; `None` where the observed information is not computed or
/// indefinite.
pub fn covariance_of_estimates(assessment: &Assessment, weight: f64) -> Option<Vec<CovarianceBlock>> {
    let reading = assessment.reading.as_ref()?;
    if reading.inertia.negative > 0 {
        return None;
    }
    let blocks = reading.observed.parts().zip(&reading.information.blocks);
    Some(blocks.map(|((index, spectrum), block)| of_block(index, spectrum, &block.visible, weight)).collect())
}

fn of_block(index: &[usize], spectrum: &Spectrum, visible: &Matrix, weight: f64) -> CovarianceBlock {
    let kept: Vec<usize> = (0..spectrum.eigenvalues.len()).filter(|&j| spectrum.eigenvalues[j] > FLAT).collect();
    let flat: Vec<usize> = (0..spectrum.eigenvalues.len()).filter(|&j| spectrum.eigenvalues[j] <= FLAT).collect();
    let n = spectrum.vectors.nrows();
    let basis = Matrix::from_fn(n, kept.len(), |i, j| spectrum.vectors[(i, kept[j])]);
    let scaled = Matrix::from_fn(n, kept.len(), |i, j| basis[(i, j)] / (spectrum.eigenvalues[kept[j]] * weight));
    let model = times(scaled.as_ref(), basis.transpose());
    let unit = Matrix::from_fn(n, kept.len(), |i, j| basis[(i, j)] / spectrum.eigenvalues[kept[j]]);
    let bread = times(unit.as_ref(), basis.transpose());
    let meat = times(times(bread.as_ref(), visible.as_ref()).as_ref(), bread.as_ref());
    let robust = Matrix::from_fn(n, n, |i, j| meat[(i, j)] / weight);
    let unidentified = Matrix::from_fn(n, flat.len(), |i, j| spectrum.vectors[(i, flat[j])]);
    CovarianceBlock { index: index.to_vec(), model, robust, unidentified }
}
