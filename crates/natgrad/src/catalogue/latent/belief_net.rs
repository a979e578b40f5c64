//! A sigmoid belief net with its columns: checks, starts, and parameters as model files have them.
//!
//! `{"layers": [{"weights": [out][in], "biases": [out]}, …], "prior": [top]}`, the visible layer first; `prior` holds the
//! probabilities of the top's units.

use super::numbers::{list, part, table};
use crate::Error;
use crate::geometry::Point;
use crate::model::sigmoid_belief_net::{MOST_ODDS, Recognition, SigmoidBeliefNet};
use crate::rows::{Column, ColumnKind, RowSource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Settings of a sigmoid belief net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct BeliefNetSettings {
    /// Sizes of the hidden layers, the top last.
    pub layers: Vec<usize>,
    /// How the hidden units of a row are found.
    pub recognition: Recognition,
}

/// Settings as model files have them: `{"layers": [20, 10], "mean_field": true, "cluster": 4}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    layers: Vec<usize>,
    #[serde(default)]
    mean_field: bool,
    /// Units of a cluster, under structured mean field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster: Option<usize>,
}

impl From<Written> for BeliefNetSettings {
    fn from(written: Written) -> Self {
        let recognition = match (written.mean_field, written.cluster) {
            (false, _) => Recognition::Exact,
            (true, None) => Recognition::MeanField,
            (true, Some(units)) => Recognition::Structured(units),
        };
        BeliefNetSettings { layers: written.layers, recognition }
    }
}

impl From<BeliefNetSettings> for Written {
    fn from(settings: BeliefNetSettings) -> Self {
        let cluster = match settings.recognition {
            Recognition::Structured(units) => Some(units),
            Recognition::Exact | Recognition::MeanField => None,
        };
        Written { layers: settings.layers, mean_field: settings.recognition != Recognition::Exact, cluster }
    }
}

/// A net for certain columns.
#[derive(Debug, Clone)]
pub struct BeliefNet {
    settings: BeliefNetSettings,
    columns: Vec<Column>,
    net: SigmoidBeliefNet,
}

impl BeliefNet {
    /// A net for columns whose cells may be missing where they say so.
    ///
    /// # Errors
    /// As [`SigmoidBeliefNet::new`].
    pub fn new(settings: BeliefNetSettings, columns: Vec<Column>) -> Result<Self, Error> {
        let incomplete = (0..columns.len()).filter(|&d| columns[d].missing).collect();
        let net = SigmoidBeliefNet::new(columns.len(), &settings.layers, incomplete, settings.recognition)?;
        Ok(BeliefNet { settings, columns, net })
    }

    /// A net for data, and the frequency of ones in each column (0.5 where nothing is seen).
    ///
    /// # Errors
    /// [`Error::OutsideSupport`] for a cell that is not 0 or 1; [`Error::Data`] for a column of more than two levels, or where
    /// there are no rows; as [`Self::new`].
    pub fn for_data(settings: BeliefNetSettings, source: &dyn RowSource) -> Result<(Self, Vec<f64>), Error> {
        let mut columns = source.columns().to_vec();
        let (mut on, mut seen) = (vec![0.0; columns.len()], vec![0.0; columns.len()]);
        two_states(&columns, "a sigmoid belief net")?;
        let mut problem = None;
        for stretch in source.stretches() {
            source.sweep(stretch, &mut |_, chunk| {
                for (d, column) in columns.iter_mut().enumerate() {
                    for (n, &x) in chunk.column(d).iter().enumerate() {
                        if x.is_nan() {
                            column.missing = true;
                        } else if x == 0.0 || x == 1.0 {
                            seen[d] += chunk.weight(n);
                            on[d] += chunk.weight(n) * x;
                        } else if problem.is_none() {
                            problem = Some((chunk.first_row + n as u64 + 1, d, x));
                        }
                    }
                }
                Ok(())
            })?;
        }
        if let Some((row, d, value)) = problem {
            return Err(Error::OutsideSupport {
                row,
                column: columns[d].name.clone(),
                value,
                family: "bernoulli".into(),
                support: "0 or 1".into(),
                hint: "binarise the column first: a sigmoid belief net reads zeros and ones".into(),
            });
        }
        if source.rows() == 0 {
            return Err(Error::Data { problem: "the data have no rows".into(), hint: "check the file".into() });
        }
        let frequencies = on.iter().zip(&seen).map(|(on, n)| if *n > 0.0 { on / n } else { 0.5 }).collect();
        Ok((Self::new(settings, columns)?, frequencies))
    }

