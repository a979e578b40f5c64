//! The trace of a fit: one line per iteration, as `trace.csv` has them.

/// One line of `trace.csv`; what is missing is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceRow {
    /// Iteration, 0 for the start.
    pub iteration: u64,
    /// Full sweeps over the data so far.
    pub passes: f64,
    /// Seconds since the start.
    pub seconds: Option<f64>,
    /// ELBO, nats per row.
    pub elbo: Option<f64>,
    /// `recognition − prior − observable + base_measure`, nats per row.
    pub entropy_sum: Option<f64>,
    /// Mean entropy of the recognition distributions, nats per row.
    pub recognition: Option<f64>,
    /// Entropy of the prior, nats.
    pub prior: Option<f64>,
    /// Expected entropy of the observables, nats per row.
    pub observable: Option<f64>,
    /// Mean log base measure, nats per row.
    pub base_measure: Option<f64>,
    /// Estimated remaining gain, nats per row.
    pub remaining: Option<f64>,
    /// Squared norm of the natural gradient, nats per row.
    pub stationarity: Option<f64>,
    /// Length of the step that led here.
    pub step_size: Option<f64>,
    /// Cosine between the natural gradients of ELBO and evidence, where it was measured.
    pub cosine: Option<f64>,
    /// Metric of the step that led here; empty where unknown.
    pub metric: String,
}

/// A `trace.csv` that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// No header line.
    #[error("trace.csv is empty\nhint: run the fit again, or make the page from the summary alone")]
    Empty,
    /// A field that is neither a number nor empty.
    #[error(
        "trace.csv, row {row}, column \"{column}\": \"{value}\" is not a number\nhint: leave the field empty where there is none"
    )]
    Number {
        /// Row, the first after the header is 1.
        row: usize,
        /// Name of the column.
        column: String,
        /// What stands there.
        value: String,
    },
}

/// Reads `trace.csv`: columns by name in any order, unknown ones ignored, missing and non-finite numbers `None`.
///
/// A missing iteration is the row's number from 0; missing passes are the iteration.
///
/// # Errors
/// [`TraceError`], with row, column and value.
pub fn trace_from_csv(text: &str) -> Result<Vec<TraceRow>, TraceError> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|l| !l.trim().is_empty());
    let header: Vec<&str> = lines.next().ok_or(TraceError::Empty)?.split(',').map(unquoted).collect();
    let mut rows = Vec::new();
    for (i, line) in lines.enumerate() {
        let mut row = TraceRow { iteration: i as u64, passes: f64::NAN, ..TraceRow::default() };
        for (&name, field) in header.iter().zip(line.split(',').map(unquoted)) {
            if name == "metric" {
                row.metric = field.into();
                continue;
            }
            let Some(slot) = slot(&mut row, name) else { continue };
            let bad = || TraceError::Number { row: i + 1, column: name.into(), value: field.into() };
            slot.put(number(field).map_err(|()| bad())?);
        }
        if !row.passes.is_finite() {
            row.passes = row.iteration as f64;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn unquoted(field: &str) -> &str {
    field.trim().trim_matches('"')
}

fn number(field: &str) -> Result<Option<f64>, ()> {
    if matches!(field, "" | "NA" | "null") {
        return Ok(None);
    }
    field.parse::<f64>().map(|x| Some(x).filter(|x| x.is_finite())).map_err(|_| ())
}

/// Where a column's numbers go.
enum Slot<'a> {
    Count(&'a mut u64),
    Plain(&'a mut f64),
    Maybe(&'a mut Option<f64>),
}

impl Slot<'_> {
    fn put(self, number: Option<f64>) {
        match (self, number) {
            (Slot::Maybe(to), x) => *to = x,
            (Slot::Plain(to), Some(x)) => *to = x,
            (Slot::Count(to), Some(x)) => *to = x.max(0.0) as u64,
            (_, None) => {}
        }
    }
}

fn slot<'a>(row: &'a mut TraceRow, name: &str) -> Option<Slot<'a>> {
    Some(match name {
        "iteration" => Slot::Count(&mut row.iteration),
        "passes" => Slot::Plain(&mut row.passes),
        "seconds" => Slot::Maybe(&mut row.seconds),
        "elbo" => Slot::Maybe(&mut row.elbo),
        "entropy_sum" => Slot::Maybe(&mut row.entropy_sum),
        "recognition" => Slot::Maybe(&mut row.recognition),
        "prior" => Slot::Maybe(&mut row.prior),
        "observable" => Slot::Maybe(&mut row.observable),
        "base_measure" => Slot::Maybe(&mut row.base_measure),
        "remaining" => Slot::Maybe(&mut row.remaining),
        "stationarity" => Slot::Maybe(&mut row.stationarity),
        "step_size" => Slot::Maybe(&mut row.step_size),
        "cosine" => Slot::Maybe(&mut row.cosine),
        _ => return None,
    })
}
