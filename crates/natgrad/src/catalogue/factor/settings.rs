//! What a factor model is told.

use crate::Error;
use crate::model::factor::{Chart, Noise};
use crate::rows::Profile;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names of the factor models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorName {
    /// Probabilistic PCA: one noise variance.
    Ppca,
    /// Factor analysis: a noise variance per column.
    FactorAnalysis,
}

impl FactorName {
    /// Both names.
    pub const ALL: [FactorName; 2] = [FactorName::Ppca, FactorName::FactorAnalysis];

    /// The shape of the noise.
    pub fn noise(self) -> Noise {
        match self {
            FactorName::Ppca => Noise::Isotropic,
            FactorName::FactorAnalysis => Noise::Diagonal,
        }
    }
}

impl fmt::Display for FactorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FactorName::Ppca => "ppca",
            FactorName::FactorAnalysis => "factor-analysis",
        })
    }
}

impl FromStr for FactorName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        FactorName::ALL.into_iter().find(|n| n.to_string() == text).ok_or_else(|| Error::Setting {
            problem: format!("there is no factor model \"{text}\""),
            hint: "choose from ppca, factor-analysis".into(),
        })
    }
}

/// Settings, as model files have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorSettings {
    /// Which model.
    pub model: FactorName,
    /// Number of factors `H`.
    pub latent_dim: usize,
    /// Centres and scales of the columns inside the model; from the data where there are none.
    #[serde(default)]
    pub chart: Option<Chart>,
}

impl FactorSettings {
    /// Settings with a chart to be taken from the data.
    pub fn new(model: FactorName, latent_dim: usize) -> Self {
        FactorSettings { model, latent_dim, chart: None }
    }

    /// Takes the chart from the data unless there is one: means, and standard deviations (for p-PCA the root of their mean
    /// square, one for all). A constant column is only centred.
    pub fn chart(&mut self, profile: &Profile) {
        let centers = profile.columns.iter().map(|c| c.mean).collect();
        let own: Vec<f64> = profile.columns.iter().map(|c| c.variance().max(0.0).sqrt()).collect();
        let sound = |s: f64| if s > 0.0 && s.is_finite() { s } else { 1.0 };
        let scales = match self.model.noise() {
            Noise::Diagonal => own.into_iter().map(sound).collect(),
            Noise::Isotropic => {
                let top = own.iter().fold(0.0, |m: f64, s| m.max(*s));
                let mean = own.iter().map(|s| (s / sound(top)).powi(2)).sum::<f64>() / own.len().max(1) as f64;
                vec![sound(sound(top) * mean.sqrt()); own.len()]
            }
        };
        self.chart.get_or_insert(Chart { centers, scales });
    }
}
