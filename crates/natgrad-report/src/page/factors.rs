//! The parameters of a factor model: a map of correlations, and a line per column.

use super::parameters::about_errors;
use super::table::{Estimates, left_out};
use crate::chart;
use crate::run::Run;
use maud::{Markup, html};

/// Columns shown, at most.
const COLUMNS: usize = 100;
/// Factors shown, at most.
const FACTORS: usize = 10;

/// Whether the run is of a factor model.
pub fn has_factors(run: &Run) -> bool {
    run.parameters["loadings"].is_array() && run.parameters.get("weights").is_none()
}

/// The section.
pub fn factors(run: &Run) -> Markup {
    let all = Estimates { values: &run.parameters, errors: &run.standard_errors, robust: &run.robust_errors };
    let total = run.parameters["loadings"].as_array().map_or(0, Vec::len);
    let latent = run.parameters["loadings"][0].as_array().map_or(0, Vec::len);
    let (columns, shown) = (total.min(COLUMNS), latent.min(FACTORS));
    let own = run.parameters["noise"].is_array();
    let (mean, loadings, noise) = (all.named("mean"), all.named("loadings"), all.named("noise"));
    html! {
        section {
            h2 { "Factors" }
            @if let Some(c) = chart::loadings(run) {
                figure style="max-width:38em" { h3 { "Correlations of the columns with the factors" } (c.inline()) figcaption {
                    "Loadings divided by the standard deviation that the model gives the column: blue goes with the factor, \
                     orange against it. The bar is the share of the column's variance that the factors explain; the rest is \
                     noise. Factors are in the canonical position, the clearest first."
                } }
            }
            p.quiet { (about_errors(run)) }
            div.block {
                div.wide { table.many[shown > 4] {
                    caption { "in the columns' own units" }
                    thead { tr {
                        th { "column" } th.n { "mean" }
                        @for h in 0..shown { th.n { "factor " (h + 1) } }
                        @if own { th.n { "noise" } }
                    } }
                    tbody { @for d in 0..columns { tr {
                        th scope="row" { (run.columns.get(d).map_or("", String::as_str)) }
                        td.n { (mean.cell(&[d])) }
                        @for h in 0..shown { td.n { (loadings.cell(&[d, h])) } }
                        @if own { td.n { (noise.cell(&[d])) } }
                    } } }
                } }
                (left_out(total, columns, "column"))
                (left_out(latent, shown, "factor"))
            }
            @if !own { p { "Noise variance of every column: " (noise.cell(&[])) "." } }
        }
    }
}
