//! The run folder: what a fit leaves behind, and where each file lies in it.
//!
//! ```text
//! RUN/  summary.json  model.json  model.safetensors  trace.csv  report.html  checkpoint (while running)
//! ```

use crate::atomic::AtomicFile;
use crate::checkpoint::{MAGIC, read_checkpoint, write_checkpoint};
use crate::error::{IoError, cannot_read};
use crate::json::{read_json, write_json};
use crate::write::write_table;
use natgrad::rows::Column;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::path::{Path, PathBuf};

const SUMMARY: &str = "summary.json";
const MODEL: &str = "model.json";
const TENSORS: &str = "model.safetensors";
const TRACE: &str = "trace.csv";
const REPORT: &str = "report.html";
const CHECKPOINT: &str = "checkpoint";
fn refusal(path: &Path, problem: &str, hint: &str) -> IoError {
    IoError::File { file: path.display().to_string(), problem: problem.into(), hint: hint.into() }
}

const KNOWN: [&str; 6] = [SUMMARY, MODEL, TENSORS, TRACE, REPORT, CHECKPOINT];

/// A folder with the results of one fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder (and those above it), or takes an empty one or a former run, whose results will be replaced.
    ///
    /// # Errors
    /// [`IoError::File`] if `path` is a file, or a folder with other things in it, or cannot be made.
    pub fn create(path: &Path) -> Result<Self, IoError> {
        Self::vet(path)?;
        std::fs::create_dir_all(path).map_err(|e| {
            let hint = "check the path and the rights of the folder above it";
            refusal(path, &format!("the folder cannot be made: {e}"), hint)
        })?;
        Ok(RunFolder { path: path.into() })
    }

    /// Says whether [`create`](Self::create) would take `path`, and changes nothing.
    ///
    /// # Errors
    /// As [`create`](Self::create), but for what shows only when the folder is made.
    pub fn vet(path: &Path) -> Result<(), IoError> {
        if path.exists() && !path.is_dir() {
            return Err(refusal(path, "it is a file, not a folder", "name a new or empty folder with --out"));
        }
        if path.is_dir() && !is_run(path)? {
            return Err(refusal(
                path,
                "the folder holds other files and is not a run of natgrad; nothing was changed in it",
                "name a new or empty folder with --out",
            ));
        }
        Ok(())
    }

    /// Takes an existing run folder.
    ///
    /// # Errors
    /// [`IoError::File`] if there is no such folder or it is not a run.
    pub fn open(path: &Path) -> Result<Self, IoError> {
        let run = RunFolder { path: path.into() };
        if [SUMMARY, MODEL, CHECKPOINT].iter().any(|f| path.join(f).is_file()) {
            return Ok(run);
        }
        let problem = if path.is_dir() {
            "the folder has no summary.json, model.json or checkpoint: it is not a run"
        } else if path.exists() {
            "it is a file, not a run folder"
        } else {
            "there is no such folder"
        };
        Err(IoError::File {
            file: path.display().to_string(),
            problem: problem.into(),
            hint: "name the folder that `natgrad fit … --out` has written".into(),
        })
    }

    /// Whether every run may hold a file of this name.
    pub fn holds(name: &str) -> bool {
        KNOWN.contains(&name)
    }

    /// Where the folder lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where `summary.json` lies.
    pub fn summary_path(&self) -> PathBuf {
        self.path.join(SUMMARY)
    }

    /// Where `model.json` lies.
    pub fn model_path(&self) -> PathBuf {
        self.path.join(MODEL)
    }

    /// Where `model.json` lies, once a fit has written it.
    ///
    /// # Errors
    /// [`IoError::File`] if there is none, or if it is older than a fit that has not ended, with how to go on.
    pub fn model(&self) -> Result<PathBuf, IoError> {
        let path = self.model_path();
        if path.is_file() {
            let written = |file: &Path| std::fs::metadata(file).and_then(|m| m.modified()).ok();
            return match (written(&self.checkpoint_path()), written(&path)) {
                (Some(checkpoint), Some(model)) if checkpoint > model => Err(refusal(
                    &self.path,
                    "a fit in it has not ended, and its model.json is from before",
                    &format!(
                        "go on with `natgrad fit --resume {}`, or name {} to use the old model",
                        self.path.display(),
                        path.display()
                    ),
                )),
                _ => Ok(path),
            };
        }
        Err(if self.has_checkpoint() {
            let hint =
                format!("wait for it, or go on with `natgrad fit --resume {}` if it was stopped", self.path.display());
            refusal(&self.path, "the fit has not ended, and has left no model yet", &hint)
        } else {
            refusal(&self.path, "the run has no model.json", "fit again with --out, or bring the file back")
        })
    }

    /// Where `model.safetensors` lies, for models with large tensors.
    pub fn tensors_path(&self) -> PathBuf {
        self.path.join(TENSORS)
    }

    /// Where `trace.csv` lies.
    pub fn trace_path(&self) -> PathBuf {
        self.path.join(TRACE)
    }

    /// Where `report.html` lies.
    pub fn report_path(&self) -> PathBuf {
        self.path.join(REPORT)
    }

    /// Where the checkpoint lies while a fit runs.
    pub fn checkpoint_path(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }

    /// Writes `summary.json`.
    ///
    /// # Errors
    /// As [`write_json`].
    pub fn write_summary<T: Serialize + ?Sized>(&self, summary: &T) -> Result<(), IoError> {
        write_json(&self.summary_path(), summary)
    }

    /// Reads `summary.json`.
    ///
    /// # Errors
    /// As [`read_json`].
    pub fn read_summary<T: DeserializeOwned>(&self) -> Result<T, IoError> {
        read_json(&self.summary_path())
    }

    /// Writes `model.json`.
    ///
    /// # Errors
    /// As [`write_json`].
    pub fn write_model<T: Serialize + ?Sized>(&self, model: &T) -> Result<(), IoError> {
        write_json(&self.model_path(), model)
    }

    /// Reads `model.json`.
    ///
    /// # Errors
    /// As [`read_json`].
    pub fn read_model<T: DeserializeOwned>(&self) -> Result<T, IoError> {
        read_json(&self.model_path())
    }

    /// Writes `trace.csv`.
    ///
    /// # Shapes
    /// As [`write_table`].
    ///
    /// # Errors
    /// As [`write_table`].
    pub fn write_trace(&self, columns: &[Column], data: &[Vec<f64>]) -> Result<(), IoError> {
        write_table(&self.trace_path(), columns, data)
    }

    /// Writes `report.html`.
    ///
    /// # Errors
    /// [`IoError::Write`] or [`IoError::Full`]; then the former report is still there.
    pub fn write_report(&self, html: &str) -> Result<(), IoError> {
        AtomicFile::write(&self.report_path(), html.as_bytes())
    }

    /// Writes the checkpoint.
    ///
    /// # Errors
    /// As [`write_checkpoint`].
    pub fn write_checkpoint<T: Serialize + ?Sized>(&self, state: &T) -> Result<(), IoError> {
        write_checkpoint(&self.checkpoint_path(), state)
    }

    /// Reads the checkpoint.
    ///
    /// # Errors
    /// As [`read_checkpoint`].
    pub fn read_checkpoint<T: DeserializeOwned>(&self) -> Result<T, IoError> {
        read_checkpoint(&self.checkpoint_path())
    }

    /// Whether there is a checkpoint.
    pub fn has_checkpoint(&self) -> bool {
        self.checkpoint_path().is_file()
    }

    /// Removes the checkpoint, if there is one.
    ///
    /// # Errors
    /// [`IoError::File`] if it cannot be removed.
    pub fn remove_checkpoint(&self) -> Result<(), IoError> {
        self.remove(CHECKPOINT)
    }

    /// Removes the file of this name, if there is one: what a former run may have left that this one does not write.
    ///
    /// # Errors
    /// [`IoError::File`] if it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), IoError> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(IoError::File {
                file: path.display().to_string(),
                problem: format!("it cannot be removed: {e}"),
                hint: "remove it by hand".into(),
            }),
            _ => Ok(()),
        }
    }
}

/// Whether a folder is empty, holds nothing but files of a run, or has a model or checkpoint of ours.
fn is_run(path: &Path) -> Result<bool, IoError> {
    let mut only_ours = true;
    for entry in std::fs::read_dir(path).map_err(|e| cannot_read(path, &e))? {
        let name = entry.map_err(|e| cannot_read(path, &e))?.file_name();
        let name = name.to_string_lossy();
        let left_over = name.ends_with(".tmp") && KNOWN.iter().any(|k| name.starts_with(&format!(".{k}.")));
        only_ours &= KNOWN.contains(&name.as_ref()) || left_over;
    }
    let mut start = Vec::new();
    if let Ok(file) = std::fs::File::open(path.join(MODEL)) {
        let _ = file.take(4096).read_to_end(&mut start);
    }
    let model = String::from_utf8_lossy(&start).contains("natgrad-model");
    let mut magic = [0u8; 8];
    let checkpoint = std::fs::File::open(path.join(CHECKPOINT)).and_then(|mut f| f.read_exact(&mut magic)).is_ok();
    Ok(only_ours || model || (checkpoint && &magic == MAGIC))
}
