//! Where parameters and sums lie, and the chart that they are written in.

use super::FactorModel;
use crate::Error;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::model::{Statistics, Work};
use serde::{Deserialize, Serialize};

/// `ln 2π`.
pub(super) const LN_2_PI: f64 = 1.837_877_066_409_345_3;

/// `ln 2πe`.
pub(super) const LN_2_PI_E: f64 = LN_2_PI + 1.0;

/// Smallest noise variance, relative to the variance of its column (of all columns, for p-PCA): what is left of a noise
/// that goes to zero (a Heywood case). The likelihood there is within about 1e-7 nats of its limit, and inverses keep more than half
/// their digits.
pub const SMALLEST_NOISE: f64 = 1e-7;

/// The same for p-PCA, relative to the mean variance of the columns: the one noise is the mean of the smallest eigenvalues,
/// which in columns of unlike units are far below that mean and still known; below this they are rounding of the largest.
const SMALLEST_COMMON_NOISE: f64 = 1e-12;

/// Shape of the noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// One variance for all columns: probabilistic PCA.
    Isotropic,
    /// A variance per column: factor analysis.
    Diagonal,
}

impl Noise {
    /// Smallest variance in the chart.
    pub(super) fn smallest(self) -> f64 {
        match self {
            Noise::Isotropic => SMALLEST_COMMON_NOISE,
            Noise::Diagonal => SMALLEST_NOISE,
        }
    }
}

/// Centres and scales: a cell `x` of column `d` is `(x − centers[d]) / scales[d]` inside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Centre of each column.
    pub centers: Vec<f64>,
    /// Scale of each column; all equal for isotropic noise.
    pub scales: Vec<f64>,
}

impl Chart {
    /// The chart that changes nothing.
    pub fn identity(width: usize) -> Self {
        Chart { centers: vec![0.0; width], scales: vec![1.0; width] }
    }

    pub(super) fn check(&self, width: usize, noise: Noise) -> Result<(), Error> {
        let fits = self.centers.len() == width && self.scales.len() == width;
        let sound = fits
            && self.centers.iter().all(|c| c.is_finite())
            && self.scales.iter().all(|s| s.is_finite() && *s > 0.0)
            && (noise == Noise::Diagonal || self.scales.windows(2).all(|s| s[0] == s[1]));
        if sound {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "chart".into(),
            problem: "it is no centre and positive scale per column (one scale for all where the noise is isotropic)"
                .into(),
            hint: "leave the chart out of the settings".into(),
        })
    }
}

impl FactorModel {
    /// First coordinate of the loadings.
    pub(super) fn loadings_at(&self) -> usize {
        self.width()
    }

    /// First coordinate of the noise.
    pub(super) fn noise_at(&self) -> usize {
        self.width() * (1 + self.latent)
    }

    /// Number of noise variances.
    pub(super) fn noises(&self) -> usize {
        match self.noise {
            Noise::Isotropic => 1,
            Noise::Diagonal => self.width(),
        }
    }

    /// Coordinate of the log-noise of column `d`.
    pub(super) fn noise_of(&self, d: usize) -> usize {
        match self.noise {
            Noise::Isotropic => self.noise_at(),
            Noise::Diagonal => self.noise_at() + d,
        }
    }

    /// Coordinate of the loading of column `d` on factor `h`.
    pub(super) fn loading(&self, d: usize, h: usize) -> usize {
        self.loadings_at() + d * self.latent + h
    }

    /// The loadings, `D × H`, in the chart.
    pub(super) fn loadings(&self, at: &Point) -> Matrix {
        Matrix::from_fn(self.width(), self.latent, |d, h| at.0[self.loading(d, h)])
    }

    /// Noise variance of column `d`, in the chart.
    pub(super) fn variance(&self, at: &Point, d: usize) -> f64 {
        at.0[self.noise_of(d)].exp()
    }

    /// Columns with moments of the factors of their own: all where cells may be missing, else one stands for all.
    pub(super) fn groups(&self) -> usize {
        if self.gappy { self.width() } else { 1 }
    }

    pub(super) fn group(&self, d: usize) -> usize {
        if self.gappy { d } else { 0 }
    }

    /// Number of expected statistics: `E[z̃ z̃ᵀ]` per group, `E[x_d z̃]` and `x_d²` per column, `z̃ = (1, z)`.
    pub(super) fn sums(&self) -> usize {
        self.squares_at() + self.width()
    }

    pub(super) fn crosses_at(&self) -> usize {
        self.groups() * (self.latent + 1) * (self.latent + 1)
    }

    pub(super) fn squares_at(&self) -> usize {
        self.crosses_at() + self.width() * (self.latent + 1)
    }

    /// `Σ w E[z̃ z̃ᵀ]` of the rows that show column `d`, `(H+1) × (H+1)`, full.
    pub(super) fn factor_moments<'s>(&self, s: &'s Statistics, d: usize) -> &'s [f64] {
        let size = (self.latent + 1) * (self.latent + 1);
        &s.sums[self.group(d) * size..(self.group(d) + 1) * size]
    }

    /// `Σ w x_d E[z̃]`.
    pub(super) fn crosses<'s>(&self, s: &'s Statistics, d: usize) -> &'s [f64] {
        let first = self.crosses_at() + d * (self.latent + 1);
        &s.sums[first..first + self.latent + 1]
    }

    /// Weight of the rows that show column `d`.
    pub(super) fn seen_weight(&self, s: &Statistics, d: usize) -> f64 {
        self.factor_moments(s, d)[0]
    }

    /// `(μ_d, W_d1, …, W_dH)`.
    pub(super) fn row(&self, at: &Point, d: usize) -> Vec<f64> {
        let first = self.loading(d, 0);
        std::iter::once(at.0[d]).chain(at.0[first..first + self.latent].iter().copied()).collect()
    }

    pub(super) fn coordinate_name(&self, coordinate: usize) -> String {
        let (width, latent) = (self.width(), self.latent);
        let column = |d: usize| self.names.get(d).map_or_else(|| d.to_string(), |n| format!("\"{n}\""));
        if coordinate < width {
            format!("mean of {}", column(coordinate))
        } else if coordinate < self.noise_at() {
            let place = coordinate - self.loadings_at();
            format!("loading of {} on factor {}", column(place / latent), place % latent + 1)
        } else if self.noise == Noise::Isotropic {
            "noise".into()
        } else {
            format!("noise of {}", column(coordinate - self.noise_at()))
        }
    }

    /// Work of a sweep over rows one by one.
    pub(super) fn work_of_rows(&self, rows: f64) -> Work {
        let (d, h) = (self.width() as f64, self.latent as f64);
        let free = d * (h + 2.0);
        let each = if self.gappy { d * h * (h + 6.0) + h * h * h } else { 8.0 * d * h };
        let patterns = if self.gappy { rows } else { rows / 1024.0 };
        Work { step: rows * each, curvature: rows * d * d + patterns * (2.0 * free * free + 4.0 * d * d * h) }
    }
}
