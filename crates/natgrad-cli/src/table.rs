//! Tables for the eye.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use natgrad::catalogue::Summary;
use natgrad::diagnose::Verdict;
use serde_json::Value;

/// A plain table with a header.
pub fn plain(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(Cell::new));
    if table.width().is_none() {
        table.set_width(110);
    }
    for row in rows {
        table.add_row(row.into_iter().map(|c| {
            let number = c.trim_start_matches(['-', '−']).starts_with(|x: char| x.is_ascii_digit());
            Cell::new(&c).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    table.to_string()
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
        format!("{} nats per row (log-evidence: {} in all)", summary.elbo, short(summary.elbo * summary.weight)),
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

/// Parameters with standard errors, where there are few enough to read.
pub fn parameters(summary: &Summary) -> Option<String> {
    let Value::Object(map) = &summary.parameters else { return None };
    let errors = summary.standard_errors.as_ref();
    let mut rows = Vec::new();
    for (name, value) in map {
        if name == "levels" || name == "dispersions" {
            continue;
        }
        collect(name, value, errors.and_then(|e| e.get(name)), &mut rows);
    }
    (rows.len() <= 60).then(|| plain(&["parameter", "estimate", "standard error"], rows))
}

fn collect(name: &str, value: &Value, error: Option<&Value>, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Number(n) => {
            let show = |v: Option<f64>| v.map_or_else(|| "–".to_string(), short);
            rows.push(vec![name.to_string(), show(n.as_f64()), show(error.and_then(Value::as_f64))]);
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_number) => {
            // A row of numbers is shown as one line.
            let line = |v: &Value| {
                let items = v.as_array().cloned().unwrap_or_default();
                items.iter().map(|x| x.as_f64().map_or_else(|| "–".into(), short)).collect::<Vec<_>>().join("  ")
            };
            rows.push(vec![name.to_string(), line(value), error.map_or_else(|| "–".to_string(), line)]);
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(&format!("{name}[{}]", i + 1), item, error.and_then(|e| e.get(i)), rows);
            }
        }
        Value::Object(map) => {
            let label = map
                .get("columns")
                .and_then(|c| c.as_array())
                .map(|c| c.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","));
            for (key, item) in map.iter().filter(|(k, _)| !matches!(k.as_str(), "columns" | "family" | "levels")) {
                let name = label.clone().map_or_else(|| format!("{name}.{key}"), |l| format!("{l} {key}"));
                collect(&name, item, error.and_then(|e| e.get(key)), rows);
            }
        }
        _ => {}
    }
}
