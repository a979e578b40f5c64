//! `natgrad report`: the page of a run, from its folder alone.

use crate::failure::Failure;
use crate::output::Output;
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_report::{Picture, Run, page, trace_from_csv};
use serde_json::Value;
use std::path::PathBuf;

/// Write the report of a run again.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run folder.
    run: PathBuf,
    /// The page to write.
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
}

/// Writes the page.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if !arguments.out.extension().is_some_and(|e| e.eq_ignore_ascii_case("html")) {
        return Err(Failure::new(format!("{}: a page is .html", arguments.out.display()), "name it so"));
    }
    let folder = RunFolder::open(&arguments.run)?;
    AtomicFile::write(&arguments.out, html(&folder)?.as_bytes())?;
    if out.json {
        out.document(&serde_json::json!({"out": arguments.out}))?;
    } else {
        out.note(&format!("written: {}", arguments.out.display()));
    }
    Ok(0)
}

/// Writes the page into the run folder.
pub fn write(folder: &RunFolder) -> Result<(), Failure> {
    folder.write_report(&html(folder)?).map_err(Failure::from)
}

fn html(folder: &RunFolder) -> Result<String, Failure> {
    if !folder.summary_path().is_file() || folder.has_checkpoint() {
        // Says so where the fit has not ended, and what is there is of a former one.
        folder.model()?;
    }
    let summary: Value = folder.read_summary()?;
    let path = folder.trace_path();
    let text = std::fs::read_to_string(&path)
        .map_err(|e| Failure::new(format!("{}: {e}", path.display()), "fit again with --out"))?;
    let trace =
        trace_from_csv(&text).map_err(|e| Failure::new(format!("{}: {e}", path.display()), "fit again with --out"))?;
    // The picture is an ornament: a folder without it is whole.
    let picture = std::fs::read_to_string(folder.path().join(crate::kind::network::picture::FILE)).ok();
    let pictures = crate::kind::PICTURES.into_iter().filter_map(|(name, title, caption)| {
        let svg = std::fs::read_to_string(folder.path().join(format!("{name}.svg"))).ok()?;
        Some(Picture { title: title.into(), caption: caption.into(), svg })
    });
    Ok(page(&Run { picture, pictures: pictures.collect(), ..Run::from_folder(&summary, trace) }))
}
