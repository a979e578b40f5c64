//! The natgrad command line.
fn main() {}
