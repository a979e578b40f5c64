//! The parameters, per component, with standard errors.
//!
//! ```text
//! [k]         one number per component          one line
//! [k][d]      means, rates, …                   a line per column
//! [k][d][d]   covariances                       a matrix per component
//! [k][d][s]   level probabilities               a line of bars per level
//! ```

use super::matrix::matrix;
use super::table::{Estimates, depth, left_out, length};
use crate::run::Run;
use maud::{Markup, html};
use serde_json::Value;

/// Components shown, at most: the most frequent ones.
const COMPONENTS: usize = 8;
/// Columns per table, at most.
const COLUMNS: usize = 30;
/// Columns with bars, at most.
const BARRED: usize = 24;
/// Levels per column, at most.
const LEVELS: usize = 12;
/// Matrices, at most.
const MATRICES: usize = 6;
/// Lines of parameters of no known form, at most.
const LINES: usize = 60;

/// What the tables have in common.
struct Context<'a> {
    /// Numbers of the components shown, from 0.
    shown: Vec<usize>,
    /// How many there are.
    total: usize,
    /// Names of the columns.
    columns: &'a [String],
    /// What the model calls them.
    noun: &'static str,
}

/// The section; nothing where the summary has no parameters.
pub fn parameters(run: &Run) -> Markup {
    let Some(map) = run.parameters.as_object().filter(|m| !m.is_empty()) else { return html! {} };
    let all = Estimates { values: &run.parameters, errors: &run.standard_errors, robust: &run.robust_errors };
    let weights = all.named("weights");
    let total = length(weights.values);
    let noun = if run.model == "latent-class" { "class" } else { "component" };
    let context = Context { shown: heaviest(weights.values), total, columns: &run.columns, noun };
    // Means before covariances.
    let blocks = map.get("blocks").and_then(Value::as_array);
    let shown = |n: &&String| !matches!(n.as_str(), "weights" | "levels") && of_numbers(&map[n.as_str()]);
    let mut names: Vec<&String> = map.keys().filter(shown).collect();
    names.sort_by_key(|n| n.starts_with("covariance"));
    if names.is_empty() && total == 0 && blocks.is_none() {
        // Layers and tensors are for pictures.
        return html! {};
    }
    html! {
        section {
            h2 { "Parameters" }
            p.quiet {
                (about_errors(run))
            }
            @if total > 0 { (weights_table(weights, &context)) }
            @if let Some(blocks) = blocks {
                @for b in 0..blocks.len() { (block(all.named("blocks").nth(b), &context)) }
            } @else {
                @for name in names {
                    (entry(name, all.named(name), &map_levels(map.get("levels"), run.columns.len()), &context))
                }
            }
        }
    }
}

/// Whether a value is a number, or lists of numbers throughout.
fn of_numbers(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(of_numbers),
        Value::Number(_) | Value::Null => true,
        _ => false,
    }
}

