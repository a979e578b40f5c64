//! Draws the gain still to come of several runs against their passes, from their traces.
//!
//! `cargo run --release -p natgrad-report --example compare -- OUT.svg NAME=RUN/trace.csv …`

use natgrad_report::{compare_svg, trace_from_csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("name the picture to write")?;
    let mut series = Vec::new();
    for argument in arguments {
        let (name, path) = argument.split_once('=').ok_or("runs are NAME=trace.csv")?;
        let trace = trace_from_csv(&std::fs::read_to_string(path)?)?;
        let points: Vec<(f64, f64)> = trace.iter().filter_map(|r| Some((r.passes, r.elbo?))).collect();
        series.push((name.to_string(), points));
    }
    let borrowed: Vec<(&str, Vec<(f64, f64)>)> = series.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    std::fs::write(out, compare_svg(&borrowed))?;
    Ok(())
}
