//! The five numbers that everybody asks for.

use crate::number::{fixed, maybe, significant, whole};
use crate::run::Run;
use maud::{Markup, html};

fn tile(name: &str, number: &str, unit: &str) -> Markup {
    html! { div.tile { div.quiet { (name) } div.number { (number) } div.quiet { (unit) } } }
}

/// ELBO, remaining gain, stationarity, iterations, passes.
pub fn tiles(run: &Run) -> Markup {
    let elbo = run.elbo.map_or_else(|| maybe(None, 1), |x| if x.abs() < 1e5 { fixed(x, 6) } else { significant(x, 9) });
    let total = run.in_all(run.elbo).map(|x| format!("nats per row, {} in all", fixed(x, 2)));
    let per_row = run.remaining.map(|x| format!("nats in all, {} per row", significant(x, 2)));
    let (counted, whose) = match (run.by_epochs, &run.restarts) {
        (true, _) => ("Epochs", "of minibatches"),
        (false, Some(r)) if r.tried > 1 => ("Iterations", "of the best start"),
        _ => ("Iterations", "of the climb"),
    };
    html! {
        section.tiles aria-label="In numbers" {
            (tile("ELBO", &elbo, &total.unwrap_or_else(|| "nats per row".into())))
            (tile("Remaining gain", &maybe(run.in_all(run.remaining), 2), &per_row.unwrap_or_else(|| "nats in all".into())))
            (tile("Stationarity", &maybe(run.stationarity, 2), "nats per row"))
            (tile(counted, &run.iterations.map_or_else(|| maybe(None, 1), whole), whose))
            (tile("Passes", &maybe(run.passes, 6), "over the data, all counted"))
        }
    }
}
