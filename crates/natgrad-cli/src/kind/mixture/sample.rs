//! `natgrad sample` on a mixture: rows drawn component by component.

use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::Described;
use natgrad_io::TableWriter;
use std::path::Path;

/// Rows drawn and written at once.
const BLOCK: usize = 1024;

/// Samples.
pub fn run(file: &ModelFile, given: &Path, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
    let described = Described::new(file.spec(given)?, file.columns())?;
    let point = file.point(&described)?;
    let mut writer = TableWriter::create(to, described.columns())?;
    let mut sampler = described.sampler(&point, seed);
    let mut left = rows;
    while left > 0 {
        let block = left.min(BLOCK);
        let drawn: Vec<Vec<f64>> = (0..block).map(|_| sampler.row().0).collect();
        let width = described.columns().len();
        let cells: Vec<f64> = (0..width).flat_map(|d| drawn.iter().map(move |r| r[d])).collect();
        writer.push_rows(block, &cells)?;
        left -= block;
    }
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": rows, "out": to}))?;
    } else {
        out.note(&format!("{rows} rows written to {}", to.display()));
    }
    Ok(0)
}