    /// The settings.
    pub fn settings(&self) -> &BeliefNetSettings {
        &self.settings
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The model itself.
    pub fn net(&self) -> &SigmoidBeliefNet {
        &self.net
    }

    /// Names of the two states of a column, where they have names.
    pub fn levels(&self, column: usize) -> Option<&[String]> {
        match &self.columns[column].kind {
            ColumnKind::Levels(levels) => Some(levels),
            ColumnKind::Number => None,
        }
    }

    /// Parameters as model files have them.
    pub fn parameters(&self, at: &Point) -> Value {
        let layout = self.net.layout();
        let layers: Vec<Value> = (0..layout.top())
            .map(|l| {
                let units = || (0..layout.sizes[l]).map(|u| &at.0[layout.unit(l, u)]);
                let parents = layout.parents(l);
                let weights: Vec<&[f64]> = units().map(|own| &own[..parents]).collect();
                let biases: Vec<f64> = units().map(|own| own[parents]).collect();
                json!({"weights": weights, "biases": biases})
            })
            .collect();
        let prior: Vec<f64> =
            at.0[layout.layer(layout.top())].iter().map(|b| crate::linalg::special::logistic(*b)).collect();
        json!({"layers": layers, "prior": prior})
    }

    /// A point from parameters as model files have them.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming what is missing, of wrong shape or outside its domain.
    pub fn point(&self, parameters: &Value) -> Result<Point, Error> {
        let layout = self.net.layout();
        let layers = part(parameters, "layers")?;
        let count = layers.as_array().map_or(0, Vec::len);
        if count != layout.top() {
            return Err(Error::Parameter {
                name: "layers".into(),
                problem: format!("{count} where the net has {}", layout.top()),
                hint: "give the weights of each layer but the top, the visible one first".into(),
            });
        }
        let mut out = Vec::with_capacity(layout.len());
        for l in 0..layout.top() {
            let (n, k) = (layout.sizes[l], layout.parents(l));
            let name = |what: &str| format!("layers[{l}].{what}");
            let weights = table(part(&layers[l], "weights")?, &name("weights"), n, k)?;
            let biases = list(part(&layers[l], "biases")?, &name("biases"), n)?;
            for (own, bias) in weights.chunks_exact(k).zip(biases) {
                out.extend_from_slice(own);
                out.push(bias);
            }
        }
        let prior = list(part(parameters, "prior")?, "prior", layout.sizes[layout.top()])?;
        if let Some(odds) = out.iter().find(|x| x.abs() > MOST_ODDS) {
            return Err(Error::Parameter {
                name: "layers".into(),
                problem: format!(
                    "a weight or bias of {odds:e} is beyond ±{MOST_ODDS}: sums would lose the digits of all others"
                ),
                hint: "probabilities are 0 and 1 long before: give smaller ones".into(),
            });
        }
        if let Some(i) = prior.iter().position(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::Parameter {
                name: format!("prior[{i}]"),
                problem: format!("{} is no probability", prior[i]),
                hint: "give numbers from 0 to 1".into(),
            });
        }
        // A unit that is always on or off: as far off as no number of rows can tell.
        out.extend(prior.iter().map(|p| (p.ln() - (-p).ln_1p()).clamp(-MOST_ODDS, MOST_ODDS)));
        Ok(Point(out))
    }
}

/// Refuses a column of words of which there are more than two, naming the model that reads it.
///
/// # Errors
/// [`Error::Data`] naming column and words.
pub fn two_states(columns: &[Column], model: &str) -> Result<(), Error> {
    for column in columns {
        if let ColumnKind::Levels(levels) = &column.kind
            && levels.len() > 2
        {
            return Err(Error::Data {
                problem: format!("column \"{}\" has {} levels: {}", column.name, levels.len(), some(levels)),
                hint: format!("{model} reads columns of two states: leave it out, or make a column of each level"),
            });
        }
    }
    Ok(())
}

/// The first levels of a column, for messages.
fn some(levels: &[String]) -> String {
    let more = if levels.len() > 5 { ", …" } else { "" };
    format!("{}{more}", levels[..levels.len().min(5)].join(", "))
}
