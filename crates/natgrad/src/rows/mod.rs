//! Rows of data: fixed chunks, the sources they come from, sums over them, and one-pass summaries of columns.

mod distinct;
mod forest;
mod mean_error;
mod profile;
mod sample;
mod source;
mod table;

pub use distinct::{merge_duplicates, split};
pub use forest::{Forest, Merge, sum_chunks, sum_ranges};
pub use mean_error::mean_error;
pub use profile::{ColumnProfile, Profile};
pub use sample::sample;
pub use source::{CHUNK_ROWS, Chunk, Column, ColumnKind, RowSource};
pub use table::Table;
