//! Beliefs of a chunk's rows, independent or with covariances, and the sums that take them.

use super::joint::Joint;
use super::laplace::absolute_mean;
use super::row::Row;
use std::f64::consts::{E, PI};

/// Beliefs of a chunk's rows: rows × elements, column-major.
pub(super) struct Beliefs {
    rows: usize,
    elements: usize,
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
    pub absolutes: Vec<f64>,
    joint: Option<Covariances>,
}

/// Covariances of rows between their strengths.
struct Covariances {
    /// Row by row, elements × elements.
    matrices: Vec<f64>,
    /// `ln det S` of each row.
    log_dets: Vec<f64>,
}

impl Beliefs {
    /// Room for rows' beliefs.
    pub fn new(rows: usize, elements: usize, joint: bool) -> Self {
        let zeros = || vec![0.0; rows * elements];
        let covariances = || Covariances { matrices: vec![0.0; rows * elements * elements], log_dets: vec![0.0; rows] };
        let (means, variances, absolutes) = (zeros(), zeros(), zeros());
        Beliefs { rows, elements, means, variances, absolutes, joint: joint.then(covariances) }
    }

    /// Independent ones from means and standard deviations.
    pub fn independent(rows: usize, elements: usize, means: Vec<f64>, deviations: &[f64]) -> Self {
        let absolutes = means.iter().zip(deviations).map(|(m, s)| absolute_mean(*m, *s).value).collect();
        let variances = deviations.iter().map(|s| s * s).collect();
        Beliefs { rows, elements, means, variances, absolutes, joint: None }
    }

    /// Row `n` has been found.
    pub fn set(&mut self, n: usize, row: &Row) {
        for i in 0..self.elements {
            self.means[i * self.rows + n] = row.mean[i];
            self.variances[i * self.rows + n] = row.deviation[i] * row.deviation[i];
            self.absolutes[i * self.rows + n] = row.absolute[i];
        }
    }

    /// Row `n` has been found, with covariances.
    pub fn set_joint(&mut self, n: usize, row: &Joint) {
        let h = self.elements;
        for (i, m) in row.mean().iter().enumerate() {
            let variance = row.covariance()[i * h + i];
            self.means[i * self.rows + n] = *m;
            self.variances[i * self.rows + n] = variance;
            self.absolutes[i * self.rows + n] = absolute_mean(*m, variance.sqrt()).value;
        }
        if let Some(joint) = &mut self.joint {
            joint.matrices[n * h * h..(n + 1) * h * h].copy_from_slice(row.covariance());
            joint.log_dets[n] = row.log_det();
        }
    }

    /// `H[q_n] = ½ ln det 2πe S`, nats.
    pub fn entropy(&self, n: usize) -> f64 {
        let log_det = match &self.joint {
            Some(joint) => joint.log_dets[n],
            None => (0..self.elements).map(|i| self.variances[i * self.rows + n].ln()).sum(),
        };
        0.5 * (self.elements as f64 * (2.0 * PI * E).ln() + log_det)
    }

    /// Adds `factor · tr(M S_n)` to each row's number, `M` symmetric.
    pub fn add_products(&self, matrix: &[f64], factor: f64, to: &mut [f64]) {
        let h = self.elements;
        if let Some(joint) = &self.joint {
            for (o, s) in to.iter_mut().zip(joint.matrices.chunks_exact(h * h)) {
                *o += factor * s.iter().zip(matrix).map(|(s, m)| s * m).sum::<f64>();
            }
            return;
        }
        for (i, own) in self.variances.chunks_exact(self.rows).enumerate() {
            let each = factor * matrix[i * h + i];
            to.iter_mut().zip(own).for_each(|(o, v)| *o += each * v);
        }
    }

    /// Adds `Σ_n w_n S_n`.
    pub fn add_covariances(&self, weights: &[f64], to: &mut [f64]) {
        let h = self.elements;
        if let Some(joint) = &self.joint {
            for (w, s) in weights.iter().zip(joint.matrices.chunks_exact(h * h)) {
                to.iter_mut().zip(s).for_each(|(o, s)| *o += w * s);
            }
            return;
        }
        for (i, own) in self.variances.chunks_exact(self.rows).enumerate() {
            to[i * h + i] += own.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>();
        }
    }
}
