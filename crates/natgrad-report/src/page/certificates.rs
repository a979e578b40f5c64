//! The certificates: verdict, number, tolerance, reason, source.

use crate::number::maybe;
use crate::run::{Run, Verdict};
use maud::{Markup, html};

/// The table; a line that says so where there are none.
pub fn certificates(run: &Run) -> Markup {
    html! {
        section {
            h2 { "Certificates" }
            @if run.certificates.is_empty() {
                p.quiet { "None were computed." }
            } @else {
                p.quiet {
                    "Each could have refuted that this is a maximum. One that does not refute it proves nothing about "
                    "other maxima: restarts tell more."
                }
                div.wide { table.certificates {
                    thead { tr { th { "Name" } th { "Verdict" } th.n { "Value" } th.n { "Tolerance" } th { "Why" } th { "Source" } } }
                    tbody { @for c in &run.certificates {
                        @let (class, symbol, word) = match c.verdict {
                            Verdict::Holds => ("good", "✓", "not refuted"),
                            Verdict::Fails => ("bad", "✗", "refuted"),
                            Verdict::NotApplicable => ("none", "○", "not applicable"),
                        };
                        tr {
                            th scope="row" { (c.name) }
                            td.word.(class) { (symbol) " " (word) }
                            td.n { (maybe(c.value, 2)) }
                            td.n { (maybe(c.tolerance, 2)) }
                            td.why { (reason(&c.why)) }
                            td.quiet.source { (c.source) }
                        }
                    } }
                } }
            }
        }
    }
}

/// Without the verdict's words, which stand beside it.
fn reason(why: &str) -> &str {
    ["not refuted: ", "not refuted, but ", "refuted: "].iter().find_map(|p| why.strip_prefix(p)).unwrap_or(why)
}
