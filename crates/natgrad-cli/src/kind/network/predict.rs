//! `natgrad predict` on a network: posteriors of the nodes that rows do not show.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::kind::stream;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::rows::{Column, ColumnKind};
use natgrad_io::TableWriter;
use std::path::Path;

/// Writes, for each hidden node, the probabilities of its states and the most probable one; then the row's log-evidence.
pub fn run(file: &NetworkModelFile, data: &DataArguments, to: &Path, out: &Output) -> Result<u8, Failure> {
    let loaded = file.load(&data.data, &data.reading, out)?;
    let net = loaded.model.net();
    let hidden: Vec<usize> = (0..net.network().len()).filter(|&i| net.columns()[i].is_none()).collect();
    if hidden.is_empty() {
        return Err(Failure::new(
            format!("{}: every node has a column, so nothing is hidden", data.shown()),
            "natgrad impute fills missing cells; natgrad query answers for single observations",
        ));
    }
    let number = |name: String| Column { name, kind: ColumnKind::Number, missing: false };
    let mut columns = Vec::new();
    for &h in &hidden {
        let node = &net.network().nodes()[h];
        columns.extend(node.states.iter().map(|s| number(format!("{}={s}", node.name))));
        let kind = ColumnKind::Levels(node.states.clone());
        columns.push(Column { name: node.name.clone(), kind, missing: true });
    }
    columns.push(number("log_evidence".into()));
    let mut writer = TableWriter::create(to, &columns)?;
    let mut rows = 0;
    stream(loaded.source.as_ref(), |chunk| {
        let mut cells = vec![0.0; columns.len() * chunk.rows];
        net.posteriors(&loaded.point, &chunk, |n, row| {
            let mut d = 0;
            let mut put = |value: f64| {
                cells[d * chunk.rows + n] = value;
                d += 1;
            };
            for &h in &hidden {
                let p = &row.marginals[h];
                p.iter().for_each(|p| put(*p));
                // An impossible row has no posterior.
                put(most_probable(p).map_or(f64::NAN, |s| s as f64));
            }
            put(row.log_evidence);
        })?;
        rows += chunk.rows;
        writer.push_rows(chunk.rows, &cells).map_err(Failure::from)
    })?;
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": rows, "out": to}))?;
    } else {
        out.note(&format!("{rows} rows written to {}", to.display()));
    }
    Ok(0)
}

/// The first state of highest probability; `None` where all are zero.
pub fn most_probable(p: &[f64]) -> Option<usize> {
    let best = (0..p.len()).reduce(|a, b| if p[b] > p[a] { b } else { a })?;
    (p[best] > 0.0).then_some(best)
}
