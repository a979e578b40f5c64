//! Units that a Gaussian autoencoder counts its columns in: networks see columns of like size, sums stay in the data's units.
//!
//! ```text
//! x̃_d = (x_d − mean_d) / scale_d        ln p(x|z) = ln p̃(x̃|z) − Σ_d ln scale_d
//! ```
//!
//! The map is a fixed part of the model: no slope knows of it, and the constant leaves `ELBO − entropy sum` as it is.

use super::{Architecture, ColumnMoments, ObservableName, Vae, Variance};
use crate::Error;
use crate::neural::{Observable, Spread};
use serde::{Deserialize, Serialize};

/// Where each column's zero and unit are, in the data's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// Zeros.
    pub means: Vec<f64>,
    /// Units.
    pub scales: Vec<f64>,
}

/// Deviations below this share of a column's mean are rounding: the column is constant.
const ROUNDING: f64 = 1e-13;

impl Units {
    /// Means and standard deviations of Gaussian columns; `None` for others.
    ///
    /// Where the variance is one number for all columns, so is the unit (the root of their mean variance): the number then
    /// still is a variance of the data. Constant columns keep their own unit.
    pub fn of(moments: &ColumnMoments, architecture: &Architecture) -> Option<Self> {
        if architecture.observable != ObservableName::Gaussian {
            return None;
        }
        let root = |variance: f64, mean: f64| {
            let deviation = variance.sqrt();
            if deviation > ROUNDING * mean.abs() { deviation } else { 1.0 }
        };
        let own = moments.variances.iter().zip(&moments.means).map(|(v, m)| root(*v, *m));
        let scales = match architecture.variance {
            Variance::Column | Variance::Network => own.collect(),
            Variance::Scalar | Variance::Fixed(_) => {
                let width = moments.variances.len();
                let average = moments.variances.iter().map(|v| v / width as f64).sum::<f64>();
                let largest = moments.means.iter().fold(0.0, |a: f64, m| a.max(m.abs()));
                vec![root(average, largest); width]
            }
        };
        Some(Units { means: moments.means.clone(), scales })
    }

    /// A cell of column `d` in these units.
    pub(crate) fn inside(&self, d: usize, x: f64) -> f64 {
        (x - self.means[d]) / self.scales[d]
    }

    /// Moments of the columns in these units.
    pub(super) fn moments(&self, of: &ColumnMoments) -> ColumnMoments {
        let means = of.means.iter().enumerate().map(|(d, m)| self.inside(d, *m)).collect();
        let variances = of.variances.iter().zip(&self.scales).map(|(v, s)| v / s / s).collect();
        ColumnMoments { means, variances, logarithms: of.logarithms.clone() }
    }

    fn check(&self, architecture: &Architecture) -> Result<(), Error> {
        let wrong = |problem: &str| {
            let hint = "take the units that a fit wrote into its model file, or none".into();
            Err(Error::Setting { problem: problem.into(), hint })
        };
        let sound = |s: &f64| *s > 0.0 && s.is_finite();
        if architecture.observable != ObservableName::Gaussian {
            return wrong("units are given for columns that are not Gaussian");
        }
        if [self.means.len(), self.scales.len()] != [architecture.columns; 2] {
            return wrong("there are not as many units as columns");
        }
        if !self.scales.iter().all(sound) || self.means.iter().any(|m| !m.is_finite()) {
            return wrong("a unit is not a positive number, or its zero is not finite");
        }
        let one = matches!(architecture.variance, Variance::Scalar | Variance::Fixed(_));
        if one && self.scales.iter().any(|s| *s != self.scales[0]) {
            return wrong("columns of one variance have different units");
        }
        Ok(())
    }
}

impl Vae {
    /// The same shape, with columns counted in some units: parameters are about these, sums and rows about the data's.
    ///
    /// # Errors
    /// [`Error::Setting`] where the units do not fit the shape.
    pub fn in_units(mut self, units: Option<Units>) -> Result<Self, Error> {
        if let Some(units) = &units {
            units.check(&self.architecture)?;
        }
        if let Variance::Fixed(v) = self.architecture.variance
            && self.architecture.observable == ObservableName::Gaussian
        {
            let scale = units.as_ref().map_or(1.0, |u| u.scales[0]);
            self.observable = Observable::Gaussian(Spread::Fixed(v.ln() - 2.0 * scale.ln()));
        }
        self.units = units;
        Ok(self)
    }

    /// The units of its columns, where they are not the data's.
    pub fn units(&self) -> Option<&Units> {
        self.units.as_ref()
    }

    /// `−Σ_d ln scale_d`: what a row's log-density gains on the way back to the data's units.
    pub(super) fn log_density_of_units(&self) -> f64 {
        self.units.as_ref().map_or(0.0, |u| -u.scales.iter().map(|s| s.ln()).sum::<f64>())
    }

    /// Unit of a column.
    pub(crate) fn scale(&self, d: usize) -> f64 {
        self.units.as_ref().map_or(1.0, |u| u.scales[d])
    }

    /// A column's decoded mean in the data's units.
    pub(crate) fn outside(&self, d: usize, x: f64) -> f64 {
        self.units.as_ref().map_or(x, |u| u.means[d] + x * u.scales[d])
    }
}
