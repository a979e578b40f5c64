//! Model files of nets with an encoder: the net in `model.json`, the encoder in `model.safetensors` beside it.

use super::super::file::BeliefFile;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::output::Output;
use natgrad::catalogue::latent::BeliefNet;
use natgrad::geometry::Point;
use natgrad::model::sigmoid_belief_net::encoder::{Encoder, TrainSettings};
use natgrad::rows::RowSource;
use natgrad_io::{NamedTensor, RunFolder, read_tensors, write_tensors};
use serde_json::{Value, json};

/// Where the tensors lie in a run.
const TENSORS: &str = "model.safetensors";

/// A model file that names an encoder.
#[derive(Debug, Clone)]
pub struct EncoderFile {
    net: BeliefFile,
    /// How it was learnt.
    pub learning: TrainSettings,
}

/// A fitted net with its encoder.
pub struct Pair {
    /// The net.
    pub model: BeliefNet,
    /// Its parameters.
    pub point: Point,
    /// The encoder.
    pub encoder: Encoder,
    /// Its parameters.
    pub weights: Point,
}

/// Names and shapes of the encoder's tensors, layer 1 first.
fn shapes(model: &BeliefNet) -> Vec<(String, Vec<usize>)> {
    let sizes = &model.net().layout().sizes;
    let layer = |l: usize| {
        let name = |what: &str| format!("encoder.{l}.{what}");
        [(name("weights"), vec![sizes[l], sizes[l - 1]]), (name("biases"), vec![sizes[l]])]
    };
    (1..sizes.len()).flat_map(layer).collect()
}

/// Writes net and encoder into a run folder, the encoder first.
pub fn write(folder: &RunFolder, pair: &Pair, learning: &TrainSettings) -> Result<(), Failure> {
    let sizes = &pair.model.net().layout().sizes;
    let mut values = Vec::new();
    for l in 1..sizes.len() {
        let units = || (0..sizes[l]).map(|u| &pair.weights.0[pair.encoder.unit(l, u)]);
        values.push(units().flat_map(|own| own[..sizes[l - 1]].to_vec()).collect());
        values.push(units().map(|own| own[sizes[l - 1]]).collect());
    }
    let tensors: Vec<NamedTensor> = shapes(&pair.model)
        .into_iter()
        .zip(values)
        .map(|((name, shape), values)| NamedTensor { name, shape, values })
        .collect();
    write_tensors(&folder.tensors_path(), &tensors)?;
    let mut file = BeliefFile::of(&pair.model, &pair.point).without_coordinates();
    file.set("learning", json!(learning));
    if let Value::Object(parameters) = &mut file.parameters {
        parameters.insert("encoder".into(), TENSORS.into());
    }
    Ok(folder.write_model(&file)?)
}

impl EncoderFile {
    /// The file, if it names an encoder.
    pub fn of(net: &BeliefFile) -> Result<Option<Self>, Failure> {
        if net.0.parameters.get("encoder").is_none() {
            return Ok(None);
        }
        let Some(learning) = net.0.setting::<TrainSettings>("learning")? else {
            let problem = natgrad::Error::Parameter {
                name: "settings.learning".into(),
                problem: "is missing".into(),
                hint: "see the model file that `natgrad fit --recognition encoder` writes".into(),
            };
            return Err(net.0.named(problem));
        };
        learning.check().map_err(|e| net.0.named(e))?;
        Ok(Some(EncoderFile { net: net.clone(), learning }))
    }

    /// Net and encoder by themselves.
    pub fn alone(&self) -> Result<Pair, Failure> {
        let (model, point) = self.net.alone()?;
        let encoder = Encoder::new(model.net());
        let name = self.net.0.parameters["encoder"].as_str().filter(|n| !n.contains(['/', '\\'])).ok_or_else(|| {
            self.net.0.named(natgrad::Error::Parameter {
                name: "encoder".into(),
                problem: "is no name of a file beside this one".into(),
                hint: format!("natgrad writes {TENSORS}"),
            })
        })?;
        let tensors = read_tensors(&self.net.0.beside(name), &shapes(&model))?;
        let mut weights = Point(vec![0.0; encoder.len()]);
        for (l, parts) in tensors.chunks_exact(2).enumerate() {
            let inputs = model.net().layout().sizes[l];
            for (u, bias) in parts[1].values.iter().enumerate() {
                let own = &mut weights.0[encoder.unit(l + 1, u)];
                own[..inputs].copy_from_slice(&parts[0].values[u * inputs..(u + 1) * inputs]);
                own[inputs] = *bias;
            }
        }
        Ok(Pair { model, point, encoder, weights })
    }

    /// Both with rows that they are given now.
    pub fn load(&self, data: &DataArguments, out: &Output) -> Result<(Pair, Box<dyn RowSource>), Failure> {
        let pair = self.alone()?;
        let source = self.net.0.rows(data, pair.model.columns(), out)?;
        Ok((pair, source))
    }
}
