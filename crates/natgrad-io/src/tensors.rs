//! Files of named tensors (safetensors), for parameters that are too many for JSON.

use crate::atomic::AtomicFile;
use crate::error::{IoError, cannot_read};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use std::path::Path;

/// A tensor with its name; `values` in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Name, unique in its file.
    pub name: String,
    /// Lengths of its dimensions.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f64>,
}

fn damaged(path: &Path, problem: String) -> IoError {
    IoError::Format {
        file: path.display().to_string(),
        problem,
        hint: "bring back the file that `natgrad fit --out RUN` wrote beside model.json".into(),
    }
}

/// Writes tensors in double precision.
///
/// # Errors
/// [`IoError::Format`] where a shape does not fit its numbers or a name comes twice; [`IoError::Write`] or [`IoError::Full`].
pub fn write_tensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), IoError> {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.values.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .zip(&bytes)
        .map(|(t, b)| Ok((t.name.as_str(), TensorView::new(Dtype::F64, t.shape.clone(), b)?)))
        .collect::<Result<_, safetensors::SafeTensorError>>()
        .map_err(|e| damaged(path, e.to_string()))?;
    let file = serialize(views, None).map_err(|e| damaged(path, e.to_string()))?;
    AtomicFile::write(path, &file)
}

/// Reads the tensors of these names and shapes, in this order. Single precision is read too.
///
/// # Errors
/// [`IoError::File`] where there is no such file; [`IoError::Format`] where it is damaged, a tensor is missing, has another shape,
/// or a number that is not finite.
pub fn read_tensors(path: &Path, wanted: &[(String, Vec<usize>)]) -> Result<Vec<NamedTensor>, IoError> {
    let bytes = std::fs::read(path).map_err(|e| cannot_read(path, &e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(path, format!("it holds no tensors: {e}")))?;
    wanted
        .iter()
        .map(|(name, shape)| {
            let tensor = file.tensor(name).map_err(|_| damaged(path, format!("the tensor \"{name}\" is missing")))?;
            if tensor.shape() != shape.as_slice() {
                return Err(damaged(
                    path,
                    format!("the tensor \"{name}\" has the shape {:?}, the model wants {shape:?}", tensor.shape()),
                ));
            }
            let data = tensor.data();
            let values: Vec<f64> = match tensor.dtype() {
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
                Dtype::F32 => data.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
                other => {
                    return Err(damaged(path, format!("the tensor \"{name}\" holds {other:?}, not F64 or F32")));
                }
            };
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(damaged(path, format!("the tensor \"{name}\" has {} at place {at}", values[at])));
            }
            Ok(NamedTensor { name: name.clone(), shape: shape.clone(), values })
        })
        .collect()
}