/// What the numbers behind ± are.
pub fn about_errors(run: &Run) -> Markup {
    html! {
        @if run.standard_errors.is_object() {
            "Estimate ± one standard error, from the observed information; times 1.96 for 95 %. A robust error "
            "stands in brackets where the model's differs from it by more than half."
        } @else { "Without standard errors." }
        @if let Some(why) = &run.standard_errors_why { " " (sentence(why)) }
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.trim_end_matches('.').chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The heaviest components, in their order.
fn heaviest(weights: &Value) -> Vec<usize> {
    let weight = |k: &usize| weights.get(*k).and_then(Value::as_f64).unwrap_or(0.0);
    let mut order: Vec<usize> = (0..length(weights)).collect();
    order.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
    order.truncate(COMPONENTS);
    order.sort_unstable();
    order
}

/// Names of the levels of every column, empty where there are none.
fn map_levels(levels: Option<&Value>, columns: usize) -> Vec<Vec<String>> {
    let names = |v: &Value| -> Vec<String> {
        let name = |l: &Value| l.as_str().map_or_else(|| l.to_string(), String::from);
        v.as_array().map(|l| l.iter().map(name).collect()).unwrap_or_default()
    };
    let empty = Value::Null;
    (0..columns).map(|d| names(levels.and_then(|l| l.get(d)).unwrap_or(&empty))).collect()
}

fn head(first: &str, context: &Context<'_>) -> Markup {
    html! { thead { tr { th { (first) } @for k in &context.shown { th.n { (context.noun) " " (k + 1) } } } } }
}

fn weights_table(weights: Estimates<'_>, context: &Context<'_>) -> Markup {
    html! {
        div.block {
            div.wide { table.many[context.shown.len() > 4] {
                caption { "weights" }
                (head("", context))
                tbody { tr { th scope="row" { "weight" } @for &k in &context.shown { td.n { (weights.bar(&[k])) } } } }
            } }
            (left_out(context.total, context.shown.len(), context.noun))
        }
    }
}

/// A block of a mixture of different kinds of columns.
fn block(e: Estimates<'_>, context: &Context<'_>) -> Markup {
    let columns: Vec<String> = e.values["columns"]
        .as_array()
        .map_or_else(Vec::new, |l| l.iter().filter_map(Value::as_str).map(String::from).collect());
    let family = e.values["family"].as_str().unwrap_or("");
    let levels = map_levels(Some(&Value::Array(vec![e.values["levels"].clone()])), 1);
    let inner = Context { shown: context.shown.clone(), total: context.total, columns: &columns, noun: context.noun };
    let known = ["columns", "family", "levels"];
    let names: Vec<&String> =
        e.values.as_object().map_or_else(Vec::new, |m| m.keys().filter(|n| !known.contains(&n.as_str())).collect());
    let lines = names.iter().all(|n| depth(&e.values[n.as_str()]) == 1);
    html! {
        h3 { (columns.join(", ")) " " span.quiet { (family) } }
        @if lines {
            div.block { div.wide { table.many[context.shown.len() > 4] {
                (head("", context))
                tbody { @for n in &names { tr {
                    th scope="row" { (n) }
                    @for &k in &context.shown { td.n { (e.named(n).cell(&[k])) } }
                } } }
            } } }
        } @else {
            @for n in names { (block_entry(n, e.named(n), &levels, &inner)) }
        }
    }
}

fn block_entry(name: &str, e: Estimates<'_>, levels: &[Vec<String>], context: &Context<'_>) -> Markup {
    let categorical = levels.first().is_some_and(|l| !l.is_empty());
    if categorical && depth(e.values) == 2 {
        return bars(e, &levels[0], context, |k, s| vec![k, s], length(&e.values[0]), "");
    }
    entry(name, e, &[], context)
}

/// One named parameter, by its shape.
fn entry(name: &str, e: Estimates<'_>, levels: &[Vec<String>], context: &Context<'_>) -> Markup {
    let (deep, outer, inner) = (depth(e.values), length(e.values), length(&e.values[0]));
    let innermost = length(&e.values[0][0]);
    match deep {
        1 if outer == context.total && name != "dispersions" => html! {
            div.block { div.wide { table.many[context.shown.len() > 4] {
                caption { (name) }
                (head("", context))
                tbody { tr { th {} @for &k in &context.shown { td.n { (e.cell(&[k])) } } } }
            } } }
        },
        2 if name == "covariances" && is_symmetric(e) && (outer != context.total || outer > 1) => {
            matrix("covariance of all components", e, context.columns)
        }
        2 if outer == context.total => per_column(name, e, context, inner),
        3 if outer == context.total && name == "covariances" && inner == innermost => html! {
            @for &k in context.shown.iter().take(MATRICES) {
                (matrix(&format!("covariance, component {}", k + 1), e.nth(k), context.columns))
            }
            (left_out(context.total, context.shown.len().min(MATRICES), "component"))
        },
        3 if outer == context.total => html! {
            @for d in 0..inner.min(BARRED) {
                (bars(e, levels.get(d).map_or(&[][..], Vec::as_slice), context, |k, s| vec![k, d, s],
                    length(&e.values[0][d]), context.columns.get(d).map_or("", String::as_str)))
            }
            (left_out(inner, BARRED, "column"))
        },
        _ => plain(name, e),
    }
}

/// A square table equal to its transpose.
fn is_symmetric(e: Estimates<'_>) -> bool {
    let size = length(e.values);
    size == length(&e.values[0])
        && (0..size).all(|i| (0..i).all(|j| matches!((e.at(&[i, j]), e.at(&[j, i])), (Some(a), Some(b)) if (a - b).abs() <= 1e-9 * a.abs().max(b.abs()))))
}

fn per_column(name: &str, e: Estimates<'_>, context: &Context<'_>, columns: usize) -> Markup {
    let shown = columns.min(COLUMNS);
    let barred = name == "probabilities";
    html! {
        div.block {
            div.wide { table.many[context.shown.len() > 4] {
                caption { (name) }
                (head("column", context))
                tbody { @for d in 0..shown { tr {
                    th scope="row" { (context.columns.get(d).map_or("", String::as_str)) }
                    @for &k in &context.shown { td.n { @if barred { (e.bar(&[k, d])) } @else { (e.cell(&[k, d])) } } }
                } } }
            } }
            (left_out(columns, shown, "column"))
        }
    }
}

fn bars(
    e: Estimates<'_>,
    levels: &[String],
    context: &Context<'_>,
    path: impl Fn(usize, usize) -> Vec<usize>,
    states: usize,
    title: &str,
) -> Markup {
    let shown = states.min(LEVELS);
    html! {
        div.block {
            div.wide { table.many[context.shown.len() > 4] {
                @if !title.is_empty() { caption { (title) } }
                (head("level", context))
                tbody { @for s in 0..shown { tr {
                    th scope="row" { (levels.get(s).cloned().unwrap_or_else(|| (s + 1).to_string())) }
                    @for &k in &context.shown { td.n { (e.bar(&path(k, s))) } }
                } } }
            } }
            (left_out(states, shown, "level"))
        }
    }
}

/// Parameters of another form: one line per number, with its indices.
fn plain(name: &str, e: Estimates<'_>) -> Markup {
    let mut paths = Vec::new();
    let total = leaves(e.values, &mut Vec::new(), &mut paths);
    let index = |p: &[usize]| p.iter().map(|i| format!("[{}]", i + 1)).collect::<String>();
    html! {
        div.block {
            div.wide { table {
                caption { (name) }
                tbody { @for p in &paths { tr { th scope="row" { (name) (index(p)) } td.n { (e.cell(p)) } } } }
            } }
            (left_out(total, paths.len(), "number"))
        }
    }
}

/// Counts the numbers and lists the paths of the first ones.
fn leaves(v: &Value, path: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) -> usize {
    match v {
        Value::Array(items) => {
            let mut total = 0;
            for (i, item) in items.iter().enumerate() {
                path.push(i);
                total += leaves(item, path, out);
                path.pop();
            }
            total
        }
        Value::Number(_) | Value::Null => {
            if out.len() < LINES {
                out.push(path.clone());
            }
            1
        }
        _ => 0,
    }
}
