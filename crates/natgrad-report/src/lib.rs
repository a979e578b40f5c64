//! Reports: one HTML page made from a run folder.
