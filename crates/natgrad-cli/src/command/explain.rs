//! `natgrad explain`: a certificate, a message, a model, a family or a word of network reports in plain words.

use super::criterion;
use crate::failure::Failure;
use crate::kind::{self, Kind};
use crate::output::Output;
use natgrad::catalogue::{families, messages};
use natgrad::diagnose::explanations;
use serde_json::json;

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of a certificate, a status, a warning, an error, a model, a family or a word of network reports (`natgrad list`
    /// shows them).
    name: String,
}

/// Explains one name.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    // As reports write them too: ELBO, log_evidence.
    let name = arguments.name.trim().to_lowercase().replace(['_', ' '], "-");
    let name = name.as_str();
    let certificate = explanations().into_iter().find(|e| e.name == name).map(|e| (e.text.to_string(), Some(e.source)));
    let message = messages()
        .iter()
        .chain(kind::kinds().filter_map(Kind::words).flat_map(|w| w.1))
        .find(|m| m.name == name)
        .map(|m| (m.text.to_string(), None));
    let model = kind::kinds().find_map(|k| k.explain(name)).map(|t| (t.to_string(), None));
    let family =
        families().into_iter().find(|(f, _)| f.split(':').next() == Some(name)).map(|(_, t)| (t.to_string(), None));
    let Some((text, source)) = certificate.or(message).or(model).or(family) else {
        let known: Vec<&str> = explanations().iter().map(|e| e.name).collect();
        return Err(Failure::new(
            format!("there is nothing to explain under \"{}\"", arguments.name),
            format!("certificates are {}; `natgrad list` shows messages, words, models and families", known.join(", ")),
        ));
    };
    let is_model = kind::named(name).is_some();
    let criterion = if is_model { criterion::as_it_comes(name)? } else { None };
    if out.json {
        out.document(&json!({"name": name, "text": text, "source": source, "criterion": criterion}))?;
    } else {
        out.result(&format!("{name}\n\n{}", wrapped(&text, 100)))?;
        if let Some(source) = source {
            out.result(&format!("\nSource: {source}"))?;
        }
        if let Some(found) = &criterion {
            out.result(
                "\nIs its ELBO a sum of entropies where it is stationary? (`natgrad criterion` takes options)\n",
            )?;
            out.result(&criterion::table(found))?;
            criterion::sentences(found).try_for_each(|s| out.result(&wrapped(&s, 100)))?;
        }
    }
    Ok(0)
}

/// Lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + word.chars().count() >= width {
            lines.push(word.to_string());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines.join("\n")
}
