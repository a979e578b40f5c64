//! Model files of Bayesian networks, and rows for them.

use crate::data::Reading;
use crate::failure::Failure;
use crate::model_file::check_head;
use crate::network_file;
use crate::output::Output;
use natgrad::catalogue::bayes_net::{NetworkModel, NetworkSettings};
use natgrad::geometry::Point;
use natgrad::network::Network;
use natgrad::rows::RowSource;
use natgrad_io::{Others, RunFolder, network_from_value, network_to_value, read_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a model file of a network holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NetworkModelFile {
    format: String,
    version: u32,
    model: String,
    #[serde(default)]
    settings: NetworkSettings,
    #[serde(default)]
    columns: Vec<String>,
    parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    natural: Option<Vec<f64>>,
    /// Where it was read, for messages.
    #[serde(skip)]
    path: PathBuf,
}

/// A network model with its parameters and rows.
pub struct LoadedNetwork {
    /// The model.
    pub model: NetworkModel,
    /// Its parameters.
    pub point: Point,
    /// The rows.
    pub source: Box<dyn RowSource>,
}

impl NetworkModelFile {
    /// The file of a model at a point.
    pub fn of(model: &NetworkModel, at: &Point) -> Result<Self, Failure> {
        let (nodes, local) = model.nodes(at);
        Ok(NetworkModelFile {
            format: "natgrad-model".into(),
            version: 1,
            model: crate::kind::network::BAYES_NET.into(),
            settings: model.settings().clone(),
            columns: model.columns().iter().map(|c| c.name.clone()).collect(),
            parameters: network_to_value(&nodes, &local)?,
            natural: Some(at.0.clone()),
            path: PathBuf::new(),
        })
    }

    /// The file, if `path` is a run or a model file of a network, or a network file (then every node may have a column);
    /// `None` for other models.
    pub fn find(path: &Path) -> Result<Option<Self>, Failure> {
        let is = |ending: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
        let bare = |path: &Path| -> Result<Option<Self>, Failure> {
            let (nodes, local) = network_file::read_nodes(path)?;
            Ok(Some(NetworkModelFile {
                format: "natgrad-model".into(),
                version: 1,
                model: crate::kind::network::BAYES_NET.into(),
                settings: NetworkSettings::default(),
                columns: Vec::new(),
                parameters: network_to_value(&nodes, &local)?,
                natural: None,
                path: path.into(),
            }))
        };
        if is("bif") {
            return bare(path);
        }
        let file = if path.is_dir() { RunFolder::open(path)?.model()? } else { path.to_path_buf() };
        let head: Value = read_json(&file)?;
        if head.get("model").and_then(Value::as_str) == Some(crate::kind::network::BAYES_NET) {
            check_head(&head, &file)?;
            let mut own: NetworkModelFile = read_json(&file)?;
            own.path = file;
            return Ok(Some(own));
        }
        if head.get("format").is_none() && head.get("nodes").is_some() { bare(path) } else { Ok(None) }
    }

    fn network(&self) -> Result<(Network, Option<Point>), Failure> {
        let (nodes, local) = network_from_value(self.parameters.clone(), &self.path)?;
        Network::described(nodes, &local).map_err(|e| Failure::from(e).in_file(self.path.display()))
    }

    /// Its parameters as a point of a model of the same network; the exact coordinates where they give these tables.
    pub fn point(&self, model: &NetworkModel) -> Result<Point, Failure> {
        let (network, point) = self.network()?;
        let Some(point) = point else {
            return Err(Failure::new(
                format!("{}: it lacks tables", self.path.display()),
                "write a table for every node, or learn them: natgrad fit bayes-net",
            ));
        };
        if network.specs(None) != model.net().network().specs(None) {
            return Err(Failure::new(
                format!("{}: it has other nodes, states or parents than the network", self.path.display()),
                "start from a file of the same network",
            ));
        }
        let at = model.net().point(&network, &point)?;
        if let Some(natural) = &self.natural {
            let exact = Point(natural.clone());
            if exact.0.len() == at.0.len() {
                let (nodes, local) = model.nodes(&exact);
                if network_to_value(&nodes, &local)? == self.parameters {
                    return Ok(exact);
                }
            }
        }
        Ok(at)
    }

    /// The model for rows that it is given now: every column that belongs to a node is used, others are left out.
    pub fn load(&self, data: &[PathBuf], reading: &Reading, out: &Output) -> Result<LoadedNetwork, Failure> {
        let (network, point) = self.network()?;
        let source = source_for(&network, &self.settings, data, reading, Others::Ignore, out)?;
        let model = NetworkModel::new(self.settings.clone(), network, point, source.columns())?;
        let point = self.point(&model)?;
        Ok(LoadedNetwork { model, point, source })
    }

    /// The model by itself, with a column for every node, and its parameters.
    pub fn alone(&self) -> Result<(NetworkModel, Point), Failure> {
        let (network, point) = self.network()?;
        let columns = NetworkModel::all_columns(&network);
        let settings = NetworkSettings { hidden: Vec::new(), ..self.settings.clone() };
        let model = NetworkModel::new(settings, network, point, &columns)?;
        let point = self.point(&model)?;
        Ok((model, point))
    }

    /// Names of the nodes that had no column when it was fitted, or were hidden; empty for bare network files.
    pub fn hidden(&self) -> Result<Vec<String>, Failure> {
        if self.columns.is_empty() {
            return Ok(Vec::new());
        }
        let (network, _) = self.network()?;
        let is_hidden = |n: &String| !self.columns.contains(n) || self.settings.hidden.contains(n);
        Ok(network.names().into_iter().filter(is_hidden).collect())
    }
}

/// Opens rows for a network: columns are nodes, cells their states.
pub fn source_for(
    network: &Network,
    settings: &NetworkSettings,
    data: &[PathBuf],
    reading: &Reading,
    others: Others,
    out: &Output,
) -> Result<Box<dyn RowSource>, Failure> {
    let mut levels = NetworkModel::levels(network);
    levels.retain(|(name, _)| !settings.hidden.contains(name));
    reading.open_nodes(data, levels, settings.hidden.clone(), others, out)
}
