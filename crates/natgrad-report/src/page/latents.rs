//! What was learnt as pictures, and what the rows tell of each latent variable.

use super::picture::picture;
use crate::number::significant;
use crate::run::{LatentLine, Run};
use maud::{Markup, html};

/// Latents shown, at most.
const MOST: usize = 64;

/// Pictures of the run folder; those that a page must not have are left out.
pub fn pictures(run: &Run) -> Markup {
    let shown: Vec<_> = run.pictures.iter().filter_map(|p| Some((p, picture(&p.svg, &p.title)?))).collect();
    html! {
        @if !shown.is_empty() {
            section {
                h2 { "Pictures" }
                div.figures { @for (p, drawing) in shown {
                    figure { h3 { (p.title) } (drawing) figcaption { (p.caption) } }
                } }
            }
        }
    }
}

/// A line for each latent, the most telling first.
pub fn latents(run: &Run) -> Markup {
    let mut lines: Vec<&LatentLine> = run.latents.iter().collect();
    lines.sort_by(|a, b| b.told.total_cmp(&a.told).then(a.number.cmp(&b.number)));
    let Some(most) = lines.first().map(|l| l.told.max(f64::MIN_POSITIVE)) else { return html! {} };
    let mut collapsed: Vec<usize> = lines.iter().filter(|l| l.collapsed).map(|l| l.number).collect();
    collapsed.sort_unstable();
    let all: f64 = lines.iter().map(|l| l.told).sum();
    html! {
        section {
            h2 { "Latents" }
            p { (sentence(lines.len(), &collapsed, all, run.latent_threshold)) }
            div.wide { table {
                thead { tr { th { "latent" } th { "nats per row that the rows tell of it" } } }
                tbody { @for l in lines.iter().take(MOST) { tr {
                    th scope="row" { (l.number) }
                    td.n {
                        svg.bar viewBox="0 0 84 9" aria-hidden="true" {
                            rect width=(format!("{:.1}", 84.0 * (l.told / most).clamp(0.0, 1.0))) height="9"
                                fill=(if l.collapsed { "var(--quiet)" } else { "var(--c1)" }) {}
                        }
                        (significant(l.told, 3))
                        @if l.collapsed { " " span.doubt { "collapsed" } }
                    }
                } } }
            } }
            @if lines.len() > MOST { p.quiet { "and " (super::plural(lines.len() - MOST, "latent")) " more" } }
        }
    }
}

fn sentence(count: usize, collapsed: &[usize], all: f64, threshold: Option<f64>) -> String {
    let opening = format!(
        "Mean divergence of the beliefs from the prior: {} nats per row over {}. ",
        significant(all, 4),
        super::plural(count, "latent")
    );
    let below = threshold.map_or(String::new(), |t| format!(" (below {} nats per row)", significant(t, 2)));
    let names: Vec<String> = collapsed.iter().map(usize::to_string).collect();
    opening
        + &match names.len() {
            0 => "None has collapsed.".to_string(),
            1 => format!("Latent {} has collapsed{below}: its beliefs are the prior.", names[0]),
            _ => format!("Latents {} have collapsed{below}: their beliefs are the prior.", names.join(", ")),
        }
}
