//! Tables for the eye.

use crate::kind::belief_net::SIGMOID_BELIEF_NET;
use crate::kind::sparse_coding::SPARSE_CODING;
use crate::latent_table;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};
use natgrad::catalogue::Summary;
use natgrad::diagnose::Verdict;
use serde_json::Value;

/// A rule under the header and nothing else.
fn style() -> TableStyle {
    TableStyle::new().header_separator(LineStyle::none().fill('─'))
}

/// A plain table with a header.
pub fn plain(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(style()).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(Cell::new));
    if table.width().is_none() {
        table.set_width(110);
    }
    for row in rows {
        table.add_row(row.into_iter().map(|c| {
            let number =
                c.trim_start_matches(['-', '−']).starts_with(|x: char| x.is_ascii_digit()) && c.split(' ').count() <= 3;
            Cell::new(&c).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    table.to_string()
}

/// A number with its standard error, to two digits of that.
pub fn with_error(x: f64, error: f64) -> String {
    if !(error > 0.0 && error.is_finite()) {
        return short(x);
    }
    let digits = (1.0 - error.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{:.digits$} ± {error:.digits$}", x + 0.0)
}

/// A number in at most six significant digits.
pub fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    let size = x.abs().log10().floor();
    if !(-4.0..6.0).contains(&size) {
        return format!("{x:.3e}");
    }
    let digits = (5.0 - size).clamp(0.0, 9.0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "✓ holds",
        Verdict::Fails => "✗ fails",
        Verdict::NotApplicable => "– not applicable",
    }
}

/// The certificates of a summary.
pub fn certificates(summary: &Summary) -> String {
    let rows =
        summary.certificates.iter().map(|c| vec![c.name.clone(), word(c.verdict).to_string(), c.why.clone()]).collect();
    plain(&["certificate", "verdict", "why"], rows)
}

/// The head of a summary: one line per figure.
pub fn head(summary: &Summary) -> String {
    let mut rows = vec![vec!["model".to_string(), summary.model.clone()]];
    let mut add = |name: &str, value: String| rows.push(vec![name.to_string(), value]);
    add("rows", summary.rows.to_string());
    if let Some(status) = &summary.status {
        let word = serde_json::to_value(status).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default();
        let (iterations, passes) = (summary.iterations.unwrap_or(0), summary.passes.unwrap_or(0.0));
        add("status", format!("{word} after {iterations} iterations, {passes:.1} passes"));
    }
    add(
        "ELBO",
        match summary.log_evidence {
            Some(_) => {
                format!("{} nats per row (log-evidence: {} in all)", summary.elbo, short(summary.elbo * summary.weight))
            }
            None => format!("{} nats per row (a lower bound of the log-evidence)", summary.elbo),
        },
    );
    let e = &summary.entropies;
    add(
        "entropies",
        format!(
            "recognition {} − prior {} − observable {}{}",
            short(e.recognition),
            short(e.prior),
            short(e.observable),
            if e.base_measure == 0.0 { String::new() } else { format!(" + base measure {}", short(e.base_measure)) }
        ),
    );
    if let Some(remaining) = summary.remaining {
        add("remaining", format!("{remaining:.1e} nats per row, {:.1e} in all", remaining * summary.weight));
    }
    if let Some(restarts) = &summary.restarts {
        add("restarts", format!("{} of {} reach the best bound", restarts.agreeing, restarts.tried));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(110);
    }
    rows.into_iter().for_each(|r| {
        table.add_row(r);
    });
    table.to_string()
}

/// Most rows and components that a table for the eye has.
pub const MOST: (usize, usize) = (48, 8);

/// One line of the parameter table: a label, and per component an estimate with its standard error.
struct Line {
    label: String,
    cells: Vec<(Option<f64>, Option<f64>)>,
}

/// Most nodes that a table for the eye has.
const MOST_NODES: usize = 80;

/// `1 row`, `2 rows`.
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A line per node of a network: what of its table the data can see.
pub fn nodes(summary: &Summary) -> Option<String> {
    let nodes = summary.nodes.as_ref().filter(|n| n.len() <= MOST_NODES)?;
    // Rounded first, so that what is left of a 0 does not become −0.0.
    let share =
        |x: Option<f64>| x.map_or_else(|| "–".to_string(), |x| format!("{:.1} %", (1e3 * x).round() / 10.0 + 0.0));
    let rows = nodes
        .iter()
        .map(|n| {
            let mut remarks = Vec::new();
            if n.frozen {
                remarks.push("frozen".to_string());
            }
            if !n.unvisited.is_empty() {
                remarks.push(counted(n.unvisited.len(), "row never reached", "rows never reached"));
            }
            if n.zeros > 0 {
                remarks.push(counted(n.zeros, "entry is 0", "entries are 0"));
            }
            let seen = n.visible.as_ref();
            vec![
                n.node.clone(),
                if n.hidden { "hidden" } else { "" }.to_string(),
                share(seen.and_then(|s| s.alone)),
                share(seen.and_then(|s| s.with_others)),
                remarks.join(", "),
            ]
        })
        .collect();
    Some(plain(&["node", "", "visible", "with others learnt", "remarks"], rows))
}

/// Parameters with standard errors, a column per component, where there are few enough to read.
pub fn parameters(summary: &Summary) -> Option<String> {
    if summary.nodes.is_some() {
        return nodes(summary);
    }
    if summary.gram.is_some() {
        return factors(summary);
    }
    match summary.model.as_str() {
        SPARSE_CODING => return latent_table::dictionary(summary),
        SIGMOID_BELIEF_NET => return latent_table::weights(summary),
        _ => {}
    }
    let Value::Object(map) = &summary.parameters else { return None };
    let errors = summary.standard_errors.as_ref().unwrap_or(&Value::Null);
    let components = map.get("weights").and_then(Value::as_array).map_or(0, Vec::len);
    let names: Vec<String> = summary.columns.clone();
    let tied = summary.settings["covariance"] == "tied";
    let mut lines = vec![Line {
        label: "weight".into(),
        cells: (0..components).map(|k| (map["weights"][k].as_f64(), errors["weights"][k].as_f64())).collect(),
    }];
    let levels = map.get("levels").unwrap_or(&Value::Null);
    for (name, value) in map.iter().filter(|(n, _)| !matches!(n.as_str(), "weights" | "levels" | "dispersions")) {
        if let ("blocks", Value::Array(blocks)) = (name.as_str(), value) {
            for (b, block) in blocks.iter().enumerate() {
                let Value::Object(block) = block else { continue };
                let own: Vec<String> = block["columns"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(Into::into)
                    .collect();
                let levels = Value::Array(vec![block.get("levels").cloned().unwrap_or(Value::Null)]);
                for (name, value) in
                    block.iter().filter(|(n, _)| !matches!(n.as_str(), "columns" | "family" | "levels"))
                {
                    // One column: no index for it, so it is put back.
                    let wrap = |v: &Value| match v {
                        Value::Array(items) if own.len() == 1 => {
                            Value::Array(items.iter().map(|i| Value::Array(vec![i.clone()])).collect())
                        }
                        _ => v.clone(),
                    };
                    let errors = wrap(&errors["blocks"][b][name.as_str()]);
                    add_lines(&mut lines, name, &wrap(value), &errors, components, &own, &levels, false);
                }
            }
            continue;
        }
        add_lines(&mut lines, name, value, &errors[name.as_str()], components, &names, levels, tied);
    }
    if lines.len() > MOST.0 || components > MOST.1 {
        return None;
    }
    let mut header = vec!["parameter".to_string()];
    header.extend((1..=components).map(|k| k.to_string()));
    let rows = lines
        .into_iter()
        .map(|line| {
            let mut row = vec![line.label];
            row.extend(line.cells.into_iter().map(|(estimate, error)| match (estimate, error) {
                (Some(x), Some(e)) if e > 0.0 => format!("{} ± {}", short(x), rounded(e)),
                (Some(x), _) => short(x),
                (None, _) => String::new(),
            }));
            row
        })
        .collect();
    Some(plain(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows))
}

/// A line per column of a factor model: mean, loadings and noise.
fn factors(summary: &Summary) -> Option<String> {
    let (p, nothing) = (&summary.parameters, Value::Null);
    let errors = summary.standard_errors.as_ref().unwrap_or(&nothing);
    let latent = p["loadings"][0].as_array().map_or(0, Vec::len);
    if summary.columns.len() > MOST.0 || latent > MOST.1 {
        return None;
    }
    // No more digits than the error leaves.
    let cell = |value: &Value, error: &Value| match (value.as_f64(), error.as_f64()) {
        (Some(x), e) => with_error(x, e.unwrap_or(0.0)),
        (None, _) => String::new(),
    };
    let mut header = vec!["column".to_string(), "mean".into()];
    header.extend((1..=latent).map(|h| format!("factor {h}")));
    let own_noise = p["noise"].is_array();
    if own_noise {
        header.push("noise".into());
    }
    let row = |(d, name): (usize, &String)| {
        let mut row = vec![name.clone(), cell(&p["mean"][d], &errors["mean"][d])];
        row.extend((0..latent).map(|h| cell(&p["loadings"][d][h], &errors["loadings"][d][h])));
        if own_noise {
            row.push(cell(&p["noise"][d], &errors["noise"][d]));
        }
        row
    };
    let mut rows: Vec<Vec<String>> = summary.columns.iter().enumerate().map(row).collect();
    if !own_noise {
        rows.push(vec!["noise (all)".into(), cell(&p["noise"], &errors["noise"])]);
        rows.last_mut()?.resize(header.len(), String::new());
    }
    Some(plain(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows))
}

/// Two significant digits.
fn rounded(x: f64) -> String {
    let size = x.abs().log10().floor();
    if !(-4.0..6.0).contains(&size) {
        return format!("{x:.1e}");
    }
    let digits = (1.0 - size).clamp(0.0, 9.0) as usize;
    format!("{x:.digits$}")
}

/// Adds the lines of one array `[k][d]`, `[k][d][levels]`, `[k][d][d]`, `[k]` or `[d][d]`.
fn add_lines(
    lines: &mut Vec<Line>,
    name: &str,
    value: &Value,
    errors: &Value,
    components: usize,
    columns: &[String],
    levels: &Value,
    tied: bool,
) {
    let singular = match name {
        "means" => "mean",
        "variances" => "variance",
        "covariances" => "cov",
        "rates" => "rate",
        "shapes" => "shape",
        "probabilities" => "P",
        "log_means" => "log-mean",
        "log_variances" => "log-variance",
        other => other,
    };
    let matrix = name == "covariances";
    let shared = matrix && tied;
    let pick = |v: &Value, k: usize, path: &[usize]| -> Option<f64> {
        let mut at = if shared { v } else { &v[k] };
        for &i in path {
            at = &at[i];
        }
        at.as_f64()
    };
    let mut push = |label: String, path: &[usize]| {
        let count = if shared { 1 } else { components };
        let cells = (0..count).map(|k| (pick(value, k, path), pick(errors, k, path))).collect();
        lines.push(Line { label, cells });
    };
    let first = if shared { value } else { &value[0] };
    let Some(items) = first.as_array() else {
        push(singular.to_string(), &[]);
        return;
    };
    for (d, item) in items.iter().enumerate() {
        let column = columns.get(d).map_or("", String::as_str);
        let Some(inner) = item.as_array() else {
            let what = if matrix { "variance" } else { singular };
            push(format!("{what} {column}"), &[d]);
            continue;
        };
        for (j, _) in inner.iter().enumerate() {
            if matrix && j < d {
                continue;
            }
            let label = if matrix {
                let other = columns.get(j).map_or("", String::as_str);
                if j == d { format!("variance {column}") } else { format!("cov {column}, {other}") }
            } else {
                // Of two levels, one says it all.
                if inner.len() == 2 && j == 0 {
                    continue;
                }
                let level = levels[d][j].as_str().map_or_else(|| j.to_string(), Into::into);
                format!("P({column} = {level})")
            };
            push(label, &[d, j]);
        }
    }
}
