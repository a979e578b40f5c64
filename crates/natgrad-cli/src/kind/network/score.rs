//! `natgrad score` on a network: log-evidence of rows, whatever cells they lack.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::stream;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::TableWriter;
use serde_json::json;
use std::path::Path;

/// Scores.
pub fn run(file: &NetworkModelFile, data: &DataArguments, to: Option<&Path>, out: &Output) -> Result<u8, Failure> {
    let loaded = file.load(&data.data, &data.reading, out)?;
    let column = Column { name: "log_evidence".into(), kind: ColumnKind::Number, missing: false };
    let mut writer = to.map(|path| TableWriter::create(path, &[column])).transpose()?;
    let (mut total, mut weight, mut rows, mut impossible) = (0.0, 0.0, 0u64, 0u64);
    stream(loaded.source.as_ref(), |chunk| {
        let evidence = loaded.model.net().row_evidence(&loaded.point, &chunk)?;
        for (n, l) in evidence.iter().enumerate() {
            let w = chunk.weight(n);
            if w > 0.0 {
                total += w * l;
                impossible += u64::from(*l == f64::NEG_INFINITY);
            }
            weight += w;
        }
        rows += chunk.rows as u64;
        if let Some(writer) = &mut writer {
            writer.push_rows(chunk.rows, &evidence)?;
        }
        Ok(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    if impossible > 0 {
        out.warn(&format!("{impossible} rows have probability zero under the network"));
    }
    let mean = total / weight;
    if out.json {
        out.document(&json!({
            "rows": rows,
            "weight": weight,
            // Independent hidden nodes give a bound only.
            "log_evidence": (!loaded.model.settings().mean_field).then_some(mean),
            "elbo": mean,
            "impossible": impossible,
        }))?;
    } else {
        out.result(&format!("{rows} rows, log-evidence {mean} nats per row ({total:.3} in all)"))?;
    }
    Ok(0)
}
