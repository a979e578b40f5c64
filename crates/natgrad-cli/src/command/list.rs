//! `natgrad list`: models, families and certificates.

use crate::failure::Failure;
use crate::output::Output;
use crate::table::plain;
use natgrad::catalogue::{families, models};
use natgrad::diagnose::explanations;
use serde_json::json;

/// No arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Lists everything there is.
pub fn run(_: &Arguments, out: &Output) -> Result<u8, Failure> {
    let models: Vec<(String, &str)> = models().into_iter().map(|(m, text)| (m.to_string(), text)).collect();
    let certificates: Vec<(&str, &str)> = explanations().iter().map(|e| (e.name, e.source)).collect();
    if out.json {
        let names =
            |list: &[(String, &str)]| list.iter().map(|(n, t)| json!({"name": n, "about": t})).collect::<Vec<_>>();
        let owned = |list: &[(&str, &str)]| list.iter().map(|(n, t)| (n.to_string(), *t)).collect::<Vec<_>>();
        out.document(&json!({
            "models": names(&models),
            "families": names(&owned(&families())),
            "certificates": names(&owned(&certificates)),
        }))?;
        return Ok(0);
    }
    let rows = |list: Vec<(String, &str)>| list.into_iter().map(|(n, t)| vec![n, t.to_string()]).collect();
    let own = |list: Vec<(&'static str, &'static str)>| list.into_iter().map(|(n, t)| (n.to_string(), t)).collect();
    out.result(&plain(&["model", "for"], rows(models)))?;
    out.result(&plain(&["family", "for"], rows(own(families()))))?;
    out.result(&plain(&["certificate", "source"], rows(own(certificates))))?;
    Ok(0)
}
