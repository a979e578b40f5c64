//! `natgrad mstep`: merge shards, take the M-step.

use super::estep::fingerprint;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::Described;
use natgrad::engine::{Shard, mstep};
use natgrad_io::{IoError, read_checkpoint, write_json};
use std::path::{Path, PathBuf};

/// Merge shards and take the M-step: the reduce of one EM iteration.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The model file that the shards were computed with.
    #[arg(value_name = "MODEL.json")]
    model: PathBuf,
    /// Statistics files, in any order.
    #[arg(value_name = "STATISTICS", required = true)]
    shards: Vec<PathBuf>,
    /// Model file to write.
    #[arg(long, value_name = "MODEL2.json")]
    out: PathBuf,
}

fn read_shard(path: &Path) -> Result<Shard, Failure> {
    read_checkpoint(path).map_err(|e| match e {
        IoError::Checkpoint { file, problem } => Failure::new(
            format!("{file}: {}", problem.replace("checkpoint", "statistics file")),
            "write it again with `natgrad estep`",
        ),
        IoError::File { file, .. } if !path.exists() => {
            Failure::new(format!("{file}: there is no such file"), "write it with `natgrad estep`")
        }
        other => other.into(),
    })
}

/// Writes the new model.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let file = ModelFile::read(&arguments.model)?;
    let spec = file.spec(&arguments.model)?;
    if spec.charts.is_empty() {
        return Err(Failure::new(
            format!("{}: the model file has no charts", arguments.model.display()),
            "make it with `natgrad fit DATA --start FILE --max-iterations 0 --out RUN`, and use RUN/model.json",
        ));
    }
    let described = Described::new(spec, file.columns())?;
    let point = file.point(&described)?;
    let shards = arguments.shards.iter().map(|p| read_shard(p)).collect::<Result<Vec<_>, _>>()?;
    let iterated = mstep(described.mixture(), &point, fingerprint(&described, &point), shards)?;
    write_json(&arguments.out, &ModelFile::of(&described, &iterated.maximised.point))?;
    let s = &iterated.statistics;
    // Without the base measure, which no parameter changes and no statistics hold.
    let before = s.log_evidence / s.weight;
    if out.json {
        out.document(
            &serde_json::json!({"rows": s.rows, "elbo_before_without_base_measure": before, "out": arguments.out}),
        )?;
    } else {
        out.note(&format!(
            "{} rows, ELBO before the step {before} nats per row; written to {}",
            s.rows,
            arguments.out.display()
        ));
    }
    Ok(0)
}
