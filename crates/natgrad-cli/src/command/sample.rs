//! `natgrad sample`: rows drawn from a fitted model.

use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::network_model::NetworkModelFile;
use crate::output::Output;
use natgrad::catalogue::Described;
use natgrad_io::TableWriter;
use std::path::PathBuf;

/// Draw rows from a fitted model.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "RUN|MODEL.json")]
    model: PathBuf,
    /// Number of rows.
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    rows: usize,
    /// Seed.
    #[arg(long, allow_negative_numbers = true, default_value_t = 0)]
    seed: u64,
    /// File to write (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Rows drawn and written at once.
const BLOCK: usize = 1024;

/// Samples.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(file) = NetworkModelFile::find(&arguments.model)? {
        return super::network::sample::run(&file, arguments.rows, arguments.seed, &arguments.out, out);
    }
    let file = ModelFile::read(&arguments.model)?;
    let described = Described::new(file.spec(&arguments.model)?, file.columns())?;
    let point = file.point(&described)?;
    let mut writer = TableWriter::create(&arguments.out, described.columns())?;
    let mut sampler = described.sampler(&point, arguments.seed);
    let mut left = arguments.rows;
    while left > 0 {
        let rows = left.min(BLOCK);
        let drawn: Vec<Vec<f64>> = (0..rows).map(|_| sampler.row().0).collect();
        let width = described.columns().len();
        let cells: Vec<f64> = (0..width).flat_map(|d| drawn.iter().map(move |r| r[d])).collect();
        writer.push_rows(rows, &cells)?;
        left -= rows;
    }
    writer.finish()?;
    if out.json {
        out.document(&serde_json::json!({"rows": arguments.rows, "out": arguments.out}))?;
    } else {
        out.note(&format!("{} rows written to {}", arguments.rows, arguments.out.display()));
    }
    Ok(0)
}
