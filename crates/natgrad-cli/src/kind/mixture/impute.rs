//! `natgrad impute` on a mixture: missing cells filled by their expectation, or the most probable level.

use super::Loaded;
use crate::failure::Failure;
use crate::kind::stream;
use crate::output::Output;
use natgrad_io::TableWriter;
use std::path::Path;

/// Imputes.
pub fn run(loaded: &Loaded, to: &Path, out: &Output) -> Result<u8, Failure> {
    let Loaded { described, point, source } = loaded;
    let mut writer = TableWriter::create(to, described.columns())?;
    let mut filled = 0usize;
    stream(source.as_ref(), |chunk| {
        filled += chunk.values.iter().filter(|v| v.is_nan()).count();
        let cells = described.impute(point, &chunk)?;
        writer.push_rows(chunk.rows, &cells.concat()).map_err(Failure::from)
    })?;
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": source.rows(), "filled": filled, "out": to}))?;
    } else {
        out.note(&format!("{filled} cells filled, written to {}", to.display()));
    }
    Ok(0)
}
