//! Tables for the eye of sigmoid belief nets and sparse coding, where there are few enough parameters to read.

use crate::table::{MOST, plain, short};
use natgrad::catalogue::Summary;
use serde_json::Value;

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn cell(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, short)
}

fn table(first: &[&str], unit: &str, units: usize, rows: Vec<Vec<String>>) -> String {
    let mut header: Vec<String> = first.iter().map(|s| (*s).to_string()).collect();
    header.extend((1..=units).map(|h| format!("{unit} {h}")));
    plain(&header.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

/// A line per column of sparse coding: mean and elements; then the scales and the noise.
pub fn dictionary(summary: &Summary) -> Option<String> {
    let p = &summary.parameters;
    let elements = length(&p["scales"]);
    if summary.columns.len() > MOST.0 || elements > MOST.1 {
        return None;
    }
    let line = |name: &str, mean: &Value, values: &Value| {
        let mut row = vec![name.to_string(), cell(mean)];
        row.extend((0..elements).map(|h| cell(&values[h])));
        row
    };
    let columns = summary.columns.iter().enumerate();
    let mut rows: Vec<Vec<String>> = columns.map(|(d, c)| line(c, &p["mean"][d], &p["dictionary"][d])).collect();
    rows.push(line("scale", &Value::Null, &p["scales"]));
    rows.push(line(&format!("noise (variance): {}", cell(&p["noise"])), &Value::Null, &Value::Null));
    Some(table(&["column", "mean"], "element", elements, rows))
}

/// A line per column of a belief net: bias and weights of layer 1; then the prior where that layer is the top.
pub fn weights(summary: &Summary) -> Option<String> {
    let p = &summary.parameters;
    let (layers, first) = (length(&p["layers"]), &p["layers"][0]);
    let units = length(&first["weights"][0]);
    if summary.columns.len() > MOST.0 || units > MOST.1 {
        return None;
    }
    let line = |name: &str, bias: &Value, values: &Value| {
        let mut row = vec![name.to_string(), cell(bias)];
        row.extend((0..units).map(|h| cell(&values[h])));
        row
    };
    let columns = summary.columns.iter().enumerate();
    let mut rows: Vec<Vec<String>> = columns.map(|(d, c)| line(c, &first["biases"][d], &first["weights"][d])).collect();
    if layers == 1 {
        rows.push(line("P(unit is on)", &Value::Null, &p["prior"]));
    }
    Some(table(&["column", "bias"], "unit", units, rows))
}
