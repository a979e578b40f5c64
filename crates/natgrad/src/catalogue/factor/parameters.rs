//! Parameters as the contract's JSON: `mean [d]`, `loadings [d][h]`, `noise` (a number for p-PCA, `[d]` for factor analysis).

use super::FactorAnalysis;
use crate::Error;
use crate::geometry::Point;
use crate::model::LatentModel;
use crate::model::factor::Noise;
use serde_json::{Value, json};

/// Numbers per parameter in a model file's order, `None` where there is none.
pub(super) struct Numbers {
    pub mean: Vec<Option<f64>>,
    pub loadings: Vec<Vec<Option<f64>>>,
    pub noise: Vec<Option<f64>>,
}

impl Numbers {
    pub(super) fn json(&self, noise: Noise) -> Value {
        let variance = match noise {
            Noise::Isotropic => json!(self.noise.first().copied().flatten()),
            Noise::Diagonal => json!(self.noise),
        };
        json!({"mean": self.mean, "loadings": self.loadings, "noise": variance})
    }
}

/// Share of a column's unit that a chart far away may cost its mean: rounding costs 1e-16 of the chart's distance.
const LOST: f64 = 1e-6;

fn bad(name: String, problem: String) -> Error {
    Error::Parameter {
        name,
        problem,
        hint: "parameters are mean [d], loadings [d][h] and noise: a number for ppca, [d] for factor-analysis".into(),
    }
}

/// A list of so many finite numbers.
fn numbers(value: &Value, name: &str, length: usize) -> Result<Vec<f64>, Error> {
    let Some(items) = value.as_array() else { return Err(bad(name.into(), "it is missing, or no list".into())) };
    if items.len() != length {
        return Err(bad(name.into(), format!("it has {} numbers where {length} belong", items.len())));
    }
    let one =
        |(i, v): (usize, &Value)| v.as_f64().ok_or_else(|| bad(format!("{name}[{i}]"), format!("{v} is not a number")));
    items.iter().enumerate().map(one).collect()
}

impl FactorAnalysis {
    /// Parameters in the data's units, in the form of model files.
    pub fn parameters(&self, at: &Point) -> Value {
        let (model, chart) = (&self.model, self.model.chart());
        let h = model.latent();
        let width = model.width();
        let first_noise = width * (1 + h);
        let loading = |d: usize, k: usize| Some(chart.scales[d] * at.0[width + d * h + k]);
        let variance = |i: usize| Some(chart.scales[i] * chart.scales[i] * at.0[first_noise + i].exp());
        Numbers {
            mean: (0..width).map(|d| Some(chart.centers[d] + chart.scales[d] * at.0[d])).collect(),
            loadings: (0..width).map(|d| (0..h).map(|k| loading(d, k)).collect()).collect(),
            noise: (0..model.free() - first_noise).map(variance).collect(),
        }
        .json(model.noise())
    }

    /// A point from parameters in the form of model files.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name of what is missing, has another shape or is out of range.
    pub fn point(&self, parameters: &Value) -> Result<Point, Error> {
        let (width, h, chart) = (self.model.width(), self.model.latent(), self.model.chart());
        let mean = numbers(&parameters["mean"], "mean", width)?;
        let rows = parameters["loadings"].as_array().map_or(0, Vec::len);
        if rows != width {
            return Err(bad("loadings".into(), format!("it has {rows} rows where {width} belong")));
        }
        let noise = match self.model.noise() {
            Noise::Diagonal => numbers(&parameters["noise"], "noise", width)?,
            Noise::Isotropic => match parameters["noise"].as_f64() {
                Some(noise) => vec![noise],
                None => return Err(bad("noise".into(), "it is missing, or no number".into())),
            },
        };
        if let Some(i) = noise.iter().position(|n| n.is_nan() || *n <= 0.0) {
            return Err(bad(format!("noise[{i}]"), format!("the variance {} is not above 0", noise[i])));
        }
        let kept = |d: usize| {
            let back = chart.centers[d] + (mean[d] - chart.centers[d]) / chart.scales[d] * chart.scales[d];
            (back - mean[d]).abs() <= LOST * chart.scales[d].max(mean[d].abs())
        };
        if let Some(d) = (0..width).find(|&d| !kept(d)) {
            let problem = format!("at {} with a unit of {} it loses mean[{d}]", chart.centers[d], chart.scales[d]);
            return Err(bad(format!("settings.chart[{d}]"), problem));
        }
        let mut at: Vec<f64> = mean.iter().enumerate().map(|(d, m)| (m - chart.centers[d]) / chart.scales[d]).collect();
        for d in 0..width {
            let row = numbers(&parameters["loadings"][d], &format!("loadings[{d}]"), h)?;
            at.extend(row.iter().map(|w| w / chart.scales[d]));
        }
        at.extend(noise.iter().enumerate().map(|(i, n)| n.ln() - 2.0 * chart.scales[i].ln()));
        Ok(Point(at))
    }
}
