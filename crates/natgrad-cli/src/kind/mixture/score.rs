//! `natgrad score` on a mixture: log-evidence of rows.

use super::Loaded;
use crate::failure::Failure;
use crate::kind::stream;
use crate::output::Output;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

/// Scores.
pub fn run(loaded: &Loaded, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
    let Loaded { described, point, source } = loaded;
    let column = Column { name: "log_evidence".into(), kind: ColumnKind::Number, missing: false };
    let mut writer = match to {
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
