//! Reports: one self-contained HTML page, and pictures for documents, made from a run folder.
//!
//! ```text
//! summary.json ─┐
//!               ├─ Run::from_folder ─┬─ page          report.html: opens offline, light or dark, on paper, in grey
//! trace.csv ────┘ trace_from_csv     └─ trace_svg     bound and entropy sum along the passes, as a picture
//!                                       compare_svg   gain still to come of several runs, on a log axis
//! ```
//!
//! Everything here is a pure function of what it is given: same run, same bytes. Nothing is refused: a number that a
//! summary lacks is shown as –, and a chart without points is left out.
//!
//! # Why the charts are drawn here
//! Five small charts must follow the reader's colour scheme by CSS, stay readable in grey (shapes and dashes carry what
//! colours do) and have logarithmic axes that end at the data. Plot libraries write fixed colours into their SVG and
//! round log axes to decades; what is left to do without them is a scale, a frame and a path, in the module `chart`. It also
//! spares everyone who compiles the command line a minute.
//!
//! # Units
//! ELBO, entropies, remaining gain and stationarity are nats per row; where a page says "in all", it has multiplied by
//! the total weight of the rows.

mod chart;
mod number;
mod page;
mod run;
mod trace;

pub use chart::{compare_svg, entropies_svg, loadings_svg, remaining_svg, spectrum_svg, trace_svg};
pub use page::page;
pub use run::{Certificate, Entropies, Inertia, Information, LatentLine, NodeLine, Picture, Restarts, Run, Verdict};
pub use trace::{TraceError, TraceRow, trace_from_csv};
