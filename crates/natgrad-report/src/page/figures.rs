//! The charts with their captions.

use crate::chart;
use crate::number::significant;
use crate::run::Run;
use maud::{Markup, PreEscaped, html};

fn figure(title: &str, chart: PreEscaped<String>, caption: &str) -> Markup {
    html! { figure { h3 { (title) } (chart) figcaption { (caption) } } }
}

/// Bound, remaining gain, entropies, spectrum; those that have points.
pub fn figures(run: &Run) -> Markup {
    let bound = chart::bound(&run.trace);
    let remaining = chart::remaining(run);
    let entropies = chart::entropies(&run.trace);
    let spectrum = chart::spectrum(&run.information);
    let nothing = bound.is_none() && remaining.is_none() && entropies.is_none();
    html! {
        section {
            h2 { "Along the fit" }
            @if nothing { p.quiet { "There is no trace." } }
            div.figures {
                @if let Some(c) = bound {
                    (figure("ELBO and entropy sum, nats per row", c.inline(),
                        "The ELBO is maximised. At its stationary points it equals recognition − prior − observable \
                         entropy (+ base measure), so the gap below has to close."))
                }
                @if let Some(c) = remaining {
                    (figure("Still to gain, nats per row", c.inline(),
                        "Estimated remaining gain and squared natural gradient on a log axis; marks show the metric of \
                         the step. A straight line is linear convergence, a falling cliff is Newton's."))
                }
                @if let Some(c) = entropies {
                    (figure("Entropies, nats per row", c.inline(), entropies_caption(run)))
                }
                @if let Some(c) = spectrum {
                    (figure("Information spectrum", c.inline(), &spectrum_caption(run)))
                } @else if run.latents.is_empty() {
                    figure { h3 { "Information spectrum" } p.quiet {
                        "Not computed" @if let Some(why) = &run.information.why { ": " (why) } "."
                    } }
                }
                @if let Some(c) = chart::angle(&run.trace) {
                    (figure("Angle between the directions of ELBO and evidence, degrees", c.inline(),
                        "Between the two natural gradients, in the metric of the evidence. 0: climbing the bound is \
                         climbing the evidence. At 90 a step up the bound gains no evidence at all; EM crawls long before."))
                }
            }
            @if spectrum_has_directions(run) {
                p { "Directions that are flat or negative, by what weighs most: "
                    (run.information.directions.join("; ")) "." }
            }
        }
    }
}

fn entropies_caption(run: &Run) -> &'static str {
    if super::factors::has_factors(run) {
        return "Each on a scale of its own, differential entropies: of the factors given a row, of the factors by themselves, \
                of a row given the factors. The recognition entropy falls as the rows tell the factors better.";
    }
    if !run.latents.is_empty() {
        return "Each on a scale of its own: of the beliefs about the latents given a row, of the latents' prior, of a row given \
                the latents. The recognition entropy falls as the rows tell the latents better.";
    }
    if matches!(run.model.as_str(), "sigmoid-belief-net" | "sparse-coding") {
        return "Each on a scale of its own: of the beliefs about the hidden variables given a row, of their prior, of a row given \
                them. The recognition entropy falls as the rows tell the hidden variables better.";
    }
    if run.nodes.is_empty() {
        "Each on a scale of its own. A recognition entropy near 0 means that rows are assigned almost surely; a prior \
         entropy near ln K that components are about equally frequent."
    } else {
        "Each on a scale of its own: of the hidden cells given what a row shows, of hidden nodes given their parents, of \
         visible nodes given theirs. A recognition entropy near 0 means that the rows tell the hidden cells almost surely."
    }
}

/// Directions that no certificate has named already.
fn spectrum_has_directions(run: &Run) -> bool {
    let first = run.information.directions.first();
    first.is_some_and(|d| !run.certificates.iter().any(|c| c.why.contains(d.as_str())))
}

fn spectrum_caption(run: &Run) -> String {
    let mut out = String::from(
        "What the data tell about each direction, relative to data without hidden variables: 1 everything, 0 nothing, \
         negative: not a maximum. One minus the least is EM's rate. Observed and empirical agree where the model is right.",
    );
    if let Some(i) = run.information.inertia {
        out += &format!(" Here: {} negative, {} flat, {} positive", i.negative, i.zero, i.positive);
        if run.turning > 0 {
            out += &format!(" ({} of the flat ones turn the factors and change nothing)", run.turning);
        }
        match run.information.defect {
            Some(d) => out += &format!("; defect {}.", significant(d, 2)),
            None => out.push('.'),
        }
    }
    out
}

/// How many starts agree, and a strip of where they ended.
pub fn restarts(run: &Run) -> Markup {
    let Some(r) = &run.restarts else { return html! {} };
    let collapsed = r.elbos.iter().filter(|e| e.is_none()).count();
    html! {
        section {
            h2 { "Restarts" }
            p {
                (r.agreeing) " of " (super::plural(r.tried, "start"))
                @if r.agreeing == 1 { " ends" } @else { " end" } " at the best maximum found"
                @if let Some(w) = r.within { " (within " (significant(w, 2)) " nats in all)" }
                @if collapsed > 0 { "; " (collapsed) " collapsed" } "."
            }
            @if let Some(c) = chart::restarts(r, run.weight.unwrap_or(1.0)) {
                figure.strip { (c.inline()) figcaption {
                    "Filled marks agree with the best; rings ended lower. The band is what counts as agreement."
                } }
            }
        }
    }
}
