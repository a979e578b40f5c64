//! `natgrad impute` on a network: missing cells filled by their most probable states.

use super::predict::most_probable;
use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::stream;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad_io::TableWriter;
use std::path::Path;

/// Imputes; impossible rows keep their gaps.
pub fn run(file: &NetworkModelFile, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
    let loaded = file.load(&data.data, &data.reading, out)?;
    let net = loaded.model.net();
    let mut writer = TableWriter::create(to, loaded.model.columns())?;
    let mut filled = 0usize;
    stream(loaded.source.as_ref(), |chunk| {
        let mut cells = chunk.values.to_vec();
        net.posteriors(&loaded.point, &chunk, |n, row| {
            for (i, d) in net.columns().iter().enumerate().filter_map(|(i, d)| d.map(|d| (i, d))) {
                let cell = &mut cells[d * chunk.rows + n];
                if cell.is_nan()
                    && let Some(state) = most_probable(&row.marginals[i])
                {
                    *cell = state as f64;
                    filled += 1;
                }
            }
        })?;
        writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
    })?;
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": loaded.source.rows(), "filled": filled, "out": to}))?;
    } else {
        out.note(&format!("{filled} cells filled, written to {}", to.display()));
    }
    Ok(0)
}
