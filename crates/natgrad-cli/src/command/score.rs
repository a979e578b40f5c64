//! `natgrad score`: log-evidence of rows.

use super::predict::{Loaded, load, stream};
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::PathBuf;

/// Average log-evidence of rows under a fitted model, nats per row.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Write the log-evidence of every row.
    #[arg(long, requires = "out")]
    per_row: bool,
    /// File for --per-row (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Scores.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(file) = NetworkModelFile::find(&arguments.model)? {
        return super::network::score::run(&file, &arguments.data, arguments.out.as_deref(), out);
    }
    let loaded = load(&arguments.model, &arguments.data, out)?;
    let Loaded { described, point, source } = &loaded;
    let column = Column { name: "log_evidence".into(), kind: ColumnKind::Number, missing: false };
    let mut writer = match &arguments.out {
        Some(path) => Some(TableWriter::create(path, &[column])?),
        None => None,
    };
    let (mut total, mut weight, mut rows) = (0.0, 0.0, 0u64);
    stream(source.as_ref(), |chunk| {
        let posterior = described.posterior(point, &chunk)?;
        for (n, l) in posterior.log_evidence.iter().enumerate() {
            let w = chunk.weight(n);
            if w > 0.0 {
                total += w * l;
            }
            weight += w;
        }
        rows += chunk.rows as u64;
        if let Some(writer) = &mut writer {
            writer.push_rows(chunk.rows, &posterior.log_evidence)?;
        }
        Ok(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    let mean = total / weight;
    if out.json {
        out.document(&json!({"rows": rows, "weight": weight, "log_evidence": mean, "elbo": mean}))?;
    } else {
        out.result(&format!("{rows} rows, log-evidence {mean} nats per row ({total:.3} in all)"))?;
    }
    Ok(0)
}
