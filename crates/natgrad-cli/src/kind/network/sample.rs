//! `natgrad sample` on a network: rows drawn node by node.

use crate::failure::Failure;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::bayes_net::NetworkModel;
use natgrad_io::TableWriter;
use std::path::Path;

/// Rows drawn and written at once.
const BLOCK: usize = 1024;

/// Samples the nodes that the fit's data had columns for; of a bare network file, all.
pub fn run(file: &NetworkModelFile, rows: usize, seed: u64, to: &Path, out: &Output) -> Result<u8, Failure> {
    let (model, point) = file.alone()?;
    let hidden = file.hidden()?;
    let all = NetworkModel::all_columns(model.net().network());
    let shown: Vec<usize> = (0..all.len()).filter(|&i| !hidden.contains(&all[i].name)).collect();
    let columns: Vec<_> = shown.iter().map(|&i| all[i].clone()).collect();
    let mut writer = TableWriter::create(to, &columns)?;
    let mut draw = model.net().sampler(&point, seed);
    let mut left = rows;
    while left > 0 {
        let block = left.min(BLOCK);
        let drawn: Vec<Vec<u16>> = (0..block).map(|_| draw()).collect();
        let cells: Vec<f64> = shown.iter().flat_map(|&i| drawn.iter().map(move |r| f64::from(r[i]))).collect();
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
