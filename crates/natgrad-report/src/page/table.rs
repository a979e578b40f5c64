//! Cells of parameter tables: estimates with errors, bars, and numbers found along a path of indices.

use crate::number::estimate;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// Estimates with their model-based and robust standard errors, all of the same shape.
#[derive(Clone, Copy)]
pub struct Estimates<'a> {
    pub values: &'a Value,
    pub errors: &'a Value,
    pub robust: &'a Value,
}

/// A robust error is shown where it is this many times larger or smaller.
const NOTABLE: f64 = 1.5;

fn number(v: &Value, path: &[usize]) -> Option<f64> {
    path.iter().try_fold(v, |v, i| v.get(*i))?.as_f64()
}

impl<'a> Estimates<'a> {
    /// The entry of a name in all three.
    pub fn named(self, name: &str) -> Estimates<'a> {
        Estimates { values: &self.values[name], errors: &self.errors[name], robust: &self.robust[name] }
    }

    /// The entry of an index in all three.
    pub fn nth(self, i: usize) -> Estimates<'a> {
        Estimates { values: &self.values[i], errors: &self.errors[i], robust: &self.robust[i] }
    }

    /// The estimate at a path of indices.
    pub fn at(&self, path: &[usize]) -> Option<f64> {
        number(self.values, path)
    }

    /// The estimate ± its error; the robust error where it differs notably.
    pub fn cell(&self, path: &[usize]) -> Markup {
        let error = number(self.errors, path);
        let robust = number(self.robust, path);
        let (value, error_words) = estimate(self.at(path), error);
        let notable = match (error, robust) {
            (Some(e), Some(r)) if e > 0.0 && r > 0.0 => (r / e).max(e / r) > NOTABLE,
            _ => false,
        };
        let robust_words = robust.filter(|_| notable).and_then(|r| estimate(self.at(path), Some(r)).1);
        html! {
            span.v { (value) }
            @if let Some(e) = error_words { " " span.e { "± " (e) } }
            @if let Some(r) = robust_words { " " span.e { "(robust " (r) ")" } }
        }
    }

    /// The estimate as a cell with a bar of a probability, its error as a whisker.
    pub fn bar(&self, path: &[usize]) -> Markup {
        let share = self.at(path).unwrap_or(0.0).clamp(0.0, 1.0);
        let error = number(self.errors, path).filter(|e| e.is_finite()).unwrap_or(0.0);
        let (from, to) = ((share - error).clamp(0.0, 1.0), (share + error).clamp(0.0, 1.0));
        let svg = format!(
            "<svg class=\"ch bar\" aria-hidden=\"true\" viewBox=\"0 0 84 9\"><rect class=\"band\" width=\"84\" \
             height=\"9\"/><rect class=\"f1\" width=\"{:.1}\" height=\"9\"/><path class=\"whisker\" \
             d=\"M{:.1} 4.5H{:.1}\"/></svg>",
            84.0 * share,
            84.0 * from,
            84.0 * to
        );
        html! { (PreEscaped(svg)) (self.cell(path)) }
    }
}

/// Depth of nested arrays: 0 for a number.
pub fn depth(v: &Value) -> usize {
    match v.as_array() {
        Some(items) => 1 + items.first().map_or(0, depth),
        None => 0,
    }
}

/// Length of an array, 0 for anything else.
pub fn length(v: &Value) -> usize {
    v.as_array().map_or(0, Vec::len)
}

/// A sentence on what is left out; empty where nothing is.
pub fn left_out(total: usize, shown: usize, thing: &str) -> Markup {
    let more = total.saturating_sub(shown);
    html! { @if more > 0 { p.quiet { (super::plural(more, thing)) " more in summary.json." } } }
}
