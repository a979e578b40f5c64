//! Covariance matrices: the lower triangle, with the columns' names.

use super::table::{Estimates, left_out, length};
use maud::{Markup, html};

/// Columns shown, at most.
const COLUMNS: usize = 8;

/// One square matrix.
pub fn matrix(title: &str, e: Estimates<'_>, columns: &[String]) -> Markup {
    let size = length(e.values);
    let shown = size.min(COLUMNS);
    let name = |i: usize| columns.get(i).cloned().unwrap_or_else(|| (i + 1).to_string());
    html! {
        div.block {
            div.wide { table {
                caption { (title) }
                thead { tr { th {} @for j in 0..shown { th.n { (name(j)) } } } }
                tbody { @for i in 0..shown { tr {
                    th scope="row" { (name(i)) }
                    @for j in 0..shown { td.n { @if j <= i { (e.cell(&[i, j])) } } }
                } } }
            } }
            (left_out(size, shown, "column"))
        }
    }
}
