//! The page: from the verdict down to the parameters.
//!
//! ```text
//! title, verdict, tiles → certificates → (a network: picture, nodes) → along the fit (4 charts)
//!                      → pictures, latents → restarts
//!                      → parameters, factors, or a network's tables → warnings
//! ```

mod certificates;
mod factors;
mod figures;
mod latents;
mod matrix;
mod network;
mod node_tables;
mod parameters;
mod picture;
mod style;
mod table;
mod tiles;
mod verdict;

use crate::number::{significant, whole};
use crate::run::Run;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Column names in the title, at most.
const NAMES: usize = 16;

/// One HTML page about a run: self-contained (no scripts, nothing loaded), light or dark as the reader's system is, on
/// paper always light.
///
/// Pure: the same run gives the same bytes. Every word from the run is escaped.
pub fn page(run: &Run) -> String {
    let says = verdict::verdict(run);
    let is_network = !run.nodes.is_empty();
    let title = format!("{}: natgrad report", run.model);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style::STYLE)) (PreEscaped(crate::chart::COLOURS)) }
            }
            body {
                header {
                    h1 { (run.model) }
                    p.quiet { (shape(run)) @if is_network { "; " (network::shape(run)) } }
                    p.verdict.(says.tone) { span.symbol aria-hidden="true" { (says.symbol) } span { (says.sentence) } }
                    @if !run.warnings.is_empty() {
                        p.quiet {
                            a href="#warnings" { (plural(run.warnings.len(), "warning")) } " at the end of this page"
                        }
                    }
                }
                (tiles::tiles(run))
                (certificates::certificates(run))
                @if is_network { (network::network(run)) }
                (figures::figures(run))
                (latents::pictures(run))
                (latents::latents(run))
                (figures::restarts(run))
                @if is_network { (node_tables::node_tables(run)) }
                @else if factors::has_factors(run) { (factors::factors(run)) }
                @else { (parameters::parameters(run)) }
                @if !run.warnings.is_empty() {
                    section id="warnings" {
                        h2 { "Warnings" }
                        ul { @for w in &run.warnings { li { (w) } } }
                    }
                }
                footer { (origin(run)) }
            }
        }
    };
    markup.into_string()
}

/// `1 thing`, `2 things`, `2 classes`.
fn plural(n: usize, thing: &str) -> String {
    let ending = match n {
        1 => "",
        _ if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", whole(n as u64))
}

/// Rows, weight, columns.
fn shape(run: &Run) -> Markup {
    let rows = run.rows.map(|n| if n == 1 { "1 row".into() } else { format!("{} rows", whole(n)) });
    let weight = run.weight.filter(|w| run.rows.is_none_or(|n| (w - n as f64).abs() > 1e-9 * w.abs()));
    let more = run.columns.len().saturating_sub(NAMES);
    html! {
        @if let Some(rows) = rows { (rows) ", " }
        @if let Some(w) = weight { "total weight " (significant(w, 8)) ", " }
        (plural(run.columns.len(), "column"))
        @if !run.columns.is_empty() {
            ": " (run.columns.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", "))
            @if more > 0 { " and " (whole(more as u64)) " more" }
        }
    }
}

/// Version and seed.
fn origin(run: &Run) -> String {
    let version = run.version.as_ref().map_or_else(|| "natgrad".into(), |v| format!("natgrad {v}"));
    let seed = run.seed.map_or_else(String::new, |s| format!(", seed {s}"));
    format!("{version}{seed}. Logarithms are natural; nats per row unless a number is said to be in all.")
}
