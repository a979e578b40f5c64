//! `natgrad list`: models, families, certificates and messages.

use crate::failure::Failure;
use crate::kind::{self, Kind};
use crate::output::Output;
use crate::table::plain;
use natgrad::catalogue::{families, messages};
use natgrad::diagnose::explanations;
use serde_json::json;

/// No arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Lists everything there is.
pub fn run(_: &Arguments, out: &Output) -> Result<u8, Failure> {
    type Named = Vec<(String, &'static str)>;
    let models: Named = kind::listed();
    let words = || kind::kinds().filter_map(Kind::words);
    let families: Named = families().into_iter().map(|(f, text)| (f.to_string(), text)).collect();
    let certificates: Named = explanations().iter().map(|e| (e.name.to_string(), e.source)).collect();
    if out.json {
        let names = |list: &Named| list.iter().map(|(n, t)| json!({"name": n, "about": t})).collect::<Vec<_>>();
        out.document(&json!({
            "models": names(&models),
            "families": names(&families),
            "certificates": names(&certificates),
            "messages": messages().iter().chain(words().flat_map(|w| w.1)).map(|m| json!({"name": m.name})).collect::<Vec<_>>(),
        }))?;
        return Ok(0);
    }
    let rows = |list: Named| list.into_iter().map(|(n, t)| vec![n, t.to_string()]).collect();
    out.result(&plain(&["model", "for"], rows(models)))?;
    out.result(&plain(&["family", "for"], rows(families)))?;
    out.result(&plain(&["certificate", "source"], rows(certificates)))?;
    out.result(&format!("messages: {}", messages().iter().map(|m| m.name).collect::<Vec<_>>().join(", ")))?;
    for (whose, words) in words() {
        out.result(&format!("words of {whose}: {}", words.iter().map(|m| m.name).collect::<Vec<_>>().join(", ")))?;
    }
    Ok(0)
}
