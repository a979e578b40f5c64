//! A network's section: its picture, and what is known of every node.

use super::picture::picture;
use crate::number::{fixed, maybe};
use crate::run::{NodeLine, Run};
use maud::{Markup, PreEscaped, html};

/// Nodes listed, at most.
const NODES: usize = 400;

/// Names in the line below the title, at most.
const NAMES: usize = 12;

/// How many nodes there are, and which are hidden.
pub fn shape(run: &Run) -> Markup {
    let hidden: Vec<&str> = run.nodes.iter().filter(|n| n.hidden).map(|n| n.name.as_str()).collect();
    let more = hidden.len().saturating_sub(NAMES);
    html! {
        (super::plural(run.nodes.len(), "node")) ", "
        @match hidden.len() {
            0 => "none of them hidden",
            n => {
                (n) " hidden: " (hidden[..n - more].join(", "))
                @if more > 0 { " and " (more) " more" }
            }
        }
    }
}

/// The picture and the table of nodes.
pub fn network(run: &Run) -> Markup {
    let drawing = run.picture.as_deref().and_then(|svg| picture(svg, "The network"));
    let some_visible = run.nodes.iter().any(|n| n.alone.is_some());
    html! {
        section {
            h2 { "The network" }
            @if let Some(drawing) = drawing {
                (drawing)
                p.quiet {
                    "Dashed boxes are hidden in every row; a box is the bluer, the more of the information about its table "
                    "the data can see. Red edges, where there are any, are what lets the variational gap bend learning."
                }
            }
            h3 { "Nodes" }
            div.wide { table.nodes {
                thead { tr {
                    th { "Node" } th { "" } th { "Visible" } th { "With others learnt" } th.n { "Entropy-sum share" }
                    th.n { "Rows never reached" } th.n { "Entries 0" }
                } }
                tbody { @for n in run.nodes.iter().take(NODES) { (line(n)) } }
            } }
            (super::table::left_out(run.nodes.len(), NODES.min(run.nodes.len()), "node"))
            p.quiet {
                "Visible: the share of the information about a table that the data hold, compared with the same rows without gaps "
                "and hidden nodes; first as if all other tables were known, then with the others learnt from these rows. 0 % "
                "means that some of its entries could be anything. The shares of the entropy sum, nats per row, are 0 at a "
                "maximum, where no prior or frozen table holds them elsewhere."
                @if !some_visible {
                    @if let Some(why) = &run.information.why { " Visible shares were not computed: " (why) "." }
                }
            }
        }
    }
}

fn line(n: &NodeLine) -> Markup {
    let kind = match (n.hidden, n.frozen) {
        (true, true) => "hidden, frozen",
        (true, false) => "hidden",
        (false, true) => "frozen",
        (false, false) => "",
    };
    html! {
        tr {
            th scope="row" { (n.name) }
            td.quiet { (kind) }
            td.n { (share(n.alone)) }
            td.n { (share(n.with_others)) }
            td.n { @match n.residual { Some(r) if r.abs() < 1e-12 => "0", r => (maybe(r, 2)) } }
            td.n { @if !n.unvisited.is_empty() { (n.unvisited.len()) } }
            td.n { @if n.zeros > 0 { (n.zeros) } }
        }
    }
}

/// A share in per cent with a bar.
fn share(of: Option<f64>) -> Markup {
    let Some(s) = of.filter(|s| s.is_finite()).map(|s| s.clamp(0.0, 1.0)) else {
        return html! { span.quiet { (crate::number::NONE) } };
    };
    let bar = format!(
        "<svg class=\"ch bar\" aria-hidden=\"true\" viewBox=\"0 0 84 9\"><rect class=\"band\" width=\"84\" height=\"9\"/>\
         <rect class=\"f1\" width=\"{:.1}\" height=\"9\"/></svg>",
        84.0 * s
    );
    html! { (PreEscaped(bar)) (fixed(100.0 * s, 1)) " %" }
}
