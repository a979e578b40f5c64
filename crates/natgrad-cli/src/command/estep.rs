//! `natgrad estep`: expected statistics of a shard.

use crate::data::DataArguments;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::Output;
use natgrad::catalogue::Described;
use natgrad::engine::{estep, shard_chunks};
use natgrad::geometry::Point;
use natgrad::rows::Profile;
use natgrad_io::write_checkpoint;
use std::path::PathBuf;
use std::str::FromStr;

/// `I/N`, I from 1.
#[derive(Debug, Clone, Copy)]
pub struct ShardOf {
    index: usize,
    count: usize,
}

impl FromStr for ShardOf {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if index >= 1 && index <= count => Ok(ShardOf { index, count }),
            _ => Err(format!("\"{text}\" is not a shard I/N with I from 1 to N, such as 3/64")),
        }
    }
}

/// Expected statistics of a shard of the rows: the map of one EM iteration.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder or model file.
    #[arg(value_name = "MODEL.json")]
    model: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    /// Which shard of how many.
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    shard: ShardOf,
    /// Statistics file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Identifies a model at a point, so that statistics of different points are never mixed (FNV-1a over settings and bits).
pub fn fingerprint(described: &Described, at: &Point) -> u64 {
    let settings = serde_json::to_vec(described.spec()).unwrap_or_default();
    let bits = at.0.iter().flat_map(|x| x.to_bits().to_le_bytes());
    settings
        .into_iter()
        .chain(bits)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Writes the statistics.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let file = ModelFile::read(&arguments.model)?;
    let source = arguments.data.reading.open_for(&arguments.data.data, &file.columns(), out)?;
    let mut spec = file.spec(&arguments.model)?;
    if spec.charts.is_empty() {
        spec.chart(&Profile::of(source.as_ref())?);
    }
    let described = Described::new(spec, source.columns().to_vec())?;
    natgrad::catalogue::check_support(described.mixture(), described.spec(), source.as_ref())
        .map_err(|e| Failure::from(e).in_files(&arguments.data.data))?;
    let point = file.point(&described)?;
    let learning = described.learning(source.as_ref(), 0.0);
    let chunks = shard_chunks(source.chunks(), arguments.shard.index, arguments.shard.count);
    let shard = estep(&learning, &point, fingerprint(&described, &point), chunks.clone())?;
    write_checkpoint(&arguments.out, &shard)?;
    let text = format!(
        "chunks {}..{} of {} written to {}",
        chunks.start,
        chunks.end,
        source.chunks(),
        arguments.out.display()
    );
    if out.json {
        let about = serde_json::json!({"first_chunk": chunks.start, "chunks": chunks.len(), "of": source.chunks(), "out": arguments.out});
        out.document(&about)?;
    } else {
        out.note(&text);
    }
    Ok(0)
}
